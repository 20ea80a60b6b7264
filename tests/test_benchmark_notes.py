import re
from collections import Counter
from datetime import datetime, timedelta, timezone
from functools import cache

import pytest

from benchmarks import recallnotes
from benchmarks.recallnotes import ANYTIME, LANGUAGES, MOST_IN_A_PERIOD, UNANSWERABLE, Notebook

ZONE = timezone(timedelta(hours=2))
MORNINGS = [datetime(2026, 1, 1, 9, 30, tzinfo=ZONE) + timedelta(days=97 * count) for count in range(12)]
DAYS = [*MORNINGS, *(datetime(*day, tzinfo=ZONE) for day in ((2026, 3, 4), (2026, 8, 31), (2028, 2, 29)))]
TIME_WORDS = re.compile(
    r"\b(\w+day|week\w*|months?|years?|january|february|march|april|may|june|july|august|september|october|november"
    r"|december|spring|summer|autumn|winter|ago|last (?:night|time)|tonight|morning|afternoon|evening)\b",
    re.IGNORECASE,
)


@cache
def _notebooks() -> dict[str, Notebook]:
    return {**recallnotes.languages(), "agent": recallnotes.agent(), "diary": recallnotes.diary(DAYS[0])}


@pytest.mark.parametrize("name", [*LANGUAGES, "agent", "diary"])
def test_every_note_and_question_is_there_once(name: str) -> None:
    book = _notebooks()[name]
    ids = [note.id for note in book.notes] + [question.id for question in book.questions]
    said = [note.text for note in book.notes] + [question.query for question in book.questions]
    assert [one for one, count in Counter(ids).items() if count > 1] == []
    assert [one for one, count in Counter(said).items() if count > 1] == []
    assert [text for text in said if text != text.strip() or not text] == []


@pytest.mark.parametrize("name", [*LANGUAGES, "agent", "diary"])
def test_answers_are_notes_and_only_the_unanswerable_has_none(name: str) -> None:
    book = _notebooks()[name]
    known = {note.id for note in book.notes}
    assert [one.id for one in book.questions if not known.issuperset(one.relevant)] == []
    assert [one.id for one in book.questions if bool(one.relevant) == (one.kind == UNANSWERABLE)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_questions_in_other_words_and_some_without_answer(language: str) -> None:
    book = recallnotes.languages()[language]
    kinds = Counter(question.kind for question in book.questions)
    assert (len(book.notes), len(book.questions), kinds[UNANSWERABLE]) == (24, 20, 4)
    assert {"rephrased", "name", UNANSWERABLE} <= set(kinds) <= {"inflected", "rephrased", "name", UNANSWERABLE}


def test_the_agent_is_asked_in_every_way() -> None:
    book = recallnotes.agent()
    kinds = Counter(question.kind for question in book.questions)
    assert len(book.notes) == 60
    assert kinds == {"identifier": 20, "question": 14, "name": 10, "phrase": 8, "paraphrase": 8, UNANSWERABLE: 30}


def test_a_phrase_in_quotation_marks_stands_in_the_notes_that_answer_and_in_no_other() -> None:
    book = recallnotes.agent()
    for question in book.questions:
        if question.kind == "phrase":
            phrase = question.query.split('"')[1].casefold()
            assert {note.id for note in book.notes if phrase in note.text.casefold()} == set(question.relevant)


def test_the_diary_is_the_same_at_any_time_of_a_day() -> None:
    morning, evening = DAYS[0], DAYS[0].replace(hour=23)
    assert recallnotes.diary(morning) == recallnotes.diary(evening)


@pytest.mark.parametrize("now", DAYS, ids=lambda now: f"{now:%Y-%m-%d}")
def test_the_diary_is_asked_what_some_entries_answer_and_more_of_their_kind_do_not(now: datetime) -> None:
    book = recallnotes.diary(now)
    activity = Counter(note.id.rpartition("-")[0] for note in book.notes)
    timely = [question for question in book.questions if question.kind != ANYTIME]
    assert (len(activity), len(book.notes), len(timely), len(book.questions)) == (25, 300, 60, 80)
    for question in timely:
        [mine] = {id_.rpartition("-")[0] for id_ in question.relevant}
        assert 1 <= len(question.relevant) <= MOST_IN_A_PERIOD <= activity[mine] - len(question.relevant)


@pytest.mark.parametrize("now", DAYS, ids=lambda now: f"{now:%Y-%m-%d}")
def test_an_entry_of_the_diary_says_when_beside_its_text_only(now: datetime) -> None:
    start = now.replace(hour=0, minute=0)
    for note in recallnotes.diary(now).notes:
        assert note.when is not None
        assert start - timedelta(days=440) < note.when < start
        assert TIME_WORDS.findall(note.text) == []


def test_time_words_mean_the_days_of_the_calendar() -> None:
    book = recallnotes.diary(datetime(2026, 3, 4, 12, 0, tzinfo=ZONE))  # a Wednesday
    when = {note.id: note.when for note in book.notes}
    told = {
        ("last Wednesday", datetime(2026, 2, 25, tzinfo=ZONE), 1),
        ("the day before yesterday", datetime(2026, 3, 2, tzinfo=ZONE), 1),
        ("over the weekend", datetime(2026, 2, 28, tzinfo=ZONE), 2),
        ("last week", datetime(2026, 2, 23, tzinfo=ZONE), 7),
        ("two weeks ago", datetime(2026, 2, 15, tzinfo=ZONE), 7),
        ("last month", datetime(2026, 2, 1, tzinfo=ZONE), 28),
        ("in August", datetime(2025, 8, 1, tzinfo=ZONE), 31),
        ("in February 2025", datetime(2025, 2, 1, tzinfo=ZONE), 28),
        ("two months ago", datetime(2025, 12, 20, tzinfo=ZONE), 31),
        ("last winter", datetime(2025, 12, 1, tzinfo=ZONE), 90),
    }
    for words, first, days in told:
        [*asked] = [question for question in book.questions if question.query.endswith(f" {words}?")]
        assert asked, words
        for question in asked:
            mine = {id_ for id_ in when if id_.startswith(question.relevant[0].rpartition("-")[0])}
            inside = {id_ for id_ in mine if first <= (when[id_] or first) < first + timedelta(days=days)}
            assert set(question.relevant) == inside
