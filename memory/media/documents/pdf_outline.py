"""PDF: under which entries of its outline each page lies."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import Protocol

from memory.media.text.passages import clean

_MAX_ENTRIES = 5_000
_MAX_DEPTH = 8
_MAX_TITLE_CHARS = 120


class _Destination(Protocol):
    def get_index(self) -> int | None: ...


class _Bookmark(Protocol):
    level: int

    def get_title(self) -> str: ...
    def get_dest(self) -> _Destination | None: ...


class Outlined(Protocol):
    """A document of pypdfium2's, as far as its outline goes."""

    def get_toc(self, max_depth: int) -> Iterator[_Bookmark]:
        """The entries, each before those below it."""
        ...


class Outline:
    """The outline of a document, its first 5,000 entries."""

    def __init__(self, document: Outlined) -> None:
        """Read the outline of `document`, which may be without one."""
        entries = sorted(_entries(document), key=lambda entry: entry[0])
        self._pages = [page for page, _ in entries]
        self._titles = [title for _, title in entries]

    def heading(self, page: int) -> str:
        """The titles `page`, counted from 1, lies under, from the outermost; empty before the first."""
        at = bisect_right(self._pages, page)
        return self._titles[at - 1] if at else ""


def _entries(document: Outlined) -> Iterator[tuple[int, str]]:
    path: list[str] = []
    for bookmark in islice(document.get_toc(max_depth=_MAX_DEPTH), _MAX_ENTRIES):
        title = " ".join(clean(bookmark.get_title()).split())[:_MAX_TITLE_CHARS]
        path = [*path[: bookmark.level], title]
        destination = bookmark.get_dest()
        index = None if destination is None else destination.get_index()
        if index is not None:
            yield index + 1, " › ".join(filter(None, path))
