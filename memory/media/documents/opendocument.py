"""OpenDocument: what a text document or a page of a presentation says."""

import re
from collections.abc import Iterator

from memory.errors import UndecodableError
from memory.media.documents.markup import Element, attribute, child, children, descendants, local, parsed
from memory.media.documents.packages import Package
from memory.media.documents.prose import Outliner, Section

_BLOCKS = frozenset({"section", "list", "list-item", "list-header", "table-of-content", "index-body", "note-body"})
_SKIPPED = frozenset({"tracked-changes", "sequence-decls", "forms", "annotation-end", "creator", "date"})
_MAX_SPACES = 1_000


def sections(package: Package) -> list[Section]:
    """What a text document says.

    Raises:
        TooLargeError: its content is too large.
        UndecodableError: damaged, locked with a password, or no text document.
    """
    outliner = Outliner()
    _blocks(body(package, "text"), outliner)
    return outliner.sections()


def body(package: Package, kind: str) -> Element:
    """The element that holds the content of a document of `kind`: `text`, `presentation`.

    Raises:
        TooLargeError: its content is too large.
        UndecodableError: damaged, locked with a password, or of another kind.
    """
    if "META-INF/manifest.xml" in package and b"encryption-data" in package.read("META-INF/manifest.xml"):
        raise UndecodableError("The document is locked with a password: save a copy without one and retry")
    found = child(parsed(package.read("content.xml")), "body", kind)
    if found is None:
        raise UndecodableError("The document's body is damaged or missing: save or export it again and retry")
    return found


def words(element: Element) -> str:
    """What a paragraph says, with its notes and the frames anchored in it."""
    return "".join(_runs(element))


def table(element: Element) -> str:
    """A table, a line for each row."""
    return "\n".join(filter(str.strip, map(_row, descendants(element, "table-row"))))


def _blocks(parent: Element, outliner: Outliner) -> None:
    for block in parent:
        name = local(block)
        if name == "h":
            level = attribute(block, "outline-level")
            outliner.heading(words(block), int(level) if re.fullmatch("[1-9]", level) else 1)
        elif name == "p":
            outliner.paragraph(words(block))
        elif name == "table":
            outliner.paragraph(table(block))
        elif name in _BLOCKS:
            _blocks(block, outliner)
            continue
        for picture in descendants(block, "image"):
            outliner.picture(attribute(picture, "href").removeprefix("./"))


def _row(row: Element) -> str:
    cells = (" ".join(" ".join(map(words, descendants(cell, "p"))).split()) for cell in children(row, "table-cell"))
    return " | ".join(cells).rstrip(" |")


def _runs(element: Element) -> Iterator[str]:
    yield element.text or ""
    for part in element:
        name = local(part)
        if name == "s":
            spaces = attribute(part, "c")
            yield " " * (min(int(spaces), _MAX_SPACES) if re.fullmatch("[0-9]{1,6}", spaces) else 1)
        elif name in {"tab", "line-break"}:
            yield "\t" if name == "tab" else "\n"
        elif name not in _SKIPPED:
            yield from _runs(part)
            yield "\n" if name in {"p", "h"} else ""
        yield part.tail or ""
