"""From which closeness on a memory is reported as similar: part of `make bench-ablations`.

    .venv/bin/python benchmarks/similar.py [--data DIR] [--count N]

Edited copies of texts, as people make them when they remember a thing twice, against the nearest other
text of the same set, which is about the same subject but is not the same thing. Texts of the half
`dev` choose; those of the half `test` stand beside them.
"""

import argparse
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import anyio
import numpy as np
from numpy.typing import NDArray
from recalldata import drawn, lines
from rich.console import Console
from rich.table import Table

from memory.embedders.local import choose
from memory.embedders.protocol import Content
from memory.embedding import Embedding

DATA = Path(__file__).parents[2] / "shared" / "data"
THRESHOLDS = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
SETS = ("xquad", "scifact", "qmsum")

Edit = Callable[[str, random.Random], str]


def _typos(text: str, chance: random.Random) -> str:
    """Two neighbouring letters changed over in one of twelve words."""
    words = text.split()
    for place in range(0, len(words), 12):
        if len(word := words[place]) > 3:
            at = chance.randrange(len(word) - 1)
            words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def _shortened(text: str, chance: random.Random) -> str:
    """One sentence left out."""
    sentences = _sentences(text)
    if len(sentences) > 1:
        sentences.pop(chance.randrange(len(sentences)))
    return " ".join(sentences)


def _reordered(text: str, chance: random.Random) -> str:
    """Its sentences in another order, in lower case."""
    sentences = _sentences(text)
    chance.shuffle(sentences)
    return " ".join(sentences).lower()


def _half(text: str, chance: random.Random) -> str:
    """The first or the second half of its sentences."""
    sentences = _sentences(text)
    middle = max(1, len(sentences) // 2)
    return " ".join(sentences[:middle] if chance.random() < 0.5 else sentences[middle:] or sentences)


EDITS: Mapping[str, Edit] = {
    "typos": _typos,
    "a sentence less": _shortened,
    "reordered": _reordered,
    "half of it": _half,
}


def _sentences(text: str) -> list[str]:
    return [sentence for sentence in re.split(r"(?<=[.!?])\s+", text) if sentence]


async def closenesses(texts: Sequence[str], embedding: Embedding) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """For each edit how close copies are to their originals; and how close others are that lie nearest."""
    chance = random.Random(0)  # noqa: S311  # the same edits at every run
    originals = await embedding.documents([Content(text=text) for text in texts])
    others = originals @ originals.T
    np.fill_diagonal(others, -1.0)
    found = [("another text, the nearest", _closeness(others.max(axis=1), embedding))]
    for name, edit in EDITS.items():
        copies = await embedding.documents([Content(text=edit(text, chance)) for text in texts])
        found.append((name, _closeness((copies * originals).sum(axis=1), embedding)))
    return iter(found)


def _closeness(cosines: NDArray[np.float32], embedding: Embedding) -> NDArray[np.float32]:
    return np.array([embedding.closeness(float(cosine)) for cosine in cosines], np.float32)


async def main(data: Path, count: int) -> None:
    """Measure and print."""
    console = Console(width=140, highlight=False)
    choice = await choose(())
    if choice.embedder is None:
        raise SystemExit("no offline embedder runs here")
    embedding = Embedding(choice.embedder)
    for half, parity in (("dev", 0), ("test", 1)):
        table = Table(title=f"share reported as similar, by threshold, half '{half}'", title_justify="left")
        table.add_column("copy")
        for threshold in THRESHOLDS:
            table.add_column(f"{threshold:g}", justify="right")
        for name in SETS:
            rows = drawn(lines(data / name / "memories.jsonl"), lambda one: one["id"], 2 * count)[parity::2]
            texts = [one["text"][:1_500] for one in rows]
            for edit, close in await closenesses(texts, embedding):
                table.add_row(f"{name}: {edit}", *(f"{float((close >= one).mean()):.2f}" for one in THRESHOLDS))
        console.print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--count", type=int, default=40, help="texts of each half of each set")
    options = parser.parse_args()
    anyio.run(main, options.data.resolve(), options.count)
