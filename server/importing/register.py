"""What was imported into one namespace before, at hand by path, by file and by memory."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from memory.imports import Imported, Imports


class Register:
    """The files that are remembered, and what they were like when they were; kept as they are put.

    Args:
        imports: where that is kept.
        files: all that were imported into the namespace.
    """

    def __init__(self, imports: Imports, namespace: str, files: Iterable[Imported]) -> None:
        self._imports = imports
        self._namespace = namespace
        self._files = {one.path: one for one in files}
        self._by_file: dict[tuple[tuple[int, int], int], set[str]] = defaultdict(set)
        self._by_memory: dict[str, set[str]] = defaultdict(set)
        for one in self._files.values():
            self._index(one)

    @classmethod
    async def read(cls, imports: Imports, namespace: str) -> "Register":
        """The register as earlier imports left it.

        Raises:
            StoreError: it cannot be read.
        """
        return cls(imports, namespace, (await imports.of(namespace)).values())

    def at(self, path: Path) -> Imported | None:
        """What was imported from there."""
        return self._files.get(str(path))

    def is_current(self, path: Path) -> bool:
        """Whether a file was imported and not changed since, by size and time; it is not read."""
        before = self.at(path)
        try:
            return before is not None and before.stamp == look(path).stamp
        except OSError:
            return False

    def moved(self, now: Imported) -> Imported | None:
        """What the same file was that lay elsewhere under its name, and lies there no longer."""
        named = (one for one in self._by_file.get((now.stamp, now.inode), ()) if Path(one).name == Path(now.path).name)
        return next((self._files[path] for path in named if not is_there(path)), None)

    def away(self, memory: str) -> Imported | None:
        """A file of this memory that is where it was no longer."""
        return next((self._files[path] for path in self._by_memory.get(memory, ()) if not is_there(path)), None)

    def below(self, roots: Sequence[Path]) -> list[str]:
        """The paths that lie in these folders, or are these files."""
        return [path for path in self._files if any(Path(path).is_relative_to(root) for root in roots)]

    def only_in(self, memory: str, paths: set[str]) -> bool:
        """Whether no file of this memory is left without these."""
        return self._by_memory.get(memory, set()) <= paths

    async def put(self, now: Imported, instead_of: str = "") -> None:
        """Keep a file; what it was at another place is kept no longer.

        Raises:
            StoreError: it cannot be kept.
        """
        await self._imports.put(self._namespace, now)
        self._drop(now.path)
        self._files[now.path] = now
        self._index(now)
        if instead_of:
            await self.remove([instead_of])

    async def remove(self, paths: Sequence[str]) -> None:
        """Keep these no longer.

        Raises:
            StoreError: they cannot be removed.
        """
        await self._imports.remove(self._namespace, paths)
        for path in paths:
            self._drop(path)

    def _index(self, one: Imported) -> None:
        self._by_file[one.stamp, one.inode].add(one.path)
        self._by_memory[one.memory].add(one.path)

    def _drop(self, path: str) -> None:
        if one := self._files.pop(path, None):
            self._by_file[one.stamp, one.inode].discard(path)
            self._by_memory[one.memory].discard(path)


def look(path: Path, memory: str = "") -> Imported:
    """A file as it is now.

    Raises:
        OSError: it cannot be looked at.
    """
    stat = path.stat()
    # SQLite keeps signed numbers of 64 bits, and file systems may count inodes without a sign.
    inode = stat.st_ino % 2**63
    return Imported(path=str(path), size_bytes=stat.st_size, modified_ns=stat.st_mtime_ns, inode=inode, memory=memory)


def is_there(path: str) -> bool:
    """Whether a file is where it was."""
    return Path(path).is_file()
