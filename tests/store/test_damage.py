"""Damaged files: what is passed over when the store opens, and what `doctor` finds, mends and names."""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import anyio
import lance
import pytest
from harness import connected, picture, written
from lance.file import LanceFileReader

from memory.errors import StoreError
from memory.store.repair.damage import Damage, history
from memory.store.repair.examination import Books, examine
from memory.store.store import Store

BOOKS = Books(caches=["questions.db"], ledgers={"spending.db": "limits count anew", "jobs.db": "jobs are unknown"})
Harm = Callable[[Path], object]


def _removed(path: Path) -> None:
    path.unlink()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


HARMS: list[Harm] = [_removed, _empty, _halved, _zeroed]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a joined old fragment, a list of deleted rows, a picture, and two newer commits."""
    home = tmp_path_factory.mktemp("model") / "store"

    async def fill() -> None:
        async with connected(home) as tools:
            gone = await tools.remember("a note of the past")
            for n in range(3):
                await tools.remember(f"old note {n}")
            await tools.remember("a red picture", files=[written(home.parent / "in", "a.png", picture("red"))])
            await tools.forget(gone)
            await tools.remember("old note 1, put right", replaces=(await tools.found("old note 1"))[0])
            await tools.remember("the last but one")
            await tools.remember("the last one")

    anyio.run(fill)
    return home


@pytest.fixture
def home(model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model, tmp_path / "store"))


def _denied(*_: object) -> bool:
    return False


def _table(home: Path) -> Path:
    return home / "table" / "segments.lance"


def _dataset(home: Path) -> Any:
    return cast("Any", lance).dataset(str(_table(home)))


def _manifests(home: Path) -> list[Path]:
    return sorted((_table(home) / "_versions").glob("*.manifest"))


def _data(home: Path, place: int) -> Path:
    """A data file: 0 is the joined old one, -1 that of the last commit."""
    fragment = _dataset(home).get_fragments()[place]
    return _table(home) / "data" / fragment.data_files()[0].path


def _bytes(home: Path) -> dict[str, bytes]:
    files = (path for path in home.rglob("*") if path.is_file() and not path.name.endswith(".lock"))
    return {str(path.relative_to(home)): path.read_bytes() for path in files}


def _middle_of(data: Path, column: str) -> int:
    """Where in a data file the middle of the largest piece of a column is; the order of columns in it varies."""
    metadata = cast("Any", LanceFileReader(str(data)).metadata())
    pages = metadata.columns[metadata.schema.names.index(column)].pages
    size, position = max((buffer.size, buffer.position) for page in pages for buffer in page.buffers)
    return position + size // 2


async def _texts(home: Path) -> list[str]:
    async with connected(home) as tools:
        return sorted(hit["passage"] for hit in await tools.recall(limit=50))


async def _examined(home: Path) -> list[Damage]:
    with anyio.fail_after(120):
        return await examine(home, BOOKS)


BEFORE = ["old note 0", "old note 1, put right", "old note 2", "the last but one"]


def _are(texts: Sequence[str], wanted: Sequence[str]) -> bool:
    return [text for text in texts if "picture" not in text] == sorted(wanted)


@pytest.mark.parametrize("harm", [_empty, _halved, _zeroed])
async def test_a_torn_manifest_is_passed_over_when_the_store_opens(home: Path, harm: Harm) -> None:
    torn = _manifests(home)[0]
    harm(torn)
    harmed = torn.read_bytes()
    assert _are(await _texts(home), BEFORE)
    [(_, damage)] = history(home)
    assert torn.name in damage.where
    assert harmed in _bytes(home / "damaged").values()
    log = home / "damaged" / "log.jsonl"
    log.write_text(f"{log.read_text('utf-8')}half a li", "utf-8")
    assert history(home)[0][1] == damage


@pytest.mark.parametrize("harm", HARMS)
async def test_a_commit_whose_file_is_torn_is_passed_over_and_the_store_goes_on(home: Path, harm: Harm) -> None:
    harm(_data(home, -1))
    async with connected(home) as tools:
        assert await tools.remember("and on it goes")
        assert (await tools.facts("forget", ids=await tools.found("the last but one", limit=1)))["erased"]
    assert _are(await _texts(home), [*BEFORE[:3], "and on it goes"])


async def test_damage_to_what_was_acknowledged_before_takes_no_later_memory(home: Path) -> None:
    _halved(_data(home, 0))
    before = _bytes(home)
    with pytest.raises(StoreError, match=r"data/.* has .* bytes of .*doctor"):
        await Store.open(home)
    assert _bytes(home) == before
    [damage, *_] = await _examined(home)
    assert damage.is_loss
    assert "lost" in damage.finding
    assert _are(await _texts(home), [*BEFORE[-1:], "old note 1, put right", "the last one"])
    assert await _examined(home) == []
    kept = [name for name in _bytes(home / "damaged") if name.endswith(".png")]
    assert len(kept) == 1, "a picture whose memory is lost is kept"


async def test_a_lost_list_of_deleted_rows_loses_nothing(home: Path) -> None:
    wanted = await _texts(home)
    [deletions] = (_table(home) / "_deletions").glob("*")
    _removed(deletions)
    [damage] = await _examined(home)
    assert not damage.is_loss
    assert await _texts(home) == wanted


async def test_a_file_that_ends_the_process_that_reads_it_is_taken_out_all_the_same(home: Path) -> None:
    wanted = await _texts(home)
    [deletions] = (_table(home) / "_deletions").glob("*")
    harmed = bytearray(deletions.read_bytes())
    harmed[-20] ^= 0x80  # the engine asks for petabytes then
    deletions.write_bytes(harmed)
    [damage] = await _examined(home)
    assert "ends the process" in damage.finding
    assert await _texts(home) == wanted


async def test_each_damage_beside_the_rows_is_mended_and_named(home: Path) -> None:
    [words] = (_table(home) / "_indices").glob("*/part_0_invert.lance")
    _halved(words)
    _empty(_manifests(home)[2])
    [image] = (home / "media").glob("??/*.png")
    image.write_bytes(image.read_bytes() + b"!")
    (image.parent / ".writing-1").write_bytes(b"half")
    for name in ("questions.db", "spending.db"):
        (home / name).write_bytes(b"no database at all" * 100)
    sqlite3.connect(home / "jobs.db").close()
    (home / "space").write_bytes(b"\xff\xfe\xfd")
    found = await _examined(home)
    assert sorted((damage.what, damage.is_loss) for damage in found) == [
        ("database", False),
        ("database", True),
        ("index terms_idx", False),
        ("mark", False),
        ("media", False),
        ("media", True),
        ("table", False),
    ]
    assert all(damage.done for damage in found)
    assert [damage for _, damage in history(home)] == found
    [lost] = [damage for damage in found if damage.what == "media" and damage.is_loss]
    async with connected(home) as tools:
        assert lost.memories == tuple(await tools.found("a red picture", limit=1))
        assert await tools.found("last")
        assert (await tools.forget(*await tools.found("last", limit=1)))["erased"]
    [missing] = await _examined(home)
    assert "1 of 1 files are missing" in missing.finding
    assert not missing.done


async def test_a_forget_takes_damaged_files_along_that_may_hold_it(home: Path) -> None:
    _halved(_data(home, 0))
    await _examined(home)
    assert list((home / "damaged").glob("*/**/*.lance"))
    async with connected(home) as tools:
        await tools.forget(*await tools.found("the last one", limit=1))
    assert [path.name for path in (home / "damaged").iterdir()] == ["log.jsonl"]


async def test_of_a_long_memory_only_the_damaged_pieces_are_lost(home: Path) -> None:
    words = random.Random(1)  # noqa: S311  # words that cannot be compressed, not a secret
    async with connected(home) as tools:
        id_ = await tools.remember("\n\n".join(f"page{n} {words.randbytes(300).hex()}" for n in range(200)))
        pieces = len(await tools.segments(id_))
    long = max((_table(home) / "data").iterdir(), key=lambda path: path.stat().st_size)
    harmed = bytearray(long.read_bytes())
    middle = _middle_of(long, "text")
    harmed[middle : middle + 64] = b"\xff" * 64
    long.write_bytes(harmed)
    lost, part = await _examined(home)
    assert lost.memories == part.memories == (id_,)
    async with connected(home) as tools:
        assert 0 < pieces - len(await tools.segments(id_)) < 10
        assert (await tools.found("page199"))[0] == id_


async def test_where_much_is_missing_at_once_nothing_is_changed(home: Path) -> None:
    _removed(_data(home, 0))
    _removed(_data(home, 1))
    before = _bytes(home)
    [damage] = await _examined(home)
    assert "is a disk not mounted? Nothing was changed" in damage.finding
    with pytest.raises(StoreError, match="is missing"):
        await Store.open(home)
    assert _bytes(home) == before


async def test_a_missing_table_beside_media_is_not_taken_for_a_new_store(home: Path) -> None:
    away = (home / "table").rename(home.parent / "away")
    before = _bytes(home)
    with pytest.raises(StoreError, match="is its disk mounted"):
        await Store.open(home)
    [damage] = await _examined(home)
    assert "is its disk mounted" in damage.finding
    assert _bytes(home) == before
    away.rename(home / "table")
    assert _are(await _texts(home), [*BEFORE, "the last one"])


async def test_a_folder_that_cannot_be_written_is_only_looked_at(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _halved(_data(home, 0))
    before = _bytes(home)
    monkeypatch.setattr(os, "access", _denied)  # as root may write everywhere
    [damage] = await _examined(home)
    assert (damage.done, damage.is_loss) == ("", True)
    assert _bytes(home) == before


async def test_a_whole_store_is_left_as_it_is(home: Path) -> None:
    before = _bytes(home)
    assert await _examined(home) == []
    assert _bytes(home) == before
    assert await _examined(home.parent / "nowhere") == []


async def test_a_store_whose_making_was_cut_short_is_made_anew(home: Path) -> None:
    for name in ("data", "_deletions", "_indices", "_transactions"):
        shutil.rmtree(_table(home) / name)
    shutil.rmtree(home / "media")
    for manifest in _manifests(home):
        _empty(manifest)
    async with connected(home) as tools:
        assert await tools.found() == []
        assert await tools.remember("the first")


async def test_a_mark_of_an_erasure_without_a_table_is_done_with(tmp_path: Path) -> None:
    home = tmp_path / "store"
    home.mkdir()
    (home / "erasing").touch()
    async with connected(home) as tools:
        await tools.service.upkeep()
        assert not (home / "erasing").exists()
        assert await tools.remember("the first")
