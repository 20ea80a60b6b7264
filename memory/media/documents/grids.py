"""How far the sheets of a workbook reach, told before they are laid out in memory."""

import re
from collections.abc import Iterator

from memory.errors import TooLargeError, UndecodableError
from memory.media.documents.packages import Package

MAX_CELLS = 10_000_000
"""Cells of the largest sheet, from its first to its last used one, empty ones in between included.

calamine lays out all of them, 32 bytes each; one stray cell in the last corner would make 550 GB.
"""

_BLOCK_BYTES = 1_048_576
_SEAM_BYTES = 64
_CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,3})([0-9]{1,7})["']""")
_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br\s*=\s*["']([0-9]{1,7})["']""")
_ODS_TABLE = re.compile(rb"<table:table[\s>]")
_ODS_ROW = re.compile(rb"<table:table-row\b([^>]*)>")
_ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^>]*)>")
_REPEATED = re.compile(rb"""number-(?:rows|columns)-repeated\s*=\s*["']([0-9]{1,10})["']""")


def check(package: Package) -> None:
    """Refuse a workbook with a sheet of more than `MAX_CELLS`.

    Raises:
        TooLargeError: such a sheet, or an OpenDocument sheet of over 64 MB.
        UndecodableError: a sheet is damaged.
    """
    extents = map(_extent, _tables(package)) if "content.xml" in package else map(_reach, _sheets(package))
    if any(cells > MAX_CELLS for cells in extents):
        raise TooLargeError(
            f"A sheet reaches over more than {MAX_CELLS:,} cells, empty ones included: delete what stands far outside"
        )


def _sheets(package: Package) -> Iterator[Iterator[bytes]]:
    for name in sorted(package.names):
        if name.lower().endswith(".xml") and "sheets/" in name.lower():
            yield package.blocks(name, _BLOCK_BYTES)


def _reach(blocks: Iterator[bytes]) -> int:
    """Cells from the first row and column to the last that a sheet's XML names."""
    columns: set[bytes] = set()
    last_row, rest = 0, b""
    for block in blocks:
        seen = (rest + block).replace(b"\0", b"")  # in UTF-16, every other byte
        found = _CELL.findall(seen)
        columns.update({column for column, _ in found})
        rows = {row for _, row in found} | set(_ROW.findall(seen))
        last_row = max([last_row, *map(int, rows)])
        rest = seen[-_SEAM_BYTES:]
    return last_row * max(map(_number, columns), default=1)


def _number(column: bytes) -> int:
    number = 0
    for letter in column.upper():
        number = number * 26 + letter - 64
    return number


def _tables(package: Package) -> list[bytes]:
    content = package.read("content.xml")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UndecodableError("The sheet is written in UTF-16, as no OpenDocument is: save it again and retry")
    return _ODS_TABLE.split(content)[1:]


def _extent(table: bytes) -> int:
    """Cells up to the last used row and column, repetitions counted."""
    rows = last_row = last_column = 0
    starts = list(_ODS_ROW.finditer(table))
    ends = [*(match.start() for match in starts[1:]), len(table)]
    for match, end in zip(starts, ends, strict=True):
        rows += _times(match.group(1))
        columns = _used(table[match.end() : end])
        if columns:
            last_row, last_column = rows, max(last_column, columns)
    return last_row * last_column


def _used(row: bytes) -> int:
    """Columns up to the last cell of the row that holds anything."""
    columns = used = 0
    for cell in _ODS_CELL.finditer(row):
        columns += _times(cell.group(1))
        if b"value-type" in cell.group(1) or not cell.group(1).endswith(b"/"):
            used = columns
    return used


def _times(attributes: bytes) -> int:
    found = _REPEATED.search(attributes)
    return int(found.group(1)) if found else 1
