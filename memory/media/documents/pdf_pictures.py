"""PDF: where a page's pictures stand, and which of the words seen there its text lacks."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Protocol, cast

from PIL import Image

PICTURED_SHARE = 0.02
"""Where pictures cover less of a page than this, they are not looked at.

Measured on 14 pages of reports and invoices with text and pictures: pictures of 3 to 9% of the
page held words the text lacked on 9 of them.
"""

_SHEET_SHARE = 0.9
_MAX_PICTURES = 2_000
_MARGIN_PX = 8
_NEW_SHARE = 0.5

Bounds = tuple[float, float, float, float]
"""Left, bottom, right, top, in points from a corner of the sheet."""


class _Picture(Protocol):
    def get_bounds(self) -> Bounds: ...


class Pictured(Protocol):
    """A page of pypdfium2's, as far as its pictures go."""

    def get_size(self) -> tuple[float, float]:
        """Width and height in points, as the page is held."""
        ...

    def get_bbox(self) -> Bounds:
        """What of the sheet is shown."""
        ...

    def get_rotation(self) -> int:
        """Degrees it is turned by."""
        ...

    def get_objects(self, filter: list[int], max_depth: int) -> Iterator[_Picture]:  # noqa: A002  # its name there
        """What is drawn on it."""
        ...


def pictured(page: Pictured) -> Bounds | None:
    """What encloses all pictures of `page`; None where they cover less than `PICTURED_SHARE`.

    None as well where they cover all of it: that is a background, or a scan whose words somebody
    has laid under it already.
    """
    from pypdfium2 import raw  # noqa: PLC0415  # loads a native library: only once needed

    found = page.get_objects(filter=[cast("Any", raw).FPDF_PAGEOBJ_IMAGE], max_depth=3)
    bounds = [picture.get_bounds() for picture in islice(found, _MAX_PICTURES)]
    width, height = page.get_size()
    covered = sum(abs((right - left) * (top - bottom)) for left, bottom, right, top in bounds)
    if not PICTURED_SHARE <= covered / max(1.0, width * height) < _SHEET_SHARE:
        return None
    lefts, bottoms, rights, tops = zip(*bounds, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def cut_out(image: Image.Image, page: Pictured, bounds: Bounds) -> Image.Image:
    """What of `image`, the whole page drawn, lies within `bounds`; all of it where a page is turned."""
    if page.get_rotation():
        return image
    sheet_left, _, _, sheet_top = page.get_bbox()
    scale = image.width / max(1.0, page.get_size()[0])
    left, bottom, right, top = bounds
    box = (
        max(0, int((left - sheet_left) * scale) - _MARGIN_PX),
        max(0, int((sheet_top - top) * scale) - _MARGIN_PX),
        min(image.width, int((right - sheet_left) * scale) + _MARGIN_PX),
        min(image.height, int((sheet_top - bottom) * scale) + _MARGIN_PX),
    )
    return image.crop(box) if box[0] < box[2] and box[1] < box[3] else image


def added(text: str, seen: str) -> str:
    """`text`, and after it those lines of `seen` that are not in it already.

    OCR misreads letters and runs words together, so a line is known by most of its words.
    """
    words = _words(text)
    known, compact = set(words), "".join(words)
    new = [line for line in seen.splitlines() if _is_new(_words(line), known, compact)]
    return "\n\n".join(filter(None, [text, "\n".join(new)]))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _is_new(words: list[str], known: set[str], compact: str) -> bool:
    unknown = [word for word in words if word not in known and word not in compact]
    return sum(map(len, unknown)) > _NEW_SHARE * sum(map(len, words))
