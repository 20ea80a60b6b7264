"""Pictures: decoded within limits, read, dated, made small, and hashed by their look."""

import io
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast

import dhash as _dhash
import numpy as np
from PIL import Image

from memory.errors import InvalidInputError, TooLargeError, UndecodableError
from memory.media.containers import iso_picture
from memory.media.pictures import exif
from memory.media.pictures.ocr import Ocr
from memory.media.pictures.regions import Region, Words, grouped, matched_box, region_of, union
from memory.pieces import LOOK_BYTES, Anchor, Box, Chunk, Cursor, File, Medium, MetadataValue, Modality, Piece, Progress

MAX_PIXELS = 64_000_000
"""Pixels of the largest picture that is decoded; about 450 MB while it is worked on."""

LOOK_BITS = 8 * LOOK_BYTES
"""Bits of a look."""

LOOK_ALIKE_BITS = 12
"""Two looks that differ in at most so many bits are look-alikes; see `look`."""

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
_HEAD_BYTES = 512
_GRID = 9
_STEP_GREYS = 2
_MIN_STEPS = 20
_JPEG_QUALITY = 80
_STEP_CPU_S = 2.0
_MARGIN = 16
_TINY_PX = 384
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class _Dhash(Protocol):
    def dhash_row_col(self, image: list[int], size: int) -> tuple[int, int]: ...
    def format_bytes(self, row_hash: int, col_hash: int, size: int) -> bytes: ...


_difference = cast("_Dhash", _dhash)


def step(file: File, cursor: Cursor, *, ocr: Ocr, keep_location: bool) -> Chunk:
    """Read some of the words in a picture, from the top; once, its look, date and place.

    The piece that stands for the whole picture comes first and alone has a look; where the words
    fit one passage it is the only one. Further ones are regions of a passage's length.

    Args:
        file: the picture.
        cursor: where to go on: the top of a band, lines that await their region, whether the
            first piece is out.
        ocr: what reads it.
        keep_location: whether `metadata` tells `latitude` and `longitude` in decimal degrees.

    Raises:
        TooLargeError: as `decode`.
        UndecodableError: as `decode`.
    """
    image = decode(file.path)
    lines = cast("list[Words]", [(text, tuple(box)) for text, box in cursor.get("lines", ())])
    read, top = _read(image, cursor.get("top", 0), ocr)
    full, rest = grouped([*lines, *read])
    whole = None if cursor.get("begun") else image
    chunk = _beginning(file.path, ocr, keep_location=keep_location) if not cursor else Chunk()
    if top >= image.height:
        last = (region_of(rest),) if rest or (whole is not None and not full) else ()
        return replace(chunk, pieces=_pieces((*full, *last), whole))
    onward = {"top": top, "lines": [[text, list(box)] for text, box in rest], "begun": bool(full) or whole is None}
    done = Progress(done=file.size_bytes * top / image.height, total=file.size_bytes, unit="bytes")
    return replace(chunk, pieces=_pieces(full, whole), cursor=onward, progress=done)


def decode(source: Path | bytes) -> Image.Image:
    """The picture in a file or in bytes: its first frame, upright, in RGB, transparency laid on white.

    Raises:
        TooLargeError: more than `MAX_PIXELS`, or more memory than there is.
        UndecodableError: empty, truncated, damaged, or not a picture.
    """
    with _opened(source) as opened:
        turn = exif.turn(opened)
        opened.load()
        _check_size(opened.size)  # a container may claim less than the picture in it has
        upright = opened.transpose(turn) if turn is not None else opened
        return _on_white(upright)


def captured_at(source: Path | bytes) -> datetime | None:
    """When a photo was taken, in UTC; None without a plausible date in its EXIF."""
    try:
        with _opened(source) as opened:
            return exif.taken_at(opened)
    except InvalidInputError:
        return None


def look(image: Image.Image) -> bytes | None:
    """A perceptual hash of 16 bytes, to be compared by Hamming distance; None for a flat picture.

    It says in which of 128 places a 9 by 9 grey copy grows brighter to the right or downwards.
    Where fewer than 20 of these steps are 2 greys or more, it would say nothing but noise, and
    nearly blank pictures would all be alike: they have no look.

    Measured on 363 screenshots and photos against copies of 50-70% size in JPEG quality 60: the
    original is nearest in 362; a copy lies 1 bit away in the median, 7 at the 95th percentile and
    11 at most, the nearest other picture 41 in the median. Of the 363, 24 have another picture
    within 12 bits: 1 photo, and screenshots of the same window with other words in it.
    """
    small = image.convert("L").resize((_GRID, _GRID), Image.Resampling.LANCZOS)
    greys = np.asarray(small, dtype=np.int16)
    steps = (np.diff(greys, axis=1)[:-1], np.diff(greys, axis=0)[:, :-1])
    if sum(int((np.abs(step) >= _STEP_GREYS).sum()) for step in steps) < _MIN_STEPS:
        return None
    rows, columns = _difference.dhash_row_col(greys.ravel().tolist(), size=_GRID - 1)
    return _difference.format_bytes(rows, columns, size=_GRID - 1)


def view(
    path: Path, *, max_px: int, box: Box | None = None, boxes: Sequence[Box] = (), lines: Sequence[int] = ()
) -> Medium:
    """A copy of the picture, or of a part of it, without any metadata, no side over `max_px`.

    A part has a margin, and is enlarged twice where it is tiny: models look at patches of some
    14 pixels a side, more than the letters of a small crop have. Nothing else is enlarged. PNG
    or JPEG, whichever is smaller.

    Args:
        path: the picture's file.
        max_px: of the longer side.
        box: the part to show.
        boxes: instead of it, where lines of words stand; the part is `matched_box` of them.
        lines: which of `boxes` are looked for, from 0.

    Raises:
        TooLargeError: as `decode`.
        UndecodableError: as `decode`.
    """
    image = decode(path)
    part = box or matched_box(boxes, [index in lines for index in range(len(boxes))], image.size)
    if part:
        image = image.crop(_with_margin(part, image.size))
    if part and max(image.size) <= _TINY_PX:
        image = image.resize((2 * image.width, 2 * image.height), Image.Resampling.LANCZOS)
    return encoded(image, max_px)


def encoded(image: Image.Image, max_px: int = 768) -> Medium:
    """`image` as the smaller of PNG and JPEG, shrunk where a side is over `max_px`."""
    small = image.convert("RGB")  # a copy
    small.thumbnail((max_px, max_px), Image.Resampling.LANCZOS)
    small.info.clear()
    png, jpeg = io.BytesIO(), io.BytesIO()
    small.save(png, "PNG", optimize=True)
    # No chroma subsampling: it smears coloured letters.
    small.save(jpeg, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    if jpeg.tell() < png.tell():
        return Medium(data=jpeg.getvalue(), mime="image/jpeg")
    return Medium(data=png.getvalue(), mime="image/png")


@contextmanager
def _opened(source: Path | bytes) -> Generator[Image.Image]:
    """The picture in `source` with its header read, and whatever goes wrong with it translated."""
    try:
        with Image.open(source if isinstance(source, Path) else io.BytesIO(source), formats=_formats(source)) as opened:
            _check_size(opened.size)
            yield opened
    except (*_BOMBS, MemoryError) as error:
        raise TooLargeError(_too_large()) from error
    except FileNotFoundError:  # forgotten meanwhile; it is not damaged
        raise
    except (*exif.DAMAGE, RuntimeError) as error:  # the last is libheif's
        raise UndecodableError(
            "The picture is damaged or cut off: open it in a viewer, save it again and retry"
        ) from error


def _formats(source: Path | bytes) -> tuple[str, ...]:
    head = source[:_HEAD_BYTES] if isinstance(source, bytes) else _head(source)
    if iso_picture(head) not in {"image/heic", "image/heif"}:
        return _FORMATS
    _register_heif()
    return ("HEIF",)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


@cache
def _register_heif() -> None:
    import pi_heif  # noqa: PLC0415  # loads native libraries: only once needed

    options = {"thumbnails": False, "depth_images": False, "aux_images": False, "decode_threads": 1}
    cast("Any", pi_heif).register_heif_opener(**options)


def _read(image: Image.Image, top: int, ocr: Ocr) -> tuple[list[Words], int]:
    """The lines from `top` on, as far as a step goes, and where the next step begins."""
    began = time.process_time()
    lines: list[Words] = []
    while True:
        found, top = ocr.read_band(image, top)
        lines += ((line.text, line.box) for line in found)
        if top >= image.height or time.process_time() - began >= _STEP_CPU_S:
            return lines, top


def _beginning(path: Path, ocr: Ocr, *, keep_location: bool) -> Chunk:
    with _opened(path) as opened:
        moment = exif.taken_at(opened)
        place: Mapping[str, MetadataValue] = exif.taken_where(opened) if keep_location else {}
    reason = ocr.unavailable()
    warnings = (f"its words are not read: {reason}",) if reason else ()
    return Chunk(captured_at=moment, metadata=place, warnings=warnings)


def _pieces(regions: tuple[Region, ...], whole: Image.Image | None) -> tuple[Piece, ...]:
    """A piece for each region, of which the first stands for `whole`, unless one has before."""
    return tuple(
        Piece(
            modality=Modality.IMAGE,
            anchor=Anchor() if whole is not None and not index else _anchor(region),
            text=region.text,
            boxes=region.boxes,
            look=look(whole) if whole is not None and not index else None,
        )
        for index, region in enumerate(regions)
    )


def _anchor(region: Region) -> Anchor:
    _, top, _, bottom = union(region.boxes)
    return Anchor(unit="region", start=top, end=bottom)


def _with_margin(box: Box, size: tuple[int, int]) -> Box:
    """`box` with a twentieth of its longer side around it, 16 pixels at least, within `size`."""
    left, top, right, bottom = box
    margin = max(_MARGIN, max(right - left, bottom - top) // 20)
    left, top = (max(0, min(low - margin, side - 1)) for low, side in zip((left, top), size, strict=True))
    right, bottom = (min(high + margin, side) for high, side in zip((right, bottom), size, strict=True))
    return (left, top, max(right, left + 1), max(bottom, top + 1))


def _check_size(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise TooLargeError(_too_large(size))


def _too_large(size: tuple[int, int] | None = None) -> str:
    actual = f" of {size[0]} x {size[1]} pixels" if size else ""
    return f"The picture{actual} is over the limit of {MAX_PIXELS // 1_000_000} megapixels: make it smaller"


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode[0] in "IF":
        return _stretched(image)
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")


def _stretched(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits brought to 8; Pillow's own conversion cuts everything over 255."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) * (255 / (high - low or 1))
    return Image.fromarray(scaled.astype(np.uint8)).convert("RGB")
