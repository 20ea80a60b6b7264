"""What a camera wrote beside a picture: which side is up, when and where it was taken."""

import struct
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import ExifTags, Image

# What Pillow's parsers let out on damaged files.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    EOFError,
    struct.error,
    zlib.error,
)
"""The exceptions that mean no more than a damaged file."""

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def turn(image: Image.Image) -> Image.Transpose | None:
    """How an opened picture is to be turned to stand upright; None where it does, or nothing says.

    Source: CIPA DC-008-2019, Exif 2.32, tag Orientation.
    """
    try:
        return _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except DAMAGE:
        return None


def taken_at(image: Image.Image) -> datetime | None:
    """When an opened photo was taken, in UTC; None without a plausible date in its EXIF.

    A date without an offset is taken as UTC. Dates before 1990 and after tomorrow come from
    unset clocks.

    Source: CIPA DC-008-2019, Exif 2.32, tags DateTimeOriginal and OffsetTimeOriginal.
    """
    try:
        exif: dict[int, Any] = image.getexif().get_ifd(ExifTags.IFD.Exif)
        taken = str(exif[ExifTags.Base.DateTimeOriginal]).strip("\0 ")
        offset = str(exif.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\0 ") or "+00:00"
        moment = datetime.strptime(f"{taken} {offset}", "%Y:%m:%d %H:%M:%S %z").astimezone(UTC)
    except DAMAGE:
        return None
    return moment if _EARLIEST <= moment <= datetime.now(UTC) + timedelta(days=1) else None


def taken_where(image: Image.Image) -> dict[str, float]:
    """`latitude` and `longitude` of an opened photo in decimal degrees; empty without a plausible place.

    North and east are positive. 0, 0 is what a receiver writes that has found no place.

    Source: CIPA DC-008-2019, Exif 2.32, GPS tags.
    """
    try:
        gps: dict[int, Any] = image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        latitude = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef], "NS")
        longitude = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef], "EW")
    except DAMAGE:
        return {}
    if not (abs(latitude) <= 90 and abs(longitude) <= 180) or latitude == longitude == 0:
        return {}
    return {"latitude": round(latitude, 6), "longitude": round(longitude, 6)}


def _degrees(parts: Any, reference: Any, signs: str) -> float:
    """Degrees, minutes and seconds as degrees, negative for the second of `signs`.

    Raises:
        ValueError: not such an angle.
    """
    degrees, minutes, seconds = map(float, parts)
    sign = signs.index(str(reference).strip("\0 ").upper()[:1] or "?")
    if not (degrees >= 0 and 0 <= minutes <= 60 and 0 <= seconds <= 60):
        raise ValueError("not an angle")
    return (degrees + minutes / 60 + seconds / 3600) * (1, -1)[sign]
