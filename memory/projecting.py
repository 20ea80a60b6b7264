"""Points of many dimensions on a plane, near where they are alike."""

# scikit-learn is typed in part: what it leaves unknown stops here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import numpy as np
from numpy.typing import NDArray

_FEW = 8
"""Below this many points there are no neighbourhoods to keep."""
_PERPLEXITY = 30.0
_ROUGHLY = 50
"""Dimensions that neighbours are sought in. Source: L. van der Maaten's t-SNE guide: at most 50."""


def on_a_plane(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """Where each point lies in a square from 0 to 1; the same points give the same places.

    Args:
        points: shape (n, dimensions), rows of length 1.
    """
    from sklearn.decomposition import PCA  # noqa: PLC0415  # takes seconds, and is needed here only
    from sklearn.manifold import TSNE  # noqa: PLC0415  # likewise

    if len(points) < 2:
        return np.full((len(points), 2), 0.5)
    rough = PCA(n_components=min(_ROUGHLY, *points.shape), random_state=0).fit_transform(points)
    if len(points) < _FEW:
        flat = np.pad(rough, ((0, 0), (0, 2)))[:, :2]
    else:
        perplexity = min(_PERPLEXITY, (len(points) - 1) / 3)
        flat = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(rough)
    low, high = flat.min(axis=0), flat.max(axis=0)
    return (flat - low) / np.where(high > low, high - low, 1.0)
