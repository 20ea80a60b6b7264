"""`data:` URIs: bytes that travel inside the argument."""

import base64
import re
from urllib.parse import unquote_to_bytes

from memory.errors import TooLargeError, UndecodableError

_BASE64_MARK = re.compile(r";\s*base64\s*$", re.IGNORECASE)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_URL_SAFE = str.maketrans("-_", "+/")
_ADVICE = "Pass the file's path instead: models that retype base64 corrupt it."


def read_data_uri(uri: str, max_bytes: int) -> bytes:
    """The bytes in a `data:` URI, base64 or percent-encoded; the type it declares is not looked at.

    Base64 may be in the standard or the URL-safe alphabet and may hold whitespace; its length
    and padding must be right.

    Raises:
        TooLargeError: more than `max_bytes`.
        UndecodableError: the URI is malformed; the message says where.

    Source: RFC 2397, The "data" URL scheme, 1998-08; RFC 4648, Base-N Encodings, 2006-10.
    """
    head, comma, payload = uri.partition(",")
    if not comma:
        raise UndecodableError(f"The data: URI has no comma before its data. {_ADVICE}")
    is_base64 = _BASE64_MARK.search(head) is not None
    _check_size(len(payload) // 4, max_bytes)  # base64 with every character escaped: 4 for 1
    data = _unbase64(payload) if is_base64 else _unescaped(payload)
    _check_size(len(data), max_bytes)
    return data


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise TooLargeError(f"The data: URI holds more than the limit of {max_bytes:,} bytes.")


def _unbase64(payload: str) -> bytes:
    escaped = _unescaped(payload).decode("latin-1") if "%" in payload else payload
    letters = "".join(escaped.split()).translate(_URL_SAFE)
    body = letters.rstrip("=")
    if wrong := _NOT_BASE64.search(body):
        where = f"{wrong.group()!r} at character {wrong.start()} of its data"
        raise UndecodableError(f"The base64 of the data: URI is broken: {where}. {_ADVICE}")
    if len(letters) % 4 or len(letters) - len(body) > 2:
        where = f"it ends after {len(letters)} characters, {len(letters) - len(body)} of them padding"
        raise UndecodableError(f"The base64 of the data: URI is cut off: {where}. {_ADVICE}")
    return base64.b64decode(letters)


def _unescaped(payload: str) -> bytes:
    if wrong := _BROKEN_ESCAPE.search(payload):
        where = f"{payload[wrong.start() : wrong.start() + 3]!r} at character {wrong.start()} of its data"
        raise UndecodableError(f"The percent-encoding of the data: URI is broken: {where}. {_ADVICE}")
    try:
        return unquote_to_bytes(payload)
    except UnicodeEncodeError as error:
        where = f"character {error.start} of its data is half a surrogate pair"
        raise UndecodableError(f"The data: URI is broken: {where}. {_ADVICE}") from error
