"""PDF: the text of each page, and pages as pictures."""

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Protocol, cast

from PIL import Image

from memory.errors import TooLargeError, UndecodableError

MAX_PAGES = 2_000
SCANNED_BELOW_CHARS = 20
"""A page with less text than this is taken for a scan."""

_pdfium = Lock()  # pdfium is not thread-safe, not even across documents
_MAX_RENDER_PX = 4_000


class _TextPage(Protocol):
    def get_text_bounded(self) -> str: ...


class _Bitmap(Protocol):
    def to_pil(self) -> Image.Image: ...


class _Page(Protocol):
    def get_size(self) -> tuple[float, float]: ...
    def get_textpage(self) -> _TextPage: ...
    def render(self, *, scale: float) -> _Bitmap: ...
    def close(self) -> None: ...


class _Document(Protocol):
    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> _Page: ...
    def close(self) -> None: ...


def pages(data: bytes) -> list[str]:
    r"""The text of every page, in order; empty for a page without any. Lines end with `\n`.

    Raises:
        TooLargeError: more than `MAX_PAGES`.
        UndecodableError: damaged, empty, or locked with a password.
    """
    with _opened(data) as document:
        return [_text(document, number) for number in range(1, len(document) + 1)]


def render(data: bytes, page: int, max_px: int) -> Image.Image:
    """Page `page`, counted from 1, as a picture whose longer side has about `max_px` pixels.

    Raises:
        TooLargeError: as `pages`.
        UndecodableError: as `pages`, or no such page.
    """
    return _drawn(data, page, lambda longer_side: max_px / longer_side)


def scan(data: bytes, page: int) -> Image.Image:
    """Page `page`, counted from 1, at twice its nominal 72 pixels an inch, for reading its words.

    Raises:
        TooLargeError: as `pages`.
        UndecodableError: as `pages`, or no such page.
    """
    return _drawn(data, page, lambda longer_side: min(2.0, _MAX_RENDER_PX / longer_side))


def _drawn(data: bytes, page: int, scale: Callable[[float], float]) -> Image.Image:
    with _opened(data) as document:
        if not 1 <= page <= len(document):
            raise UndecodableError(f"The PDF has {len(document)} pages, so no page {page}")
        with _page(document, page) as opened:
            longer_side = max(1.0, *opened.get_size())
            return opened.render(scale=scale(longer_side)).to_pil().convert("RGB")


@contextmanager
def _opened(data: bytes) -> Generator[_Document]:
    import pypdfium2  # noqa: PLC0415  # loads a native library: only once needed

    with _pdfium:
        try:
            document = cast("_Document", cast("Any", pypdfium2).PdfDocument(data))
        except pypdfium2.PdfiumError as error:
            raise UndecodableError(_complaint(error)) from error
        try:
            if len(document) > MAX_PAGES:
                raise TooLargeError(f"The PDF has {len(document)} pages, over the limit of {MAX_PAGES}: split it")
            if not len(document):
                raise UndecodableError("The PDF has no pages: save or export it again and retry")
            yield document
        except pypdfium2.PdfiumError as error:
            raise UndecodableError(f"The PDF is damaged ({error}): save or export it again and retry") from error
        finally:
            document.close()


@contextmanager
def _page(document: _Document, number: int) -> Generator[_Page]:
    page = document[number - 1]
    try:
        yield page
    finally:
        page.close()


def _text(document: _Document, number: int) -> str:
    with _page(document, number) as page:
        text = page.get_textpage().get_text_bounded()
    return _unbroken(text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _unbroken(text: str) -> str:
    """`text` with words joined that were hyphenated at a line's end, where pdfium leaves a mark."""
    return re.sub("[\ufffe\x02]\n?", "", text).replace("\0", "")


def _complaint(error: RuntimeError) -> str:
    from pypdfium2 import raw  # noqa: PLC0415  # as above

    if getattr(error, "err_code", None) == cast("Any", raw).FPDF_ERR_PASSWORD:
        return "The PDF is locked with a password: save a copy without one and retry"
    return f"The PDF is damaged or empty ({error}): save or export it again and retry"
