"""Why recall ranks and scores as it does: `make bench-ablations`.

    .venv/bin/python benchmarks/ablations.py [--store DIR] [--data DIR] [--sets a,b]

Asks the store that `benchmarks/recall.py --store DIR` has kept, or fills one, by the product's own searches; only
the last step, from what they found to an order and a score, varies. What is chosen is chosen on the
half `dev`; the half `test` stands beside it.
"""

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anyio
import numpy as np
from calibrating import Known, best_of, calibration, firsts
from recalldata import MIXED, Ask, Corpus, Half
from recallfigures import ndcg
from recallsets import build
from recallstore import SHOWN, Found, Store, home, opened, say
from rich.console import Console
from rich.table import Table

from memory.aiming import Aiming
from memory.embedders.protocol import Unrelated
from memory.examples import Examples
from memory.gathering import Gathering
from memory.model import Match, SearchFilter
from memory.ranking import WORDS_WEIGHT, Evidence, rank
from memory.requests import Question
from memory.weighing import Weighing
from server.principals import LOCAL

DATA = Path(__file__).parents[2] / "shared" / "data"
WEIGHTS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
RANK_OFFSET = 60
"""Source: Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion", SIGIR 2009."""

Ranker = Callable[[Evidence], Sequence[tuple[str, float]]]
"""From what was found to memories, best first, each with what its order goes by."""


async def gathered(store: Store, asks: Sequence[Ask]) -> list[Known]:
    """What the product's searches find for each question."""
    service = store.service
    examples = Examples(service.store, service.embedding, service.reader, service.views)
    aiming = Aiming(service.store, service.embedding, examples, Weighing(service.store))
    gathering = Gathering(service.store, service.embedding, examples)
    names = {id_: some[0] for id_, some in store.ids.items()}
    found: list[Known] = []
    for number, ask in enumerate(asks, 1):
        aim = await aiming.aim(Question(filters=_filters(ask), query=ask.query))
        found.append(Known(ask=ask, evidence=_named(await gathering.gather(aim, SHOWN), names)))
        if number % 250 == 0:
            say(f"  {number} of {len(asks)} gathered")
    return found


def _filters(ask: Ask) -> SearchFilter:
    return SearchFilter(
        owner=LOCAL,
        now=datetime.now(UTC),
        namespace="" if ask.space == MIXED else ask.space,
        session=MIXED if ask.space == MIXED else "",
        metadata={"group": ask.group} if ask.group else {},
    )


def _named(evidence: Evidence, names: Mapping[str, str]) -> Evidence:
    def renamed(matches: Sequence[Match]) -> list[Match]:
        return [replace(match, key=(names[match.key[0]], match.key[1])) for match in matches]

    return replace(
        evidence,
        nearest=renamed(evidence.nearest),
        matching=renamed(evidence.matching),
        timely=renamed(evidence.timely),
    )


def rankers(unrelated: Unrelated) -> dict[str, Ranker]:
    """The ways that are compared."""

    def ours(weight: float) -> Ranker:
        return lambda evidence: best_of(
            (one.key[0], one.raw + (weight - WORDS_WEIGHT) * one.words) for one in rank(evidence, unrelated)
        )

    return {
        "words": lambda evidence: best_of((match.key[0], match.words) for match in evidence.matching),
        "meaning": lambda evidence: best_of((match.key[0], match.cosine or 0.0) for match in evidence.nearest),
        "ranks": _by_ranks(1.0),
        "ranks, words 0.3": _by_ranks(0.3),
        "min-max": _by_span,
        **{f"ours {weight:g}": ours(weight) for weight in WEIGHTS},
        "ours, no time": lambda evidence: ours(WORDS_WEIGHT)(replace(evidence, timely=())),
        "ours, by modality": _by_modality(unrelated),
    }


def _by_ranks(weight: float) -> Ranker:
    def order(evidence: Evidence) -> list[tuple[str, float]]:
        scores: dict[str, float] = {}
        for share, matches in ((1.0, evidence.nearest), (weight, evidence.matching)):
            for place, id_ in enumerate(dict.fromkeys(match.key[0] for match in matches), 1):
                scores[id_] = scores.get(id_, 0.0) + share / (RANK_OFFSET + place)
        return best_of(scores.items())

    return order


def _by_span(evidence: Evidence) -> list[tuple[str, float]]:
    """Each search's scores from 0 for its last to 1 for its first, added up."""
    scores: dict[tuple[str, int], float] = {}
    for matches, measure in ((evidence.nearest, _cosine), (evidence.matching, _words)):
        values = [measure(match) for match in matches]
        low, high = min(values, default=0.0), max(values, default=0.0)
        for match, value in zip(matches, values, strict=True):
            scores[match.key] = scores.get(match.key, 0.0) + (value - low) / ((high - low) or 1.0)
    return best_of((key[0], score) for key, score in scores.items())


def _cosine(match: Match) -> float:
    return match.cosine or 0.0


def _words(match: Match) -> float:
    return match.words


def _by_modality(unrelated: Unrelated) -> Ranker:
    """As ours, but each kind of memory against the mean and spread of its own kind."""

    def order(evidence: Evidence) -> list[tuple[str, float]]:
        kinds = {match.key[0].partition(":")[0] for match in [*evidence.nearest, *evidence.matching]}
        parts = [_of_kind(evidence, kind) for kind in kinds]
        return best_of((one.key[0], one.raw) for part in parts for one in rank(part, unrelated))

    return order


def _of_kind(evidence: Evidence, kind: str) -> Evidence:
    def some(matches: Sequence[Match]) -> list[Match]:
        return [match for match in matches if match.key[0].partition(":")[0] == kind]

    return replace(
        evidence, nearest=some(evidence.nearest), matching=some(evidence.matching), timely=some(evidence.timely)
    )


def fusion(known: Sequence[Known], half: Half, ways: Mapping[str, Ranker]) -> Table:
    """nDCG@10 of each way of ranking, set by set."""
    table = Table(title=f"nDCG@10, half '{half}'", title_justify="left")
    table.add_column("set")
    for name in ("n", *ways):
        table.add_column(name, justify="right")
    asked = [one for one in known if one.ask.half == half and one.ask.relevant]
    means: list[list[float]] = []
    for row in dict.fromkeys(one.ask.row for one in asked):
        some = [one for one in asked if one.ask.row == row]
        means.append([float(np.mean([_ndcg(one.ask, way(one.evidence)) for one in some])) for way in ways.values()])
        table.add_row(row, str(len(some)), *(f"{mean:.3f}" for mean in means[-1]))
    table.add_row("mean of the sets", "", *(f"{mean:.3f}" for mean in np.mean(means, axis=0)))
    return table


def _ndcg(ask: Ask, order: Sequence[tuple[str, float]]) -> float:
    return ndcg(ask, [Found(ids=frozenset({id_}), score=score) for id_, score in order[:10]])


async def found_for(corpus: Corpus, home: Path, files: Path) -> tuple[list[Known], Unrelated]:
    """What is found for every question in words."""
    async with opened(home, files, "local") as store:
        await store.fill(corpus.memories)
        known = await gathered(store, [ask for ask in corpus.asks if ask.query])
        return known, store.service.embedding.unrelated


def main(kept: Path | None, data: Path, sets: Sequence[str]) -> None:
    """Gather once, and print every comparison."""
    console = Console(width=220, highlight=False)
    with tempfile.TemporaryDirectory(prefix="sensorium-bench-") as folder, home(kept) as store:
        files = Path(folder).resolve()
        known, unrelated = anyio.run(found_for, build(data, files, sets), store, files)
    for half in ("dev", "test"):
        console.print(fusion(known, half, rankers(unrelated)))
    console.print(calibration(firsts(known, unrelated)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, help="keep the store here, or ask the one that is here")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--sets", default="", help="names of sets, with commas between; all by default")
    options = parser.parse_args()
    names = [name for name in options.sets.split(",") if name]
    main(options.store, options.data.resolve(), names)
