"""Expressions of time in a sentence: points, and what prepositions and neighbours make of them."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import accumulate, zip_longest

from memory.periods import spans
from memory.periods.points import Found, Kind, Meaning, match_at
from memory.periods.spans import Span
from memory.periods.tokens import Token

_LEADS = frozenset(("in", "on", "from", "of", "the"))
_MAX_LEADS = 3
_ENDS_OPEN = frozenset(("since", "before", "after", "until", "ago-before"))
_ENDS_OPEN_AFTER = frozenset(("since-after", "until-after", "ago"))
_RELATIVE = frozenset(("day", "shift", "both", "recent", "the-last", "ago", "ago-first", "ago-before", "weekday"))
_EVER = Span(since=datetime.min, until=datetime.max)  # noqa: DTZ901  # ends that are open have no zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One expression of time in a query.

    Attributes:
        span: what it means; `datetime.min` and `datetime.max` are open ends.
        is_relative: it counts from now, as `last week` does and `March` does not.
        start: its first character.
        end: the character after its last.
    """

    span: Span
    is_relative: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """Tokens `first` to before `end` name a time; from `lead` on they are preceded by prepositions."""

    lead: int
    first: int
    end: int
    kind: Kind
    meaning: Meaning


@dataclass(frozen=True)
class _Sentence:
    tokens: Sequence[Token]
    now: datetime

    @cached_property
    def points(self) -> list[_Point]:
        starts = list(accumulate((len(token.tag) + 1 for token in self.tokens), initial=0))
        names = " ".join(token.tag for token in self.tokens)
        found: list[_Point] = []
        end = 0
        for first, token in enumerate(self.tokens):
            if first >= end and token.tag != "x" and (match := match_at(names, starts[first])):
                end = bisect_left(starts, match[0])
                found.append(_Point(lead=self.lead(first), first=first, end=end, kind=match[1], meaning=match[2]))
        return [point for point in found if self.tag(point.lead - 1) != "always"]

    def lead(self, first: int) -> int:
        """Where the prepositions before a token begin."""
        lead = first
        if self.tag(first) == "day" and self.tag(first - 1) == "the":
            return first  # it is another word's article
        while first - lead < _MAX_LEADS and self.tag(lead - 1) in _LEADS:
            lead -= 1
        return lead

    def tag(self, at: int) -> str:
        return self.tokens[at].tag if 0 <= at < len(self.tokens) else ""

    def span(self, point: _Point, now: datetime | None = None) -> Span | None:
        return point.meaning(Found(tokens=self.tokens[point.first : point.end], now=now or self.now))

    def reading(self, first: int, end: int, span: Span | None) -> Iterator[Reading]:
        if span is None:
            return
        said = self.tokens[first : end + (self.tag(end) in {"genitive", "until-after"})]
        is_relative = any(token.tag in _RELATIVE or token.tag.startswith("unit") for token in said)
        yield Reading(span=span, is_relative=is_relative, start=said[0].start, end=said[-1].end)


def readings(tokens: Sequence[Token], now: datetime) -> Iterator[Reading]:
    """The expressions of time in a sentence, read at `now`, which has no time zone."""
    sentence = _Sentence(tokens, now)
    points = sentence.points
    for point, following in zip_longest(points, points[1:]):
        before = sentence.tag(point.lead - 1)
        if following and _is_range(sentence, point, following):
            first = point.lead - (before in {"between", "since"})
            yield from sentence.reading(first, following.end, _between(sentence, point, following))
        elif before in _ENDS_OPEN:
            yield from sentence.reading(point.lead - 1, point.end, _opened(before, sentence.span(point)))
        elif (trailing := sentence.tag(point.end)) in _ENDS_OPEN_AFTER:
            yield from sentence.reading(point.lead, point.end + 1, _opened(trailing, sentence.span(point)))
        elif before in {"earlier", "portion", "dash"}:
            yield from _part(sentence, point)
        elif _stands_alone(sentence, point):
            yield from sentence.reading(point.lead, point.end, sentence.span(point))


def _stands_alone(sentence: _Sentence, point: _Point) -> bool:
    leads = {token.tag for token in sentence.tokens[point.lead : point.first]}
    match point.kind:
        case Kind.FREE:
            return True
        case Kind.IN:
            is_a_whole = sentence.tag(point.end) != "of"  # else a thing: `in March of progress`
            return is_a_whole and not leads.isdisjoint(("in", "from"))
        case Kind.ON:
            return not leads.isdisjoint(("on", "from"))


def _is_range(sentence: _Sentence, point: _Point, following: _Point) -> bool:
    if following.lead != point.end + 1 or sentence.tag(point.end) not in {"join", "dash", "until"}:
        return False
    leads = {token.tag for token in sentence.tokens[point.lead : point.first]}
    return sentence.tag(point.lead - 1) in {"between", "since"} or not leads.isdisjoint(("in", "from", "of"))


def _between(sentence: _Sentence, first: _Point, second: _Point) -> Span | None:
    """From the first to the second, which tells the year of the first."""
    end = sentence.span(second)
    start = sentence.span(first, end.since) if end else None
    if not start or not end or start.since >= end.since:
        return None
    return Span(since=start.since, until=end.until)


def _opened(preposition: str, point: Span | None) -> Span | None:
    if point is None:
        return None
    match preposition:
        case "since" | "since-after":
            return Span(since=point.since, until=_EVER.until)
        case "after":
            return Span(since=point.until, until=_EVER.until)
        case "until" | "until-after":
            return Span(since=_EVER.since, until=point.until)
        case _:
            return Span(since=_EVER.since, until=point.since)


def _part(sentence: _Sentence, point: _Point) -> Iterator[Reading]:
    """The beginning, the middle or the end; or what has passed of it, or is to come."""
    at = point.lead - 1 - (sentence.tag(point.lead - 1) == "dash")
    whole = sentence.span(point)
    if whole is None or sentence.tag(at) not in {"earlier", "portion"} or sentence.tag(point.first).startswith("frail"):
        return
    if sentence.tag(at) == "portion":
        span = spans.third(whole, sentence.tokens[at].value)
    else:
        span = _so_far(whole, sentence.now, is_past=sentence.tokens[at].value < 0)
    yield from sentence.reading(sentence.lead(at), point.end, span)


def _so_far(whole: Span, now: datetime, *, is_past: bool) -> Span | None:
    today = spans.days(now)
    if not whole.since <= now < whole.until:
        return None
    return Span(since=whole.since, until=today.until) if is_past else Span(since=today.since, until=whole.until)
