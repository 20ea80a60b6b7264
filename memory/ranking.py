"""Ranking: one score from meaning, words, looks and time, and what the score stands on.

    raw   = (cosine - mean) / (6 · std)  +  weight · share  +  3 · looks  +  0.75 if of the time asked for
    score = 1 / (1 + exp(-(slope · raw + offset)))

`mean` and `std` are those of the query's own candidates, drawn toward the space's floor for
unrelated texts while there are few of them. `share` is the part of the best possible match in
words: BM25 over the sum, for each word of the query, of the best any row does for it, or of the
word's full weight where no row has it. Ranks are not used: in rank fusion a keyword search that
found nothing but junk still votes with full weight (it lost a third of cross-lingual recall). Words
weigh 0.75, and 0.35 where the question is not in English: fewer of its words are known to say
nothing, and stems of other languages meet more by chance.

A score is about how likely the hit is to be what was asked for: slope and offset were fitted on
questions with an answer, without one, and with theirs taken away. As the cosines are measured
against the query's own candidates, they carry over between spaces.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from memory.embedders.protocol import Unrelated
from memory.model import Match, SegmentKey

UNSURE = 0.4
"""A best score below this says that what was asked for may not be there."""
WORDS_WEIGHT = 0.75
"""What a perfect match in words adds; the optimum is flat from 0.5 to 1."""
FOREIGN_WORDS_WEIGHT = 0.35
"""The same for a question that is not in English; the optimum is flat from 0.2 to 0.5."""
_PRIOR = 50
"""How many imagined candidates at the space's floor the real ones are averaged with."""
_SPREAD = 6.0
"""How many standard deviations over the mean count as one."""
_LOOKS_WEIGHT = 3.0
"""A true copy of a picture outranks anything found by its words."""
_TIME_WEIGHT = 0.75
"""What it adds to be of the time that the question speaks of."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """From what the order goes by to a score."""

    slope: float
    offset: float

    def score(self, raw: float) -> float:
        """The score in [0, 1]."""
        return 1 / (1 + math.exp(-(self.slope * raw + self.offset)))


_BOTH = Calibration(3.04, -2.20)
_MEANING = Calibration(3.01, -1.42)
_WORDS = Calibration(3.34, -1.20)
"""Of both searches, and of each alone. Source: `benchmarks/ablations.py`, half `dev` of all sets, 2026-11-23."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A segment with its score in [0, 1] and the shares it is made of; higher is better.

    Attributes:
        raw: what the order goes by; at or below 0 nothing speaks for the segment.
        is_timely: whether it is of the time that the question speaks of.
        certainty: the score without what the time adds.
    """

    key: SegmentKey
    score: float
    raw: float
    meaning: float
    words: float
    looks: float
    is_timely: bool
    certainty: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything a recall's searches found.

    Attributes:
        nearest: rows nearest in meaning.
        matching: rows that share words, with BM25.
        timely: those of both that are of the time the question speaks of.
        best_words: BM25 of the best possible match, 0 where no words were asked for.
        words_weight: what a perfect match in words adds.
        looks: similarity in looks, in [0, 1], of pictures like the example.
    """

    nearest: Sequence[Match] = ()
    matching: Sequence[Match] = ()
    timely: Sequence[Match] = ()
    best_words: float = 0.0
    words_weight: float = WORDS_WEIGHT
    looks: Mapping[SegmentKey, float] = field(default_factory=dict[SegmentKey, float])


def rank(evidence: Evidence, unrelated: Unrelated) -> list[Scored]:
    """All segments found, best first; equal scores are ordered by key."""
    matches = [*evidence.nearest, *evidence.matching, *evidence.timely]
    cosines = {match.key: match.cosine for match in matches if match.cosine is not None}
    words = {match.key: match.words for match in matches if match.words}
    timely = {match.key for match in evidence.timely}
    mean, std = _spread([match.cosine for match in evidence.nearest if match.cosine is not None], unrelated)
    calibration = _calibration(evidence)
    scored = [
        _scored(
            key,
            evidence.words_weight,
            calibration,
            meaning=(cosines[key] - mean) / (_SPREAD * std) if key in cosines else 0.0,
            words=min(words.get(key, 0.0) / evidence.best_words, 1.0) if evidence.best_words else 0.0,
            looks=evidence.looks.get(key, 0.0),
            is_timely=key in timely,
        )
        for key in {match.key for match in matches} | evidence.looks.keys()
    ]
    return sorted(scored, key=lambda one: (-one.raw, one.key))


def ideal_words(best_per_word: Iterable[float | None], rows: int) -> float:
    """BM25 of the best possible match: each word at its best, a word no row has at its full weight."""
    unseen = math.log(1 + (rows + 0.5) / 0.5)
    return sum(unseen if best is None else best for best in best_per_word)


def _calibration(evidence: Evidence) -> Calibration:
    if not evidence.nearest:
        return _WORDS
    if not evidence.best_words:
        return _MEANING
    share = evidence.words_weight / WORDS_WEIGHT  # the less words weigh, the more it is as if only meaning were known
    return Calibration(_BOTH.slope, share * _BOTH.offset + (1 - share) * _MEANING.offset)


def _scored(
    key: SegmentKey,
    weight: float,
    calibration: Calibration,
    *,
    meaning: float,
    words: float,
    looks: float,
    is_timely: bool,
) -> Scored:
    bare = meaning + weight * words + _LOOKS_WEIGHT * looks
    raw = bare + _TIME_WEIGHT * is_timely
    return Scored(
        key=key,
        score=calibration.score(raw),
        raw=raw,
        meaning=meaning,
        words=words,
        looks=looks,
        is_timely=is_timely,
        certainty=calibration.score(bare),
    )


def _spread(cosines: Sequence[float], unrelated: Unrelated) -> tuple[float, float]:
    seen = np.asarray(cosines, dtype=np.float64)
    weight = len(seen) + _PRIOR
    mean = (float(seen.sum()) + _PRIOR * unrelated.mean) / weight
    variance = float(((seen - mean) ** 2).sum()) + _PRIOR * (unrelated.std**2 + (unrelated.mean - mean) ** 2)
    return mean, math.sqrt(variance / weight)
