"""Which files of this machine were imported as which memories, so that another import need not read them again."""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from memory.embedders.database import Database

IMPORTS = "imports.db"
"""The file's name in the store's folder."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS files
    (namespace TEXT, path TEXT, size INTEGER, modified INTEGER, inode INTEGER, memory TEXT,
     PRIMARY KEY (namespace, path));
CREATE INDEX IF NOT EXISTS memories ON files (memory)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A file as it was when it was imported.

    Attributes:
        path: where it lay, in full.
        modified_ns: when it was changed last, in nanoseconds.
        inode: what the file system calls it, also where it is moved.
        memory: the id of what is remembered of it.
    """

    path: str
    size_bytes: int
    modified_ns: int
    inode: int
    memory: str

    @property
    def stamp(self) -> tuple[int, int]:
        """What stays the same as long as nobody writes into the file."""
        return self.size_bytes, self.modified_ns


class Imports:
    """Keeps what was imported, in one file that all processes share; what is forgotten leaves it first.

    All calls raise `StoreError` where the file cannot be used.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._file = Database(path, _SCHEMA)

    async def of(self, namespace: str) -> dict[str, Imported]:
        """What was imported into a namespace, by path."""
        found: dict[str, Imported] = {}
        query = "SELECT path, size, modified, inode, memory FROM files WHERE namespace = ?"

        def read(file: sqlite3.Connection) -> None:
            for path, size, modified, inode, memory in file.execute(query, (namespace,)):
                found[path] = Imported(path=path, size_bytes=size, modified_ns=modified, inode=inode, memory=memory)

        await self._file.run_if_there(read)
        return found

    async def put(self, namespace: str, one: Imported) -> None:
        """Keep a file, in the place of what was known of its path."""
        row = (namespace, one.path, one.size_bytes, one.modified_ns, one.inode, one.memory)
        await self._file.run(lambda file: file.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", row))

    async def remove(self, namespace: str, paths: Sequence[str]) -> None:
        """Keep these files no longer."""
        rows = [(namespace, path) for path in paths]
        statement = "DELETE FROM files WHERE namespace = ? AND path = ?"
        await self._file.run_if_there(lambda file: file.executemany(statement, rows))

    async def forget(self, memories: Collection[str]) -> None:
        """Keep no file of these memories."""
        rows = [(id_,) for id_ in memories]
        await self._file.run_if_there(lambda file: file.executemany("DELETE FROM files WHERE memory = ?", rows))
