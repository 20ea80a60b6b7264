"""Words that tell groups of texts apart, as they were written; and texts as points by the words they share."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2s

import numpy as np
from numpy.typing import NDArray

from memory.terms import STOP_WORDS, is_unspaced, terms

Said = Mapping[str, str]
"""The words of one text: each term, and how it was written first."""

WORDS = 8
"""Words that tell of a group, at most."""
DIMENSIONS = 4096
"""Width of a text as a point."""
_MAX_CHARS = 30
_BETWEEN = re.compile(
    r"""[\s/|,;:!?()\[\]{}<>"=&\u00ab\u00b7\u00bb\u2013\u2014\u201c-\u201e\u3001\u3002\u300c-\u300f]+"""
)
_MARKS = {"P", "S", "C"}
"""Kinds of characters that are no part of a word at its ends."""


class Reader:
    """Finds the words of texts; keeps what it has seen of them only as long as it lives."""

    def __init__(self) -> None:
        self._known: dict[str, Sequence[tuple[str, str]]] = {}

    def said(self, text: str) -> dict[str, str]:
        """The words of a text, without stop words of English, numbers and what is too long to be a word."""
        found: dict[str, str] = {}
        for token in _BETWEEN.split(unicodedata.normalize("NFKC", text)):
            if token not in self._known:
                self._known[token] = _words(token)
            for term, spelling in self._known[token]:
                found.setdefault(term, spelling)
        return found


def _words(token: str) -> list[tuple[str, str]]:
    word = _bare(token)
    found = terms(word)
    if not found or len(word) > _MAX_CHARS or word.casefold() in STOP_WORDS:
        return []
    if any(map(is_unspaced, word)):
        return [(term, term) for term in dict.fromkeys(found)]
    is_letter = len(word) == 1 and word.isascii()
    return [] if is_letter or found[0] in STOP_WORDS or not any(map(str.isalpha, word)) else [(found[0], word)]


def _bare(token: str) -> str:
    inner = [place for place, character in enumerate(token) if unicodedata.category(character)[0] not in _MARKS]
    word = token[inner[0] : inner[-1] + 1] if inner else ""
    return re.sub(r"['\u2019]s$", "", word)


def counted(texts: Iterable[Said]) -> Counter[str]:
    """In how many of the texts each term occurs."""
    return Counter(term for text in texts for term in text)


def telling(group: Sequence[Said], everywhere: Counter[str], texts: int) -> tuple[str, ...]:
    """The words that are common in a group and rare elsewhere, the most telling first, in their usual spelling.

    A word that as many of the other texts have, as stop words of any language are, tells nothing.

    Args:
        group: the texts of the group.
        everywhere: in how many of all texts each term occurs.
        texts: how many those are.
    """
    inside = counted(group)
    others = texts - len(group)

    def weight(term: str) -> float:
        share = inside[term] / len(group)
        elsewhere = (everywhere[term] - inside[term] + 1) / (others + 2)
        return share * math.log(share / elsewhere)

    shared = [term for term, count in inside.items() if count > 1]
    best = sorted(shared, key=lambda term: (-weight(term), term))[:WORDS]
    return tuple(_spelling(term, group) for term in best)


def _spelling(term: str, group: Sequence[Said]) -> str:
    ways = Counter(text[term] for text in group if term in text)
    return min(ways, key=lambda way: (-ways[way], way))


def points(texts: Sequence[Said], everywhere: Counter[str], count: int) -> NDArray[np.float32]:
    """Texts as points of length 1 that are alike where they share words, rare ones above all.

    A text that shares no word with others is a row of zeros.

    Args:
        texts: what was said in each.
        everywhere: in how many texts each term occurs.
        count: how many those are.
    """
    rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for term in text:
            if everywhere[term] > 1:
                place, sign = _place(term)
                row[place] += sign * math.log((count + 1) / everywhere[term])
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def _place(term: str) -> tuple[int, int]:
    number = int.from_bytes(blake2s(term.encode(errors="surrogatepass"), digest_size=4).digest())
    return number % DIMENSIONS, 1 if number >> 31 else -1
