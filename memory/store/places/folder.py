"""A store in a folder: its disk is flushed, its locks are files."""

import os
from contextlib import suppress
from pathlib import Path

from memory.errors import StoreError
from memory.store.engine import TABLE
from memory.store.flushing import Flusher, make_folder
from memory.store.lock import ProcessLock
from memory.store.marks import FolderMarks
from memory.store.media import MediaStore
from memory.store.places.place import ERASED
from memory.store.repair.damage import discard
from memory.store.repair.generations import make_whole


class Folder:
    """See `Place`: everything is in one folder, for all processes of one machine."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.database = str(home / "table")
        self.marks = FolderMarks(home)
        self.media = MediaStore(home / "media")
        self.writing = ProcessLock(home / "writing.lock")
        self.upkeep = ProcessLock(home / "upkeep.lock")
        self._flusher = Flusher(home / "table")

    def __str__(self) -> str:
        """Its path."""
        return str(self.home)

    def check(self) -> None:
        """See `Place`."""
        if not self.home.is_dir():
            raise StoreError(f"the store's folder {str(self.home)!r} is not there: is its disk mounted?")

    def is_read_only(self) -> bool:
        """See `Place`."""
        return self.home.is_dir() and not os.access(self.home, os.W_OK)

    def make(self) -> None:
        """See `Place`."""
        make_folder(self.home)

    def make_whole(self) -> None:
        """See `Place`."""
        make_whole(self.home)

    def discard(self) -> None:
        """See `Place`."""
        discard(self.home)

    def flush(self) -> None:
        """See `Place`: the engine flushes nothing."""
        self._flusher.flush()

    def epoch(self) -> tuple[int, int]:
        """See `Place`: the engine keeps files open that were removed."""
        try:
            facts = (self.home / ERASED).stat()
        except OSError:  # none was yet; or the folder is away, which the read itself will say
            return (0, 0)
        return (facts.st_ino, facts.st_mtime_ns)

    def commits(self) -> int:
        """See `Place`."""
        return sum(1 for _ in Path(self.database, f"{TABLE}.lance", "_versions").iterdir())

    def size(self) -> int:
        """See `Place`."""
        taken = 0
        for path in self.home.rglob("*"):
            with suppress(FileNotFoundError):  # another process compacts, or erases
                taken += path.stat(follow_symlinks=False).st_size if path.is_file() else 0
        return taken
