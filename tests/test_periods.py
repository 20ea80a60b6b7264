# ruff: noqa: RUF001  # apostrophes as they are typed
"""Which period a question's own words name, and which words name none."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.periods.periods import Period, period_of, without_period
from memory.periods.romance import FRENCH, ITALIAN, PORTUGUESE, SPANISH
from memory.periods.words import DUTCH, ENGLISH, GERMAN, Language

NOW = datetime(2024, 3, 13, 15, 30, tzinfo=UTC)
"""A Wednesday."""

ENGLISH_TABLE = """
    yesterday                             2024-03-12 2024-03-13
    the day before yesterday              2024-03-11 2024-03-12
    what is on today                      2024-03-13 2024-03-14
    what did I eat this morning           2024-03-13T04 2024-03-13T12
    who called last night                 2024-03-12T18 2024-03-13T06
    yesterday afternoon                   2024-03-12T12 2024-03-12T18
    what did we decide last Tuesday       2024-03-12 2024-03-13
    the call on Tuesday                   2024-03-12 2024-03-13
    on Wednesday                          2024-03-06 2024-03-07
    this Friday                           2024-03-15 2024-03-16
    next Monday                           2024-03-18 2024-03-19
    Tuesday of last week                  2024-03-05 2024-03-06
    last week on Tuesday                  2024-03-05 2024-03-06
    on Tuesday morning                    2024-03-12T04 2024-03-12T12
    notes from last week                  2024-03-04 2024-03-11
    this week                             2024-03-11 2024-03-18
    next week                             2024-03-18 2024-03-25
    over the weekend                      2024-03-09 2024-03-11
    this weekend                          2024-03-16 2024-03-18
    last month                            2024-02-01 2024-03-01
    last quarter                          2023-10-01 2024-01-01
    last year                             2023-01-01 2024-01-01
    3 days ago                            2024-03-10 2024-03-11
    two weeks ago                         2024-02-25 2024-03-03
    a few days ago                        2024-03-08 2024-03-12
    three months ago                      2023-11-28 2023-12-29
    a year ago                            2022-09-13 2023-09-14
    in the past two weeks                 2024-02-28 2024-03-14
    the last 3 days                       2024-03-10 2024-03-14
    over the past month                   2024-02-13 2024-03-14
    in March                              2024-03-01 2024-04-01
    in april                              2023-04-01 2023-05-01
    in may                                2023-05-01 2023-06-01
    last March                            2023-03-01 2023-04-01
    in March 2023                         2023-03-01 2023-04-01
    budget march 2023                     2023-03-01 2023-04-01
    in March of last year                 2023-03-01 2023-04-01
    last year in March                    2023-03-01 2023-04-01
    March 5                               2024-03-05 2024-03-06
    on may 5                              2023-05-05 2023-05-06
    December 24th                         2023-12-24 2023-12-25
    5 March 2024                          2024-03-05 2024-03-06
    the 5th of March                      2024-03-05 2024-03-06
    Tuesday, March 5, 2024                2024-03-05 2024-03-06
    February 29                           2024-02-29 2024-03-01
    in March 5 people left                2024-03-01 2024-04-01
    in 2023                               2023-01-01 2024-01-01
    in the 1990s                          1990-01-01 2000-01-01
    Q3 2023                               2023-07-01 2023-10-01
    2023-Q3                               2023-07-01 2023-10-01
    the third quarter of 2023             2023-07-01 2023-10-01
    last summer                           2023-06-01 2023-09-01
    last winter                           2023-12-01 2024-03-01
    summer of 2022                        2022-06-01 2022-09-01
    last Christmas                        2023-12-24 2023-12-27
    between March and May                 2023-03-01 2023-06-01
    between November and January          2023-11-01 2024-02-01
    from March to May 2022                2022-03-01 2022-06-01
    between 2019 and 2021                 2019-01-01 2022-01-01
    in 2019-2021                          2019-01-01 2022-01-01
    between Monday and Wednesday          2024-03-04 2024-03-07
    since June                            2023-06-01 -
    after 2020-05-01                      2020-05-02 -
    before 2020                           - 2020-01-01
    until Friday                          - 2024-03-09
    earlier this year                     2024-01-01 2024-03-14
    later this month                      2024-03-13 2024-04-01
    late April                            2023-04-21 2023-05-01
    2024-03-05                            2024-03-05 2024-03-06
    2024-03                               2024-03-01 2024-04-01
    5.3.2024                              2024-03-05 2024-03-06
    13/5/2023                             2023-05-13 2023-05-14
    5/13/2023                             2023-05-13 2023-05-14
"""
OTHERS_TABLE = """
    gestern                               2024-03-12 2024-03-13
    gestern Abend                         2024-03-12T17 2024-03-13
    letzte Woche                          2024-03-04 2024-03-11
    im März                               2024-03-01 2024-04-01
    letztes Jahr im März                  2023-03-01 2023-04-01
    letzten Dienstag                      2024-03-12 2024-03-13
    am 5. März 2024                       2024-03-05 2024-03-06
    vor zwei Wochen                       2024-02-25 2024-03-03
    vor 2020                              - 2020-01-01
    seit Juni                             2023-06-01 -
    zwischen März und Mai                 2023-03-01 2023-06-01
    ayer                                  2024-03-12 2024-03-13
    la semana pasada                      2024-03-04 2024-03-11
    en marzo                              2024-03-01 2024-04-01
    el martes pasado                      2024-03-12 2024-03-13
    5 de marzo de 2024                    2024-03-05 2024-03-06
    hace dos semanas                      2024-02-25 2024-03-03
    desde marzo hasta mayo                2023-03-01 2023-06-01
    qu’est-ce que j’ai fait hier          2024-03-12 2024-03-13
    la réunion d'hier                     2024-03-12 2024-03-13
    la semaine dernière                   2024-03-04 2024-03-11
    l’année dernière                      2023-01-01 2024-01-01
    en mars                               2024-03-01 2024-04-01
    le 5 mars 2024                        2024-03-05 2024-03-06
    mardi dernier                         2024-03-12 2024-03-13
    il y a deux semaines                  2024-02-25 2024-03-03
    ieri sera                             2024-03-12T17 2024-03-13
    la settimana scorsa                   2024-03-04 2024-03-11
    due settimane fa                      2024-02-25 2024-03-03
    nel 2023                              2023-01-01 2024-01-01
    ontem                                 2024-03-12 2024-03-13
    a semana passada                      2024-03-04 2024-03-11
    na terça-feira                        2024-03-12 2024-03-13
    há duas semanas                       2024-02-25 2024-03-03
    gisteren                              2024-03-12 2024-03-13
    afgelopen dinsdag                     2024-03-12 2024-03-13
    twee weken geleden                    2024-02-25 2024-03-03
    昨天                                  2024-03-12 2024-03-13
    我们上周讨论了什么                    2024-03-04 2024-03-11
    上周二                                2024-03-05 2024-03-06
    上个月                                2024-02-01 2024-03-01
    三月                                  2024-03-01 2024-04-01
    十二月                                2023-12-01 2024-01-01
    3月5日                                2024-03-05 2024-03-06
    2023年3月5日                          2023-03-05 2023-03-06
    去年三月                              2023-03-01 2023-04-01
    三个月前                              2023-11-28 2023-12-29
    从三月到五月                          2023-03-01 2023-06-01
    2020年以前                            - 2020-01-01
    昨日の会議                            2024-03-12 2024-03-13
    先週の火曜日                          2024-03-05 2024-03-06
    去年の夏                              2023-06-01 2023-09-01
    3月から5月まで                        2023-03-01 2023-06-01
    二週間前                              2024-02-25 2024-03-03
"""
NO_PERIOD = """
may|march of progress|in march of progress|second world war|what may happen|May I|this may help
sun exposure|sat on a chair|mon ami|mar adriático|mars rover|Mars 2020 rover|das ist hier|hier|in the long run
1984 novel by Orwell|room 2023|version 3.11|version 1.2.3|version 5.3.2024|10.5.2 release|order 2024-1187-3
3/5/2024|31.2.2024|February 30|2010-11|5/3|the last word|last name|the last of us|der letzte Schrei
la última palabra|le dernier mot|the last week of school|in the last three minutes of the game|in a second
in 20 steps|at 5|an hour of code|monthly report|year|week|first time|August Strindberg|June Carter
Friday the musical|every Tuesday|on Tuesdays|on Sunday mornings|todos los martes|每周二|一周三次|spring boot beans
in spring|fall of Rome|Christmas Carol|order of 2000 pieces|march 5 miles|CTLA - 4|CRF01_1b2k|Windows 2000
even today|noch heute|hoy en día|in the third quarter|3个月|100年|二月革命|   |,.-|'s|2019-2021|zero days ago
"""


def _cases(table: str) -> list[tuple[str, datetime, datetime]]:
    rows = (line.strip().rsplit(maxsplit=2) for line in table.strip().splitlines())
    return [
        (query, _moment(since, datetime.min.replace(tzinfo=UTC)), _moment(until, datetime.max.replace(tzinfo=UTC)))
        for query, since, until in rows
    ]


def _moment(text: str, open_end: datetime) -> datetime:
    return open_end if text == "-" else datetime.fromisoformat(text).replace(tzinfo=UTC)


def _found(query: str, now: datetime = NOW) -> Period:
    period = period_of(query, now)
    assert period is not None, query
    return period


@pytest.mark.parametrize(("query", "since", "until"), [*_cases(ENGLISH_TABLE), *_cases(OTHERS_TABLE)])
def test_words_of_time_name_a_period(query: str, since: datetime, until: datetime) -> None:
    period = _found(query)
    assert (period.since, period.until) == (since, until)


@pytest.mark.parametrize("query", ["", *NO_PERIOD.replace("\n", "|").split("|")])
def test_other_words_name_none(query: str) -> None:
    assert period_of(query, NOW) is None


@pytest.mark.parametrize(
    ("query", "words", "rest"),
    [
        ("What happened in March 2023?", "in March 2023", "What happened?"),
        ("notes from last week about the trip", "from last week", "notes about the trip"),
        ("last week’s meeting", "last week’s", "meeting"),
        ("Was war am 5. März mit dem Boot?", "am 5. März", "Was war mit dem Boot?"),
        ("la réunion d'hier", "d'hier", "la réunion"),
        ("昨日の会議", "昨日の", "会議"),
        ("在三月我们去了哪里", "在三月", "我们去了哪里"),
    ],
)
def test_the_words_of_a_period_and_their_preposition_can_be_left_out(query: str, words: str, rest: str) -> None:
    period = _found(query)
    assert period.words == words
    assert without_period(query, period) == rest


@pytest.mark.parametrize("query", ["yesterday", "in March?", "三月", "(last week)"])
def test_a_query_of_time_words_alone_stays_as_it_is(query: str) -> None:
    assert without_period(query, _found(query)) == query


def test_days_are_those_of_the_asker() -> None:
    tokyo = datetime(2024, 3, 13, 1, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
    period = _found("yesterday", tokyo)
    assert period.since == datetime(2024, 3, 11, 15, tzinfo=UTC)
    assert period.until == datetime(2024, 3, 12, 15, tzinfo=UTC)
    assert period.since.tzinfo is UTC


def test_a_day_is_as_long_as_its_clock_makes_it() -> None:
    after_the_change = datetime(2024, 4, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    period = _found("yesterday", after_the_change)
    assert period.until - period.since == timedelta(hours=23)


def test_months_are_counted_back_to_a_day_they_have() -> None:
    period = _found("a month ago", datetime(2024, 3, 31, tzinfo=UTC))
    assert period.since <= datetime(2024, 2, 29, tzinfo=UTC) < period.until
    past = _found("in the past month", datetime(2024, 3, 31, tzinfo=UTC))
    assert past.since == datetime(2024, 2, 29, tzinfo=UTC)


def test_a_leap_day_without_its_year_is_the_last_there_was() -> None:
    assert _found("Feb 29", datetime(2027, 1, 1, tzinfo=UTC)).since == datetime(2024, 2, 29, tzinfo=UTC)
    assert _found("last year", datetime(2024, 2, 29, tzinfo=UTC)).since == datetime(2023, 1, 1, tzinfo=UTC)


def test_on_a_sunday_the_weekend_is_the_one_that_is_now() -> None:
    sunday = datetime(2024, 3, 10, 20, tzinfo=UTC)
    assert _found("over the weekend", sunday).since == datetime(2024, 3, 9, tzinfo=UTC)
    assert _found("last weekend", sunday).since == datetime(2024, 3, 2, tzinfo=UTC)


def test_of_two_periods_the_one_that_counts_from_now_is_meant() -> None:
    assert _found("what did Anna say yesterday about the trip in March 2023").words == "yesterday"


@pytest.mark.parametrize(
    "query", ["compare Q1 2023 with Q2 2023", "last week or last month", "in 2019 and not in 2021"]
)
def test_two_periods_of_one_kind_are_none(query: str) -> None:
    assert period_of(query, NOW) is None


def test_a_long_list_of_times_is_none() -> None:
    assert period_of("in March 2023 " * 30, NOW) is None


@pytest.mark.parametrize("language", [ENGLISH, GERMAN, SPANISH, FRENCH, ITALIAN, PORTUGUESE, DUTCH])
def test_no_phrase_means_two_things_in_a_language(language: Language) -> None:
    names = f"{language.months} {language.weekdays} {language.numbers}".replace("/", " ").split()
    phrases = [phrase for listed in language.words.values() for phrase in listed.split(", ")]
    assert len(set(phrases)) == len(phrases)
    assert set(phrases).isdisjoint(names)


VOCABULARY = [
    *(phrase for table in (ENGLISH_TABLE, OTHERS_TABLE) for query, _, _ in _cases(table) for phrase in query.split()),
    *("9999", "0", "999", "31", "years", "ago", "in", "the", "-", ",", "'s", "Jahren", "vor", "ans", "年前", "月"),
]
ANY_TEXT = st.one_of(st.text(), st.lists(st.sampled_from(VOCABULARY), max_size=12).map(" ".join))
ANY_NOW = st.datetimes(
    datetime(1971, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(2200, 1, 1),  # noqa: DTZ001  # likewise
    timezones=st.sampled_from(
        [UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu"), timezone(timedelta(hours=-12))]
    ),
)


@given(ANY_TEXT, ANY_NOW)
def test_any_text_at_any_time_is_read(query: str, now: datetime) -> None:
    period = period_of(query, now)
    if period is None:
        return
    assert period.words in query
    assert period.since < period.until
    assert period.since.tzinfo is UTC
    assert period.until.tzinfo is UTC
    rest = without_period(query, period)
    assert rest == query or len(rest) < len(query)
