"""ODP: the slides of an OpenDocument presentation."""

from memory.media.documents.deck import Slide
from memory.media.documents.markup import Element, attribute, children, descendants, local
from memory.media.documents.opendocument import body, table, words
from memory.media.documents.packages import Package


class Deck:
    """The slides in order."""

    def __init__(self, package: Package) -> None:
        """Find the slides.

        Raises:
            TooLargeError: its content is too large.
            UndecodableError: damaged, locked with a password, or no presentation.
        """
        self._pages = list(children(body(package, "presentation"), "page"))

    def __len__(self) -> int:
        return len(self._pages)

    def __getitem__(self, index: int) -> Slide:
        """Read a slide."""
        page = self._pages[index]
        frames = [shape for shape in page if local(shape) != "notes"]
        frames.sort(key=lambda shape: attribute(shape, "class") != "title")
        titles = (shape for shape in frames if attribute(shape, "class") == "title")
        notes = "\n".join(filter(None, map(_text, children(page, "notes"))))
        texts = [*map(_text, frames), f"Notes: {notes}" if notes else ""]
        pictures = (attribute(image, "href").removeprefix("./") for image in descendants(page, "image"))
        return Slide(
            title=next(map(_text, titles), ""),
            text="\n\n".join(filter(None, texts)),
            pictures=list(dict.fromkeys(pictures)),
        )


def _text(shape: Element) -> str:
    tables = list(descendants(shape, "table"))
    if tables:
        return "\n\n".join(map(table, tables))
    return "\n".join(filter(str.strip, (words(paragraph) for paragraph in shape.iter("{*}p", "{*}h")))).strip()
