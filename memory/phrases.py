"""Exact phrases: what a question puts between quotation marks must be there as it stands."""

import re
import unicodedata

from memory.terms import is_unspaced

MAX_PHRASES = 8
"""Phrases of one question that are honoured; the first ones."""
_QUOTED = re.compile(
    # A straight mark opens after white space and closes before none of a word: 5" is five inches.
    r'(?<![^\s(\[])"(?=\S)([^"\n]+)"(?!\w)|\u201c([^\u201c\u201d]+)\u201d|\u201e([^\u201c\u201d\u201e]+)[\u201c\u201d]'
    r"|\u00ab([^\u00ab\u00bb]+)\u00bb|\u300c([^\u300c\u300d]+)\u300d|\u300e([^\u300e\u300f]+)\u300f"
)


def phrases_of(query: str) -> tuple[str, ...]:
    """The phrases in quotation marks of any kind, in order, each with at least one letter or digit."""
    found = (next(filter(None, match.groups())) for match in _QUOTED.finditer(query))
    kept = (" ".join(phrase.split()) for phrase in found if re.search(r"\w", phrase))
    return tuple(dict.fromkeys(kept))[:MAX_PHRASES]


def pattern_of(phrase: str) -> str:
    """A regular expression for whole words in this order, in any case, with any white space between them."""
    spellings = dict.fromkeys(unicodedata.normalize(form, phrase) for form in ("NFC", "NFD"))
    return f"(?i){_edge(phrase[0])}(?:{'|'.join(map(_spelled, spellings))}){_edge(phrase[-1])}"


def _spelled(phrase: str) -> str:
    words = r"\s+".join(re.escape(word) for word in phrase.split())
    return re.sub("['\u2018\u2019]", "['\u2018\u2019]", words)


def _edge(character: str) -> str:
    """Words without spaces between them have no edges that could be seen."""
    return r"\b" if re.match(r"\w", character) and not is_unspaced(character) else ""
