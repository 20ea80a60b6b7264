"""Checks of what is asked of a memory: limits, and text that can be kept."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from memory.errors import InvalidInputError, TooLargeError
from memory.model import SearchFilter, TextPart
from memory.requests import Remembrance

MAX_TEXT_CHARS = 1_000_000
"""Characters in one text given to remember: about 250,000 tokens, more than any host sends at once."""
MAX_QUERY_CHARS = 10_000
"""Characters in one query; a longer one is better given as an example."""
MAX_LABEL_CHARS = 300
"""Characters in a title, a tag, a namespace, a session or a metadata key."""
MAX_LABELS = 64
"""Tags, or metadata keys, on one memory."""
MAX_PARTS = 20
"""Texts and files in one memory; each is held in memory until it is stored."""
HALF_CHARACTER = "\ufdd0"
"""Stands for half a character where a transport cannot carry one; a noncharacter, in no honest text."""

_HALF = re.compile(f"[\ud800-\udfff{HALF_CHARACTER}]")


def check_remembrance(request: Remembrance) -> None:
    """See that a remembrance can be kept as it is.

    Raises:
        InvalidInputError: it is empty, over a limit, already expired, or not whole text.
    """
    if not request.parts:
        raise InvalidInputError("nothing to remember: give text, or files (paths, data: or https: addresses)")
    if len(request.parts) > MAX_PARTS:
        raise InvalidInputError(f"{len(request.parts)} parts are too many for one memory: at most {MAX_PARTS} fit")
    for part in request.parts:
        if isinstance(part, TextPart):
            _check_part(part.text)
    for name, value in _labels(request):
        require_text(value, name, MAX_LABEL_CHARS)
    if max(len(request.tags), len(request.metadata)) > MAX_LABELS:
        raise InvalidInputError(f"at most {MAX_LABELS} tags and {MAX_LABELS} metadata keys fit on one memory")
    if request.expires_at is not None and request.expires_at <= datetime.now(UTC):
        raise InvalidInputError(f"expires: {request.expires_at:%Y-%m-%d %H:%M} UTC has passed; give a later time")


def check_filters(filters: SearchFilter) -> None:
    """See that filters can be asked with.

    Raises:
        InvalidInputError: a value is too long or not whole text.
    """
    named = [("namespace", filters.namespace), ("session", filters.session), *(("ids", id_) for id_ in filters.ids)]
    tags = [("tags", tag) for tag in filters.tags]
    pairs = [("metadata", str(text)) for pair in filters.metadata.items() for text in pair]
    for name, value in [*named, *tags, *pairs]:
        require_text(value, name, MAX_LABEL_CHARS)


def _check_part(text: str) -> None:
    if len(text) > MAX_TEXT_CHARS:
        raise TooLargeError(
            f"text has {len(text):,} characters; at most {MAX_TEXT_CHARS:,} fit in one memory. "
            "Split it, or save it as a file and pass its path."
        )
    if not text.strip():
        raise InvalidInputError("text is only white space; give something to remember")
    require_text(text, "text", MAX_TEXT_CHARS)


def _labels(request: Remembrance) -> list[tuple[str, str]]:
    return [
        ("title", request.title),
        ("namespace", request.namespace),
        ("session", request.session),
        ("replaces", request.replaces),
        *(("tags", tag) for tag in request.tags),
        *(("metadata", key) for key in request.metadata),
        *(("metadata", value) for value in request.metadata.values() if isinstance(value, str)),
    ]


def named(ids: Sequence[str]) -> str:
    """Some ids for a message: the first five, and how many more."""
    more = f" and {len(ids) - 5} more" if len(ids) > 5 else ""
    return ", ".join(repr(id_) for id_ in ids[:5]) + more


def require_text(value: str, what: str, limit: int) -> str:
    """The value, if it is text that can be kept.

    Raises:
        InvalidInputError: it is too long, or holds NUL characters or lone surrogates.
    """
    if len(value) > limit:
        raise InvalidInputError(f"{what} has {len(value):,} characters; at most {limit:,} fit. Shorten or split it.")
    if "\0" in value:
        position = value.index("\0")
        raise InvalidInputError(
            f"{what} has a NUL character at {position}: it is binary data; remove it or give a file."
        )
    half = _HALF.search(value)
    if half:
        raise InvalidInputError(
            f"{what} has half a character (a lone surrogate) at {half.start()}; send it as whole Unicode text."
        )
    return value
