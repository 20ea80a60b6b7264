import threading

import anyio

from memory.threads import in_io_thread, in_slow_worker, in_worker


async def test_short_work_never_waits_for_slow_work() -> None:
    done = threading.Event()
    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(in_slow_worker, done.wait)
            assert await in_worker(sum, [1, 2]) == 3
            assert await in_io_thread(sum, [3, 4]) == 7
            done.set()


async def test_slow_work_is_done_one_at_a_time() -> None:
    at_once: list[int] = []
    busy = threading.Semaphore(1)

    def slow() -> None:
        at_once.append(0 if busy.acquire(blocking=False) else 1)
        threading.Event().wait(0.01)
        busy.release()

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(in_slow_worker, slow)
    assert at_once == [0] * 5
