"""What was acknowledged survives a power cut: of the store, only what was flushed to the disk is left.

The cut is played through: every flush is recorded with what it made durable, and a folder is built
from just that. What was never flushed is missing there, or is there as an empty file, as a file
system may have kept its name and not its bytes.
"""

import os
import sys
from pathlib import Path

import pytest
from harness import connected, picture, written

from memory.errors import StoreError
from memory.store.flushing import Flusher

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks up open files in /proc")

Identity = tuple[int, int]
"""A file by its inode and when it was written: names change, and inodes are used again."""


def _identity(path: Path) -> Identity:
    facts = path.lstat()
    return (facts.st_ino, 0 if path.is_dir() else facts.st_mtime_ns)


class PowerCut:
    """What would be left on the disk."""

    def __init__(self) -> None:
        self._bytes: dict[Identity, bytes] = {}
        self._names: dict[Identity, dict[str, Identity]] = {}

    def flushed(self, descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_dir():
            self._names[_identity(path)] = {one.name: _identity(one) for one in path.iterdir()}
        elif path.exists():
            self._bytes[_identity(path)] = path.read_bytes()

    def left(self, folder: Path, target: Path, *, keeps_names: bool) -> Path:
        """Build what is left of a folder; with `keeps_names`, also what was not flushed, without its bytes."""
        target.mkdir()
        durable = self._names.get(_identity(folder), {})
        names = {**durable, **({one.name: _identity(one) for one in folder.iterdir()} if keeps_names else {})}
        for name, identity in names.items():
            if (folder / name).is_dir():
                self.left(folder / name, target / name, keeps_names=keeps_names)
            elif identity in self._bytes:
                (target / name).write_bytes(self._bytes[identity])
            elif keeps_names:
                (target / name).touch()
        return target


@pytest.fixture
def power_cut(monkeypatch: pytest.MonkeyPatch) -> PowerCut:
    cut, flush = PowerCut(), os.fsync

    def fsync(descriptor: int) -> None:
        flush(descriptor)
        cut.flushed(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return cut


@pytest.mark.parametrize("has_embedder", [False, True])
@pytest.mark.parametrize("keeps_names", [False, True])
async def test_a_memory_with_its_file_survives_a_power_cut_right_after_the_answer(
    tmp_path: Path, power_cut: PowerCut, *, keeps_names: bool, has_embedder: bool
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    absence = "" if has_embedder else "none is wanted"
    async with connected(disk / "a" / "store", roots=(tmp_path,), absence=absence) as tools:
        kept = [await tools.remember(f"note {n}") for n in range(3)]
        kept.append(await tools.remember("a photo", files=[written(tmp_path / "in", "a.png", picture("red"))]))
        left = power_cut.left(disk, tmp_path / "left", keeps_names=keeps_names) / "a" / "store"
    async with connected(left, absence=absence) as tools:
        assert sorted(await tools.found(limit=10)) == sorted(kept)
        [*_, photo] = await tools.segments(kept[-1])
        assert (await tools.service.medium_of(photo)).data == picture("red")
        assert await tools.found("note 2", limit=1) == [kept[2]]
        assert await tools.remember("and on it goes")


@pytest.mark.parametrize("keeps_names", [False, True])
async def test_what_was_forgotten_stays_forgotten_after_a_power_cut(
    tmp_path: Path, power_cut: PowerCut, *, keeps_names: bool
) -> None:
    home = tmp_path / "store"
    async with connected(home, roots=(tmp_path,)) as tools:
        kept = [await tools.remember(f"note {n}") for n in range(3)]
        gone = await tools.remember("a photo", files=[written(tmp_path / "in", "a.png", picture("red"))])
        await tools.forget(gone)
        left = power_cut.left(home, tmp_path / "left", keeps_names=keeps_names)
    async with connected(left) as tools:
        assert sorted(await tools.found(limit=10)) == sorted(kept)
        await tools.service.upkeep()
        assert list(tools.service.store.media.keys()) == []


async def test_a_duplicate_is_answered_for_only_when_the_original_is_on_the_disk(
    tmp_path: Path, power_cut: PowerCut, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first write was committed and could not be flushed, so it was not acknowledged."""
    home, flush = tmp_path / "store", Flusher.flush

    def fails(_: Flusher) -> None:
        raise OSError(5, "the disk does not answer")

    async with connected(home) as tools:
        await tools.remember("a note before")
        monkeypatch.setattr(Flusher, "flush", fails)
        assert "could not be written" in await tools.error("remember", text="the ferry leaves at noon")
        assert "could not be written" in await tools.error("remember", text="the ferry leaves at noon")
        monkeypatch.setattr(Flusher, "flush", flush)
        again = await tools.facts("remember", text="the ferry leaves at noon")
        left = power_cut.left(home, tmp_path / "left", keeps_names=False)
    async with connected(left) as tools:
        assert await tools.found("ferry at noon", limit=1) == [again["id"]]


async def test_a_write_that_the_power_cut_tore_is_passed_over(
    tmp_path: Path, power_cut: PowerCut, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was never acknowledged; what was before it is all there."""
    home = tmp_path / "store"

    def cut(_: Flusher) -> None:
        power_cut.left(home, tmp_path / "left", keeps_names=True)
        raise StoreError("the power is gone")

    async with connected(home) as tools:
        kept = [await tools.remember(f"note {n}") for n in range(3)]
        with monkeypatch.context() as dying:
            dying.setattr(Flusher, "flush", cut)
            await tools.error("remember", text="half a note")
    async with connected(tmp_path / "left") as tools:
        assert sorted(await tools.found(limit=10)) == sorted(kept)
        assert await tools.remember("and on it goes")
