"""The analyser both sides of keyword search use: text in, terms out."""

import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2s
from itertools import chain, pairwise
from typing import Any, Protocol, cast

import Stemmer

from memory.languages import ENGLISH, is_common, languages_of

MAX_TERM_CHARS = 64
"""The length no term exceeds; a longer one keeps its head, and a digest in place of the rest."""
MAX_QUERY_TERMS = 32
"""How many terms a query has at most."""

STOP_WORDS = frozenset(
    # What a question is made of, in English, and the tails an apostrophe leaves.
    """a about am an and any are as at be been but by can could did do does for from had has have how
    i if in into is it its me my of on or our please should show so tell than that the their them then
    there these they this those to us was we were what when where which who whom whose why will with
    would you your s t ll re ve""".split()  # noqa: SIM905  # as a list it would fill a page
)

_UNSPACED = (
    # Scripts that put no spaces between words: Thai to Myanmar, Khmer, then Chinese, Japanese, Korean.
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3035"
    "\u3040-\u30ff\u3105-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f"
    "\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_UNSPACED_CHARACTER = re.compile(f"[{_UNSPACED}]")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_MAX_HUMPS = 8  # more are no name but encoded data
_KNOWN_WORDS = 8_192
"""Words whose stems are kept at hand: most words of most texts are among the last so many."""
_LATIN_ACCENTS = re.compile("(?<=[a-z])[\u0300-\u036f]+")
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_SOFT_HYPHEN = {0xAD: None}
_DOTTED = {0x130: "i"}  # its lower case has a combining dot, which no stemmer knows


_SCRIPTS = {
    # Where the script is enough to know the stemmer.
    "russian": "\u0400-\u052f",
    "greek": "\u0370-\u03ff\u1f00-\u1fff",
    "armenian": "\u0531-\u0587",
    "arabic": "\u0620-\u06ff",
    "hindi": "\u0900-\u097f",
    "tamil": "\u0b80-\u0bff",
}
_SCRIPT = re.compile("|".join(f"(?P<{language}>[{letters}])" for language, letters in _SCRIPTS.items()))


@dataclass(frozen=True, slots=True)
class _Word:
    """A word as a query asks for it, by any of some terms, and as a document tells it, by all unless said otherwise."""

    any_of: tuple[str, ...]
    told: tuple[str, ...] = ()


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802  # PyStemmer's name


class _PerThread(threading.local):
    """PyStemmer's stemmers may not be shared between threads."""

    def __init__(self) -> None:
        self._stemmers: dict[str, _Stemmer] = {}

    def stem(self, word: str, language: str) -> str:
        if language not in self._stemmers:
            # No cache: words of a forgotten memory must not stay behind in the process.
            self._stemmers[language] = cast("Any", Stemmer).Stemmer(language, 0)
        return self._stemmers[language].stemWord(word)


_stemmers = _PerThread()


_SYMBOL = re.compile("[\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")
"""Arrows, dingbats and emoji: a word each."""


def terms(text: str) -> list[str]:
    """The terms of `text`, in order, repeated as often as they occur; none contains whitespace.

    Words are compatibility-normalised and case-folded, Latin ones without accents, ASCII ones
    stemmed as English. A compound (`order_id`, `getUserName`, `v1.2.3`, `a@b.org`, `notes.txt`)
    gives itself unstemmed and then its parts. Chinese, Japanese, Korean and other text without
    spaces gives overlapping pairs of characters, or one character that stands alone; an emoji is a
    word.
    """
    return [word.any_of[0] for compound in _compounds(text) for word in _analysed(compound, ())]


def document_terms(text: str) -> str:
    """The terms of a text to be found, joined by spaces.

    Besides `terms` these are what else a word may be asked for by: its stems in the languages
    that the text is likely in, `orderid` for `order_id`, and the single characters of text without
    spaces, so that a query of one character finds it inside a longer run.
    """
    compounds = list(_compounds(text))
    languages = _languages(compounds)
    found: list[str] = []
    seen: dict[str, list[str]] = {}
    for compound in compounds:
        if compound not in seen:
            seen[compound] = list(_told(compound, languages))
        found += seen[compound]
    return " ".join(found)


def query_words(text: str, languages: tuple[str, ...] | None = None) -> list[tuple[str, ...]]:
    """The words of a text that is to find, each once, in order, at most `MAX_QUERY_TERMS`.

    Each is one or more terms of which any may be found in its place, as the query does not tell how
    its answer is stemmed; the first is the one that `terms` gives. Question words and stop words
    are left out unless there is nothing else. Of too many words the longest stay, of
    equally long ones the earlier.

    Args:
        text: the query, or a word of it.
        languages: what it is in, as `query_languages` tells of the whole query; by itself, of `text`.
    """
    compounds = list(_compounds(text))
    languages = _languages(compounds) if languages is None else languages
    telling = [compound for compound in compounds if compound.casefold() not in STOP_WORDS]
    found: dict[str, tuple[str, ...]] = {}
    for word in (word.any_of for compound in telling or compounds for word in _analysed(compound, languages)):
        found[word[0]] = _distinct(*found.get(word[0], ()), *word)
    kept = set(sorted(found, key=len, reverse=True)[:MAX_QUERY_TERMS])
    return [word for term, word in found.items() if term in kept]


def query_terms(text: str, languages: tuple[str, ...] | None = None) -> list[str]:
    """All terms of `query_words`, each once: for those who ask only whether a query and a text overlap."""
    return list(dict.fromkeys(chain.from_iterable(query_words(text, languages))))


def query_languages(text: str) -> tuple[str, ...]:
    """The languages that a text is likely in, as far as it tells."""
    return _languages(list(_compounds(text)))


def is_foreign(text: str) -> bool:
    """Whether a text is in another language than English, as far as it tells; identifiers and names are in none."""
    languages = query_languages(text)
    return ENGLISH not in languages if languages else any(one.isalpha() and not one.isascii() for one in text)


def is_unspaced(character: str) -> bool:
    """Whether a character is of a script that puts no spaces between words."""
    return _UNSPACED_CHARACTER.match(character) is not None


def _compounds(text: str) -> Iterator[str]:
    """Words, and words held together by `.`, `-`, `+` or `@`, with the case they were written in."""
    normal = unicodedata.normalize("NFKC", text.translate(_SOFT_HYPHEN))
    return (match.group() for match in _compound_pattern().finditer(normal))


@cache
def _compound_pattern() -> re.Pattern[str]:
    r"""`\w` leaves out the vowel signs of many scripts; here they belong to their word."""
    marks = "".join(chr(code) for code in range(0x300, 0xFE00) if unicodedata.category(chr(code)) in {"Mn", "Mc"})
    word = rf"[\w{marks}]+"
    return re.compile(rf"{word}(?:[.@+-]{word})*(?:\+\+|#(?!\w))?|{_SYMBOL.pattern}")


def _languages(compounds: Sequence[str]) -> tuple[str, ...]:
    return languages_of([compound.casefold() for compound in compounds])


def _analysed(compound: str, languages: tuple[str, ...]) -> list[_Word]:
    if _is_plain(compound):
        return [_Word(_stems(compound, languages))]
    if _SYMBOL.fullmatch(compound):
        return [_Word((compound,))]
    parts = _split(compound)
    words = [word for part in parts for word in _word_terms(part, languages)]
    if parts in ([], [compound]) or _UNSPACED_CHARACTER.search(compound):
        return words
    return [_name(compound), *words]


def _is_plain(compound: str) -> bool:
    """Whether there is nothing to take apart, as in most words of most texts."""
    is_written_small = compound.isalpha() and (compound.islower() or compound[1:].islower())
    return is_written_small and (compound.isascii() or _UNSPACED_CHARACTER.search(compound) is None)


def _told(compound: str, languages: tuple[str, ...]) -> Iterator[str]:
    """What a document tells by a compound."""
    words = _analysed(compound, languages)
    if not _is_plain(compound):
        words += _names_inside(compound)
    yield from chain.from_iterable(word.told or word.any_of for word in words)
    yield from _singles(compound)


def _split(compound: str) -> list[str]:
    return [part for part in re.split("[_.@+#-]", compound) if part]


def _name(name: str) -> _Word:
    """`order_id`, `order-id`, `orderId` and `orderid` are one, and a document tells it as the last."""
    folded = _folded(name)
    together = re.sub("[_-]", "", folded)
    if (len(_split(name)) == 1 and folded != together) or not together.isalnum():
        return _Word((_bounded(folded),))
    any_of = _distinct(_bounded(folded), _stems(together, ())[-1])
    return _Word(any_of, any_of[-1:])


def _names_inside(compound: str) -> list[_Word]:
    """Names in a longer one, as `order_id` in `shop.order_id`."""
    pieces = re.split("[.@+#]", compound)
    return [_name(piece) for piece in pieces if len(pieces) > 1 and len(_split(piece)) > 1]


def _word_terms(word: str, languages: tuple[str, ...]) -> Iterator[_Word]:
    for run in _RUN.findall(word):
        if _UNSPACED_CHARACTER.match(run):
            folded = run.casefold()
            yield from (_Word((pair,)) for pair in (map("".join, pairwise(folded)) if len(folded) > 1 else folded))
        else:
            yield from _name_terms(run, languages)


def _name_terms(name: str, languages: tuple[str, ...]) -> Iterator[_Word]:
    humps = _HUMP.split(name)
    if len(humps) == 1 or len(humps) > _MAX_HUMPS:
        yield _Word(_stems(name, languages))
        return
    yield _name(name)
    yield from (_Word(_stems(hump, languages)) for hump in humps)


def _singles(compound: str) -> Iterator[str]:
    return (
        character
        for run in _RUN.findall(compound)
        if len(run) > 1 and _UNSPACED_CHARACTER.match(run)
        for character in run.casefold()
    )


def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()
    spread = unicodedata.normalize("NFD", word.casefold().translate(_UNDECOMPOSED))
    return unicodedata.normalize("NFC", _LATIN_ACCENTS.sub("", spread))


@lru_cache(maxsize=_KNOWN_WORDS)
def _stems(word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """As English, as everything in Latin letters is; then as the other languages, with accents and without."""
    folded = _folded(word)
    if len(folded) > MAX_TERM_CHARS:
        return (_bounded(folded),)
    if not folded.isascii():
        script = _SCRIPT.match(folded)
        return _distinct(folded, *([_stemmers.stem(folded, str(script.lastgroup))] if script else []))
    english = _stemmers.stem(folded, ENGLISH)
    written = word.translate(_DOTTED).casefold()
    others = [language for language in languages if language != ENGLISH and not is_common(written, language)]
    forms = dict.fromkeys([written, folded])
    return _distinct(english, *(_folded(_stemmers.stem(form, language)) for language in others for form in forms))


def _distinct(*terms: str) -> tuple[str, ...]:
    """Each once and in order; stems of one letter, which any word may have, are left out but for the first."""
    first, *others = terms
    return tuple(dict.fromkeys([first, *(_bounded(term) for term in others if len(term) > 1)]))


def _bounded(term: str) -> str:
    if len(term) <= MAX_TERM_CHARS:
        return term
    digest = blake2s(term.encode(errors="surrogatepass"), digest_size=8).hexdigest()
    return term[: MAX_TERM_CHARS - len(digest)] + digest
