"""Files and labels made from those of a set: smaller copies, excerpts, pages as pictures, answering pages."""

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import takewhile
from pathlib import Path
from typing import Any, cast

import av
import pypdfium2
from PIL import Image

WORDS_OF_A_FULL_PAGE = 60
DRAWN_PX = 1_000
MIN_SHARE = 0.4
MIN_LEAD = 2
HOW_PAGES_ARE_LABELLED = (
    f"the page that holds most of the answer's terms (words of 4 letters and more, numbers): over {MIN_SHARE:.0%} of "
    f"them, and {MIN_LEAD} more than any other page; questions without such a page count for the document only"
)

_TERM = re.compile(r"[^\W\d_]{4,}|\d[\d.,]*\d")
_SCANNED_PX = 2_200
_PAGE_INCHES = 11
_EXCERPT_S = 2.0
_EXCERPT_FPS = 25


def smaller_picture(picture: Path, copy: Path) -> Path:
    """A copy at 60 % of the size, as JPEG of quality 60."""
    with Image.open(picture) as image:
        size = (max(1, image.width * 6 // 10), max(1, image.height * 6 // 10))
        image.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(copy, "JPEG", quality=60)
    return copy


def page_texts(document: Path) -> list[str]:
    """The text of each page of a PDF."""
    pages: Any = cast("Any", pypdfium2).PdfDocument(document)
    try:
        return [page.get_textpage().get_text_bounded() for page in pages]
    finally:
        pages.close()


def drawn_page(document: Path, page: int, picture: Path, longer_px: int = DRAWN_PX) -> Path:
    """A page of a PDF, counted from 1, as a PNG."""
    pages: Any = cast("Any", pypdfium2).PdfDocument(document)
    try:
        one = pages[page - 1]
        one.render(scale=longer_px / max(one.get_size())).to_pil().save(picture, "PNG")
    finally:
        pages.close()
    return picture


def scan(document: Path, page: int, copy: Path) -> Path:
    """A page of a PDF as a PDF that holds nothing but its picture, as a scanner makes it."""
    picture = drawn_page(document, page, copy.with_suffix(".png"), _SCANNED_PX)
    with Image.open(picture) as image:
        image.convert("RGB").save(copy, "PDF", resolution=_SCANNED_PX / _PAGE_INCHES)
    return copy


def answering_page(pages: Sequence[str], answer: str) -> int:
    """The page, counted from 1, that says most of an answer; 0 where none clearly does."""
    said = "\n".join(line for line in answer.splitlines() if "SOURCE" not in line)
    wanted = _terms(said)
    shared = [len(wanted & _terms(page)) for page in pages]
    best, *others = sorted(shared, reverse=True)
    is_clear = best >= MIN_SHARE * len(wanted) and best - max(others, default=0) >= MIN_LEAD
    return shared.index(best) + 1 if wanted and is_clear else 0


def _terms(text: str) -> set[str]:
    return {match[0].casefold() for match in _TERM.finditer(text)}


def excerpt(film: Path, copy: Path) -> Path:
    """Its first seconds at half the size and encoded anew, without sound."""
    with av.open(film) as source, av.open(copy, "w") as target:
        track, writer = source.streams.video[0], cast("Any", target)
        stream = writer.add_stream("mpeg4", rate=_EXCERPT_FPS)
        stream.width, stream.height = track.width // 4 * 2, track.height // 4 * 2
        stream.pix_fmt, stream.bit_rate = "yuv420p", 400_000
        first = takewhile(lambda frame: (frame.time or 0.0) <= _EXCERPT_S, source.decode(track))
        for number, frame in enumerate(first):
            small = frame.reformat(stream.width, stream.height, "yuv420p")
            small.pts, small.time_base = number, Fraction(1, _EXCERPT_FPS)
            writer.mux(stream.encode(small))
        writer.mux(stream.encode(None))
    return copy
