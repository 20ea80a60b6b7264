"""Groups of points that are alike: as many as there are, the same whatever order the points come in."""

# SciPy is typed in part: what it leaves unknown stops here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
"""Shape `(n, dimensions)`, every row of Euclidean length 1."""

SMALLEST = 3
"""Points in a group, at least."""
_PRIOR = 30
"""How many points what is known of a space weighs beside the points themselves."""
_STEPS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How alike the points of a group must be on average, from 0 for unrelated to 1 for the same.

    Attributes:
        fine: where there are not too many groups.
        coarse: what is never gone below, however many there are.
        most: groups that are not too many.
    """

    fine: float
    coarse: float
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What of a point is its own, in a space where any two are somewhat alike.

    Attributes:
        centre: what all points share, as far as there are enough of them to know.
        floor: the cosine that unrelated points still have without it.
    """

    centre: NDArray[np.float32]
    floor: float

    @classmethod
    def of(cls, points: Points, unrelated: float) -> "Frame":
        """The frame of at least two points of a space where unrelated ones have this cosine."""
        count = len(points)
        mean = points.mean(axis=0)
        among = (count * float(mean @ mean) - 1) / (count - 1)
        shared = (count * among + _PRIOR * unrelated) / (count + _PRIOR)
        known = count / (count + _PRIOR)
        left = shared * (1 - known) ** 2 / (1 - shared * (2 * known - known**2))
        return cls(centre=(known * mean).astype(np.float32), floor=left)

    def own(self, points: Points) -> Points:
        """The points without what all share, of length 1 again."""
        moved = points - self.centre
        return moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-12)

    def likeness(self, cosines: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosines of such points, from 0 for unrelated to 1 for the same."""
        return (cosines - self.floor) / (1 - self.floor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The groups that some points fall into, the largest first.

    Attributes:
        labels: each point's group, -1 for none.
        nearness: how alike each point is to all of its group on average; of no use for those in none.
        middles: the mean point of each group.
        level: how alike the points of a group are on average, at least.
    """

    labels: NDArray[np.intp]
    nearness: NDArray[np.float32]
    frame: Frame
    middles: NDArray[np.float32]
    level: float

    def assign(self, points: Points) -> NDArray[np.intp]:
        """The group that each of other points is most like; -1 where it is not enough so."""
        if not len(self.middles) or not len(points):
            return np.full(len(points), -1, dtype=np.intp)
        likeness = self.frame.likeness(self.frame.own(points) @ self.middles.T)
        return np.where(likeness.max(axis=1) >= self.level, likeness.argmax(axis=1), -1)


def grouped(points: Points, unrelated: float, cut: Cut) -> Groups:
    """Group points by average linkage; `unrelated` is the cosine of such points in their space.

    Needs some 30 bytes and 100 nanoseconds for each pair.
    """
    frame = Frame.of(points, unrelated) if len(points) > 1 else Frame(centre=np.zeros(1, np.float32), floor=0.0)
    own = frame.own(points)
    labels, level = _labels(own, frame, cut)
    count = int(labels.max(initial=-1)) + 1
    middles = np.stack([own[labels == label].mean(axis=0) for label in range(count)]) if count else own[:0]
    nearness = np.einsum("ij,ij->i", own, middles[labels]) if count else np.zeros(len(own), np.float32)
    return Groups(labels=labels, nearness=nearness, frame=frame, middles=middles, level=level)


def _labels(own: Points, frame: Frame, cut: Cut) -> tuple[NDArray[np.intp], float]:
    if len(own) < SMALLEST:
        return np.full(len(own), -1, dtype=np.intp), cut.fine
    from scipy.cluster import hierarchy  # noqa: PLC0415  # takes a second, and is needed here only
    from scipy.spatial.distance import squareform  # noqa: PLC0415  # likewise

    apart = np.maximum(1 - frame.likeness(own @ own.T), 0)
    tree: Any = cast("Any", hierarchy).linkage(cast("Any", squareform)(apart, checks=False), "average")
    labels, level = np.full(len(own), -1, dtype=np.intp), cut.fine
    for level in np.linspace(cut.fine, cut.coarse, _STEPS).tolist():
        labels = _largest_first(hierarchy.fcluster(tree, 1 - level, "distance") - 1)
        if labels.max() < cut.most:
            break
    return labels, level


def _largest_first(labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """The same groups numbered by size, then by their first point; those too small are none."""
    names, firsts, sizes = np.unique(labels, return_index=True, return_counts=True)
    order = np.lexsort((firsts, -sizes))
    numbers = np.full(len(names), -1, dtype=np.intp)
    kept = [place for place in order if sizes[place] >= SMALLEST]
    numbers[kept] = np.arange(len(kept))
    return numbers[labels]
