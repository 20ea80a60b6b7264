"""PPTX: the slides of a presentation, read one by one."""

import re
from collections.abc import Iterator

from memory.errors import UndecodableError
from memory.media.documents.deck import Slide
from memory.media.documents.markup import Element, attribute, child, children, descendants, local, parsed
from memory.media.documents.packages import Package
from memory.media.documents.relations import DOCUMENT, Relations, related, relations

_SHAPES = frozenset({"sp", "pic", "graphicFrame", "grpSp", "cxnSp", "AlternateContent", "Choice"})
_TITLES = frozenset({"title", "ctrTitle"})
_PLACEHOLDERS_OF_NO_WORDS = frozenset({"sldNum", "dt", "sldImg", "hdr", "ftr"})
_MAX_SHAPES = 2_000


class Deck:
    """The slides in the order of the presentation, hidden ones too."""

    def __init__(self, package: Package) -> None:
        """Find the slides.

        Raises:
            UndecodableError: damaged, or no presentation.
        """
        self._package = package
        main = next(iter(related(package, "", DOCUMENT)), "ppt/presentation.xml")
        listed = child(parsed(package.read(main)), "sldIdLst")
        links = relations(package, main)
        ids = [] if listed is None else [_relation_id(entry) for entry in children(listed, "sldId")]
        self._parts = [links[name][1] for name in ids if name in links]

    def __len__(self) -> int:
        return len(self._parts)

    def __getitem__(self, index: int) -> Slide:
        """Read a slide.

        Raises:
            UndecodableError: it is damaged.
        """
        part = self._parts[index]
        tree = child(parsed(self._package.read(part)), "cSld", "spTree")
        if tree is None:
            raise UndecodableError(f"Slide {index + 1} is damaged: save or export the presentation again and retry")
        links = relations(self._package, part)
        shapes = _in_reading_order(list(_shapes(tree))[:_MAX_SHAPES])
        title = next((_words(shape) for shape in shapes if _placeholder(shape) in _TITLES), "")
        texts = filter(None, [*map(_text, shapes), self._notes(links)])
        return Slide(title=title, text="\n\n".join(texts), pictures=_pictures(tree, links))

    def _notes(self, links: Relations) -> str:
        part = next((target for kind, target in links.values() if kind == "notesSlide"), "")
        tree = child(parsed(self._package.read(part)), "cSld", "spTree") if part in self._package else None
        said = [] if tree is None else [_text(shape) for shape in _shapes(tree) if _placeholder(shape) == "body"]
        text = "\n\n".join(filter(None, said))
        return f"Notes: {text}" if text else ""


def _relation_id(entry: Element) -> str:
    """A slide has a number called `id`, too, that is of no namespace."""
    return next((value for key, value in entry.attrib.items() if key.endswith("}id")), "")


def _shapes(tree: Element) -> Iterator[Element]:
    """The shapes of a slide and of its groups; nesting is bounded by the parser."""
    for shape in tree:
        name = local(shape)
        if name in {"grpSp", "AlternateContent", "Choice"}:
            yield from _shapes(shape)
        elif name in _SHAPES:
            yield shape


def _in_reading_order(shapes: list[Element]) -> list[Element]:
    """The title first, then downwards; a shape that takes its place from the layout follows its neighbour."""
    placed: list[tuple[bool, int, int, Element]] = []
    top = left = 0
    for shape in shapes:
        top, left = _place(shape) or (top, left)
        placed.append((_placeholder(shape) not in _TITLES, top, left, shape))
    return [shape for *_, shape in sorted(placed, key=lambda entry: entry[:3])]


def _place(shape: Element) -> tuple[int, int] | None:
    """Top and left, in steps of a quarter inch: things side by side rarely stand at exactly one height."""
    offset = next(descendants(shape, "off"), None)
    if offset is None:
        return None
    top, left = offset.get("y", ""), offset.get("x", "")
    if not re.fullmatch("-?[0-9]{1,12}", top) or not re.fullmatch("-?[0-9]{1,12}", left):
        return None
    return int(top) // 228_600, int(left)


def _placeholder(shape: Element) -> str:
    found = next(descendants(shape, "ph"), None)
    return "" if found is None else found.get("type", "body")


def _text(shape: Element) -> str:
    if _placeholder(shape) in _PLACEHOLDERS_OF_NO_WORDS:
        return ""
    table = next(descendants(shape, "tbl"), None)
    return (_words(shape) if table is None else _table(table)) or _alternative(shape)


def _table(table: Element) -> str:
    rows = (" | ".join(" ".join(_words(cell).split()) for cell in children(row, "tc")) for row in children(table, "tr"))
    return "\n".join(filter(str.strip, rows))


def _words(shape: Element) -> str:
    return "\n".join(filter(str.strip, map(_paragraph, descendants(shape, "p")))).strip()


def _paragraph(paragraph: Element) -> str:
    return "".join("\n" if local(part) == "br" else part.text or "" for part in paragraph.iter("{*}t", "{*}br"))


def _alternative(shape: Element) -> str:
    """What its author says a picture or chart shows."""
    described = next(descendants(shape, "cNvPr"), None)
    return "" if described is None else described.get("descr", "").strip()


def _pictures(tree: Element, links: Relations) -> list[str]:
    targets = (links.get(attribute(blip, "embed"), ("", ""))[1] for blip in descendants(tree, "blip"))
    return list(dict.fromkeys(filter(None, targets)))
