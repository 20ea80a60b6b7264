"""Notes written for the recall benchmark: eight languages, an agent's notebook, and a diary.

The notes and their questions lie in `benchmarks/notes`; the diary is made up around the day it is asked on.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

NOTES = Path(__file__).parent / "notes"
LANGUAGES = ("zh", "ja", "ko", "de", "es", "fr", "ru", "tr")
UNANSWERABLE = "unanswerable"
"""The kind of a question near in subject to some notes and answered by none."""
ANYTIME = "any time"
"""The kind of a question to the diary that says nothing of when."""

MOST_IN_A_PERIOD = 4
_ENTRIES = 12
_HISTORY_DAYS = 430
_TIMELESS = 20
_DAY = timedelta(days=1)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NUMBERS = {1: "a", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 10: "ten"}
_SEASONS = {3: "spring", 6: "summer", 9: "autumn", 12: "winter"}
_PEOPLE = ("Priya", "Omar", "Greta", "Luis", "Hana", "Tom", "Ewa", "Felix", "Noor", "Dave")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something remembered; `when` is known for entries of the diary only."""

    id: str
    text: str
    when: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, and the ids of all notes that answer it: none where it is `UNANSWERABLE`."""

    id: str
    query: str
    relevant: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook:
    """Notes, and what they are asked."""

    notes: tuple[Note, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Period:
    """Some days, and the words that mean them today; `kind` is the length people think of."""

    words: str
    kind: str
    first: datetime
    days: int

    def __contains__(self, moment: datetime) -> bool:
        return self.first <= moment < self.first + self.days * _DAY


def languages(folder: Path = NOTES) -> dict[str, Notebook]:
    """A notebook for each of `LANGUAGES`, asked in its own language."""
    return {language: _read(folder / f"{language}.jsonl") for language in LANGUAGES}


def agent(folder: Path = NOTES) -> Notebook:
    """What a coding and personal assistant noted, in English."""
    return _read(folder / "agent.jsonl")


def diary(now: datetime, folder: Path = NOTES) -> Notebook:
    """Some 14 months of entries before today, the day `now` lies in, and questions that are asked today.

    What was done, with whom and where is written in `diary.jsonl`; when is drawn with a fixed seed. All
    depends on the day and its time zone only. A question with time words has 1 to `MOST_IN_A_PERIOD`
    answers, and at least as many entries of the same activity lie outside its period.
    """
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    chance = random.Random(6)  # noqa: S311  # nothing secret
    periods = list(enumerate(_periods(today), 1))
    activities = _records(folder / "diary.jsonl")
    notes: list[Note] = []
    questions: list[Question] = []
    for number, activity in enumerate(activities):
        asked = periods[number :: len(activities)]
        moments = _moments([period for _, period in asked], today, chance)
        entries = [
            Note(id=f"diary-{number + 1:02}-{nth:02}", text=text, when=when)
            for nth, (text, when) in enumerate(zip(_texts(activity, number), moments, strict=True), 1)
        ]
        notes += entries
        questions += [_asked(activity, index, period, entries) for index, period in asked]
        if number < _TIMELESS:
            questions.append(_asked(activity, len(periods) + number + 1, None, entries))
    return Notebook(notes=tuple(notes), questions=tuple(sorted(questions, key=lambda question: question.id)))


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _read(path: Path) -> Notebook:
    records = _records(path)
    return Notebook(
        notes=tuple(Note(id=one["id"], text=one["text"]) for one in records if "text" in one),
        questions=tuple(
            Question(id=one["id"], query=one["query"], relevant=tuple(one["relevant"]), kind=one["kind"])
            for one in records
            if "query" in one
        ),
    )


def _asked(activity: Mapping[str, Any], index: int, period: _Period | None, entries: Sequence[Note]) -> Question:
    return Question(
        id=f"diary-q{index:02}",
        query=activity["asked"].format(f" {period.words}" if period else ""),
        relevant=tuple(one.id for one in entries if not period or (one.when and one.when in period)),
        kind=period.kind if period else ANYTIME,
    )


def _texts(activity: Mapping[str, Any], number: int) -> Iterator[str]:
    said, places = activity["said"], activity["places"]
    for nth, what in enumerate(activity["what"]):
        who = _PEOPLE[(3 * number + 7 * nth) % len(_PEOPLE)]
        yield said[nth // 3 % len(said)].format(what=what, who=who, where=places[nth % len(places)])


def _moments(periods: Sequence[_Period], today: datetime, chance: random.Random) -> list[datetime]:
    """At least one moment of every period, and never too many; always by day, so that no time zone matters."""
    found: list[datetime] = []
    for period in periods:
        if not any(moment in period for moment in found):
            found.append(period.first + chance.randrange(period.days) * _DAY + chance.randint(9, 19) * _DAY / 24)
    while len(found) < _ENTRIES:
        moment = today - chance.randint(1, _HISTORY_DAYS) * _DAY + chance.randint(9, 19) * _DAY / 24
        if all(sum(one in period for one in [*found, moment]) <= MOST_IN_A_PERIOD for period in periods):
            found.append(moment)
    return sorted(found)


def _periods(today: datetime) -> Iterator[_Period]:
    """What the questions' time words mean on this day: 25 of days, then longer ones."""
    yield from _days(today)
    yield from _weeks(today)
    yield from _months(today)


def _days(today: datetime) -> Iterator[_Period]:
    for words in ("yesterday", "yesterday", "yesterday", "the day before yesterday", "the day before yesterday"):
        yield _day(words, today, 1 if words == "yesterday" else 2)
    for count in (3, 4, 5, 6, 10):
        yield _day(f"{_NUMBERS[count]} days ago", today, count)
    for weekday, name in enumerate(_WEEKDAYS):
        yield _day(f"last {name}", today, (today.weekday() - weekday - 1) % 7 + 1)
    for weekday in (2, 4, 5):
        yield _day(f"on {_WEEKDAYS[weekday]}", today, (today.weekday() - weekday - 1) % 7 + 1)
    for count in (24, 61, 133, 210, 302):
        date = today - count * _DAY
        yield _day(f"on {date.day} {_MONTHS[date.month - 1]}", today, count)


def _day(words: str, today: datetime, ago: int) -> _Period:
    return _Period(words=words, kind="a day", first=today - ago * _DAY, days=1)


def _weeks(today: datetime) -> Iterator[_Period]:
    monday = today - today.weekday() * _DAY
    # On a Saturday it would be said of the one that has just begun.
    over_it = "over the weekend" if today.weekday() < 5 else "last weekend"
    for words in (over_it, over_it, "last weekend"):
        yield _Period(words=words, kind="a weekend", first=monday - 2 * _DAY, days=2)
    for _ in range(4):
        yield _Period(words="last week", kind="a week", first=monday - 7 * _DAY, days=7)
    for count in (1, 2, 2, 2, 3, 4, 5):  # said of half a week more or less, too
        first, unit = today - (7 * count + 3) * _DAY, "weeks" if count > 1 else "week"
        yield _Period(words=f"{_NUMBERS[count]} {unit} ago", kind="a week", first=first, days=7)
    yield _Period(words="in the last ten days", kind="a week", first=today - 10 * _DAY, days=10)
    yield _Period(words="in the past two weeks", kind="a week", first=today - 14 * _DAY, days=14)


def _months(today: datetime) -> Iterator[_Period]:
    for _ in range(4):
        yield _month("last month", _first_of_month(today, 1))
    for back in (2, 3, 4, 5, 6, 7, 9, 10, 11):
        first = _first_of_month(today, back)
        yield _month(f"in {_MONTHS[first.month - 1]}", first)
    for back in (12, 13):
        first = _first_of_month(today, back)
        yield _month(f"in {_MONTHS[first.month - 1]} {first.year}", first)
    for count in (2, 3):  # said of half a month more or less, too
        first = _months_before(today, count) - 15 * _DAY
        yield _Period(words=f"{_NUMBERS[count]} months ago", kind="a month", first=first, days=31)
    first = _months_before(today, 1)
    yield _Period(words="in the past month", kind="a month", first=first, days=(today - first).days)
    season = next(first for back in range(3, 6) if (first := _first_of_month(today, back)).month in _SEASONS)
    days = (_first_of_month(season, -3) - season).days
    yield _Period(words=f"last {_SEASONS[season.month]}", kind="a season", first=season, days=days)


def _month(words: str, first: datetime) -> _Period:
    return _Period(words=words, kind="a month", first=first, days=(_first_of_month(first, -1) - first).days)


def _months_before(day: datetime, back: int) -> datetime:
    """The same date so many months earlier, or the last of a shorter month."""
    first, after = _first_of_month(day, back), _first_of_month(day, back - 1)
    return first + min(day.day - 1, (after - first).days - 1) * _DAY


def _first_of_month(day: datetime, back: int) -> datetime:
    months = day.year * 12 + day.month - 1 - back
    return day.replace(year=months // 12, month=months % 12 + 1, day=1)
