"""Many single commits leave few files, short histories and whole indexes, and nothing is lost on the way."""

from pathlib import Path
from typing import Any, cast

import lance
import numpy as np
import pytest
from harness import Tools, connected
from lance.file import LanceFileReader

from memory.store import indexes, tidying


def _table(home: Path) -> Path:
    return home / "table" / "segments.lance"


def _dataset(home: Path) -> Any:
    return cast("Any", lance).dataset(str(_table(home)))


async def _column(tools: Tools) -> str:
    assert tools.service.embedding.column is not None
    return tools.service.embedding.column


async def test_files_and_versions_stay_few_however_many_commits_there_are(tmp_path: Path) -> None:
    home = tmp_path / "store"
    async with connected(home) as tools:
        ids = list[str]()
        for n in range(3 * (tidying.TIDY_AFTER + tidying.KEEP_VERSIONS)):
            ids.append(await tools.remember(f"note {n}"))
            if await tools.service.store.tidying.is_due():
                await tools.service.store.upkeep()
                assert not await tools.service.store.tidying.is_due()
        assert len(_dataset(home).versions()) < tidying.KEEP_VERSIONS + tidying.TIDY_AFTER
        assert len(_dataset(home).get_fragments()) <= tidying.TIDY_AFTER + 2
        rows = await tools.service.store.table.records("true", ["id"])
        assert sorted(row["id"] for row in rows) == sorted(ids)
        assert await tools.found("note 17", limit=1, mode="keyword") == [ids[17]]


async def test_an_index_of_vectors_is_made_when_it_is_worth_it_and_forgets_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "store"
    monkeypatch.setattr(indexes, "INDEXED_FROM", 300)
    monkeypatch.setattr(tidying, "INDEX_AFTER", 8)
    async with connected(home) as tools:
        paragraphs = [f"Paragraph {n} is about {n * 37 % 1009} ferries and harbours. " * 16 for n in range(320)]
        await tools.remember("\n\n".join(paragraphs))
        while await tools.service.store.pending(await _column(tools)):
            await tools.service.upkeep()
        await tools.service.store.upkeep()
        assert set(await tools.service.store.indexes.indexed()) == {"terms", await _column(tools), *indexes.FACTS}
        later = [await tools.remember(f"the lighthouse of island {n}") for n in range(12)]
        assert await tools.found("lighthouse of island 7", limit=1, mode="semantic") == [later[7]]
        await tools.service.store.upkeep()
        assert await tools.service.store.indexes.unindexed([await _column(tools)]) == 0
        assert await tools.found("lighthouse of island 7", limit=1, mode="semantic") == [later[7]]

        await tools.forget(later[7])

        rows = await tools.service.store.table.count("true")
        indexed = [LanceFileReader(str(path)).metadata().num_rows for path in _table(home).rglob("auxiliary.idx")]
        assert sum(indexed) == rows
        assert later[7] not in await tools.found("lighthouse of island 7", mode="semantic", limit=20)
        assert await tools.found("lighthouse of island 5", limit=1, mode="semantic") == [later[5]]


async def test_a_search_with_an_index_finds_what_one_without_finds(tmp_path: Path) -> None:
    """Vectors without any structure, the hardest for an index: at least 98 of 100 of the ten nearest."""
    rng = np.random.default_rng(5)
    async with connected(tmp_path / "store") as tools:
        paragraphs = [" ".join(rng.choice(WORDS, 60)) for _ in range(1_500)]
        await tools.remember("\n\n".join(paragraphs))
        column = await _column(tools)
        while await tools.service.store.pending(column):
            await tools.service.upkeep()
        queries = rng.normal(size=(20, 256)).astype(np.float32)
        searches, store = tools.service.store.searches, tools.service.store
        exact = [{match.key for match in await searches.nearest(column, query, "true", 10)} for query in queries]
        async with store.exclusively():
            await store.indexes.make(column)
        found = [{match.key for match in await searches.nearest(column, query, "true", 10)} for query in queries]
    shared = sum(len(some & others) for some, others in zip(exact, found, strict=True))
    assert shared >= 0.98 * 10 * len(queries)


WORDS = [
    f"{first}{second}" for first in ("ba", "ko", "mi", "tu", "ra", "se") for second in ("len", "dor", "fin", "gat")
]
