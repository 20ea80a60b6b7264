"""Stores that earlier versions really wrote are opened, and what they hold is there; later ones are refused."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from harness import Tools, connected, picture

from memory.errors import StoreError
from memory.store.filters import has_vector
from memory.store.formats import FORMAT
from memory.store.store import Store

FIXTURES = sorted((Path(__file__).parent / "formats").glob("*.zip"))


def _unpacked(fixture: Path, folder: Path) -> Path:
    shutil.unpack_archive(fixture, folder)
    return folder


def _bytes(folder: Path) -> Mapping[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def _check(tools: Tools) -> None:
    assert len(await tools.found(limit=100)) == 16
    [door] = await tools.recall("what is the code of the door", limit=1)
    assert door["passage"] == "the code of the door is 2222"
    [first, *_] = await tools.segments(door["id"])
    [older] = await tools.segments(first.replaces)
    assert older.text == "the code of the door is 1111"
    [manual] = await tools.recall("pump number 3", namespace="work", metadata={"author": "O'Neill"}, limit=1)
    assert manual["title"] == "Manual"
    [red] = await tools.found(modalities=["image"])
    [*_, shown] = await tools.segments(red)
    assert (await tools.service.medium_of(shown)).data == picture("red", "fixture")
    assert len(await tools.found(tags=["n7", "ferry"])) == 1
    assert not [hit for hit in await tools.recall("forgotten", limit=50) if "this was forgotten" in hit["passage"]]


def test_there_is_a_fixture_of_every_format() -> None:
    assert {path.name[0] for path in FIXTURES} == {str(number) for number in range(FORMAT + 1)}


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
async def test_a_store_of_an_earlier_version_is_brought_up_to_date(fixture: Path, tmp_path: Path) -> None:
    home = _unpacked(fixture, tmp_path / "store")
    async with connected(home) as tools:
        await _check(tools)
        table, [column] = tools.service.store.table, await tools.service.store.table.spaces()
        assert await table.count(has_vector(column)) == await table.count(f"{column} IS NOT NULL") > 0
        later = await tools.remember("the ferry was late, and everybody waited")
        await tools.service.upkeep()
        assert await tools.found("everybody waited for the ferry", limit=1) == [later]
        assert (await tools.forget(later))["erased"]
    async with connected(home) as tools:
        await _check(tools)
    assert (home / "format").read_text().strip() == str(FORMAT)


async def test_a_store_of_a_later_version_is_refused_and_not_touched(tmp_path: Path) -> None:
    home = _unpacked(FIXTURES[-1], tmp_path / "store")
    (home / "format").write_text(f"{FORMAT + 1}\n")
    before = _bytes(home)
    with pytest.raises(StoreError, match=f"has format {FORMAT + 1}.*update sensorium"):
        await Store.open(home)
    assert _bytes(home) == before


async def test_a_mark_that_cannot_be_read_is_written_anew(tmp_path: Path) -> None:
    home = _unpacked(FIXTURES[-1], tmp_path / "store")
    (home / "format").write_bytes(b"\xff\x00\xfe")
    async with connected(home) as tools:
        await _check(tools)
    assert (home / "format").read_text().strip() == str(FORMAT)
