"""Filters as SQL: the one place where a value meets query text."""

from collections.abc import Iterable
from datetime import UTC, datetime

from memory.model import SearchFilter, SegmentKey
from memory.store.schema import flag_of, metadata_entry


def text_literal(value: str) -> str:
    """The value as an SQL string; a quote inside is doubled, nothing else has a meaning there."""
    return "'" + value.replace("'", "''") + "'"


def instant_literal(moment: datetime) -> str:
    """The moment as an SQL timestamp in UTC, to the microsecond."""
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    return f"timestamp '{plain.isoformat(timespec='microseconds')}Z'"


def one_of(column: str, values: Iterable[str]) -> str:
    """`column` holds one of the values; no value at all matches nothing."""
    literals = _literals(values)
    return f"{column} IN ({literals})" if literals else "false"


def none_of(column: str, values: Iterable[str]) -> str:
    """`column` holds none of the values; no value at all leaves out nothing."""
    literals = _literals(values)
    return f"{column} NOT IN ({literals})" if literals else "true"


def _literals(values: Iterable[str]) -> str:
    return ", ".join(sorted({text_literal(value) for value in values}))


def any_key(keys: Iterable[SegmentKey]) -> str:
    """The row is one of those named; no key at all matches nothing."""
    indices: dict[str, list[int]] = {}
    for id_, index in keys:
        indices.setdefault(id_, []).append(index)
    clauses = [
        f"(id = {text_literal(id_)} AND segment IN ({', '.join(map(str, sorted(some)))}))"
        for id_, some in sorted(indices.items())
    ]
    return f"({' OR '.join(clauses)})" if clauses else "false"


def between(first: int, last: int | None) -> str:
    """The row is one of a memory's segments with these numbers, both included."""
    return f"segment >= {first}" + ("" if last is None else f" AND segment <= {last}")


def of_part(part: int) -> str:
    """The row is one of the part of a memory with this number; parts count from 0."""
    return f"part = {part}"


def expired(now: datetime) -> str:
    """The row's time is over."""
    return f"expires_at <= {instant_literal(now)}"


def unexpired(now: datetime) -> str:
    """The row's time is not over, or has no end."""
    return f"(expires_at IS NULL OR expires_at > {instant_literal(now)})"


def same_content(owner: str, namespace: str, digest: str, now: datetime) -> str:
    """The first row of a living memory with this content: neither replaced nor expired."""
    living = visible(SearchFilter(owner=owner, now=now, namespace=namespace))
    return f"{living} AND {has_digest(digest)} AND segment = 0"


def has_digest(digest: str) -> str:
    """The row's memory has this content, whoever it belongs to."""
    return f"digest = {text_literal(digest)}"


def has_vector(column: str) -> str:
    """The row has a vector in a space."""
    return f"{flag_of(column)} IS NOT NULL"


def lacks_vector(column: str) -> str:
    """The row has no vector in a space yet."""
    return f"{flag_of(column)} IS NULL"


def waits_for(column: str, max_attempts: int, since: datetime | None = None) -> str:
    """The row has no vector in a space, and is still to be tried; one that only keeps a place is not."""
    waits = f"{lacks_vector(column)} AND NOT {given_up(max_attempts)} AND unread NOT LIKE '%\"is_blank\": true%'"
    return f"{waits} AND created_at > {instant_literal(since)}" if since else waits


EXPIRES = "expires_at IS NOT NULL"
"""The row's time has an end."""
HAS_MEDIA = "media != ''"
"""The row was made from a file that is kept."""
UNREAD = "unread != ''"
"""The row is the first of a part that is not read to its end."""


def given_up(max_attempts: int) -> str:
    """The row was refused so often that it is left to keyword search."""
    return f"(attempts >= {max_attempts})"


def says(pattern: str) -> str:
    """What is said in or of the row matches a regular expression."""
    return (
        f"regexp_like(concat_ws(' ', title, context, text, name, array_to_string(tags, ' ')), {text_literal(pattern)})"
    )


def within(since: datetime | None, until: datetime | None) -> str:
    """The row's memory occurred at `since` or later, and before `until`."""
    clauses = [
        *([f"occurred_at >= {instant_literal(since)}"] if since else []),
        *([f"occurred_at < {instant_literal(until)}"] if until else []),
    ]
    return " AND ".join(clauses) or "true"


def visible(filters: SearchFilter, *, may_expire: bool = True) -> str:
    """The rows a search with these filters may see, as one SQL condition.

    Where it is known that no row's time is over, without `may_expire` none is looked at for that.
    """
    clauses = [
        f"owner = {text_literal(filters.owner)}",
        *([unexpired(filters.now)] if may_expire else []),
        *([] if filters.history else ["superseded_by = ''"]),
        *([one_of("id", filters.ids)] if filters.ids else []),
        *([f"namespace = {text_literal(filters.namespace)}"] if filters.namespace else []),
        *([f"session = {text_literal(filters.session)}"] if filters.session else []),
        *([one_of("modality", map(str, filters.modalities))] if filters.modalities else []),
        *(f"array_has(tags, {text_literal(tag)})" for tag in filters.tags),
        *([within(filters.since, filters.until)] if filters.since or filters.until else []),
        *(
            f"array_has(metadata, {text_literal(metadata_entry(key, value))})"
            for key, value in sorted(filters.metadata.items())
        ),
    ]
    return " AND ".join(clauses)
