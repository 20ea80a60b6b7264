"""An index changes how soon something is found, never what."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from harness import Tools, connected

from memory.model import SearchFilter
from memory.store import indexes, tidying

FILTERS: list[dict[str, Any]] = [
    {},
    {"namespace": "boats"},
    {"session": "s1"},
    {"tags": ["red"]},
    {"tags": ["red", "old"]},
    {"metadata": {"rank": 3}},
    {"modalities": ["text"], "namespace": "boats"},
    {"since": "2026-01-10T00:00:00Z"},
    {"until": "2026-01-10T00:00:00Z"},
    {"since": "2026-01-05T00:00:00Z", "until": "2026-01-15T00:00:00Z", "tags": ["old"]},
]


async def _fill(tools: Tools, count: int) -> list[str]:
    return [
        await tools.remember(
            f"ferry number {n} of the harbour",
            namespace="boats" if n % 2 else "default",
            session=f"s{n % 3}",
            tags=[*(["red"] if n % 4 == 0 else []), *(["old"] if n % 3 == 0 else [])],
            metadata={"rank": n % 5},
            when=f"2026-01-{n % 20 + 1:02}T12:00:00Z",
        )
        for n in range(count)
    ]


async def _answers(tools: Tools) -> list[list[str]]:
    """What each filter leaves over, of a search by words, one by meaning and a list, each in a settled order."""
    modes: list[dict[str, Any]] = [{"query": "ferry", "mode": "keyword"}, {"query": "ferry harbour"}, {}]
    return [sorted(await tools.found(**mode, **filters, limit=20)) for filters in FILTERS for mode in modes]


async def test_every_filter_finds_the_same_with_indexes_and_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(tmp_path / "store") as tools:
        ids = await _fill(tools, 18)
        await tools.remember("ferry number 5 of the new harbour", replaces=ids[5])
        expected = await _answers(tools)
        assert [len(answer) for answer in expected[::3]] == [18, 8, 6, 5, 2, 3, 8, 10, 8, 3]
        monkeypatch.setattr(indexes, "INDEXED_FROM", 10)
        monkeypatch.setattr(tidying, "FACTS_AFTER", 0.0)
        await tools.service.store.upkeep()
        assert set(indexes.FACTS) < set(await tools.service.store.indexes.indexed())
        assert await _answers(tools) == expected


async def test_what_came_after_the_index_is_found_and_what_was_forgotten_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexes, "INDEXED_FROM", 10)
    async with connected(tmp_path / "store") as tools:
        ids = await _fill(tools, 20)
        await tools.service.store.upkeep()
        later = await tools.remember("the ferry that came last", namespace="boats")
        assert later in await tools.found("ferry", namespace="boats", limit=50)
        await tools.forget(ids[1])
        assert ids[1] not in await tools.found("ferry", namespace="boats", limit=50)


async def test_what_has_no_vector_yet_is_told_apart_without_reading_vectors(tmp_path: Path) -> None:
    async with connected(tmp_path / "store") as tools:
        store, column = tools.service.store, tools.service.embedding.column
        known = await tools.remember("a note with a vector")
        [like] = await tools.segments(known)
        await store.add_space("space_of_another_model_8", 8)
        assert await store.pending(column) == 0
        assert await store.pending("space_of_another_model_8") == 1
        assert await store.pending_among("space_of_another_model_8", [like.key]) == {like.key}
        assert await store.vectors_of(known, "space_of_another_model_8") is None


async def test_nothing_is_seen_past_its_time_though_most_searches_need_not_ask_for_it(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    async with connected(tmp_path / "store") as tools:
        lasting = await tools.remember("the ferry timetable")
        passing = await tools.remember("the ferry strike", expires=(now + timedelta(days=1)).isoformat())

        async def seen(moment: datetime) -> set[str]:
            store = tools.service.store
            return set(await store.ids(await store.visible(SearchFilter(owner="local", now=moment))))

        assert await seen(now) == {lasting, passing}
        assert await seen(now + timedelta(days=2)) == {lasting}
