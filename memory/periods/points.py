"""Points in time: patterns over the tags of words, and what each pattern means.

A sentence is read as the names of its tags (`in month year x x`), so one grammar serves all languages.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache

from memory.periods import spans
from memory.periods.spans import Span
from memory.periods.tokens import Token

_SHIFT = "(?:shift|both)"
_THE = "(?:the )?"
_MONTH = "(?:month|month-first|short)"
_FRAIL = "frail(?:-first)?"
_NAMED = f"(?:{_MONTH}|{_FRAIL})"
_DAY = "(?:number|ordinal)"
_SHIFTED_YEAR = f"(?:{_SHIFT} unit-year|{_THE}units?-year both)"
_YEAR = f"(?:year|{_SHIFTED_YEAR})"
_OF_YEAR = f"(?: comma| of| from)?(?: the)? {_YEAR}"
_COUNTED = "units?-(?:minute|hour|day|week|month|quarter|year)"
_COUNT = "(?:number|one|few)"
_CALENDAR = "unit-(?:week|weekend|month|quarter|year)"
_WEEKDAY = "(?:weekday (?:comma )?(?:the )?)?"
_SEASON = "(?:season|holiday)"
_PART = "(?: (?:in |on )?(?:the )?part)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The tokens of one expression, and the moment it is read at."""

    tokens: Sequence[Token]
    now: datetime

    def has(self, name: str) -> bool:
        """Whether there is such a tag, or one that begins so before a hyphen."""
        return any(token.tag == name or token.tag.startswith(f"{name}-") for token in self.tokens)

    def value(self, *names: str) -> int:
        """The value of the first of these tags there is, 0 where there is none."""
        found = (token.value for name in names for token in self.tokens if token.tag == name)
        return next(found, 0)

    @property
    def unit(self) -> str:
        """The first unit's name."""
        found = (token.tag.partition("-") for token in self.tokens)
        return next(name for kind, _, name in found if kind in {"unit", "units"})

    @property
    def month(self) -> int:
        """The month that is named, January being 1."""
        return self.value("month", "month-first", "short", "frail", "frail-first")

    @property
    def shift(self) -> int:
        """How many units later: -1 for `last`."""
        return self.value("shift", "both")

    def in_year(self, make: Callable[[int], Span | None]) -> Span | None:
        """The one in the year that is named, or else the last that has begun."""
        if self.has("year"):
            return make(self.value("year"))
        if self.has("unit") or self.has("units"):
            return make(self.now.year + self.shift)
        return spans.latest(make, self.now)


def _day_of_month(found: Found) -> Span | None:
    day = found.in_year(lambda year: spans.of_day(year, found.month, found.value("ordinal", "number")))
    return spans.part_of_day(day, found.value("part")) if day and found.has("part") else day


def _month(found: Found) -> Span | None:
    return found.in_year(lambda year: spans.of_months(year, found.month))


def _season(found: Found) -> Span | None:
    return found.in_year(lambda year: spans.of_season(year, found.value("season", "holiday")))


def _quarter(found: Found) -> Span | None:
    return found.in_year(lambda year: spans.of_months(year, found.value("quarter", "nth") * 3 - 2, 3))


def _year(found: Found) -> Span | None:
    return spans.of_months(found.value("year"), 1, 12)


def _decade_written_out(found: Found) -> Span | None:
    year = found.value("year")
    return spans.of_months(year, 1, 12 if year % 10 else 120)


def _decade(found: Found) -> Span | None:
    return spans.of_months(found.value("decade"), 1, 120)


def _shifted_once_a_year(found: Found) -> Span | None:
    """Last summer is over; this summer is this year's; next summer has not begun."""

    def make(year: int) -> Span | None:
        if found.has("season") or found.has("holiday"):
            return spans.of_season(year, found.value("season", "holiday"))
        return spans.of_months(year, found.month)

    near = [span for year in range(found.now.year - 2, found.now.year + 3) if (span := make(year))]
    match found.shift:
        case -1:
            return next((span for span in reversed(near) if span.until <= found.now), None)
        case 1:
            return next((span for span in near if span.since > found.now), None)
        case shift:
            return make(found.now.year + shift)


def _unit(found: Found) -> Span | None:
    return spans.of_unit(found.unit, found.now, found.shift)


def _weekday(found: Found) -> Span | None:
    weekday = found.value("weekday")
    if found.has("unit") or (found.shift == 0 and (found.has("shift") or found.has("both"))):
        monday = spans.of_unit("week", found.now, found.shift).since
        day = spans.days(monday + weekday * spans.DAY)
    else:
        day = spans.weekday_before(found.now, weekday)
        if found.shift > 0:
            day = spans.days(day.since + (7 if day.since + 7 * spans.DAY > found.now else 14) * spans.DAY)
    return spans.part_of_day(day, found.value("part")) if found.has("part") else day


def _weekend(found: Found) -> Span | None:
    """The last one that has begun."""
    this = spans.of_unit("weekend", found.now, 0)
    return this if this.since <= found.now else spans.of_unit("weekend", found.now, -1)


def _day(found: Found) -> Span | None:
    day = spans.days(found.now + found.value("day") * spans.DAY)
    return spans.part_of_day(day, found.value("part")) if found.has("part") else day


def _ago(found: Found) -> Span | None:
    fewest, most = (2, 5) if found.has("few") else (count := found.value("number", "one"), count)
    return spans.ago(found.now, fewest, most, found.unit) if fewest else None


def _rolling(found: Found) -> Span | None:
    count = 5 if found.has("few") else found.value("number", "one")
    if found.has("shift") and found.shift == 0:
        return None
    if not count and (found.has("number") or found.unit in {"minute", "hour"}):
        return None
    return spans.rolling(found.now, -(count or 1) if found.shift > 0 else count or 1, found.unit)


Meaning = Callable[[Found], Span | None]
_FREE: tuple[tuple[str, Meaning], ...] = (
    (rf"year month-first number{_PART}", _day_of_month),
    (rf"{_SHIFTED_YEAR} (?:of )?month-first number", _day_of_month),
    (rf"{_WEEKDAY}{_THE}{_DAY} (?:dot )?(?:of )?{_MONTH}(?:{_OF_YEAR})?{_PART}", _day_of_month),
    (rf"{_WEEKDAY}the {_DAY} (?:dot )?(?:of )?{_FRAIL}(?:{_OF_YEAR})?{_PART}", _day_of_month),
    (rf"{_DAY} (?:of )?{_FRAIL}{_OF_YEAR}", _day_of_month),
    (rf"(?<!in ){_WEEKDAY}(?:month-first|short) {_THE}{_DAY}(?:(?: comma| of)? {_YEAR})?{_PART}", _day_of_month),
    (rf"{_FRAIL} {_THE}(?:ordinal|number comma year)", _day_of_month),
    (rf"(?<=on )frail-first {_DAY}(?:(?: comma)? {_YEAR})?", _day_of_month),
    (rf"{_MONTH}{_OF_YEAR}|frail-first year", _month),
    (rf"{_SHIFTED_YEAR}(?: genitive)? (?:in |of ){_NAMED}(?! {_DAY})", _month),
    (r"year month-first", _month),
    (rf"{_SEASON}{_OF_YEAR}|{_YEAR} (?:of |in )?(?:the )?{_SEASON}", _season),
    (rf"quarter{_OF_YEAR}|{_YEAR} quarter|nth{_OF_YEAR}", _quarter),
    (rf"{_SHIFT} {_SEASON}|{_THE}{_SEASON} both|{_SHIFT} {_MONTH}|{_NAMED} both", _shifted_once_a_year),
    (rf"{_SHIFT} unit-week (?:of )?(?:on )?weekday{_PART}|weekday (?:of |the )*{_SHIFT} unit-week", _weekday),
    (r"weekday (?:of |the )*unit-week both", _weekday),
    (rf"{_SHIFT} weekday{_PART}|weekday both{_PART}", _weekday),
    (rf"day{_PART}", _day),
    (rf"{_COUNT} {_COUNTED} ago|ago-(?:first|before) {_COUNT} {_COUNTED}", _ago),
    (rf"(?:recent|{_SHIFT}|the-last) (?:of )?(?:number|few) {_COUNTED}(?! of)|number both {_COUNTED}", _rolling),
    (r"recent unit-(?:minute|hour|day|week|month|quarter|year)(?! of)", _rolling),
    (rf"{_SHIFT} {_CALENDAR}(?! of)|{_THE}units?-(?:week|weekend|month|quarter|year) both", _unit),
)
"""What needs no preposition."""
_IN: tuple[tuple[str, Meaning], ...] = (
    (rf"{_FRAIL}{_OF_YEAR}", _month),
    (_NAMED, _month),
    (r"year genitive", _decade_written_out),
    (r"year", _year),
    (r"decade", _decade),
    (r"quarter", _quarter),
)
"""What a preposition makes a period."""
_ON: tuple[tuple[str, Meaning], ...] = (
    (rf"weekday{_PART}", _weekday),
    (r"unit-weekend", _weekend),
    (r"holiday", _season),
)


_Rules = tuple[tuple[re.Pattern[str], Meaning], ...]
_END = r"(?![\w-])(?! habit)"


class Kind(Enum):
    """What a point needs to be one."""

    FREE = "nothing"
    IN = "a preposition as `in`"
    ON = "a preposition as `on`"


def _compiled(rules: Sequence[tuple[str, Meaning]]) -> tuple[re.Pattern[str], _Rules]:
    patterns = tuple((re.compile(f"(?:{pattern}){_END}"), meaning) for pattern, meaning in rules)
    return re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _ in patterns)), patterns


@cache
def _kinds() -> list[tuple[Kind, re.Pattern[str], _Rules]]:
    return [(kind, *_compiled(rules)) for kind, rules in ((Kind.FREE, _FREE), (Kind.IN, _IN), (Kind.ON, _ON))]


def match_at(names: str, start: int) -> tuple[int, Kind, Meaning] | None:
    """The point whose first tag begins there: where its last one ends, its kind and its meaning."""
    for kind, any_of_them, rules in _kinds():
        if any_of_them.match(names, start):
            return next((match.end(), kind, meaning) for rule, meaning in rules if (match := rule.match(names, start)))
    return None
