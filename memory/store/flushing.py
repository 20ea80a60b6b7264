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


class Flusher:
    """Flushes what is new below a folder whose files are written once and never changed.

    The engine writes so, and flushes nothing. Source: LanceDB 0.40 under strace, 2026-11: no fsync.
    What another process wrote and did not live to flush is new, too.

    Args:
        root: the folder; it need not be there yet.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._flushed: dict[Path, frozenset[str]] = {}

    def flush(self) -> None:
        """Have every file below, and every name, on the disk when this returns.

        Raises:
            OSError: the disk would not take them.
        """
        seen: dict[Path, frozenset[str]] = {}
        for name, _, files in os.walk(self._root):
            folder, now = Path(name), frozenset(files)
            before = self._flushed.get(folder)
            for file in now - (before or frozenset()):
                flush_file(folder / file)
            if now != before:
                flush_folder(folder)
                if before is None:
                    flush_folder(folder.parent)
            seen[folder] = now
        self._flushed = seen
