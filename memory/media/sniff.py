"""What bytes are, told from the bytes: a name only chooses between kinds of text."""

import struct
from pathlib import PurePath

from memory.media.passages import readable
from memory.model import Modality

UNKNOWN = "application/octet-stream"

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)
_CONTAINERS = {
    (b"RIFF", b"WAVE"): "audio/wav",
    (b"RIFF", b"WEBP"): "image/webp",
    (b"FORM", b"AIFF"): "audio/aiff",
    (b"FORM", b"AIFC"): "audio/aiff",
}
_BRANDS = {b"avif": "image/avif", b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heic"}
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_PDF_HEADER_WITHIN = 1024
_HEAD = 512

_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/tiff"})
_RECORDINGS = frozenset({"audio/wav", "audio/mpeg", "audio/flac", "audio/ogg", "audio/mp4", "audio/aiff"})
SUPPORTED = (
    "pictures (PNG, JPEG, GIF, WebP, BMP, TIFF), recordings (WAV, MP3, FLAC, OGG, M4A, AIFF), PDF, text and source code"
)
"""The kinds that are understood, for a message."""

_PROSE = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".html": "text/html",
    ".htm": "text/html",
    ".xml": "text/xml",
    ".svg": "text/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".toml": "application/toml",
    ".rst": "text/x-rst",
    ".tex": "text/x-tex",
}
_CODE = {
    **dict.fromkeys((".py", ".pyi"), "text/x-python"),
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), "text/javascript"),
    **dict.fromkeys((".ts", ".tsx"), "text/x-typescript"),
    **dict.fromkeys((".c", ".h"), "text/x-c"),
    **dict.fromkeys((".cc", ".cpp", ".cxx", ".hpp", ".hh"), "text/x-c++"),
    **dict.fromkeys((".sh", ".bash", ".zsh"), "text/x-shellscript"),
    **dict.fromkeys((".kt", ".kts"), "text/x-kotlin"),
    ".cs": "text/x-csharp",
    ".css": "text/css",
    ".dart": "text/x-dart",
    ".ex": "text/x-elixir",
    ".go": "text/x-go",
    ".hs": "text/x-haskell",
    ".java": "text/x-java",
    ".lua": "text/x-lua",
    ".php": "text/x-php",
    ".ps1": "text/x-powershell",
    ".r": "text/x-r",
    ".rb": "text/x-ruby",
    ".rs": "text/x-rust",
    ".scala": "text/x-scala",
    ".sql": "text/x-sql",
    ".swift": "text/x-swift",
    ".vue": "text/x-vue",
    ".zig": "text/x-zig",
}
_CODE_MIMES = frozenset(_CODE.values())
_PROSE_MIMES = frozenset({*_PROSE.values(), "text/plain"})


def sniff(data: bytes, name: str = "") -> str:
    """The mime type of `data`.

    A picture, recording or PDF is what its bytes say, whatever it is called. Bytes that decode as
    text are `text/*` or the like, and there the ending of `name` chooses the flavour. Everything
    else, the empty file included, is `application/octet-stream` or a kind not understood here.
    """
    kind = None if _is_typed(data[:_HEAD]) else _binary(data)
    return kind or _pdf(data) or _textual(data, name) or UNKNOWN


def modality_of(mime: str) -> Modality | None:
    """What a medium of this type is to its owner; None where it is not understood."""
    if mime in _PICTURES:
        return Modality.IMAGE
    if mime in _RECORDINGS:
        return Modality.AUDIO
    if mime == "application/pdf":
        return Modality.DOCUMENT
    if mime in _CODE_MIMES:
        return Modality.CODE
    return Modality.TEXT if mime in _PROSE_MIMES else None


def _is_typed(head: bytes) -> bool:
    """Whether this is plain ASCII: a note may well begin with the letters of a magic number."""
    return head.isascii() and readable(head) is not None


def _binary(data: bytes) -> str | None:
    magic = next((mime for magic, mime in _MAGIC if data.startswith(magic)), None)
    return magic or _CONTAINERS.get((data[:4], data[8:12])) or _guarded(data)


def _guarded(data: bytes) -> str | None:
    """Kinds whose first bytes alone do not tell."""
    if data[4:8] == b"ftyp":
        return _iso_media(data)
    if data.startswith(b"OggS"):
        return "video/ogg" if b"\x80theora" in data[:_HEAD] else "audio/ogg"
    if _is_bmp(data):
        return "image/bmp"
    return "audio/mpeg" if _is_mp3(data) else None


def _iso_media(data: bytes) -> str:
    """Tell a recording from a film: phones write voice notes under the brands of video, too."""
    brand = data[8:12]
    if mime := _BRANDS.get(brand):
        return mime
    return "video/mp4" if _has_handler(data, b"vide") else "audio/mp4"


def _has_handler(data: bytes, kind: bytes) -> bool:
    """Whether an `hdlr` box of this kind exists. Source: ISO/IEC 14496-12:2022, 8.4.3."""
    at = data.find(b"hdlr")
    while at >= 0:
        if data[at + 12 : at + 16] == kind:
            return True
        at = data.find(b"hdlr", at + 4)
    return False


def _pdf(data: bytes) -> str | None:
    """Readers look for the header in the first 1,024 bytes; prose may well mention it there."""
    at = data.find(b"%PDF-", 0, _PDF_HEADER_WITHIN)
    if at < 0 or (data[:at].strip() and readable(data) is not None):
        return None
    return "application/pdf"


def _is_bmp(data: bytes) -> bool:
    """Two letters are a weak sign, so the length of the second header must be a known one, too."""
    return data.startswith(b"BM") and int.from_bytes(data[14:18], "little") in _BMP_HEADERS


def _is_mp3(data: bytes) -> bool:
    """Whether an MPEG layer III frame header comes first. Source: ISO/IEC 11172-3:1993, 2.4.1.3."""
    if len(data) < 4:
        return False
    (header,) = struct.unpack(">I", data[:4])
    synced, layer_iii = header >> 21 == 0x7FF, header >> 17 & 3 == 1
    version, bitrate, rate = header >> 19 & 3, header >> 12 & 15, header >> 10 & 3
    return synced and layer_iii and version != 1 and bitrate not in {0, 15} and rate != 3


def _textual(data: bytes, name: str) -> str | None:
    if not data or readable(data) is None:
        return None
    ending = PurePath(name).suffix.lower()
    return _CODE.get(ending) or _PROSE.get(ending) or "text/plain"
