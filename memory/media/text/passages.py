"""Text: passages and blocks of lines short enough to embed."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

TARGET_CHARS = 900
"""The length a passage is cut near, as `measure` counts."""
MAX_CHARS = 1_200
"""The length no passage and no block of lines exceeds, as `measure` counts."""

_MIN_PASSAGE_CHARS = 500
_MIN_BLOCK_CHARS = 300
_OVERLAP_CHARS = 150
_SEQUENCE_CHARS = 32  # the longest combining sequence worth keeping whole

_SURROGATES = re.compile("[\ud800-\udfff]")
# Ideographs, kana, hangul, their punctuation and their full- and half-width forms.
_WIDE = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
    "\U00020000-\U0003ffff]+"
)

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


def clean(text: str) -> str:
    r"""`text` without NUL, lone surrogates as U+FFFD, and every line end as `\n`."""
    joined = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATES.sub("\ufffd", joined)


def measure(text: str) -> int:
    """How long `text` is: its characters, where each ideograph, kana or hangul counts as two.

    An embedder reads about four Latin letters as one token, but each wide character as one.
    """
    return len(text) if text.isascii() else len(text) + sum(map(len, _WIDE.findall(text)))


def passages(text: str) -> list[Passage]:
    """Passages that cover `text` without gaps, none longer than `MAX_CHARS` by `measure`.

    They end at the best boundary near `TARGET_CHARS`: a blank line, a sentence's end, a line's
    end, a space, else anywhere. Each begins with the last sentence of the one before, or up to
    150 characters of it, wide ones counting as two here, too. A text no longer than `MAX_CHARS`
    is one passage, an empty one none. All but the last stay the same whatever is added to `text`.
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
    lengths = [0, *accumulate(map(measure, lines))]
    blocks: list[LineBlock] = []
    first = 0
    while first < len(lines):
        after = _block_end(lines, lengths, first)
        block = text[offsets[first] : offsets[after]]
        blocks += (LineBlock(text=piece, first=first + 1, last=after) for piece in _pieces(block))
        first = after
    return blocks


def _cut(text: str, start: int) -> int:
    """Where the passage that begins at `start` ends."""
    low, target, high = (start + chars for chars in _reach(text[start : start + MAX_CHARS]))
    if high >= len(text):
        return len(text)
    for boundary in _BOUNDARIES:
        ends = [match.end() for match in boundary.finditer(text, low, high)]
        if ends:
            return min(ends, key=lambda end: abs(end - target))
    return _outside_sequence(text, high)


def _reach(stretch: str) -> tuple[int, int, int]:
    """How many characters of `stretch` the shortest, the usual and the longest passage take."""
    return (
        _fitting(stretch, _MIN_PASSAGE_CHARS),
        _fitting(stretch, TARGET_CHARS),
        _fitting(stretch, MAX_CHARS),
    )


def _fitting(characters: str, length: int) -> int:
    """How many of `characters` are no longer than `length` together; more, if there were more."""
    if characters.isascii():
        return length
    wide = 0
    for run in _WIDE.finditer(characters, 0, length):
        room = length - wide - run.start()
        if room < 2 * len(run[0]):
            return run.start() + room // 2 if room > 0 else length - wide
        wide += len(run[0])
    return length - wide


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
    low = end - _fitting(text[max(0, end - _OVERLAP_CHARS) : end][::-1], _OVERLAP_CHARS)
    for boundary in (_SENTENCE_OR_LINE, _BOUNDARIES[-1]):
        starts = [match.end() for match in boundary.finditer(text, low, end)]
        said = [start for start in starts if text[start:end].strip()]
        if said:
            return said[-1] if boundary is _SENTENCE_OR_LINE else said[0]
    return _outside_sequence(text, low)


def _block_end(lines: list[str], lengths: list[int], first: int) -> int:
    """The index of the line after the block that begins with line `first`."""
    after = first + 1
    while after < len(lines) and lengths[after + 1] - lengths[first] <= MAX_CHARS:
        after += 1
    if after == len(lines):
        return after
    candidates = [i for i in range(after, first, -1) if lengths[i] - lengths[first] >= _MIN_BLOCK_CHARS]
    blank = [i for i in candidates if not lines[i - 1].strip() and lines[i].strip()]
    top = (i for i in blank if lines[i][0].strip(" \t)]}"))
    return next(top, blank[0] if blank else after)


def _pieces(block: str) -> Iterator[str]:
    start = 0
    while start < len(block):
        end = _cut(block, start)
        yield block[start:end]
        start = end
