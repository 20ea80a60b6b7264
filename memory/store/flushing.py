"""Flushing: what was written is on the disk itself, where a power cut does not reach it."""

import os
from pathlib import Path


def flush_file(path: Path) -> None:
    """Have the bytes of a file on the disk when this returns."""
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_folder(path: Path) -> None:
    """Have the names in a folder on the disk when this returns; only POSIX systems keep them apart from files."""
    if os.name == "posix":
        flush_file(path)


def make_folder(path: Path) -> None:
    """Have a folder, and those above it that are missing, on the disk when this returns; for its owner only."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True, mode=0o700)
    flush_folder(path.parent)


class Flusher:
    """Flushes what is new below a folder whose files are written once and never changed.

    The engine writes so, and flushes nothing. Source: LanceDB 0.40 under strace, 2026-11: no fsync.
    What another process wrote and did not live to flush is new, too.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._flushed: dict[Path, frozenset[str]] = {}

    def flush(self) -> None:
        """Have every file below, and every name, on the disk when this returns.

        Raises:
            OSError: the folder cannot be looked through, or the disk would not take what is in it.
        """
        seen: dict[Path, frozenset[str]] = {}
        for name, folders, files in os.walk(self._root, onerror=_refuse):
            folder, now = Path(name), frozenset((*files, *folders))
            before = self._flushed.get(folder)
            for file in set(files) - (before or frozenset()):
                flush_file(folder / file)
            if now != before:
                flush_folder(folder)
                if before is None:
                    flush_folder(folder.parent)
            seen[folder] = now
        self._flushed = seen


def _refuse(error: OSError) -> None:
    """Pass nothing over: what cannot be looked at is not flushed."""
    raise error
