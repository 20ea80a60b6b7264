"""The analyser both sides of keyword search use: text in, terms out."""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import cache
from hashlib import blake2s
from itertools import pairwise
from typing import Any, Protocol, cast

import Stemmer

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
_LATIN_ACCENTS = re.compile("(?<=[a-z])[\u0300-\u036f]+")
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_SOFT_HYPHEN = {0xAD: None}


class _EnglishStemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802  # PyStemmer's name


class _PerThread(threading.local):
    """PyStemmer's stemmers may not be shared between threads."""

    def __init__(self) -> None:
        # No cache: words of a forgotten memory must not stay behind in the process.
        self.english: _EnglishStemmer = cast("Any", Stemmer).Stemmer("english", 0)


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
    return [term for compound in _compounds(text) for term in _analysed(compound)]


def document_terms(text: str) -> str:
    """The terms of a text to be found, joined by spaces.

    Besides `terms` these are the single characters of text without spaces, so that a query of
    one character finds it inside a longer run.
    """
    found: list[str] = []
    seen: dict[str, list[str]] = {}
    for compound in _compounds(text):
        if compound not in seen:
            seen[compound] = [*_analysed(compound), *_singles(compound)]
        found += seen[compound]
    return " ".join(found)


def query_terms(text: str) -> list[str]:
    """The terms of a text that is to find, each once, in order, at most `MAX_QUERY_TERMS`.

    English question and stop words are left out unless there is nothing else. Of too many
    terms the longest stay, of equally long ones the earlier.
    """
    compounds = list(_compounds(text))
    telling = [compound for compound in compounds if compound.casefold() not in STOP_WORDS]
    found = list(dict.fromkeys(term for compound in telling or compounds for term in _analysed(compound)))
    kept = set(sorted(found, key=len, reverse=True)[:MAX_QUERY_TERMS])
    return [term for term in found if term in kept]


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


def _analysed(compound: str) -> list[str]:
    if _SYMBOL.fullmatch(compound):
        return [compound]
    words = [word for word in re.split(r"[_.@+#-]", compound) if word]
    parts = [part for word in words for part in _word_terms(word)]
    if words in ([], [compound]) or _UNSPACED_CHARACTER.search(compound):
        return parts
    return [_bounded(_folded(compound)), *parts]


def _word_terms(word: str) -> Iterator[str]:
    for run in _RUN.findall(word):
        if _UNSPACED_CHARACTER.match(run):
            folded = run.casefold()
            yield from map("".join, pairwise(folded)) if len(folded) > 1 else folded
        else:
            yield from _name_terms(run)


def _name_terms(name: str) -> Iterator[str]:
    humps = _HUMP.split(name)
    if len(humps) == 1 or len(humps) > _MAX_HUMPS:
        yield _stem(_folded(name))
        return
    yield _bounded(_folded(name))
    yield from (_stem(_folded(hump)) for hump in humps)


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


def _stem(word: str) -> str:
    if word.isascii() and len(word) <= MAX_TERM_CHARS:
        return _stemmers.english.stemWord(word)
    return _bounded(word)


def _bounded(term: str) -> str:
    if len(term) <= MAX_TERM_CHARS:
        return term
    digest = blake2s(term.encode(errors="surrogatepass"), digest_size=8).hexdigest()
    return term[: MAX_TERM_CHARS - len(digest)] + digest
