"""Calls that run at the same time and end as one."""

import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar, cast

import anyio

from memory.errors import SensoriumError

T = TypeVar("T")
U = TypeVar("U")


async def both(one: Callable[[], Awaitable[T]], other: Callable[[], Awaitable[U]]) -> tuple[T, U]:
    """What two calls return that run at the same time.

    Raises:
        SensoriumError: as `all_of`.
    """
    calls: list[Callable[[], Awaitable[object]]] = [one, other]
    return cast("tuple[T, U]", tuple(await all_of(calls)))


async def all_of(calls: Sequence[Callable[[], Awaitable[T]]], *, at_once: int = sys.maxsize) -> list[T]:
    """What each call returns, in their order; at most `at_once` run at a time.

    Raises:
        SensoriumError: that of the first call to fail, alone and not in a group: after it no further
            call is begun, and those that run are waited for.
    """
    results: dict[int, T] = {}
    failures: list[SensoriumError] = []
    limiter = anyio.CapacityLimiter(at_once)

    async def run(index: int, call: Callable[[], Awaitable[T]]) -> None:
        async with limiter:
            if failures:
                return
            try:
                results[index] = await call()
            except SensoriumError as error:
                failures.append(error)

    async with anyio.create_task_group() as group:
        for index, call in enumerate(calls):
            group.start_soon(run, index, call)
    if failures:
        raise failures[0]
    return [results[index] for index in range(len(calls))]
