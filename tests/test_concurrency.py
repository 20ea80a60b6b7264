"""Calls that run at once: results in their order, a failure as it is."""

from functools import partial

import anyio
import pytest

from memory.concurrency import all_of
from memory.errors import StoreError


async def test_results_come_in_the_order_of_the_calls_whichever_ends_first() -> None:
    first_may_end = anyio.Event()

    async def first() -> str:
        await first_may_end.wait()
        return "first"

    async def second() -> str:
        first_may_end.set()
        return "second"

    with anyio.fail_after(10):
        assert await all_of([first, second]) == ["first", "second"]


async def test_no_more_run_at_once_than_may() -> None:
    running = list[int]()

    async def call(number: int) -> int:
        running.append(number)
        most = len(running)
        await anyio.lowlevel.checkpoint()
        running.remove(number)
        return most

    assert max(await all_of([partial(call, number) for number in range(9)], at_once=3)) == 3


async def test_a_failure_is_raised_alone_and_nothing_is_begun_after_it() -> None:
    begun = list[int]()

    async def call(number: int) -> None:
        begun.append(number)
        if number == 1:
            raise StoreError("no")

    with pytest.raises(StoreError, match="no"):
        await all_of([partial(call, number) for number in range(5)], at_once=1)
    assert begun == [0, 1]
