"""Text: from bytes of any encoding to passages and blocks of lines short enough to embed."""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from charset_normalizer import CharsetMatch, from_bytes

TARGET_CHARS = 900
"""The length a passage is cut near."""
MAX_CHARS = 1_200
"""The length no passage and no block of lines exceeds."""

_MIN_PASSAGE_CHARS = 500
_MIN_BLOCK_CHARS = 300
_OVERLAP_CHARS = 150
_SEQUENCE_CHARS = 32  # the longest combining sequence worth keeping whole

_BOMS = (
    # UTF-32 first: its little-endian mark begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LEGACY = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
_HIGH_BYTES = bytes(range(0x80, 0x100))
_MULTIBYTE = frozenset({"cp932", "euc_jp", "gb18030", "big5", "cp949"})
_CONTROL = re.compile("[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")  # not tab, line ends, escape
_CONTROL_SHARE = 0.005
_UNASSIGNED_SHARE = 0.02
_SAMPLE_CHARS = 20_000
_SURROGATES = re.compile("[\ud800-\udfff]")

_SENTENCE = r"""[.!?…]["'”’»)\]]*\s+|[。！？｡．]["'”’」』）]*\s*"""  # noqa: RUF001  # CJK sentence ends are meant
_BOUNDARIES = tuple(map(re.compile, (r"\n[^\S\n]*\n\s*", _SENTENCE, r"\n", r"\s+")))
_SENTENCE_OR_LINE = re.compile(_SENTENCE + r"|\n\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of a text: `text == whole[start:end]`, in characters from 0, `end` excluded."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBlock:
    """Whole lines of a text, line ends included; lines count from 1, `last` is included."""

    text: str
    first: int
    last: int


def readable(data: bytes) -> str | None:
    """The text these bytes are, or None where they are not text.

    UTF-8, and UTF-16 and UTF-32 with a byte order mark, are decoded as such; a legacy encoding
    only where it can be told with some confidence. The mark is not part of the text.
    """
    text = _decoded(data)
    return None if text is None or _is_noise(text) else text


def clean(text: str) -> str:
    r"""`text` without NUL, lone surrogates as U+FFFD, and every line end as `\n`."""
    joined = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATES.sub("\ufffd", joined)


def passages(text: str) -> list[Passage]:
    """Passages that cover `text` without gaps, none longer than `MAX_CHARS`.

    They end at the best boundary near `TARGET_CHARS`: a blank line, a sentence's end, a line's
    end, a space, else anywhere. Each begins with the last sentence of the one before, or up to
    150 characters of it. A text no longer than `MAX_CHARS` is one passage, an empty one none.
    """
    found: list[Passage] = []
    end = 0
    while end < len(text):
        start = _overlap(text, end) if end else 0
        end = _cut(text, start)
        found.append(Passage(text=text[start:end], start=start, end=end))
    return found


def line_blocks(text: str) -> list[LineBlock]:
    r"""Blocks of whole lines, for source code; joined, their texts are `text`.

    Lines end at `\n` only. A block ends before a top-level definition after a blank line where
    it can, else at a blank line, else at any line. A line longer than `MAX_CHARS` becomes
    several blocks of the same line number.
    """
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    offsets = [0, *accumulate(map(len, lines))]
    blocks: list[LineBlock] = []
    first = 0
    while first < len(lines):
        after = _block_end(lines, offsets, first)
        block = text[offsets[first] : offsets[after]]
        blocks += (LineBlock(text=piece, first=first + 1, last=after) for piece in _pieces(block))
        first = after
    return blocks


def _decoded(data: bytes) -> str | None:
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None if encoding != "utf-8" or b"\0" in data else _legacy(data)


def _legacy(data: bytes) -> str | None:
    matches = from_bytes(data, cp_isolation=list(_LEGACY), threshold=0.1, enable_fallback=False)
    ascii_share = len(data.translate(None, _HIGH_BYTES)) / len(data)
    western = any("cp1252" in match.could_be_from_charset for match in matches)
    best = matches.best()
    if best is None:
        return None
    if not best.coherence and western and ascii_share >= 0.6:
        # Too few accents to tell: among the encodings that agree on ASCII, the commonest.
        return _strictly(data, "cp1252")
    return _strictly(data, best.encoding) if _is_sure(best, len(data)) else None


def _is_sure(match: CharsetMatch, size: int) -> bool:
    """Whether the letters look like a language, or like multibyte text of some length."""
    return match.coherence > 0 or (match.encoding in _MULTIBYTE and size >= 16)


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:  # charset-normalizer samples; the rest may disagree
        return None


def _is_noise(text: str) -> bool:
    if "\0" in text or len(_CONTROL.findall(text)) > _CONTROL_SHARE * len(text):
        return True
    sample = text[:_SAMPLE_CHARS]
    unassigned = sum(unicodedata.category(character) in {"Cn", "Co"} for character in sample)
    return unassigned > _UNASSIGNED_SHARE * len(sample)


def _cut(text: str, start: int) -> int:
    """Where the passage that begins at `start` ends."""
    high = start + MAX_CHARS
    if high >= len(text):
        return len(text)
    target = start + TARGET_CHARS
    for boundary in _BOUNDARIES:
        ends = [match.end() for match in boundary.finditer(text, start + _MIN_PASSAGE_CHARS, high)]
        if ends:
            return min(ends, key=lambda end: abs(end - target))
    return _outside_sequence(text, high)


def _outside_sequence(text: str, position: int) -> int:
    """The nearest place at or before `position` that no surrogate pair or combining sequence spans."""
    for candidate in range(position, position - _SEQUENCE_CHARS, -1):
        if not _joined(text[candidate - 1], text[candidate]):
            return candidate
    return position


def _joined(before: str, after: str) -> bool:
    return (
        unicodedata.category(after)[0] == "M"
        or "\u200d" in (before, after)  # zero-width joiner
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
        or ("\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff")
    )


def _overlap(text: str, end: int) -> int:
    """Where the passage after one that ends at `end` begins: its last sentence, if short."""
    low = end - _OVERLAP_CHARS
    for boundary in (_SENTENCE_OR_LINE, _BOUNDARIES[-1]):
        starts = [match.end() for match in boundary.finditer(text, low, end)]
        said = [start for start in starts if text[start:end].strip()]
        if said:
            return said[-1] if boundary is _SENTENCE_OR_LINE else said[0]
    return _outside_sequence(text, low)


def _block_end(lines: list[str], offsets: list[int], first: int) -> int:
    """The index of the line after the block that begins with line `first`."""
    after = first + 1
    while after < len(lines) and offsets[after + 1] - offsets[first] <= MAX_CHARS:
        after += 1
    if after == len(lines):
        return after
    candidates = [i for i in range(after, first, -1) if offsets[i] - offsets[first] >= _MIN_BLOCK_CHARS]
    blank = [i for i in candidates if not lines[i - 1].strip() and lines[i].strip()]
    top = (i for i in blank if lines[i][0].strip(" \t)]}"))
    return next(top, blank[0] if blank else after)


def _pieces(block: str) -> Iterator[str]:
    start = 0
    while start < len(block):
        end = _cut(block, start)
        yield block[start:end]
        start = end
