"""The lines of a text file, with the byte each ends at, from any of them on."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_LINE_BYTES = 1_048_576
"""A longer line comes in parts of this size."""

_BLOCK_BYTES = 65_536
_MARKED = {
    "utf-8-sig": {codecs.BOM_UTF8: "utf-8"},
    "utf-16": {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"},
    "utf-32": {codecs.BOM_UTF32_LE: "utf-32-le", codecs.BOM_UTF32_BE: "utf-32-be"},
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end, and the byte of the file after it."""

    text: str
    end: int


def unmarked(path: Path, encoding: str) -> tuple[str, int]:
    """The codec of a file's text after its byte order mark, and how many bytes the mark has."""
    with path.open("rb") as opened:
        head = opened.read(4)
    for mark, codec in _MARKED.get(encoding, {}).items():
        if head.startswith(mark):
            return codec, len(mark)
    return encoding, 0


def lines_from(path: Path, codec: str, offset: int) -> Iterator[Line]:
    r"""The lines from byte `offset` on; NUL is dropped, bytes that are no characters become U+FFFD.

    Lines end at `\n`, or at `\r` in a file whose first megabyte has no `\n`. A codec's `\n` must
    be no part of other characters, as in UTF-8, the legacy encodings and, at whole characters, UTF-16.
    """
    with path.open("rb") as opened:
        feed = "\n".encode(codec)
        end = feed if _find(opened.read(MAX_LINE_BYTES), feed, 0) >= 0 else "\r".encode(codec)
        opened.seek(offset)
        rest = b""
        while block := opened.read(_BLOCK_BYTES):
            rest += block
            start = 0
            while (at := _find(rest, end, start)) >= 0:
                yield Line(_decoded(rest[start:at], codec), offset + at + len(end))
                start = at + len(end)
            offset += start
            rest = rest[start:]
            if len(rest) >= MAX_LINE_BYTES:
                yield Line(_decoded(rest, codec), offset + len(rest))
                offset, rest = offset + len(rest), b""
        if rest:
            yield Line(_decoded(rest, codec), offset + len(rest))


def _find(data: bytes, end: bytes, start: int) -> int:
    at = data.find(end, start)
    while at >= 0 and at % len(end):
        at = data.find(end, at + 1)
    return at


def _decoded(data: bytes, codec: str) -> str:
    return data.decode(codec, "replace").replace("\0", "").rstrip("\r")
