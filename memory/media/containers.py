"""What a container holds, told from a few of its headers: nothing is unpacked, nothing is read whole."""

import re
import struct
from collections.abc import Iterator
from typing import BinaryIO

from memory.media.kinds import DOCX, EPUB, OPEN_DOCUMENT, PPTX, XLS, XLSB, XLSX

_ZIP = "application/zip"
_OLE = "application/x-ole-storage"

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_PICTURE_BRANDS = frozenset({b"mif1", b"mif2", b"msf1"})

_MEMBERS = (
    (rb"word/document\d*\.xml", DOCX),
    (rb"ppt/presentation\.xml", PPTX),
    (rb"xl/workbook\d*\.xml", XLSX),
    (rb"xl/workbook\.bin", XLSB),
    (rb"META-INF/container\.xml", EPUB),
)
_MAX_BOXES = 4_096
_MAX_DEPTH = 3


def iso_picture(head: bytes) -> str | None:
    """The type of a picture in the ISO base media format, told from its brands; None for anything else.

    Source: ISO/IEC 23008-12:2022, 10.2 and annex B.4; AV1 Image File Format 1.1, 6.
    """
    if head[4:8] != b"ftyp":
        return None
    brand = head[8:12]
    if brand in _AVIF_BRANDS:
        return "image/avif"
    if brand in _HEIC_BRANDS:
        return "image/heic"
    if brand not in _PICTURE_BRANDS:
        return None
    size = int.from_bytes(head[:4])
    compatible = {head[at : at + 4] for at in range(16, min(size, len(head)), 4)}
    if compatible & _AVIF_BRANDS:
        return "image/avif"
    return "image/heic" if compatible & _HEIC_BRANDS else "image/heif"


def iso_film(file: BinaryIO, head: bytes) -> str:
    """The type of a film or recording in the ISO base media format, told from its tracks.

    Phones write voice notes under the brands of video, too.
    """
    handlers = set(_handlers(file)) or set(re.findall(rb"hdlr.{8}(vide|soun)", head, re.DOTALL))
    if b"vide" not in handlers and (b"soun" in handlers or head[8:11] in {b"M4A", b"M4B"}):
        return "audio/mp4"
    return "video/quicktime" if head[8:12] == b"qt  " or head[4:8] != b"ftyp" else "video/mp4"


def matroska(head: bytes) -> str:
    """The type of an EBML file, told from its DocType and the codecs of its tracks.

    Source: RFC 8794, 11.2.4 (DocType); RFC 9559, 5.1.4.1.21 (CodecID).
    """
    kind = "webm" if re.search(rb"\x42\x82[\x84-\x88]webm", head[:4096]) else "x-matroska"
    sound = re.search(rb"\x86[\x84-\x9f]A_[A-Z]", head)
    picture = re.search(rb"\x86[\x84-\x9f]V_[A-Z]", head)
    return f"audio/{kind}" if sound and not picture else f"video/{kind}"


def packed(head: bytes, tail: bytes) -> str:
    """The type of a file in the ZIP format: a kind of document, or else an archive.

    Told by the `mimetype` that EPUB and OpenDocument put first, else by the names in the
    directory at the end, or where that is cut off by those at the beginning.

    Source: APPNOTE.TXT 6.3.10, 4.3.7, 4.3.12 and 4.3.16.
    """
    if mime := _declared(head):
        return mime
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        return _by_member(rb"PK\x03\x04.{26}", head)
    (size,) = struct.unpack_from("<I", tail, end + 12)
    return _by_member(rb"PK\x01\x02.{42}", tail[max(0, end - size) : end])


def ole(file: BinaryIO, head: bytes, name: str) -> str:
    """The type of a compound file, told from the names of its first streams, or its own.

    Source: [MS-CFB] 12.0, 2.2 and 2.6.1.
    """
    shift, first = int.from_bytes(head[30:32], "little"), int.from_bytes(head[48:52], "little")
    names = _at(file, (first + 1) << shift, 4096) if shift in {9, 12} else b""
    if any(_entry(other) in names for other in ("WordDocument", "PowerPoint Document", "EncryptedPackage")):
        return _OLE
    is_book = any(_entry(book) in names for book in ("Workbook", "Book"))
    return XLS if is_book or name.lower().endswith(".xls") else _OLE


def _declared(head: bytes) -> str | None:
    if head[30:38] != b"mimetype":
        return None
    start = 38 + int.from_bytes(head[28:30], "little")
    found = re.match(rb"([a-z]+/[\w.+-]+?)(?:PK|\s|$)", head[start : start + 100])
    mime = found[1].decode() if found else ""
    if mime.startswith(OPEN_DOCUMENT):
        return mime.removesuffix("-template")
    return EPUB if mime == EPUB else None


def _by_member(header: bytes, names: bytes) -> str:
    return next((mime for member, mime in _MEMBERS if re.search(header + member, names, re.DOTALL)), _ZIP)


def _entry(name: str) -> bytes:
    """`name` as a directory entry ends it."""
    return (name + "\0").encode("utf-16-le")


def _handlers(file: BinaryIO) -> Iterator[bytes]:
    """The kinds of a film's tracks. Source: ISO/IEC 14496-12:2022, 4.2, 8.4.3."""
    spans = [(0, file.seek(0, 2), 0)]
    for _ in range(_MAX_BOXES):
        if not spans:
            return
        start, end, depth = spans.pop()
        header = _at(file, start, 24)
        size = int.from_bytes(header[:4])
        if size == 1:
            size = int.from_bytes(header[8:16])
        after = start + size if size else end
        kind = header[4:8]
        if len(header) < 8 or after < start + 8:
            continue
        if after < end:
            spans.append((after, end, depth))
        if kind == b"hdlr":
            yield header[16:20]
        elif kind in {b"moov", b"trak", b"mdia"} and depth < _MAX_DEPTH:
            spans.append((start + 8, min(after, end), depth + 1))


def _at(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    return file.read(size)
