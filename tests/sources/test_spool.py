"""Copies of what was given: there while a process is at work with them, gone with it."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from harness import connected

from memory.errors import StoreError, TooLargeError
from memory.sources.spool import Spool

DIES = """
import os, sys
from pathlib import Path
from memory.sources.spool import Spool
Spool(Path(sys.argv[1])).add([b"the secret"])
os.kill(os.getpid(), 9)
"""


def _contents(root: Path) -> list[bytes]:
    return [path.read_bytes() for path in root.rglob("*") if path.is_file() and path.stat().st_size]


def _left_behind(root: Path) -> None:
    """A process copies something, and is killed."""
    subprocess.run([sys.executable, "-c", DIES, str(root)], check=False)
    assert _contents(root) == [b"the secret"]


def test_a_file_is_copied_block_by_block_with_its_size_type_and_digest(tmp_path: Path) -> None:
    with closing(Spool(tmp_path)) as spool:
        file = spool.add(iter([b"# A ", b"title"]), "a.md")
        assert file.path.read_bytes() == b"# A title"
        assert (file.mime, file.size_bytes) == ("text/markdown", 9)
        assert file.sha256 == hashlib.sha256(b"# A title").hexdigest()
        spool.discard(file)
        assert not file.path.exists()


def test_what_is_refused_midway_leaves_nothing(tmp_path: Path) -> None:
    def blocks() -> Iterator[bytes]:
        yield b"much"
        raise TooLargeError("too much")

    with closing(Spool(tmp_path)) as spool:
        with pytest.raises(TooLargeError):
            spool.add(blocks())
        assert _contents(tmp_path) == []


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with closing(Spool(tmp_path)) as spool:
        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(StoreError, match="No space left on device"):
            spool.add([b"much"])
        assert _contents(tmp_path) == []


def test_what_a_dead_process_left_is_removed_and_what_a_living_one_uses_is_not(tmp_path: Path) -> None:
    _left_behind(tmp_path)
    with closing(Spool(tmp_path)) as first:
        assert _contents(tmp_path) == []
        kept = first.add([b"in use"])
        with closing(Spool(tmp_path)):
            assert kept.path.read_bytes() == b"in use"


async def test_forgetting_takes_what_a_dead_process_left_too(tmp_path: Path) -> None:
    async with connected(tmp_path / "store") as tools:
        id_ = await tools.remember("the secret")
        _left_behind(tmp_path / "store" / "spool")
        assert (await tools.forget(id_))["erased"]
        assert _contents(tmp_path / "store" / "spool") == []
