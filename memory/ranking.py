"""Ranking: one score from meaning, words and looks, and what the score stands on.

    raw   = (cosine - mean) / (6 · std)  +  WORDS_WEIGHT · share
    score = 1 - exp(-raw), cut at 0

`mean` and `std` are those of the query's own candidates, drawn toward the space's floor for
unrelated texts while there are few of them. `share` is the part of the best possible match in
words: BM25 over the sum, for each query term, of the best any row does for it, or of the term's
full weight where no row has it. Ranks are not used: in rank fusion a keyword search that found
nothing but junk still votes with full weight (it lost a third of cross-lingual recall).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from memory.embedders.protocol import Unrelated
from memory.model import Match, SegmentKey

WORDS_WEIGHT = 1.0
"""What a perfect match in words adds; the optimum is flat from 0.75 to 1.5.

Source: `benchmarks/fusion.py`, 2026-11-22, xquad (5 languages) and scifact with the offline embedder.
"""
_PRIOR = 50
"""How many imagined candidates at the space's floor the real ones are averaged with."""
_LOOKS_WEIGHT = 3.0
"""A true copy of a picture outranks anything found by its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A segment with its score in [0, 1] and the shares it is made of; higher is better.

    Attributes:
        raw: what the order goes by; at or below 0 nothing speaks for the segment, and its score is 0.
    """

    key: SegmentKey
    score: float
    raw: float
    meaning: float
    words: float
    looks: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything a recall's searches found.

    Attributes:
        nearest: rows nearest in meaning.
        matching: rows that share words, with BM25.
        best_words: BM25 of the best possible match, 0 where no words were asked for.
        looks: similarity in looks, in [0, 1], of pictures like the example.
    """

    nearest: Sequence[Match] = ()
    matching: Sequence[Match] = ()
    best_words: float = 0.0
    looks: Mapping[SegmentKey, float] = field(default_factory=dict[SegmentKey, float])


def rank(evidence: Evidence, unrelated: Unrelated) -> list[Scored]:
    """All segments found, best first; equal scores are ordered by key."""
    cosines = _cosines([*evidence.nearest, *evidence.matching])
    words = {match.key: match.words for match in evidence.matching}
    mean, std = _spread([match.cosine for match in evidence.nearest if match.cosine is not None], unrelated)
    keys = cosines.keys() | words.keys() | evidence.looks.keys()
    scored = [
        _score(
            key,
            meaning=(cosines[key] - mean) / (6 * std) if key in cosines else 0.0,
            words=words.get(key, 0.0) / evidence.best_words if evidence.best_words else 0.0,
            looks=evidence.looks.get(key, 0.0),
        )
        for key in keys
    ]
    return sorted(scored, key=lambda one: (-one.raw, one.key))


def ideal_words(best_per_term: Iterable[float | None], rows: int) -> float:
    """BM25 of the best possible match: each term at its best, a term no row has at its full weight."""
    unseen = math.log(1 + (rows + 0.5) / 0.5)
    return sum(unseen if best is None else best for best in best_per_term)


def _score(key: SegmentKey, *, meaning: float, words: float, looks: float) -> Scored:
    share = min(words, 1.0)
    raw = meaning + WORDS_WEIGHT * share + _LOOKS_WEIGHT * looks
    score = 1 - math.exp(-max(raw, 0.0))
    return Scored(key=key, score=score, raw=raw, meaning=meaning, words=share, looks=looks)


def _cosines(matches: Iterable[Match]) -> dict[SegmentKey, float]:
    return {match.key: match.cosine for match in matches if match.cosine is not None}


def _spread(cosines: Sequence[float], unrelated: Unrelated) -> tuple[float, float]:
    seen = np.asarray(cosines, dtype=np.float64)
    weight = len(seen) + _PRIOR
    mean = (float(seen.sum()) + _PRIOR * unrelated.mean) / weight
    variance = float(((seen - mean) ** 2).sum()) + _PRIOR * (unrelated.std**2 + (unrelated.mean - mean) ** 2)
    return mean, math.sqrt(variance / weight)
