"""A query as tagged words, one language at a time."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from memory.periods.words import Language

_WORD = re.compile(
    r"(?:mid|early|late)(?=-)|(?<![\w-])\d{4}(?=-\d{4}(?![\w-]))"  # `mid-2023` and `2019-2021` come apart
    r"|['\u2019]s(?!\w)|\w+(?:[.\-/:_@+]\w+)*|[^\w\s]"
)
_NUMBER = re.compile(r"\d{1,3}", re.ASCII)
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|º|°)", re.ASCII)
_YEAR = re.compile(r"(?:1[89]|20)\d\d", re.ASCII)
_DECADE = re.compile(r"((?:1[89]|20)\d0)s", re.ASCII)
_QUARTER = re.compile(r"[qQ]([1-4])", re.ASCII)
_QUARTER_OF = re.compile(r"[qQ]([1-4])[/-]((?:19|20)\d\d)|((?:19|20)\d\d)[/-]?[qQ]([1-4])", re.ASCII)
_ISO = re.compile(r"((?:1[89]|20)\d\d)([-/])(0[1-9]|1[0-2])(?:\2([0-3]\d))?(?:T\d\d:\d\d(?::\d\d)?\w*)?", re.ASCII)
_DOTTED = re.compile(r"([0-3]?\d)\.([01]?\d)\.((?:19|20)\d\d)", re.ASCII)
_SLASHED = re.compile(r"([0-3]?\d)([/-])([0-3]?\d)\2((?:19|20)\d\d)", re.ASCII)
_MARKS = {",": "comma", "-": "dash", "\u2013": "dash", "'s": "genitive", "\u2019s": "genitive"}
_NAMES = ("month", "short", "weekday", "unit", "year", "day", "season", "holiday", "quarter", "nth", "decade")
MAX_NAMES = 24
"""Names of times in a text about one period; in a longer list of them none is meant."""
_RELEASES = frozenset(("version", "versions", "v", "ver", "release", "build"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What some characters of a query mean; `x` where they mean no time."""

    tag: str
    value: int
    start: int
    end: int


NOTHING = Token(tag="x", value=0, start=0, end=0)
"""Stands for whatever means no time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a query.

    Attributes:
        text: the word as it stands there.
        plain: the word without its accents and capitals.
        figures: its tags in every language, for figures and marks.
        is_name: whether these name a time.
    """

    text: str
    plain: str
    figures: Sequence[tuple[str, int]]
    is_name: bool
    start: int
    end: int


def words(query: str) -> list[Word]:
    """The words and marks of a query; what `.`, `-`, `/`, `:`, `_`, `@` or `+` hold together is one word."""
    found: list[Word] = []
    for match in _WORD.finditer(query):
        text, is_release = match[0], bool(found) and found[-1].plain in _RELEASES
        figures = [] if is_release else _figures(text)
        found.append(
            Word(
                text=text,
                plain=_plain(text),
                figures=figures,
                is_name=_is_name(figures),
                start=match.start(),
                end=match.end(),
            )
        )
    return found


def tokens(query_words: Sequence[Word], language: Language) -> Iterator[Token]:
    """What each word means in a language; the longest phrase wins."""
    phrases = _phrases(language, is_told=_is_told(query_words, language))
    at = 0
    while at < len(query_words):
        length, meaning = _phrase_at(query_words, at, phrases)
        word, last = query_words[at], query_words[at + length - 1]
        found = _small(meaning, word, language) if meaning else word.figures
        if not found:
            yield NOTHING
        for tag, value in found:
            yield Token(tag=tag, value=value, start=word.start, end=last.end)
        at += length


def is_spoken(query_words: Sequence[Word], language: Language) -> bool:
    """Whether so many words name times in this language as a question may have: some, and no more than `MAX_NAMES`."""
    names = _names(language)
    return 0 < sum(word.is_name or word.plain in names for word in query_words) <= MAX_NAMES


def if_few(found: Iterable[Token]) -> list[Token]:
    """The tokens; none where they name no time, or more than `MAX_NAMES`."""
    kept: list[Token] = []
    names = 0
    for token in found:
        kept.append(token)
        names += token.tag.startswith(_NAMES)
        if names > MAX_NAMES:
            return []
    return kept if names else []


def tags_of(meaning: str) -> list[tuple[str, int]]:
    """`shift:-1 unit-week` as tags with their values, 0 where none stands."""
    pairs = (tag.partition(":") for tag in meaning.split())
    return [(name, int(value or 0)) for name, _, value in pairs]


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    spread = unicodedata.normalize("NFD", text.replace("\u2019", "'").lower())
    return "".join(character for character in spread if not unicodedata.combining(character))


def _is_told(query_words: Sequence[Word], language: Language) -> bool:
    marks = language.marks.split()
    return bool(marks) and any(word.plain in marks for word in query_words)


def _phrase_at(
    query_words: Sequence[Word], at: int, phrases: dict[str, list[tuple[tuple[str, ...], str]]]
) -> tuple[int, str]:
    for phrase, meaning in phrases.get(query_words[at].plain, ()):
        ahead = query_words[at : at + len(phrase)]
        if len(ahead) == len(phrase) and all(word.plain == part for word, part in zip(ahead, phrase, strict=True)):
            return len(phrase), meaning
    return 1, ""


def _small(meaning: str, word: Word, language: Language) -> list[tuple[str, int]]:
    found = tags_of(meaning)
    if language.frail and word.plain in language.frail.split() and (word.text.islower() or language.month == "month"):
        return [(language.month.replace("month", "frail"), value) for _, value in found]
    return found


def _figures(text: str) -> list[tuple[str, int]]:
    if not text[0].isdigit() and text[0] not in "qQ":
        mark = _MARKS.get(text)
        return [(mark, 0)] if mark else []
    for pattern, tag in ((_NUMBER, "number"), (_YEAR, "year"), (_ORDINAL, "ordinal"), (_DECADE, "decade")):
        if match := pattern.fullmatch(text):
            return [(tag, int(match[match.lastindex or 0]))]
    if match := _QUARTER.fullmatch(text):
        return [("quarter", int(match[1]))]
    return _dated(text)


def _dated(text: str) -> list[tuple[str, int]]:
    """A date in figures; none where it could be two, as 3/5/2024, or a season, as 2010-11."""
    if match := _QUARTER_OF.fullmatch(text):
        return [("quarter", int(match[1] or match[4])), ("year", int(match[2] or match[3]))]
    if match := _ISO.fullmatch(text):
        year, month, day = int(match[1]), int(match[3]), match[4]
        if day:
            return _date(year, month, int(day))
        return [] if month == year % 100 + 1 or match[2] == "/" else [("in", 0), ("month-first", month), ("year", year)]
    if match := _DOTTED.fullmatch(text):
        return _date(int(match[3]), int(match[2]), int(match[1]))
    if match := _SLASHED.fullmatch(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        if first == second or max(first, second) > 12:
            return _date(year, min(first, second), max(first, second))
    return []


def _date(year: int, month: int, day: int) -> list[tuple[str, int]]:
    return [("year", year), ("month-first", month), ("number", day)]


def _is_name(tags: Sequence[tuple[str, int]]) -> bool:
    return bool(tags) and any(tag.startswith(_NAMES) for tag, _ in tags)


@cache
def _names(language: Language) -> frozenset[str]:
    """The last word of each phrase that names a time."""
    entries = (entry for phrases in _phrases(language, is_told=True).values() for entry in phrases)
    return frozenset(phrase[-1] for phrase, meaning in entries if _is_name(tags_of(meaning)))


@cache
def _phrases(language: Language, *, is_told: bool) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Each phrase with its meaning, by its first word, the longest first."""
    named = ((language.month, language.months, 1), ("weekday", language.weekdays, 0), ("number", language.numbers, 1))
    meanings = {
        phrase: f"{tag}:{number}"
        for tag, names, first in named
        for number, alternatives in enumerate(names.split(), first)
        for phrase in alternatives.split("/")
    }
    for tag, phrases in [*language.words.items(), *(language.doubtful.items() if is_told else ())]:
        meanings |= dict.fromkeys(phrases.split(", "), tag)
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for parts, meaning in sorted(((tuple(phrase.split()), tag) for phrase, tag in meanings.items()), key=_longest):
        found.setdefault(parts[0], []).append((parts, meaning))
    return found


def _longest(entry: tuple[tuple[str, ...], str]) -> int:
    return -len(entry[0])
