"""Forgetting is erasure: proven by searching the bytes of every file, decompressed where compressed."""

import os
from pathlib import Path
from typing import Any, cast

import lance
import numpy as np
import pytest
from harness import Tools, connected, picture, written
from lance.file import LanceFileReader


def _files(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


def _holders(home: Path, needle: bytes) -> list[Path]:
    return [path for path in _files(home) if needle in path.read_bytes()]


def _column_values(home: Path) -> set[str]:
    """Every string in every data file, deleted rows included, as the file's own reader decodes them."""
    found: set[object] = set()
    for path in home.rglob("data/*.lance"):
        table = cast("Any", LanceFileReader(str(path))).read_all().to_table()
        values: list[Any] = [value for column in table.columns for value in column.to_pylist()]
        for value in values:
            found.update(cast("list[str]", value) if isinstance(value, list) else [value])
    return {value for value in found if isinstance(value, str)}


def _vocabulary_size(home: Path) -> int:
    """How many different words the full-text index knows, counted in its files.

    The words themselves lie there as a transducer that no search for bytes can look into.
    """
    sizes = 0
    for path in home.rglob("*tokens.lance"):
        table = cast("Any", LanceFileReader(str(path))).read_all().to_table()
        sizes += sum(table.column("_token_next_id").to_pylist())
    return sizes


async def _words_in_rows(tools: Tools) -> int:
    rows = await tools.service.store.table.records("true", ["terms"])
    return len({word for row in rows for word in row["terms"].split()})


@pytest.mark.parametrize("others", [0, 3, 300])
async def test_no_byte_of_a_forgotten_memory_is_left_on_disk(tmp_path: Path, others: int) -> None:
    home = tmp_path / "store"
    async with connected(home) as tools:
        await _fill(tools, others)
        marker, png = "xq" + os.urandom(9).hex(), picture("purple", "marker")
        file = written(tmp_path / "in", f"{marker}.png", png)
        victim = await tools.remember(
            f"note {marker}",
            files=[file],
            title=marker,
            tags=[marker],
            metadata={marker: marker},
            session=marker,
        )
        vector = await _vector(tools, victim)
        # The server's own upkeep writes, too.
        async with tools.service.store.exclusively():
            await tools.service.store.indexes.make("terms")
        assert _holders(home, vector)
        assert _holders(home, png)
        assert any(marker in value for value in _column_values(home))
        with_it = _vocabulary_size(home)

        receipt = await tools.forget(victim)

        assert receipt["erased"]
        assert _holders(home, vector) == []
        assert _holders(home, png) == []
        assert not [path for path in _files(home) if marker in path.name]
        assert _holders(home, marker.encode()) == []
        assert not any(marker in value for value in _column_values(home))
        assert _vocabulary_size(home) == await _words_in_rows(tools) < with_it
        assert len(await tools.found(limit=100)) == min(others, 1 if others > 50 else others)


async def test_the_bytes_of_a_file_are_found_before_and_not_after(tmp_path: Path) -> None:
    """The test above can fail: a delete alone leaves the vector where it was."""
    home = tmp_path / "store"
    async with connected(home) as tools:
        await _fill(tools, 20)
        victim = (await tools.found("memory 7"))[0]
        vector = await _vector(tools, victim)
        await tools.service.store.table.delete(f"id = '{victim}'")
        assert _holders(home, vector)


async def test_an_erased_store_is_one_version_without_deletions(tmp_path: Path) -> None:
    home = tmp_path / "store"
    async with connected(home) as tools:
        await _fill(tools, 10)
        await tools.forget((await tools.found("memory 3"))[0])
    dataset = cast("Any", lance).dataset(str(home / "table" / "segments.lance"))
    assert len(dataset.versions()) == 1
    assert dataset.count_rows() == 9


async def _fill(tools: Tools, count: int, what: str = "memory") -> None:
    if count > 50:
        text = "\n\n".join(f"{what} {n} is one of a great many, and says so in many words. " * 12 for n in range(count))
        await tools.remember(text[:200_000])
        return
    for n in range(count):
        await tools.remember(f"{what} {n} is one of a few")


async def _vector(tools: Tools, id_: str) -> bytes:
    column = tools.service.embedding.column
    assert column is not None
    vectors = await tools.service.store.vectors_of(id_, column)
    assert vectors is not None
    return vectors[0].astype(np.float32).tobytes()
