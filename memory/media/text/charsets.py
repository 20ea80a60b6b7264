"""Bytes whose sender named their charset, which may be wrong."""

import codecs

from memory.media.text.encodings import readable

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What browsers take these names for. Source: WHATWG Encoding Standard, 4.2 (2025).
_TAKEN_FOR = {
    **dict.fromkeys(("ascii", "iso8859-1"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk", "gb18030"), "gb18030"),
    **dict.fromkeys(("shift_jis", "cp932"), "cp932"),
    **dict.fromkeys(("euc_kr", "cp949"), "cp949"),
    **dict.fromkeys(("utf-16", "utf-16-le", "utf-16-be"), "utf-8"),  # the name itself was read as ASCII
    "iso8859-9": "cp1254",
}
_KNOWN = frozenset(
    [
        *("utf-8", "utf-7", "koi8-r", "koi8-u", "big5", "big5hkscs", "euc_jp", "iso2022_jp", "mac-roman", "cp437"),
        *("tis-620", "hz", *(f"iso8859-{part}" for part in range(2, 17)), *(f"cp125{page}" for page in range(9))),
    ]
)


def decoded(data: bytes, charset: str | None) -> str | None:
    """The text of `data`: by its byte order mark, as UTF-8 or as `charset` where they fit, else detected.

    UTF-8 comes before `charset`: other text hardly ever fits it, and names are often wrong.
    None where it is not text in a known encoding.
    """
    name = None if data.startswith(_MARKS) else _codec(charset)
    if name is None:
        return readable(data)
    for codec in (name,) if data.isascii() else ("utf-8", name):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return readable(data)


def _codec(charset: str | None) -> str | None:
    """Python's name of a charset; None for one unknown, and for codecs that are none (`punycode`, `idna`)."""
    try:
        name = codecs.lookup(charset or "").name
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        return None
    name = _TAKEN_FOR.get(name, name)
    return name if name in _KNOWN or name in _TAKEN_FOR.values() else None
