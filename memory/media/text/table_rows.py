"""Rows of delimited text, whatever its delimiter, and however its quotes are damaged."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from memory.media.text.filelines import Line

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 50
_MAX_ROW_LINES = 200
_MAX_ROW_CHARS = 100_000  # below the csv module's own limit for one field
_MAX_HEADER = 300
_NUMBER = re.compile(r"[-+$€£(]?\d[\d.,:/ %)-]*")


@dataclass(frozen=True, slots=True)
class Row:
    """Its cells, and the file's byte after it."""

    cells: list[str]
    end: int


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is written; `offset` is the byte after its header, 0 where it has none."""

    delimiter: str
    header: tuple[str, ...]
    offset: int


def layout(lines: Iterator[Line], *, prefers_tabs: bool) -> Layout:
    """The delimiter that cuts the first lines most evenly, and the header, if the first row reads like one."""
    sample = list(islice(lines, _SAMPLE_LINES))
    order = "\t,;|" if prefers_tabs else _DELIMITERS
    delimiter = max(order, key=lambda candidate: _evenness(sample, candidate))
    first = next(rows(iter(sample), delimiter), None)
    is_last = first is None or not any(line.text.strip() for line in sample if line.end > first.end)
    if first is None or is_last or not _is_header(first.cells):
        return Layout(delimiter, (), 0)
    return Layout(delimiter, tuple(map(_flat, first.cells)), first.end)


def rows(lines: Iterator[Line], delimiter: str) -> Iterator[Row]:
    """The rows that are not blank. A quote that is not closed within 200 lines is a character like others."""
    waiting: deque[Line] = deque()
    while True:
        line = waiting.popleft() if waiting else next(lines, None)
        if line is None:
            return
        if not line.text.strip():
            continue
        yield _quoted(line, waiting, lines, delimiter) or Row(_unquoted(line.text, delimiter), line.end)


def written(cells: Sequence[str], header: Sequence[str]) -> str:
    """A row in one line; with its names, where they are too long to be repeated over each group of rows."""
    flat = [_flat(cell) for cell in cells]
    if header and not heading_row(header):
        names = (header[index] if index < len(header) else "" for index in range(len(flat)))
        return "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, flat, strict=True) if cell)
    return " | ".join(flat)


def heading_row(header: Sequence[str]) -> str:
    """The line of names that begins each group of rows; empty where there is none, or it is too long."""
    row = " | ".join(header)
    return f"{row}\n" if row and len(row) <= _MAX_HEADER else ""


def _quoted(first: Line, waiting: deque[Line], lines: Iterator[Line], delimiter: str) -> Row | None:
    """The row that begins with `first`; None, with all lines after it waiting again, if it does not end."""
    taken = [first]
    is_cut = False

    def feed() -> Iterator[str]:
        nonlocal is_cut
        yield first.text + "\n"
        chars = len(first.text)
        while len(taken) < _MAX_ROW_LINES and chars < _MAX_ROW_CHARS:
            line = waiting.popleft() if waiting else next(lines, None)
            if line is None:
                break
            taken.append(line)
            chars += len(line.text)
            yield line.text + "\n"
        is_cut = True

    try:
        cells = next(csv.reader(feed(), delimiter=delimiter), None)
    except csv.Error:
        cells = None
    if cells is None or is_cut:
        waiting.extendleft(reversed(taken[1:]))
        return None
    return Row(cells, taken[-1].end)


def _unquoted(text: str, delimiter: str) -> list[str]:
    return text.split(delimiter)


def _evenness(sample: list[Line], delimiter: str) -> tuple[float, int]:
    widths = [len(row.cells) for row in rows(iter(sample), delimiter)]
    commonest = max(widths, key=widths.count, default=1)
    return (widths.count(commonest) / len(widths) if commonest > 1 else 0, commonest)


def _is_header(cells: list[str]) -> bool:
    said = [cell.strip() for cell in cells if cell.strip()]
    return len(set(said)) == len(said) > 0 and not any(_NUMBER.fullmatch(cell) for cell in said)


def _flat(cell: str) -> str:
    return " ".join(cell.split())
