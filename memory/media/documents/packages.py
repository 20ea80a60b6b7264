"""Zip-based documents: opened within limits, before anything in them is expanded."""

import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from memory.errors import TooLargeError, UndecodableError

MAX_ENTRIES = 10_000
"""Entries of the largest package that is opened; a deck of 1,000 slides has some 4,000."""

MAX_TOTAL_BYTES = 512 * 1024 * 1024
"""What all entries of a package may declare together, expanded."""

MAX_RATIO = 200
"""How many times larger than compressed the entries may be together; sheets of numbers reach about 20.

Source: zlib Technical Details, zlib.net/zlib_tech.html: deflate cannot exceed 1,032 to 1.
"""

MAX_ENTRY_BYTES = 64 * 1024 * 1024
"""What is read of one entry at most."""

_RATIO_COUNTS_FROM_BYTES = 1024 * 1024
_END = b"PK\x05\x06"
_END_BYTES = 22
_MAX_COMMENT_BYTES = 65_535
_IN_ZIP64 = 0xFFFF
_ENCRYPTED = 1
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    LookupError,
    NotImplementedError,
    struct.error,
)
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_RETRY = "save or export it again and retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A zip-based document that is open and within limits."""

    archive: zipfile.ZipFile = field(repr=False)
    names: frozenset[str]

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def read(self, name: str, max_bytes: int = MAX_ENTRY_BYTES) -> bytes:
        """The bytes of one entry, never more than it declares.

        Raises:
            TooLargeError: it is over `max_bytes`.
            UndecodableError: there is no such entry, it is damaged, or compressed in a rare way.
        """
        if name not in self.names:
            raise UndecodableError(f"The document lacks its part {name[:100]!r}: {_RETRY}")
        if self.archive.getinfo(name).file_size > max_bytes:
            raise TooLargeError(f"A part of the document is over {max_bytes // 1_048_576} MB expanded: split it")
        try:
            with self.archive.open(name) as entry:
                return entry.read(max_bytes)
        except _DAMAGE as error:
            raise UndecodableError(f"The document is damaged in its part {name[:100]!r}: {_RETRY}") from error

    def blocks(self, name: str, block_bytes: int = 1_048_576) -> Iterator[bytes]:
        """The bytes of one entry, however large, block by block.

        Raises:
            UndecodableError: it is damaged.
        """
        try:
            with self.archive.open(name) as entry:
                while block := entry.read(block_bytes):
                    yield block
        except _DAMAGE as error:
            raise UndecodableError(f"The document is damaged in its part {name[:100]!r}: {_RETRY}") from error


@contextmanager
def opened(path: Path) -> Generator[Package]:
    """The package at `path`, checked; archives within it are never opened.

    What its directory declares is checked first, and `zipfile` expands no entry past its declared
    size: a header that lies gives a checksum error, not a bomb.

    Raises:
        TooLargeError: over `MAX_ENTRIES`, `MAX_TOTAL_BYTES` or `MAX_RATIO`.
        UndecodableError: damaged, empty, locked with a password, or with encrypted entries.
    """
    _check_before(path)
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGE as error:
        raise UndecodableError(f"The document is damaged or cut off ({error}): {_RETRY}") from error
    with archive:
        _check_entries(archive.infolist())
        yield Package(archive=archive, names=frozenset(archive.namelist()))


def verify(package: Package) -> None:
    """Expand every entry once, keeping nothing: for libraries that open the path by themselves.

    Raises:
        UndecodableError: an entry is damaged, or its real size is not the declared one.
    """
    for name in package.archive.namelist():
        for _ in package.blocks(name):
            pass


def _check_before(path: Path) -> None:
    """Refuse what is no zip or has too many entries, from the record at its end alone."""
    with path.open("rb") as file:
        head = file.read(len(_OLE))
        file.seek(0, 2)
        size = file.tell()
        file.seek(max(0, size - _END_BYTES - _MAX_COMMENT_BYTES))
        tail = file.read()
    if head == _OLE:
        raise UndecodableError("The document is locked with a password: save a copy without one and retry")
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise UndecodableError(f"The document is damaged, empty or cut off: {_RETRY}")
    count, directory_bytes = struct.unpack_from("<HI", tail, at + 10)
    # The directory's length bounds the entries, too: the count may lie, and zipfile goes by the length.
    if count == _IN_ZIP64 or count > MAX_ENTRIES or directory_bytes > MAX_ENTRIES * 512:
        raise TooLargeError(f"The document has more than {MAX_ENTRIES:,} entries: split it")


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise TooLargeError(f"The document has more than {MAX_ENTRIES:,} entries: split it")
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise UndecodableError("The document is locked with a password: save a copy without one and retry")
    if any(entry.compress_type not in _METHODS for entry in entries):
        raise UndecodableError(f"The document is compressed in a way no document is: {_RETRY}")
    expanded = sum(entry.file_size for entry in entries)
    compressed = sum(entry.compress_size for entry in entries)
    if expanded > MAX_TOTAL_BYTES:
        raise TooLargeError(f"The document is over {MAX_TOTAL_BYTES // 1_048_576} MB expanded: split it")
    if expanded > _RATIO_COUNTS_FROM_BYTES and expanded > compressed * MAX_RATIO:
        raise TooLargeError(f"The document grows more than {MAX_RATIO} times when expanded, as no honest one does")
