"""What `make bench-speed` searches: notes with words as frequent as in language, and vectors that cluster as real ones.

Everything is drawn from fixed seeds, in parts of equal size, so that a store of 1,000 rows holds the first of those of
1,000,000, and a peer in an environment of its own is given the same ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WIDTH = 384
"""Of the offline embedder's vectors."""
PART = 10_000
"""Rows that are drawn, and written, at a time."""
QUERIES = 60
TENANTS = 10
"""Namespaces; a filtered search asks for one of them, so for a tenth of the rows."""
_VOCABULARY, _WORDS_A_NOTE, _CENTRES = 30_000, 40, 2_000
_ZIPF = 1.1
"""How fast the frequency of words falls with their rank; English: about 1."""
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Notes:
    """Some rows: what each says, in which namespace, its vector, and when it was."""

    texts: list[str]
    namespaces: list[str]
    vectors: NDArray[np.float32]
    moments: list[datetime]


def words() -> list[str]:
    """The vocabulary, the most frequent word first: syllables, so that stems and identifiers behave as in language."""
    rng = np.random.default_rng(11)
    onsets, vowels = list("bcdfghjklmnprstvw"), list("aeiou")
    made = dict[str, None]()
    while len(made) < _VOCABULARY:
        syllables = rng.integers(2, 5)
        made["".join(str(rng.choice(onsets)) + str(rng.choice(vowels)) for _ in range(syllables))] = None
    return list(made)


def _frequencies() -> NDArray[np.float64]:
    weights = 1.0 / np.arange(1, _VOCABULARY + 1) ** _ZIPF
    return weights / weights.sum()


def parts(rows: int) -> Iterator[Notes]:
    """The first `rows` rows, `PART` or fewer at a time."""
    vocabulary, frequencies = np.asarray(words()), _frequencies()
    for first in range(0, rows, PART):
        rng = np.random.default_rng((23, first))
        drawn = rng.choice(_VOCABULARY, size=(PART, _WORDS_A_NOTE), p=frequencies)
        count = min(PART, rows - first)
        yield Notes(
            texts=[" ".join(vocabulary[row]) for row in drawn[:count]],
            namespaces=[f"tenant{number}" for number in rng.integers(0, TENANTS, PART)[:count]],
            vectors=_clustered(rng, PART)[:count],
            moments=[_EPOCH + timedelta(seconds=first + number) for number in range(count)],
        )


def questions() -> tuple[list[str], NDArray[np.float32]]:
    """What is asked: some words each, one of them rare; and a vector, drawn as those of the rows are."""
    vocabulary, rng = np.asarray(words()), np.random.default_rng(5)
    common = rng.choice(_VOCABULARY, size=(QUERIES, 5), p=_frequencies())
    rare = rng.integers(_VOCABULARY // 10, _VOCABULARY // 2, size=(QUERIES, 1))
    texts = [" ".join(vocabulary[row]) for row in np.concatenate([common, rare], axis=1)]
    return texts, _clustered(rng, QUERIES)


def _clustered(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Unit vectors around centres that all parts share."""
    centres = np.random.default_rng(1).normal(size=(_CENTRES, WIDTH)).astype(np.float32)
    made = rng.normal(size=(count, WIDTH)).astype(np.float32) * 0.8 + centres[rng.integers(0, _CENTRES, count)]
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def truth(folder: Path, rows: int) -> Path:
    """A file with the ten rows nearest to each question, of all and of the namespace it is asked in; made once.

    Shape (2, `QUERIES`, 10), int64.
    """
    path = folder / "nearest.npy"
    if not path.exists():
        _, asked = questions()
        found = [_nearest(asked, rows), _nearest(asked, rows, [number % TENANTS for number in range(QUERIES)])]
        np.save(path, np.stack(found))
    return path


def _nearest(asked: NDArray[np.float32], rows: int, tenants: list[int] | None = None) -> NDArray[np.int64]:
    best = np.full((QUERIES, 10), -np.inf, dtype=np.float32)
    where = np.zeros((QUERIES, 10), dtype=np.int64)
    for number, part in enumerate(parts(rows)):
        cosines = asked @ part.vectors.T
        if tenants is not None:
            spaces = np.asarray([int(name.removeprefix("tenant")) for name in part.namespaces])
            cosines[np.asarray(tenants)[:, None] != spaces] = -np.inf
        rows_here = np.broadcast_to(np.arange(len(part.vectors)) + number * PART, cosines.shape)
        all_cosines = np.concatenate([best, cosines], axis=1)
        all_rows = np.concatenate([where, rows_here], axis=1)
        order = np.argsort(-all_cosines, axis=1)[:, :10]
        best, where = np.take_along_axis(all_cosines, order, 1), np.take_along_axis(all_rows, order, 1)
    return where
