"""Bytes of any encoding as text."""

import codecs
import re
import unicodedata
from codecs import getincrementaldecoder
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import CharsetMatch, from_bytes

_BOMS = (
    # UTF-32 first: its little-endian mark begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LEGACY = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
_SEPARATORS = (b"\n", b"\r", b" ", b"\t")
_HIGH_BYTES = bytes(range(0x80, 0x100))
_MULTIBYTE = frozenset({"cp932", "euc_jp", "gb18030", "big5", "cp949"})
_CONTROL = re.compile("[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")  # not tab, line ends, escape
_CONTROL_SHARE = 0.005
_UNASSIGNED_SHARE = 0.02
_SAMPLE_CHARS = 20_000


def readable(data: bytes) -> str | None:
    """The text these bytes are, or None where they are not text; see `encoding_of`.

    A byte order mark is not part of the text.
    """
    encoding = encoding_of(data, is_whole=True)
    return None if encoding is None else data.decode(encoding)


def encoding_of(sample: bytes, *, is_whole: bool) -> str | None:
    """The Python codec of bytes that begin with `sample`, or None where they are not text.

    UTF-8, and UTF-16 and UTF-32 with a byte order mark, are told as such; a legacy encoding
    only where it can be told with some confidence. The codec takes the mark away.

    A megabyte or so is enough of a sample. A character may be cut at its end, unless `is_whole`.
    """
    encoding = next((name for mark, name in _BOMS if sample.startswith(mark)), "utf-8")
    text = _strictly(sample, encoding, is_whole=is_whole)
    if text is None and encoding == "utf-8" and b"\0" not in sample:
        encoding = _legacy(sample if is_whole else _uncut(sample))
        text = None if encoding is None else _strictly(sample, encoding, is_whole=is_whole)
    return None if text is None or _is_noise(text) else encoding


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some of a file's text, and where the text after it begins.

    Attributes:
        byte: the first byte that was not decoded.
        state: of the decoder there, an integer of its own.
        is_last: the file ends here.
        is_damaged: it held bytes that are no characters; each is a U+FFFD.
    """

    text: str
    byte: int
    state: int
    is_last: bool
    is_damaged: bool


def stretch(path: Path, encoding: str, *, byte: int = 0, state: int | None = None, max_bytes: int = 32_768) -> Stretch:
    """The text of up to `max_bytes` of a file, from `byte` on.

    There the decoder is in `state`, as the stretch before ended in; None at the file's beginning.
    """
    with path.open("rb") as opened:
        opened.seek(byte)
        data = opened.read(max_bytes)
        is_last = not opened.read(1)
    is_damaged = False
    try:
        text, pending, state_after = _resumed(encoding, "strict", state, data, is_last=is_last)
    except UnicodeDecodeError:
        is_damaged = True
        text, pending, state_after = _resumed(encoding, "replace", state, data, is_last=is_last)
    end = byte + len(data) - pending
    return Stretch(text=text, byte=end, state=state_after, is_last=is_last, is_damaged=is_damaged)


def _resumed(encoding: str, errors: str, state: int | None, data: bytes, *, is_last: bool) -> tuple[str, int, int]:
    """The text of `data`, how many bytes at its end wait for more, and the decoder's state after it."""
    decoder = getincrementaldecoder(encoding)(errors)
    if state is not None:
        decoder.setstate((b"", state))
    text = decoder.decode(data, is_last)
    pending, after = decoder.getstate()
    return text, len(pending), after


def _uncut(sample: bytes) -> bytes:
    """`sample` up to a byte that is never the second of a character, such as a line's end."""
    separator = max(map(sample.rfind, _SEPARATORS))
    return sample[: separator + 1] or sample


def _legacy(data: bytes) -> str | None:
    matches = from_bytes(data, cp_isolation=list(_LEGACY), threshold=0.1, enable_fallback=False)
    ascii_share = len(data.translate(None, _HIGH_BYTES)) / len(data)
    western = any("cp1252" in match.could_be_from_charset for match in matches)
    best = matches.best()
    if best is None:
        return None
    if not best.coherence and western and ascii_share >= 0.6:
        # Too few accents to tell: among the encodings that agree on ASCII, the commonest.
        return "cp1252"
    return best.encoding if _is_sure(best, len(data)) else None


def _is_sure(match: CharsetMatch, size: int) -> bool:
    """Whether the letters look like a language, or like multibyte text of some length."""
    return match.coherence > 0 or (match.encoding in _MULTIBYTE and size >= 16)


def _strictly(data: bytes, encoding: str, *, is_whole: bool) -> str | None:
    try:
        return getincrementaldecoder(encoding)().decode(data, is_whole)
    except UnicodeDecodeError:  # charset-normalizer samples; the rest may disagree
        return None


def _is_noise(text: str) -> bool:
    if "\0" in text or len(_CONTROL.findall(text)) > _CONTROL_SHARE * len(text):
        return True
    sample = text[:_SAMPLE_CHARS]
    unassigned = sum(unicodedata.category(character) in {"Cn", "Co"} for character in sample)
    return unassigned > _UNASSIGNED_SHARE * len(sample)
