"""The words of a page as they flow: white space as a browser shows it, and headings as sections."""

import re
from dataclasses import dataclass, field

_SPACES = re.compile(r"[ \t\n\r\f]+")

_PARAGRAPHS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "dl",
        "fieldset",
        "figure",
        "footer",
        "form",
        "header",
        "hr",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "ul",
    ]
)
_LINES = frozenset(
    [
        "br",
        "caption",
        "center",
        "dd",
        "details",
        "div",
        "dt",
        "figcaption",
        "legend",
        "li",
        "optgroup",
        "option",
        "summary",
        "tr",
    ]
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CELLS = frozenset({"td", "th"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What stands under one heading, the heading itself included.

    Attributes:
        heading: headings from the outermost, joined by ` › `; the page's title before the first.
    """

    heading: str
    text: str


@dataclass(slots=True, kw_only=True)
class Flow:
    """Gathers a page's words, told tag by tag in the page's order."""

    title: str = ""
    _parts: list[str] = field(default_factory=list[str])
    _done: list[Section] = field(default_factory=list[Section])
    _path: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    _heading: list[str] | None = None
    _preformatted: int = 0
    _cells: list[int] = field(default_factory=list[int])
    _lists: int = 0

    def __post_init__(self) -> None:
        """A page begins with its title."""
        self.title = _SPACES.sub(" ", self.title).strip()
        self._parts += [self.title, "\n\n"] if self.title else []

    def say(self, text: str) -> None:
        """Go on with `text`."""
        if not self._preformatted:
            text = _SPACES.sub(" ", text)
            if self._heading is not None:
                self._heading.append(text)
            if not self._parts or self._parts[-1][-1:].isspace():
                text = text.lstrip(" ")
        if text:
            self._parts.append(text)

    def open(self, tag: str) -> None:
        """Enter an element."""
        if tag in _HEADINGS:
            self._close_section()
            self._heading = []
        elif tag in _CELLS:
            self._cell()
        else:
            self._break(tag)
        match tag:
            case "pre":
                self._preformatted += 1
            case "ul" | "ol":
                self._lists += 1
            case "li":
                self._parts.append("  " * (self._lists - 1) + "- ")
            case "tr":
                self._cells.append(0)
            case _:
                pass

    def close(self, tag: str) -> None:
        """Leave it."""
        match tag:
            case "br":
                return
            case "pre":
                self._preformatted -= 1
            case "ul" | "ol":
                self._lists -= 1
            case "tr":
                self._cells.pop()
            case _ if tag in _HEADINGS:
                self._name_section(int(tag[1]))
            case _:
                pass
        self._break(tag)

    def sections(self) -> list[Section]:
        """Everything said so far, a section for every heading; blank ones are left out."""
        self._close_section()
        return self._done

    def _cell(self) -> None:
        if not self._cells:
            return
        if self._cells[-1]:
            while self._parts and self._parts[-1].isspace():
                self._parts.pop()
        self._parts.append(" | " if self._cells[-1] else "")
        self._cells[-1] += 1

    def _break(self, tag: str) -> None:
        if tag in _PARAGRAPHS or tag in _HEADINGS:
            self._parts.append("\n\n")
        elif tag == "br" or (tag in _LINES and not (self._parts and self._parts[-1].endswith("\n"))):
            self._parts.append("\n")

    def _name_section(self, level: int) -> None:
        name = "".join(self._heading or ()).strip()
        self._heading = None
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        if name:
            self._path.append((level, name[:120]))

    def _close_section(self) -> None:
        text = _tidy("".join(self._parts))
        self._parts.clear()
        if text:
            heading = " › ".join(name for _, name in self._path) or self.title
            self._done.append(Section(heading=heading, text=text))


def _tidy(text: str) -> str:
    """`text` without white space at its ends and its lines' ends, and with one blank line at most in a row."""
    lines = [line.rstrip() for line in text.split("\n")]
    return "\n".join(line for line, before in zip(lines, ["", *lines], strict=False) if line or before).strip()
