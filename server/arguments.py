"""Arguments as models send them: aliases, comma lists, nulls, moments in time, unknown names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, cast

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from pydantic import BeforeValidator, Field

from memory.errors import InvalidInputError
from memory.model import SearchFilter
from memory.pieces import MetadataValue, Modality
from memory.requests import Extract

ALIASES: dict[str, dict[str, str]] = {
    "remember": {
        "content": "text",
        "note": "text",
        "memory": "text",
        "file": "files",
        "path": "files",
        "paths": "files",
        "url": "files",
        "urls": "files",
        "tag": "tags",
        "labels": "tags",
        "project": "namespace",
        "date": "when",
        "expires_at": "expires",
        "ttl": "expires",
    },
    "recall": {
        "q": "query",
        "text": "query",
        "question": "query",
        "example": "like",
        "similar_to": "like",
        "id": "ids",
        "modality": "modalities",
        "tag": "tags",
        "labels": "tags",
        "after": "since",
        "before": "until",
        "project": "namespace",
        "k": "limit",
        "top_k": "limit",
        "max_results": "limit",
        "threshold": "min_score",
    },
    "forget": {
        "id": "ids",
        "q": "query",
        "text": "query",
        "tag": "tags",
        "labels": "tags",
        "after": "since",
        "before": "until",
        "project": "namespace",
        "modality": "modalities",
        "code": "confirm",
    },
}
"""Other names that models use for an argument, by tool."""

ModalityName = Literal["text", "code", "image", "audio", "video", "document"]


def _words(value: object) -> object:
    """A comma list as a list; no entry is empty or has white space around it."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple):
        return value
    entries = (str(entry).strip() for entry in cast("Sequence[object]", value))
    return [entry for entry in entries if entry]


def _files(value: object) -> object:
    if isinstance(value, str):
        return [value] if value.strip() else []
    return value


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Files = Annotated[tuple[str, ...], BeforeValidator(_files)]
Modalities = Annotated[tuple[ModalityName, ...], BeforeValidator(_words)]
Metadata = dict[str, str | int | float | bool]
Limit = Annotated[int, Field(ge=1, le=100)]
MaxTokens = Annotated[int, Field(ge=100, le=20_000)]
MinScore = Annotated[float, Field(ge=0, le=1)]


async def accept_aliases(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware: give each argument of a tool call its own name; one that is null is not there."""
    if ctx.method != "tools/call" or ctx.params is None:
        return await call_next(ctx)
    aliases = ALIASES.get(str(ctx.params.get("name")), {})
    given = ctx.params.get("arguments")
    if not isinstance(given, Mapping):
        return await call_next(ctx)
    arguments = {name: value for name, value in cast("Mapping[str, Any]", given).items() if value is not None}
    for name in list(arguments):
        if name in aliases and aliases[name] not in arguments:
            arguments[aliases[name]] = arguments.pop(name)
    return await call_next(replace(ctx, params={**ctx.params, "arguments": arguments}))


def unknown_arguments(params: Mapping[str, Any] | None, known: Sequence[str]) -> tuple[str, ...]:
    """A warning about arguments that no tool parameter stands for; they had no effect."""
    given = cast("Mapping[str, Any]", (params or {}).get("arguments") or {})
    unknown = sorted(set(given) - set(known))
    if not unknown:
        return ()
    named = ", ".join(repr(name[:40]) for name in unknown[:5]) + ("…" if len(unknown) > 5 else "")
    return (f"unknown argument {named} was ignored; known: {', '.join(known)}",)


_MEMORY_ID = re.compile(r"(?:memory://)?(m[0-9a-f]{20})(?:/\d+)?")


def memory_id(value: str) -> str | None:
    """The id in `m…`, `memory://m…` or `memory://m…/0`; None for anything else."""
    found = _MEMORY_ID.fullmatch(value.strip())
    return found[1] if found else None


_EXTRACT = re.compile(r"(?:memory://)?(m[0-9a-f]{20})#(\d{1,9})(-(\d{1,9})?)?")


def extract(value: str) -> Extract:
    """What to open: `m…` whole, `m…#3` one piece of it, `m…#3-9` some, `m…#3-` from there on.

    Anything else is taken for an id, and will not be found.
    """
    found = _EXTRACT.fullmatch(value.strip())
    if found is None:
        return Extract(id=memory_id(value) or value)
    first = int(found[2])
    if found[3] is None:
        return Extract(id=found[1], first=first, last=first)
    return Extract(id=found[1], first=first, last=int(found[4]) if found[4] else None)


_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(value: str, name: str, *, ahead: bool = False, day_end: bool = False) -> datetime | None:
    """A point in time from ISO 8601 or a distance such as `7d`; None where nothing is given.

    A time without a zone is UTC. A bare date is its midnight or, with `day_end`, the next one. A
    distance counts back from now or, with `ahead`, forward.

    Raises:
        InvalidInputError: it is neither.
    """
    value = value.strip()
    if not value:
        return None
    if distance := re.fullmatch(r"(\d{1,5})\s*([mhdw])", value):
        step = timedelta(**{_UNITS[distance[2]]: int(distance[1])})
        return datetime.now(UTC) + (step if ahead else -step)
    try:
        parsed = datetime.fromisoformat(value)
        parsed = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
        if not (day_end and _is_date(value)):
            return parsed
        return datetime.max.replace(tzinfo=UTC) if parsed.date() == date.max else parsed + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        example = "2026-01-31, 2026-01-31T18:30:00+01:00, or a distance such as 12h, 7d, 2w"
        raise InvalidInputError(f"{name}={value!r} is not a point in time; write {example}") from error


def search_filter(
    owner: str,
    modalities: Sequence[str],
    tags: Sequence[str],
    *,
    since: str,
    until: str,
    namespace: str,
    session: str,
    metadata: Mapping[str, MetadataValue],
) -> SearchFilter:
    """What a search may see, of an owner, from arguments as they were sent.

    Raises:
        InvalidInputError: a time is none.
    """
    return SearchFilter(
        owner=owner,
        now=datetime.now(UTC).astimezone(),  # "yesterday" is a day of this machine
        modalities=tuple(map(Modality, modalities)),
        tags=tuple(tags),
        since=moment(since, "since"),
        until=moment(until, "until", day_end=True),
        namespace=namespace,
        session=session,
        metadata=dict(metadata),
    )


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
