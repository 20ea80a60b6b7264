"""HEIC pictures for the tests: a key frame of HEVC in the boxes of ISO/IEC 23008-12."""

import struct
from fractions import Fraction
from typing import Any, cast

import av
from PIL import Image


def heic(image: Image.Image, *, claimed: tuple[int, int] | None = None, rotation: int = 0, exif: bytes = b"") -> bytes:
    """`image` (even sides), to be turned left by `rotation` quarters; `claimed` is the size its header tells."""
    configuration, frame = _key_frame(image)
    payload = struct.pack(">I", 0) + exif
    extents = [(1, len(frame))] + ([(2, len(payload))] if exif else [])
    meta = b""
    for _ in range(2):  # the second time with the true offset of the data
        offset = 28 + len(meta) + 8
        meta = _meta(configuration, claimed or image.size, rotation, extents, offset)
    brands = _box(b"ftyp", b"heic" + struct.pack(">I", 0) + b"mif1heic" + b"\0" * 4)
    return brands + meta + _box(b"mdat", frame + (payload if exif else b""))


def _key_frame(image: Image.Image) -> tuple[bytes, bytes]:
    encoder = cast("Any", av.CodecContext).create("libx265", "w")
    encoder.width, encoder.height = image.size
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1)
    encoder.options = {
        "x265-params": "log-level=none:keyint=1:repeat-headers=1:annexb=1:pools=1:crf=12",
        "preset": "fast",
    }
    frame = cast("Any", av.VideoFrame).from_image(image).reformat(format="yuv420p")
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    stream = b"".join(map(bytes, packets))
    headers = [unit for unit in _units(stream) if unit[0] >> 1 & 63 in (32, 33, 34)]
    picture = [unit for unit in _units(stream) if unit[0] >> 1 & 63 < 32]
    return _configuration(headers), b"".join(struct.pack(">I", len(unit)) + unit for unit in picture)


def _units(stream: bytes) -> list[bytes]:
    return [unit.rstrip(b"\0") for unit in stream.split(b"\0\0\1") if unit.strip(b"\0")]


def _configuration(headers: list[bytes]) -> bytes:
    profile = next(unit for unit in headers if unit[0] >> 1 & 63 == 33)[3:15]
    fixed = b"\1" + profile + struct.pack(">HBBBBHB", 0xF000, 0xFC, 0xFD, 0xF8, 0xF8, 0, 0x0F)
    arrays = b"".join(struct.pack(">BHH", 0x80 | unit[0] >> 1 & 63, 1, len(unit)) + unit for unit in headers)
    return fixed + bytes([len(headers)]) + arrays


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def _full(kind: bytes, body: bytes, version: int = 0) -> bytes:
    return _box(kind, bytes([version, 0, 0, 0]) + body)


def _meta(
    configuration: bytes, size: tuple[int, int], rotation: int, extents: list[tuple[int, int]], offset: int
) -> bytes:
    places = b""
    for item, length in extents:
        places += struct.pack(">HHHII", item, 0, 1, offset, length)
        offset += length
    items = _full(b"infe", struct.pack(">HH4s", 1, 0, b"hvc1") + b"\0", 2)
    if len(extents) > 1:
        items += _full(b"infe", struct.pack(">HH4s", 2, 0, b"Exif") + b"\0", 2)
    properties = _box(b"hvcC", configuration) + _full(b"ispe", struct.pack(">II", *size))
    properties += _box(b"irot", bytes([rotation]))
    association = struct.pack(">IHB", 1, 1, 3) + bytes([0x81, 2, 0x83])
    boxes = [
        _full(b"hdlr", b"\0" * 4 + b"pict" + b"\0" * 13),
        _full(b"pitm", struct.pack(">H", 1)),
        _full(b"iloc", struct.pack(">BBH", 0x44, 0, len(extents)) + places),
        _full(b"iinf", struct.pack(">H", len(extents)) + items),
        _box(b"iprp", _box(b"ipco", properties) + _full(b"ipma", association)),
    ]
    if len(extents) > 1:
        boxes.append(_full(b"iref", _box(b"cdsc", struct.pack(">HHH", 2, 1, 1))))
    return _full(b"meta", b"".join(boxes))
