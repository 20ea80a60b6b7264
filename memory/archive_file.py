"""An archive as a file: written beside its name until it is whole, read without trust."""

import io
import os
import secrets
import struct
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, cast

from memory.archive import MANIFEST, MAX_LINE_BYTES, MEDIA, SEGMENTS, Manifest, line_of, manifest_of
from memory.errors import InvalidInputError, StoreError, UndecodableError
from memory.model import Segment
from memory.store.flushing import flush_folder

Advance = Callable[[int, int], None]
"""Is told how many memories are done, of how many."""
Row = tuple[Segment, Mapping[str, bytes]]
"""A segment with its vectors by the column of their space, as little-endian float32."""

LINES_BYTES = 8 * 2**20
"""After how many bytes of lines a new entry begins; damage to one leaves the others whole."""
_BLOCK_BYTES = 2**20
_MAX_MANIFEST_BYTES = 2**20
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    NotImplementedError,  # a rare way to compress
    RuntimeError,  # a password is asked for
    struct.error,
)


class ArchiveWriter:
    """An archive in the making: under a name of its own beside its target until it is whole.

    Attributes:
        memories: how many it holds so far; so `segments`, and `media`, which are files.
        size_bytes: of the whole archive, once it is finished.
    """

    def __init__(self, target: Path, folder: Path, *, replaces: bool = False) -> None:
        """Begin it; `folder` is where lines wait for their entry.

        Raises:
            InvalidInputError: the target cannot be written to, or is there already.
            StoreError: the disk is full, or cannot be written.
        """
        if target.exists() and (not replaces or not target.is_file()):
            raise _taken(target)
        if not target.parent.is_dir():
            raise InvalidInputError(f"{str(target.parent)!r} is not a folder: make it first, or give another name")
        self.memories, self.segments, self.size_bytes = 0, 0, 0
        self._keys: set[str] = set()
        self._entries = 1
        self._target, self._replaces = target, replaces
        self._half = target.parent / f".{target.name}.writing-{secrets.token_hex(8)}"
        with _writing(), ExitStack() as undoing:
            self._lines = undoing.enter_context(TemporaryFile(dir=folder))
            self._file = os.fdopen(os.open(self._half, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")
            undoing.pop_all()
        self._zip = zipfile.ZipFile(self._file, "w")

    @property
    def media(self) -> int:
        """How many files it holds so far."""
        return len(self._keys)

    def add(self, rows: Sequence[Row], media: Mapping[str, Path]) -> None:
        """Take in one memory, with the files its rows name by their keys.

        Raises:
            StoreError: the disk is full, or cannot be written; or a file cannot be read.
        """
        with _writing():
            for key in sorted(media.keys() - self._keys):
                with _opened(media[key]) as file:
                    self._copy(file, f"{MEDIA}{key}", zipfile.ZIP_STORED)
                self._keys.add(key)
            self._lines.writelines(line_of(segment, len(rows), vectors) for segment, vectors in rows)
            if self._lines.tell() >= LINES_BYTES:
                self._put_lines()
        self.memories += 1
        self.segments += len(rows)

    def finish(self, spaces: Mapping[str, int]) -> None:
        """Give the archive its name; it is on disk, and whole, when this returns.

        Raises:
            InvalidInputError: something else got the name meanwhile.
            StoreError: the disk is full, or cannot be written.
        """
        with _writing():
            self._put_lines()
            self._zip.writestr(_entry(MANIFEST, zipfile.ZIP_DEFLATED), self._manifest(spaces))
            self._zip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self.size_bytes = self._file.seek(0, os.SEEK_END)
            self._file.close()
            self._give_name()
        _flush_folder(self._target)

    def discard(self) -> None:
        """Leave nothing but what was finished."""
        for file in (self._zip, self._lines, self._file):
            with suppress(OSError, ValueError):  # as the disk may be full, or an entry half written
                file.close()
        self._half.unlink(missing_ok=True)

    def _give_name(self) -> None:
        if not self._replaces:
            try:
                self._target.hardlink_to(self._half)  # which writes over nothing
            except FileExistsError as error:
                raise _taken(self._target) from error
            except OSError as error:  # a file system without links
                if self._target.exists():
                    raise _taken(self._target) from error
            else:
                return  # the other name goes with `discard`
        self._half.replace(self._target)

    def _put_lines(self) -> None:
        self._copy(self._lines, f"{SEGMENTS}{self._entries:06}.jsonl", zipfile.ZIP_DEFLATED)
        self._entries += 1
        self._lines.seek(0)
        self._lines.truncate()

    def _copy(self, source: IO[bytes], name: str, method: int) -> None:
        entry = _entry(name, method)
        entry.file_size = source.seek(0, os.SEEK_END)  # tells the library whether 32 bits will do
        source.seek(0)
        with self._zip.open(entry, "w") as copy:
            while block := _read(source):
                copy.write(block)

    def _manifest(self, spaces: Mapping[str, int]) -> str:
        manifest = Manifest(
            made_by=f"sensorium {version('sensorium')}",
            made_at=datetime.now(UTC),
            memories=self.memories,
            segments=self.segments,
            media=self.media,
            spaces=dict(spaces),
        )
        return manifest.model_dump_json(indent=2)


class ArchiveReader:
    """An archive that is open; nothing in it is trusted to be what it says."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def manifest(self) -> Manifest:
        """What it says of itself.

        Raises:
            InvalidInputError: it is no archive, or one of a newer version.
        """
        with _undamaged(MANIFEST), self._archive.open(MANIFEST) as entry:
            return manifest_of(entry.read(_MAX_MANIFEST_BYTES))

    def entries(self) -> list[str]:
        """The names of the entries that hold lines, in order."""
        return sorted(name for name in self._archive.namelist() if name.startswith(SEGMENTS))

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of an entry; of one that is over `MAX_LINE_BYTES`, one byte more than that.

        Raises:
            UndecodableError: the entry is damaged; that is told before its first line.
        """
        with _undamaged(name), self._archive.open(name) as entry:
            while entry.read(_BLOCK_BYTES):  # to the end, where the library compares the sum of all
                pass
        with _undamaged(name), self._archive.open(name) as entry, _buffered(entry) as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                rest = line
                while rest and not rest.endswith(b"\n"):
                    rest = file.readline(_BLOCK_BYTES)
                yield line

    def size_of(self, key: str) -> int:
        """How large a file says it is; 0 where it is not there."""
        entry = self._archive.NameToInfo.get(f"{MEDIA}{key}")
        return entry.file_size if entry else 0

    def blocks(self, key: str) -> Iterator[bytes]:
        """The bytes of a file.

        Raises:
            UndecodableError: it is not there, or damaged.
        """
        name = f"{MEDIA}{key}"
        with _undamaged(name):
            if self._archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
                raise UndecodableError(f"{name} is compressed, as no archive's media are")
            with self._archive.open(name) as entry:
                while block := entry.read(_BLOCK_BYTES):
                    yield block


def _buffered(entry: IO[bytes]) -> io.BufferedReader:
    # By itself the library looks for a limited line's end byte by byte. It types the entry as less than it is.
    return io.BufferedReader(cast("io.BufferedIOBase", entry), _BLOCK_BYTES)


@contextmanager
def opened(path: Path) -> Generator[ArchiveReader]:
    """An archive, to be read.

    Raises:
        InvalidInputError: it is not there or cannot be read.
        UndecodableError: it is no archive, or is cut off.
    """
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise InvalidInputError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    except _DAMAGE as error:
        raise UndecodableError(f"{str(path)!r} is no archive of Sensorium, or is cut off: {error}") from error
    with archive:
        yield ArchiveReader(archive)


def _entry(name: str, method: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = method
    entry.external_attr = 0o600 << 16
    return entry


def _taken(target: Path) -> InvalidInputError:
    return InvalidInputError(f"{str(target)!r} is there already: give another name, or --force to replace it")


def _flush_folder(target: Path) -> None:
    try:
        flush_folder(target.parent)
    except OSError as error:
        why = f"but its folder could not be flushed: {error.strerror}"
        raise StoreError(f"{str(target)!r} is whole, {why}; a power failure now may take its name away") from error


@contextmanager
def _writing() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"the archive could not be written: {error.strerror}; nothing is left of it") from error


def _opened(path: Path) -> IO[bytes]:
    with _reading():
        return path.open("rb")


def _read(source: IO[bytes]) -> bytes:
    with _reading():
        return source.read(_BLOCK_BYTES)


@contextmanager
def _reading() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"a file could not be read for the archive: {error.strerror}; nothing is left of it: "
            "'sensorium doctor' names what of the store cannot be read"
        ) from error


@contextmanager
def _undamaged(name: str) -> Generator[None]:
    try:
        yield
    except KeyError as error:
        raise UndecodableError(f"{name} is not in the archive") from error
    except (*_DAMAGE, OSError) as error:
        raise UndecodableError(f"{name} is damaged: {error}") from error
