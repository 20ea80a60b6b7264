"""From what a ranking goes by to a score: fitted on questions with an answer, without, and with theirs taken away."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from recalldata import MIXED, Ask, Half
from recallstore import MODES, Mode
from rich.table import Table

from memory.embedders.protocol import Unrelated
from memory.model import Match
from memory.ranking import UNSURE, Evidence, rank

RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A question, and what the searches found for it, by the sets' names."""

    ask: Ask
    evidence: Evidence

    def by(self, mode: Mode) -> Evidence:
        """What of it a search in this mode finds."""
        if mode == "semantic":
            return replace(self.evidence, matching=(), timely=_near(self.evidence.timely), best_words=0.0)
        if mode == "keyword":
            return replace(
                self.evidence,
                nearest=(),
                matching=_said(self.evidence.matching),
                timely=[match for match in _said(self.evidence.timely) if match.words],
            )
        return self.evidence


def _near(matches: Sequence[Match]) -> list[Match]:
    return [replace(match, words=0.0) for match in matches if match.cosine is not None]


def _said(matches: Sequence[Match]) -> list[Match]:
    return [replace(match, cosine=None) for match in matches]


def best_of(scores: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Each memory by its best segment."""
    best: dict[str, float] = {}
    for id_, score in scores:
        best[id_] = max(score, best.get(id_, score))
    return sorted(best.items(), key=lambda one: (-one[1], one[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """The first of an order: by how much it is that, and whether it is right.

    Attributes:
        kind: `answered`, with a right one to be found; `taken away`, where the right ones are left
            out, so that what comes first is wrong; or the row of questions without an answer.
    """

    kind: str
    row: str
    half: Half
    mode: Mode
    raw: float
    is_right: bool


def firsts(known: Sequence[Known], unrelated: Unrelated) -> list[First]:
    """What comes first for every question, and what would if the right ones were not there."""
    found: list[First] = []
    for one, mode in product(known, MODES):
        order = best_of((scored.key[0], scored.raw) for scored in rank(one.by(mode), unrelated))
        kind = "answered" if one.ask.relevant else one.ask.row.partition(",")[0]
        found += [_first(one, mode, kind, first) for first in order[:1]]
        if one.ask.relevant and one.ask.space != MIXED:
            wrong = [entry for entry in order if entry[0] not in one.ask.relevant]
            found += [_first(one, mode, "taken away", first) for first in wrong[:1]]
    return found


def _first(known: Known, mode: Mode, kind: str, first: tuple[str, float]) -> First:
    is_right = first[0] in known.ask.relevant
    return First(kind=kind, row=known.ask.row, half=known.ask.half, mode=mode, raw=first[1], is_right=is_right)


def calibrated(firsts: Sequence[First], mode: Mode) -> tuple[float, float]:
    """Slope and offset of a logistic regression on `dev`: right first ones against those with nothing to find.

    Right and wrong weigh the same, among the wrong each kind does, and within these each set.
    """
    dev = [one for one in firsts if one.mode == mode and one.half == "dev"]
    some = [one for one in dev if one.is_right or one.kind != "answered"]
    sets = Counter((_side(one), one.row) for one in some)
    sides = Counter(side for side, _ in sets)
    share = {side: 1.0 if side == RIGHT else 1 / (len(sides) - 1) for side in sides}
    weights = np.array([share[_side(one)] / sides[_side(one)] / sets[_side(one), one.row] for one in some])
    rows = np.array([[one.raw, 1.0] for one in some])
    right = np.array([float(one.is_right) for one in some])
    found = np.zeros(2)
    for _ in range(100):
        chance = 1 / (1 + np.exp(-rows @ found))
        slope = rows.T @ (weights * (chance - right))
        curve = (rows * (weights * chance * (1 - chance))[:, None]).T @ rows
        found -= np.linalg.solve(curve + 1e-9 * np.eye(2), slope)
    return float(found[0]), float(found[1])


def _side(first: First) -> str:
    return RIGHT if first.is_right else first.kind


def calibration(found: Sequence[First]) -> Table:
    """For each mode what fits best, and how often what comes first passes for an answer then."""
    kinds = sorted({one.kind for one in found} - {"answered", "taken away"})
    table = Table(
        title="scores: fitted on 'dev', and the share over the product's `UNSURE` on 'test'", title_justify="left"
    )
    for name in ("mode", "slope", "offset", "right ones", "right one taken away", *kinds):
        table.add_column(name, justify="right")
    least = math.log(UNSURE / (1 - UNSURE))
    for mode in MODES:
        slope, offset = calibrated(found, mode)
        test = [one for one in found if one.mode == mode and one.half == "test"]
        groups = [
            [one for one in test if one.is_right],
            *([one for one in test if one.kind == kind] for kind in ("taken away", *kinds)),
        ]
        shares = [np.mean([slope * one.raw + offset > least for one in some]) if some else 0.0 for some in groups]
        table.add_row(mode, f"{slope:.2f}", f"{offset:.2f}", *(f"{share:.2f}" for share in shares))
    return table
