"""A question's own time words, as a period in which what it asks for may have occurred."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from memory.periods import han
from memory.periods.grammar import Reading, readings
from memory.periods.romance import FRENCH, ITALIAN, PORTUGUESE, SPANISH
from memory.periods.tokens import if_few, is_spoken, tokens, words
from memory.periods.words import DUTCH, ENGLISH, GERMAN

LANGUAGES = (ENGLISH, GERMAN, SPANISH, FRENCH, ITALIAN, PORTUGUESE, DUTCH)
_GAP = re.compile(r"\s+(?=[?.!,;:]|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """When what is asked for occurred, as the question says.

    Attributes:
        since: the first moment, UTC; `datetime.min` where the question sets none.
        until: the moment after the last, UTC; `datetime.max` where the question sets none.
        words: the words that say so, with their preposition, as they stand in the question.
    """

    since: datetime
    until: datetime
    words: str


def period_of(query: str, now: datetime) -> Period | None:
    """The one period a question names; None where it names none, or several.

    Of several, one that counts from now ("yesterday") comes before those of the calendar ("in
    March"). A name without a year is the last of that name that has begun; "two weeks ago" is half
    a unit either way; weeks begin on Monday, and seasons are those of the north. Common words that are
    names too (`may`, `march`) and bare numbers count only where a preposition, a day or a year makes
    them a date; a year lies between 1800 and 2099.

    Args:
        query: the question, in English, German, Spanish, French, Italian, Portuguese, Dutch, Chinese or Japanese.
        now: the moment it is asked at, with the time zone its days are counted in.
    """
    local = now.replace(tzinfo=None, fold=0)
    found = _apart(_read(query, local))
    said = [reading for reading in found if reading.is_relative] or found
    if len({(reading.span.since, reading.span.until) for reading in said}) != 1:
        return None
    first, span = said[0], said[0].span
    return Period(since=_utc(span.since, now), until=_utc(span.until, now), words=query[first.start : first.end])


def without_period(query: str, period: Period) -> str:
    """The question without the words of its period; the question itself where nothing else would be left."""
    before, _, after = query.partition(period.words)
    rest = _GAP.sub("", " ".join(f"{before} {after}".split()))
    return rest if re.search(r"\w", rest) else query


def _read(query: str, now: datetime) -> Iterator[Reading]:
    found = words(query)
    for language in LANGUAGES:
        if is_spoken(found, language):
            yield from readings(list(tokens(found, language)), now)
    if han.HAN.search(query):
        yield from readings(if_few(han.tokens(query)), now)


def _apart(found: Iterator[Reading]) -> list[Reading]:
    """The readings in order; of those that overlap, the longest, and then the one that came first."""
    kept: list[Reading] = []
    for reading in sorted(found, key=lambda reading: reading.start - reading.end):
        if all(reading.end <= other.start or other.end <= reading.start for other in kept):
            kept.append(reading)
    return sorted(kept, key=lambda reading: reading.start)


def _utc(moment: datetime, now: datetime) -> datetime:
    if moment in {datetime.min, datetime.max}:  # noqa: DTZ901  # open ends
        return moment.replace(tzinfo=UTC)
    return moment.replace(tzinfo=now.tzinfo).astimezone(UTC)
