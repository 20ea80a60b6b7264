"""Whether a second look at the first twenty is worth it: part of `make bench-ablations`.

    .venv/bin/python benchmarks/secondstage.py [--data DIR]

No cross-encoder comes in a package with its weights, so the second opinion is that of the other
bundled model, MiniLM (English): its cosine with each of the first twenty is added to what their order
goes by. English sets only, both halves, and what it costs in CPU milliseconds a question.
"""

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio
import numpy as np
from ablations import gathered
from calibrating import Known, best_of
from numpy.typing import NDArray
from recalldata import Ask, Corpus
from recallfigures import ndcg
from recallsets import build
from recallstore import Found, opened
from rich.console import Console
from rich.table import Table

from memory.embedders.minilm import MiniLMEmbedder
from memory.embedders.protocol import Content, Unrelated
from memory.ranking import rank

DATA = Path(__file__).parents[2] / "shared" / "data"
ENGLISH = ("precisionmembench", "notes: agent", "xquad: en → en", "scifact")
WEIGHTS = (0.0, 0.25, 0.5, 1.0)
LOOKED_AT = 20
_CHARS = 1_200

Vector = NDArray[np.float32]


async def opinions(known: Sequence[Known], texts: Mapping[str, str], unrelated: Unrelated) -> tuple[list[float], float]:
    """For each weight nDCG@10 of every question, and CPU seconds a question."""
    minilm, scores, spent = MiniLMEmbedder(), list[list[float]](), 0.0
    for one in known:
        order = best_of((scored.key[0], scored.raw) for scored in rank(one.evidence, unrelated))
        began = time.process_time()
        (asked,) = await minilm.embed_queries([Content(text=one.ask.query)])
        likeness: dict[str, float] = {}
        for id_, _ in order[:LOOKED_AT]:
            (row,) = await minilm.embed_documents([Content(text=texts[id_][:_CHARS])])
            likeness[id_] = float(row @ asked)
        spent += time.process_time() - began
        scores.append([_quality(one.ask, order, likeness, weight) for weight in WEIGHTS])
    return [float(mean) for mean in np.mean(scores, axis=0)], spent / len(known)


def _quality(ask: Ask, order: Sequence[tuple[str, float]], likeness: Mapping[str, float], weight: float) -> float:
    first = sorted(order[:LOOKED_AT], key=lambda one: -(one[1] + weight * likeness[one[0]]))
    return ndcg(ask, [Found(ids=frozenset({id_}), score=score) for id_, score in first])


async def main(corpus: Corpus, home: Path, files: Path) -> None:
    """Gather, look again, and print."""
    texts = {one.id: one.text for one in corpus.memories}
    asks = [ask for ask in corpus.asks if ask.relevant and ask.query and ask.row.startswith(ENGLISH)]
    async with opened(home, files, "local") as store:
        await store.fill(corpus.memories)
        known = await gathered(store, asks)
        unrelated = store.service.embedding.unrelated
    table = Table(title="nDCG@10 by the weight of the second opinion", title_justify="left")
    for name in ("set", "half", "n", *(f"{weight:g}" for weight in WEIGHTS), "CPU ms"):
        table.add_column(name, justify="right")
    for half in ("dev", "test"):
        for name in ENGLISH:
            some = [one for one in known if one.ask.row.startswith(name) and one.ask.half == half]
            means, cpu_s = await opinions(some, texts, unrelated)
            table.add_row(name, half, str(len(some)), *(f"{mean:.3f}" for mean in means), f"{1e3 * cpu_s:,.0f}")
    Console(width=120, highlight=False).print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sensorium-bench-") as folder:
        work = Path(folder).resolve()
        sets = ("precisionmembench", "notes", "xquad", "scifact")
        anyio.run(main, build(options.data.resolve(), work, sets), work / "store", work)
