"""DOCX: its sections in reading order, notes and comments after them."""

import re
from collections.abc import Iterator, Mapping

from memory.errors import UndecodableError
from memory.media.documents.markup import Element, attribute, child, children, descendants, local, parsed
from memory.media.documents.packages import Package
from memory.media.documents.prose import Outliner, Section
from memory.media.documents.relations import DOCUMENT, Relations, related, relations

_HEADING = re.compile(r"heading ([1-9])|title", re.IGNORECASE)
_ASIDE = ("footnotes", "endnotes", "comments")
_SKIPPED = frozenset({"del", "moveFrom", "Fallback", "instrText", "delText", "rPr", "pPr", "sectPr"})
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_CONTAINERS = frozenset({"sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag", "AlternateContent", "Choice"})


def sections(package: Package) -> list[Section]:
    """What the document says; deleted text under tracked changes is left out.

    Raises:
        TooLargeError: a part of it is too large.
        UndecodableError: it is damaged, or no word-processing document.
    """
    main = next(iter(related(package, "", DOCUMENT)), "word/document.xml")
    body = child(parsed(package.read(main)), "body")
    if body is None:
        raise UndecodableError("This is no Word document, or its body is damaged: save or export it again and retry")
    outliner = Outliner()
    _margins(package, main, "header", outliner)
    reader = _Reader(outliner, relations(package, main), _levels(package, main))
    reader.blocks(body)
    outliner.leave_headings()
    _margins(package, main, "footer", outliner)
    for kind in _ASIDE:
        _margins(package, main, kind, outliner)
    return outliner.sections()


class _Reader:
    """Walks the blocks of a body into an outliner."""

    def __init__(self, outliner: Outliner, links: Relations, levels: Mapping[str, int]) -> None:
        self._outliner = outliner
        self._links = links
        self._levels = levels

    def blocks(self, parent: Element) -> None:
        for block in parent:
            name = local(block)
            if name == "p":
                self._paragraph(block)
            elif name == "tbl":
                self._outliner.paragraph(_table(block))
                self._pictures(block)
            elif name in _CONTAINERS:
                self.blocks(block)

    def _paragraph(self, paragraph: Element) -> None:
        text = _words(paragraph)
        level = self._level(paragraph)
        if level:
            self._outliner.heading(text, level)
        else:
            self._outliner.paragraph(text)
        self._pictures(paragraph)

    def _level(self, paragraph: Element) -> int:
        style = child(paragraph, "pPr", "pStyle")
        level = 0 if style is None else self._levels.get(attribute(style, "val"), 0)
        outline = child(paragraph, "pPr", "outlineLvl")
        own = "" if outline is None else attribute(outline, "val")
        return level or (int(own) + 1 if own in set("012345678") - {""} else 0)

    def _pictures(self, block: Element) -> None:
        for name in ("blip", "imagedata"):
            for picture in descendants(block, name):
                link = attribute(picture, "embed") or attribute(picture, "id")
                _, target = self._links.get(link, ("", ""))
                if target:
                    self._outliner.picture(target)


def _margins(package: Package, main: str, kind: str, outliner: Outliner) -> None:
    """Add headers, footers, notes or comments, each wording once."""
    known: set[str] = set()
    for part in related(package, main, kind):
        for paragraph in descendants(parsed(package.read(part)), "p"):
            text = _words(paragraph).strip()
            if text and text not in known:
                known.add(text)
                outliner.paragraph(text)


def _levels(package: Package, main: str) -> dict[str, int]:
    """The heading level each style id stands for; `Title` is a heading over all others, so of level 1, too."""
    part = next(iter(related(package, main, "styles")), "")
    if not part:
        return {}
    named = {
        attribute(style, "styleId"): _HEADING.fullmatch(attribute(name, "val"))
        for style in children(parsed(package.read(part)), "style")
        if (name := child(style, "name")) is not None
    }
    return {style: int(match.group(1) or 1) for style, match in named.items() if match}


def _table(table: Element) -> str:
    return "\n".join(filter(str.strip, map(_row, children(table, "tr"))))


def _row(row: Element) -> str:
    cells = (" ".join(" ".join(map(_words, descendants(cell, "p"))).split()) for cell in children(row, "tc"))
    return " | ".join(cells)


def _words(paragraph: Element) -> str:
    """What a paragraph says, with the text boxes anchored in it."""
    return "".join(_runs(paragraph))


def _runs(element: Element) -> Iterator[str]:
    for part in element:
        name = local(part)
        if name in _SKIPPED:
            continue
        if name == "t":
            yield part.text or ""
        elif name in _BREAKS:
            yield _BREAKS[name]
        else:
            yield from _runs(part)
            if name == "p":  # of a text box
                yield "\n"
