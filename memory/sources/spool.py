"""Copies of files that were given, each ours until its memory is stored or refused."""

import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from filelock import FileLock, Timeout

from memory.errors import StoreError
from memory.media.sniff import sniff
from memory.pieces import File

_LOCK = "in-use"
_MAKING = "making"


class Spool:
    """A folder of this process, beside the store it feeds; those of processes that died are removed.

    A file is copied into it block by block, so that no file is ever held in memory, and what was
    looked at is what is stored, whatever happens to the original in between.
    """

    def __init__(self, root: Path, *, is_temporary: bool = False) -> None:
        """Make a folder of our own under `root`, which goes with it where it is temporary."""
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._root, self._is_temporary = root, is_temporary
        with FileLock(root / _MAKING):
            _clear(root)
            self._folder = Path(tempfile.mkdtemp(dir=root))
            self._lock = FileLock(self._folder / _LOCK)
            self._lock.acquire()

    @classmethod
    def beside(cls, home: Path) -> "Spool":
        """In a store's folder, or where that cannot be written, in a temporary one."""
        if os.access(home, os.W_OK):
            return cls(home / "spool")
        return cls(Path(tempfile.mkdtemp(prefix="sensorium-")), is_temporary=True)

    def add(self, blocks: Iterable[bytes], name: str = "") -> File:
        """Keep the bytes; `name` helps to tell kinds of text apart.

        Raises:
            StoreError: the disk is full, or cannot be written.
            SensoriumError: what `blocks` raises; nothing is kept in either case.
        """
        path = self._folder / secrets.token_hex(8)
        with ExitStack() as undoing:
            undoing.callback(path.unlink, missing_ok=True)
            try:
                file = _file(path, *_written(path, blocks), name)
            except OSError as error:
                raise StoreError(f"a file could not be kept: {error.strerror}") from error
            undoing.pop_all()
            return file

    @property
    def folder(self) -> Path:
        """Where this process may keep what must not outlive it."""
        return self._folder

    def sweep(self) -> int:
        """Remove what processes that died have left; returns how many others are alive."""
        with FileLock(self._root / _MAKING):
            return _clear(self._root) - 1

    def discard(self, file: File) -> None:
        """Let go of a file that was added."""
        file.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of everything."""
        self._lock.release()
        shutil.rmtree(self._root if self._is_temporary else self._folder, ignore_errors=True)


def _written(path: Path, blocks: Iterable[bytes]) -> tuple[int, str]:
    """How many bytes were written, and their sha256; they are on disk when this returns."""
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as file:
        for block in blocks:
            file.write(block)
            digest.update(block)
            size += len(block)
        file.flush()
        os.fsync(file.fileno())
    return size, digest.hexdigest()


def _file(path: Path, size_bytes: int, sha256: str, name: str) -> File:
    return File(path=path, mime=sniff(path, name), size_bytes=size_bytes, sha256=sha256)


def _clear(root: Path) -> int:
    """Remove the folders that no living process holds; returns how many are held."""
    held = 0
    for folder in filter(Path.is_dir, root.iterdir()):
        try:
            with FileLock(folder / _LOCK, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
        except Timeout:  # a process is at work in it
            held += 1
    return held
