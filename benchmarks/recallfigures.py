"""Figures of retrieval, each with a bootstrap interval; the same questions always give the same figures."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from recalldata import Ask
from recallstore import Found

DEPTH = 10
RESAMPLES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A mean over questions, and between what it lies in 95 of 100 samples of as many questions."""

    mean: float
    low: float
    high: float


def recall_at(depth: int) -> Callable[[Ask, Sequence[Found]], float]:
    """The share of the right memories that are among the first `depth`."""
    return lambda ask, found: len(_right(ask, found[:depth])) / len(ask.relevant)


def all_evidence_at(depth: int) -> Callable[[Ask, Sequence[Found]], float]:
    """1 where every right memory is among the first `depth`, as far as they fit there."""
    return lambda ask, found: float(len(_right(ask, found[:depth])) >= min(depth, len(ask.relevant)))


def reciprocal_rank(ask: Ask, found: Sequence[Found]) -> float:
    """1 over the place of the first right one; 0 where there is none among those shown."""
    return next((1 / place for place, one in enumerate(found, 1) if ask.relevant & one.ids), 0.0)


def ndcg(ask: Ask, found: Sequence[Found]) -> float:
    """Normalised discounted cumulative gain of the first ten; each right memory counts where it comes first."""
    gain, counted = 0.0, set[str]()
    for place, one in enumerate(found[:DEPTH], 1):
        fresh = (ask.relevant & one.ids) - counted
        gain += len(fresh) / math.log2(place + 1)
        counted |= fresh
    return gain / sum(1 / math.log2(place + 1) for place in range(1, min(len(ask.relevant), DEPTH) + 1))


def right_page(ask: Ask, found: Sequence[Found]) -> float:
    """1 where the right document is among those shown, and the piece it was found by is on the right page."""
    return float(any(ask.relevant & one.ids and one.page == ask.page for one in found))


MEASURES: Mapping[str, Callable[[Ask, Sequence[Found]], float]] = {
    "R@1": recall_at(1),
    "R@5": recall_at(5),
    "R@10": recall_at(DEPTH),
    "all@5": all_evidence_at(5),
    "MRR": reciprocal_rank,
    "nDCG@10": ndcg,
}


def figure(values: Sequence[float]) -> Figure:
    """The mean with its interval."""
    given = np.asarray(values, dtype=np.float64)
    draws = np.random.default_rng(0).integers(0, len(given), (RESAMPLES, len(given)))
    low, high = np.quantile(given[draws].mean(axis=1), (0.025, 0.975))
    return Figure(mean=float(given.mean()), low=float(low), high=float(high))


def difference(ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """How much better the first are than the second, question by question."""
    return figure([one - other for one, other in zip(ours, theirs, strict=True)])


def _right(ask: Ask, found: Sequence[Found]) -> set[str]:
    return {id_ for one in found for id_ in ask.relevant & one.ids}
