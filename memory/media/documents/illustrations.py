"""Words in the pictures a document holds, a few pictures a step."""

from collections.abc import Sequence
from typing import Any, Final

from PIL import Image

from memory.errors import InvalidInputError
from memory.media.documents.packages import Package
from memory.media.pictures.ocr import Ocr
from memory.media.pictures.pictures import decode
from memory.media.text.passages import clean

MAX_PICTURES = 30
"""Pictures of one document whose words are read."""

_MIN_SIDE_PX = 64
_MAX_BYTES = 32 * 1024 * 1024
_BITMAPS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp")


class Illustrations:
    """The pictures of one package, each read once however often it is shown.

    What has been seen travels in the cursor, so that no picture and no warning comes twice.
    """

    def __init__(self, package: Package, ocr: Ocr, state: Sequence[Any]) -> None:
        """Go on from `state`, the `state` of the step before; empty at first."""
        seen, unread, damaged = state or ([], 0, 0)
        self._package: Final = package
        self._ocr: Final = ocr
        self._seen: list[str] = list(seen)
        self._unread: int = unread
        self._damaged: int = damaged
        self.worked = False

    @property
    def state(self) -> list[Any]:
        """What the next step must know, as JSON."""
        return [self._seen, self._unread, self._damaged]

    def words(self, name: str) -> str:
        """The words in the entry `name`; empty for icons, repetitions and what cannot be read.

        `worked` is true afterwards if a picture was looked at: one is a step's worth.
        """
        if not name.lower().endswith(_BITMAPS) or name in self._seen:
            return ""
        if len(self._seen) >= MAX_PICTURES or self._ocr.unavailable():
            self._unread += 1
            return ""
        self._seen.append(name)
        image = self._picture(name)
        if image is None or min(image.size) < _MIN_SIDE_PX:
            return ""
        self.worked = True
        return clean(self._ocr.text(image)).strip()

    def warnings(self) -> list[str]:
        """What was not read of them, once all of the document has been."""
        found: list[str] = []
        if self._damaged:
            found.append(f"{_counted(self._damaged)} in the document could not be read: damaged or too large")
        if self._unread:
            why = self._ocr.unavailable() or f"only the first {MAX_PICTURES} are"
            found.append(f"The words in {_counted(self._unread).lower()} of the document were not read: {why}")
        return found

    def _picture(self, name: str) -> Image.Image | None:
        try:
            return decode(self._package.read(name, _MAX_BYTES))
        except InvalidInputError:
            self._damaged += 1
            return None


def _counted(pictures: int) -> str:
    return "One picture" if pictures == 1 else f"{pictures} pictures"
