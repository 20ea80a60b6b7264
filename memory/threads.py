"""The ways work leaves the event loop: short CPU work, long CPU work, and waiting for the disk."""

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
from anyio.lowlevel import RunVar

P = ParamSpec("P")
T = TypeVar("T")

WORKERS = 2
"""Threads that decode or embed at the same time; more only fight over the cores."""

_workers: RunVar[anyio.CapacityLimiter] = RunVar("sensorium_workers")
_slow_workers: RunVar[anyio.CapacityLimiter] = RunVar("sensorium_slow_workers")


def _limiter(kept: RunVar[anyio.CapacityLimiter], threads: int) -> anyio.CapacityLimiter:
    try:
        return kept.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(threads)
        kept.set(limiter)
        return limiter


async def in_worker(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run CPU work of at most a second or so in a worker thread, and return what it returns.

    Cancellation waits for the thread: work on shared state is never abandoned half done.
    """
    return await anyio.to_thread.run_sync(partial(function, *args, **kwargs), limiter=_limiter(_workers, WORKERS))


async def in_slow_worker(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run work of many seconds, such as reading a page, one at a time and beside the workers.

    So a question is embedded at once however many pages wait to be read.
    """
    return await anyio.to_thread.run_sync(partial(function, *args, **kwargs), limiter=_limiter(_slow_workers, 1))


async def in_io_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run short work on files in a thread of its own, which never queues behind CPU work.

    The write lock is held across such calls: they must not wait for someone's speech to be read.
    """
    return await anyio.to_thread.run_sync(partial(function, *args, **kwargs))
