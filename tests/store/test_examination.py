"""What an examination looks at, when it holds the write lock, and what it leaves alone."""

import errno
import hashlib
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import anyio
import lance
import pyarrow as pa
import pytest
from anyio import from_thread
from harness import Tools, connected, picture, written
from stress.traces import held

from memory.store.lock import ProcessLock
from memory.store.repair.damage import Damage, history
from memory.store.repair.examination import Books, examine
from memory.store.schema import vector_columns

Refuse = Callable[[int], None]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "store"


async def _examined(home: Path) -> list[Damage]:
    with anyio.fail_after(50):
        return await examine(home, Books(caches=[], ledgers={}))


async def _with_picture(tools: Tools, home: Path, colour: str) -> tuple[str, Path]:
    """A memory with a picture, and the file it is kept in."""
    id_ = await tools.remember(f"a {colour} one", files=[written(home.parent / "in", f"{colour}.png", picture(colour))])
    [name] = [segment.media for segment in await tools.segments(id_) if segment.media]
    return id_, home / "media" / name


def _table(home: Path) -> Path:
    return home / "table" / "segments.lance"


def _names(home: Path) -> list[str]:
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


async def test_a_newest_version_with_one_bit_flipped_is_gone_back_on_and_told_as_a_loss(home: Path) -> None:
    async with connected(home) as tools:
        first, last = await tools.remember("the first"), await tools.remember("the last")
    newest = min((_table(home) / "_versions").glob("*.manifest"))
    newest.write_bytes(newest.read_bytes().replace(b"string", b"strinf", 1))  # read on, it makes the engine panic
    async with connected(home) as tools:
        assert await tools.found() == [first]
    [(_, damage)] = history(home)
    assert (damage.memories, damage.is_loss) == ((last,), True)
    assert "cannot be told" in damage.finding


async def test_what_is_forgotten_while_it_is_examined_is_no_damage(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, going = hashlib.file_digest, list[str]()
    async with connected(home) as tools:
        going += [(await _with_picture(tools, home, colour))[0] for colour in ("red", "green", "blue")]

        def digest(file: Any, name: str) -> Any:
            while going:
                from_thread.run(tools.forget, going.pop())
            return real(file, name)

        monkeypatch.setattr(hashlib, "file_digest", digest)
        assert await _examined(home) == []
        assert not going


async def test_what_cannot_be_mended_waits_for_no_writer(home: Path) -> None:
    async with connected(home) as tools:
        id_, file = await _with_picture(tools, home, "red")
    file.unlink()
    half = file.with_name(".writing-1")
    half.write_bytes(b"half")
    async with ProcessLock(home / "writing.lock").hold():
        [missing] = await _examined(home)
    assert (missing.memories, missing.done) == ((id_,), "")
    assert half.exists()


async def test_only_what_is_damaged_is_read_again_while_writers_wait(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, read = hashlib.file_digest, Counter[str]()
    async with connected(home) as tools:
        _, whole = await _with_picture(tools, home, "red")
        _, changed = await _with_picture(tools, home, "blue")
    changed.write_bytes(b"other bytes")

    def digest(file: Any, name: str) -> Any:
        read[file.name] += 1
        return real(file, name)

    monkeypatch.setattr(hashlib, "file_digest", digest)
    [damage] = await _examined(home)
    assert damage.done
    assert read == {str(whole): 1, str(changed): 2}


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Have nothing be renamed into the folder of damaged files, as on another disk, or a full one."""
    rename = os.rename

    def refused(number: int) -> None:
        def renamed(source: Any, target: Any) -> None:
            if "damaged" in Path(target).parts and "damaged" not in Path(source).parts:
                raise OSError(number, os.strerror(number))
            rename(source, target)

        monkeypatch.setattr(os, "rename", renamed)

    return refused


async def test_a_damaged_file_on_another_disk_is_moved_all_the_same(home: Path, refuse: Refuse) -> None:
    async with connected(home) as tools:
        _, file = await _with_picture(tools, home, "red")
    file.write_bytes(b"other bytes")
    refuse(errno.EXDEV)
    [damage] = await _examined(home)
    assert damage.done
    assert not file.exists()
    [kept] = (home / "damaged").glob("*/media/??/*")
    assert (kept.name, kept.read_bytes()) == (file.name, b"other bytes")


async def test_a_full_disk_loses_no_finding(home: Path, refuse: Refuse) -> None:
    async with connected(home) as tools:
        id_, file = await _with_picture(tools, home, "red")
    file.write_bytes(b"other bytes")
    refuse(errno.ENOSPC)
    damage, trouble = await _examined(home)
    assert (damage.memories, damage.done) == ((id_,), "")
    assert os.strerror(errno.ENOSPC) in trouble.finding
    assert [told.memories for _, told in history(home)] == [(id_,)]
    assert file.exists()


async def test_what_the_store_did_not_put_among_media_is_passed_over(home: Path) -> None:
    async with connected(home) as tools:
        _, file = await _with_picture(tools, home, "red")
    (home / "media" / ".DS_Store").write_bytes(b"a folder was looked at")
    (file.parent / ".DS_Store").write_bytes(b"a folder was looked at")
    (file.parent / "more").mkdir()
    before = _names(home)
    assert await _examined(home) == []
    assert _names(home) == before


async def test_no_file_tells_the_digest_of_what_was_damaged_and_then_forgotten(home: Path) -> None:
    async with connected(home) as tools:
        id_, file = await _with_picture(tools, home, "red")
        file.write_bytes(b"other bytes")
        [damage] = await _examined(home)
        assert file.name[:8] in damage.where
        assert "which the next forget empties" in damage.done
        assert (await tools.forget(id_))["erased"]
    assert not held(home, [file.stem.encode()])


async def test_half_a_memory_is_named(home: Path) -> None:
    async with connected(home) as tools:
        id_ = await tools.remember("word " * 2000)
        assert len(await tools.segments(id_)) > 2
        await tools.service.store.table.delete(f"id = '{id_}' AND segment = 1")
    [damage] = await _examined(home)
    assert (damage.memories, damage.is_loss) == ((id_,), True)


async def test_of_a_segment_that_is_there_twice_the_one_with_a_vector_stays(home: Path) -> None:
    async with connected(home) as tools:
        id_ = await tools.remember("there twice")
        dataset = cast("Any", lance).dataset(str(_table(home)))
        [column] = vector_columns(dataset.schema)
        rows = dataset.to_table()
        pending = rows.set_column(
            rows.schema.get_field_index(column), rows.schema.field(column), pa.nulls(1, rows.schema.field(column).type)
        )
        for copy in (pending, rows):
            dataset = cast("Any", lance).write_dataset(copy, str(_table(home)), mode="append")
        dataset.delete("_rowid = 0")
        [damage] = await _examined(home)
        assert (damage.memories, damage.is_loss) == ((id_,), False)
        assert damage.done
        assert await _examined(home) == []
        assert len(await tools.segments(id_)) == 1
        assert await tools.service.store.pending(column) == 0
        await tools.service.upkeep()
