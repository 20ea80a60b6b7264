"""What is remembered at once is written together: each memory is kept whole, or its writer is told why not."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import anyio
import anyio.lowlevel
import lance
import pytest
from harness import Tools, connected

from memory.errors import NotFoundError, QuotaExceededError, SensoriumError, StoreError
from memory.model import Quota, Segment
from memory.store.keeping import Draft
from memory.store.media import MediaStore


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncGenerator[Tools]:
    async with connected(tmp_path / "store") as tools:
        yield tools


async def _drafts(tools: Tools, count: int) -> list[Draft]:
    """Different notes that nobody has remembered yet."""
    [like] = await tools.segments(await tools.remember("the first note"))
    return [_of(replace(like, id=f"m{n}", text=f"note {n}", digest=f"{n:064x}")) for n in range(count)]


def _of(segment: Segment) -> Draft:
    return Draft(segments=[segment], vectors={}, files=[], quota=Quota())


@asynccontextmanager
async def _all_at_once(tools: Tools, drafts: Sequence[Draft]) -> AsyncGenerator[list[str | SensoriumError]]:
    """Keep drafts that have all come before the first one is written; the block runs when they wait."""
    results: list[str | SensoriumError] = [""] * len(drafts)

    async def keep(place: int, draft: Draft) -> None:
        try:
            results[place] = await tools.service.store.keeping.keep(draft)
        except SensoriumError as error:
            results[place] = error

    async with anyio.create_task_group() as waiting, tools.service.store.exclusively():
        for place, draft in enumerate(drafts):
            waiting.start_soon(keep, place, draft)
        for _ in range(5):  # each comes into the queue before it first waits
            await anyio.lowlevel.checkpoint()
        yield results


def _commits(tools: Tools) -> int:
    table = tools.service.store.handle.location
    return int(cast("Any", lance).dataset(table).version)


async def _kept(tools: Tools) -> list[str]:
    return sorted(row["id"] for row in await tools.service.store.table.records("id != ''", ["id"]))


async def test_what_comes_while_another_writes_takes_one_commit(tools: Tools) -> None:
    drafts = await _drafts(tools, 12)
    before, known = _commits(tools), await _kept(tools)
    async with _all_at_once(tools, drafts) as results:
        pass
    assert results == [f"m{n}" for n in range(12)]
    assert await _kept(tools) == sorted([*known, *map(str, results)])
    assert _commits(tools) == before + 1


async def test_the_same_content_twice_in_one_commit_is_one_memory(tools: Tools) -> None:
    one, other = await _drafts(tools, 2)
    twin = _of(replace(one.first, id="twin"))
    async with _all_at_once(tools, [one, other, twin]) as results:
        pass
    assert results == ["m0", "m1", "m0"]
    assert "twin" not in await _kept(tools)


async def test_content_that_came_in_meanwhile_is_not_kept_twice(tools: Tools) -> None:
    one, other = await _drafts(tools, 2)
    version = await tools.service.store.table.version()
    again = replace(_of(replace(one.first, id="again")), looked_at=version)
    assert await tools.service.store.keeping.keep(one) == "m0"
    async with _all_at_once(tools, [again, replace(other, looked_at=version)]) as results:
        pass
    assert results == ["m0", "m1"]


async def test_one_that_may_not_be_kept_takes_no_other_with_it(tools: Tools) -> None:
    good, poor, late, also_good = await _drafts(tools, 4)
    poor = replace(poor, quota=Quota(max_memories=1))
    late = _of(replace(late.first, replaces="gone"))
    async with _all_at_once(tools, [good, poor, late, also_good]) as results:
        pass
    assert [type(one) for one in results] == [str, QuotaExceededError, NotFoundError, str]
    assert {"m0", "m3"} == {"m0", "m1", "m2", "m3"}.intersection(await _kept(tools))


async def test_one_whose_file_is_away_takes_no_other_with_it(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    good, torn, also_good = await _drafts(tools, 3)

    def adopted(_media: MediaStore, _file: object) -> None:
        raise StoreError("the file is away")

    monkeypatch.setattr(MediaStore, "adopt", adopted)
    async with _all_at_once(tools, [good, replace(torn, files=[cast("Any", torn)]), also_good]) as results:
        pass
    assert [str(one) for one in results] == ["m0", "the file is away", "m2"]
    assert {"m0", "m2"} == {"m0", "m1", "m2"}.intersection(await _kept(tools))


async def test_what_is_given_up_before_its_turn_is_not_kept(tools: Tools) -> None:
    one, other = await _drafts(tools, 2)

    async def given_up(scope: anyio.CancelScope) -> None:
        with scope:
            await tools.service.store.keeping.keep(other)

    async with anyio.create_task_group() as waiting, _all_at_once(tools, [one]) as results:
        scope = anyio.CancelScope()
        waiting.start_soon(given_up, scope)
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        scope.cancel()
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
    assert results == ["m0"]
    assert "m1" not in await _kept(tools)


async def test_the_notes_of_many_clients_at_once_are_all_found_again(tools: Tools) -> None:
    ids: dict[int, str] = {}

    async def note(number: int) -> None:
        ids[number] = await tools.remember(f"parcel {number} lies behind the blue shelf")

    async with anyio.create_task_group() as clients:
        for number in range(24):
            clients.start_soon(note, number)
    assert len(set(ids.values())) == 24
    for number, id_ in ids.items():
        assert await tools.found(f"parcel {number}", mode="keyword", limit=1) == [id_]
