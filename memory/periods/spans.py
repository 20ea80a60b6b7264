"""Stretches of the calendar: naive moments of one time zone, half open."""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

DAY = timedelta(days=1)
_MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}
_DAYS_IN = {"day": 1, "week": 7}
_CLOCK = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
_SEASONS = ((3, 1, 3), (6, 1, 3), (9, 1, 3), (12, 1, 3))
"""First month, first day and months of spring, summer, autumn and winter in the north."""
CHRISTMAS = len(_SEASONS)
_PARTS = ((4, 12), (12, 18), (17, 24), (18, 30))
"""Hours of morning, afternoon, evening and night, from the midnight before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From `since` until before `until`, without a time zone."""

    since: datetime
    until: datetime


def of_day(year: int, month: int, day: int) -> Span | None:
    """That day, if the calendar has it."""
    if not (1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return None
    return days(datetime(year, month, day))  # noqa: DTZ001  # its zone is the caller's


def days(first: datetime, count: int = 1) -> Span:
    """So many days from the one `first` lies in."""
    start = datetime.combine(first, time.min)
    return Span(since=start, until=start + count * DAY)


def of_months(year: int, month: int, count: int = 1) -> Span | None:
    """So many months from that one, if there is such a month."""
    if not 1 <= month <= 12:
        return None
    start = datetime(year, month, 1)  # noqa: DTZ001  # its zone is the caller's
    return Span(since=start, until=moved(start, count, "month"))


def of_season(year: int, season: int) -> Span:
    """The season that begins in that year; `CHRISTMAS` counts as one."""
    if season == CHRISTMAS:
        return days(datetime(year, 12, 24), 3)  # noqa: DTZ001  # its zone is the caller's
    month, day, count = _SEASONS[season]
    start = datetime(year, month, day)  # noqa: DTZ001  # its zone is the caller's
    return Span(since=start, until=moved(start, count, "month"))


def of_unit(unit: str, moment: datetime, shift: int) -> Span:
    """The calendar's week, weekend, month, quarter or year around a moment, or `shift` of them later."""
    today = datetime.combine(moment, time.min)
    if unit in {"week", "weekend"}:
        monday = today + (7 * shift - today.weekday()) * DAY
        return days(monday, 7) if unit == "week" else days(monday + 5 * DAY, 2)
    if unit == "day":
        return days(today + shift * DAY)
    count = _MONTHS_IN[unit]
    first = today.replace(month=(today.month - 1) // count * count + 1, day=1)
    start = moved(first, shift, unit)
    return Span(since=start, until=moved(start, 1, unit))


def moved(moment: datetime, count: int, unit: str) -> datetime:
    """So many units later; a day the month does not have becomes its last."""
    if unit in _CLOCK:
        return moment + count * _CLOCK[unit]
    if unit in _DAYS_IN:
        return moment + count * _DAYS_IN[unit] * DAY
    months = moment.year * 12 + moment.month - 1 + count * _MONTHS_IN[unit]
    year, month = months // 12, months % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def ago(now: datetime, fewest: int, most: int, unit: str) -> Span:
    """So many units ago, and half a unit either way, for nobody counts exactly; days are exact."""
    if unit in _CLOCK:
        half = _CLOCK[unit] / 2
        return Span(since=moved(now, -most, unit) - half, until=moved(now, -fewest, unit) + half)
    first, last = days(moved(now, -most, unit)), days(moved(now, -fewest, unit))
    if unit == "year":
        return Span(since=moved(first.since, -6, "month"), until=moved(last.until, 6, "month"))
    margin = {"day": 0, "week": 3, "month": 15, "quarter": 45}[unit] * DAY
    return Span(since=first.since - margin, until=last.until + margin)


def rolling(now: datetime, count: int, unit: str) -> Span:
    """The `count` units up to today, today with them; the units to come where `count` is negative."""
    today, other = days(now), moved(now, -count, unit)
    if count < 0:
        return Span(since=today.since, until=days(other).until)
    return Span(since=other if unit in _CLOCK else days(other).since, until=today.until)


def latest(in_year: Callable[[int], Span | None], now: datetime) -> Span | None:
    """The last of what comes once a year that has begun; the year it is may not have it (29 February)."""
    years = range(now.year, now.year - 9, -1)
    found = (in_year(year) for year in years)
    return next((span for span in found if span is not None and span.since <= now), None)


def weekday_before(now: datetime, weekday: int) -> Span:
    """The last such day before today; Monday is 0."""
    return days(now - ((now.weekday() - weekday - 1) % 7 + 1) * DAY)


def part_of_day(span: Span, part: int) -> Span:
    """The morning, afternoon, evening or night (0 to 3) of a day."""
    first, last = _PARTS[part]
    return Span(since=span.since + timedelta(hours=first), until=span.since + timedelta(hours=last))


def third(span: Span, which: int) -> Span:
    """The beginning, the middle or the end (0 to 2)."""
    step = (span.until - span.since) / 3
    start = span.since + which * step
    return Span(since=start, until=span.until if which == 2 else start + step)
