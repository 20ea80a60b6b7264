"""Markdown: sections by their headings, read stretch by stretch."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from memory.media.text.passages import Passage, passages

HEADING_CHARS = 200
"""The length no heading path exceeds."""
TINY_CHARS = 200
"""A section shorter than this goes with the deeper one after it."""

_TITLE_CHARS = 80
_LINE_CHARS = 1_000  # a longer line is no heading, so that a line of any length can be read in parts
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*$")
_TITLE = re.compile(r" {0,3}(?![-*+][ \t]|\d+[.)][ \t]|[>=~`|#]|(?:-[ \t]*){2,}$)(\S.*?)[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?=(?:#[^\n]*\n)*[\w\"'][^\n:]*:)(?:[^\n]*\n)*?(?:---|\.\.\.)[ \t]*\n")
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|\*\*|`")

Headings = tuple[tuple[int, str], ...]
"""Levels and titles a text stands under, outermost first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the text before says about the text that follows.

    Attributes:
        headings: what the first character of the text stands under.
        before: characters of that section that were cut into passages already.
        scanned: characters of the text that were looked at for headings already.
        fence: what closes the code block that is open at `scanned`; empty outside of one.
        is_after_blank: nothing or a blank line comes before `scanned`.
        is_mid_line: `scanned` is within a line too long to be a heading.
        is_beginning: nothing was looked at so far.
    """

    headings: Headings = ()
    before: int = 0
    scanned: int = 0
    fence: str = ""
    is_after_blank: bool = True
    is_mid_line: bool = False
    is_beginning: bool = True

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Place":
        """The place that `dataclasses.asdict` and JSON made `fields` of; the beginning where they are empty."""
        headings = tuple((int(level), str(title)) for level, title in fields.get("headings", ()))
        values: dict[str, Any] = {**fields, "headings": headings}
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Passages of a text with their heading paths; from `rest` on it is to be cut again at `place`."""

    passages: tuple[tuple[Passage, str], ...]
    rest: int
    place: Place


def cut(text: str, place: Place, *, is_last: bool) -> Cut:
    """Cut Markdown into passages, none of which spans a heading.

    Only a section under `TINY_CHARS` whose next heading is a deeper one, such as a title right
    above the first chapter, shares its passages with that next section, and has its heading
    path. Front matter belongs to what comes before the first heading. Headings are ATX and, for
    paragraphs of one line, setext; in fenced code there are none.

    `text` is what was left by the cut before, which ended at `place`, and more. Where it ends here
    (`is_last`), all of it is cut; otherwise not its last passage, which may grow.
    """
    begin, before, headings = 0, place.before, place.headings
    found: list[tuple[Passage, str]] = []
    marks, seen = _scan(text, place, is_last=is_last)
    for start, new in marks:
        length = start - begin + before
        if length and (length >= TINY_CHARS or new[-1][0] <= _level(headings)):
            found += _passages(text, begin, start, headings)
            begin, before = start, 0
        headings = new
    last = _passages(text, begin, seen.scanned, headings)
    rest = seen.scanned if is_last else last[-1][0].start if last else begin
    kept = last if is_last else last[:-1]
    seen = replace(
        seen,
        headings=headings,
        before=min(before + rest - begin, TINY_CHARS),
        scanned=seen.scanned - rest,
    )
    return Cut(passages=(*found, *kept), rest=rest, place=seen)


def path(headings: Headings) -> str:
    """Titles joined by ` › `; where that is over `HEADING_CHARS`, without the outermost."""
    titles = [title for _, title in headings if title]
    while len(" › ".join(titles)) > HEADING_CHARS:
        titles = titles[1:]
    return " › ".join(titles)


def _passages(text: str, start: int, end: int, headings: Headings) -> list[tuple[Passage, str]]:
    heading = path(headings)
    return [
        (Passage(text=passage.text, start=start + passage.start, end=start + passage.end), heading)
        for passage in passages(text[start:end])
    ]


def _level(headings: Headings) -> int:
    return headings[-1][0] if headings else 0


def _scan(text: str, place: Place, *, is_last: bool) -> tuple[list[tuple[int, Headings]], Place]:
    """Where sections begin in what can be told so far, and the place after it."""
    place = _begun(text, place)
    end = len(text) if is_last else _certain(text, place)
    marks: list[tuple[int, Headings]] = []
    headings, fence, is_after_blank = place.headings, place.fence, place.is_after_blank
    for start, line, following in _lines(text, place.scanned, end):
        if fence or _FENCE.match(line):
            fence = _fence_after(line, fence)
        elif heading := _heading(line, following if is_after_blank else ""):
            headings = (*(outer for outer in headings if outer[0] < heading[0]), heading)
            marks.append((start, headings))
        is_after_blank = not line.strip()
    is_mid_line = place.is_mid_line or (not is_last and place.scanned < end == len(text))
    seen = replace(place, scanned=end, fence=fence, is_after_blank=is_after_blank, is_mid_line=is_mid_line)
    return marks, seen


def _begun(text: str, place: Place) -> Place:
    """`place` after what can be passed over: front matter, or the rest of a long line."""
    if place.is_beginning:
        matter = _FRONT_MATTER.match(text)
        return replace(place, is_beginning=False, scanned=matter.end() if matter else 0)
    if not place.is_mid_line:
        return place
    line_end = text.find("\n", place.scanned)
    if line_end < 0:
        return replace(place, scanned=len(text))
    return replace(place, scanned=line_end + 1, is_mid_line=False, is_after_blank=False)


def _certain(text: str, place: Place) -> int:
    """Up to where lines are whole and followed by a whole one, or are too long to matter."""
    line_end = text.rfind("\n", place.scanned)
    if place.is_mid_line or len(text) - max(line_end + 1, place.scanned) > _LINE_CHARS:
        return len(text)
    return max(text.rfind("\n", place.scanned, max(line_end, place.scanned)) + 1, place.scanned)


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, str, str]]:
    """Each line that begins before `end`, with where it begins and the line after it."""
    lines = text[start:].split("\n")
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if start >= end:
            return
        yield start, line, following
        start += len(line) + 1


def _fence_after(line: str, fence: str) -> str:
    """The fence that is open after `line`, which opens one where none is."""
    mark = line.strip()
    if not fence:
        return mark[: len(mark) - len(mark.lstrip(mark[0]))]
    return "" if mark.startswith(fence) and not mark.strip(fence[0]) else fence


def _heading(line: str, following: str) -> tuple[int, str] | None:
    """The level and title that `line` and, for a setext heading, `following` are."""
    if len(line) > _LINE_CHARS:
        return None
    if atx := _ATX.match(line):
        return len(atx[1]), _shown(atx[2] or "")
    if (under := _UNDERLINE.match(following[:_LINE_CHARS])) and (title := _TITLE.match(line)):
        return (1 if under[1][0] == "=" else 2), _shown(title[1])
    return None


def _shown(title: str) -> str:
    plain = " ".join(_MARKUP.sub(lambda mark: mark[1] or "", title).split())
    return plain if len(plain) <= _TITLE_CHARS else plain[: _TITLE_CHARS - 1] + "…"
