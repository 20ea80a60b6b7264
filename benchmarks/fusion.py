"""How meaning and words are best put together: nDCG@10 of each alone, of rank fusion, and of ours.

    .venv/bin/python benchmarks/fusion.py [--data DIR] [--queries N]

One store a set, the offline embedder, and the product's own searches; only the last step, the
ranking, varies. Half of each set's queries, by a hash of their ids, chooses the weight; the other
half is what is printed as `held out`.
"""

import argparse
import hashlib
import json
import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
from rich.console import Console
from rich.table import Table

from memory import ranking
from memory.embedders.batched import Batched
from memory.embedders.local import choose
from memory.embedders.protocol import Content, Unrelated
from memory.embedding import Embedding
from memory.media.reader import MediaReader
from memory.model import SearchFilter, TextPart
from memory.ranking import Evidence, ideal_words, rank
from memory.recalling import CANDIDATES
from memory.requests import Remembrance
from memory.service import MemoryService
from memory.store.filters import visible
from memory.store.store import Store
from memory.terms import query_terms

DATA = Path(__file__).parents[2] / "shared" / "data"
WEIGHTS = (0.5, 0.75, 1.0, 1.5, 2.0)
RRF_K = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One set: what is remembered, and questions with the ids that answer them."""

    name: str
    memories: Sequence[Mapping[str, Any]]
    queries: Sequence[Mapping[str, Any]]


def tasks(data: Path, limit: int) -> list[Task]:
    paragraphs = _lines(data / "xquad" / "memories.jsonl")
    claims = _sample(_lines(data / "scifact" / "queries.jsonl"), limit)
    wanted = {id_ for claim in claims for id_ in claim["relevant"]}
    abstracts = _lines(data / "scifact" / "memories.jsonl")
    corpus = [one for n, one in enumerate(abstracts) if one["id"] in wanted or n % 20 == 0]
    return [
        Task(
            name="xquad",
            memories=paragraphs,
            queries=[
                query
                for language in ("en", "es", "de", "zh", "ru")
                for query in _sample(_lines(data / "xquad" / f"queries_{language}.jsonl"), limit)
            ],
        ),
        Task(name="scifact", memories=corpus, queries=claims),
    ]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _sample(queries: Sequence[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    return sorted(queries, key=lambda query: _hash(query["id"]))[:limit]


def _hash(id_: str) -> str:
    return hashlib.sha256(id_.encode()).hexdigest()


async def gathered(task: Task, home: Path) -> tuple[list[tuple[Mapping[str, Any], Evidence]], Unrelated]:
    """What the searches of the product find for every question, with our ids turned into the set's."""
    service, names = await _filled(task, home)
    embedder = service.embedding.embedder
    column = service.embedding.column
    if embedder is None or column is None:
        raise SystemExit("no offline embedder runs here")
    condition = visible(SearchFilter(owner="local", now=datetime.now(UTC)))
    rows = await service.store.table.count(condition)
    searches, limit = service.store.searches, CANDIDATES
    found: list[tuple[Mapping[str, Any], Evidence]] = []
    for query in task.queries:
        vector = (await embedder.embed_queries([Content(text=query["query"])]))[0]
        terms = query_terms(query["query"])
        best = [await searches.matching([term], condition, 1) for term in terms]
        evidence = Evidence(
            nearest=await searches.nearest(column, vector, condition, limit),
            matching=await searches.matching(terms, condition, limit, column=column, vector=vector) if terms else [],
            best_words=ideal_words([one[0].words if one else None for one in best], rows),
        )
        found.append((query, _renamed(evidence, names)))
    return found, embedder.unrelated


async def _filled(task: Task, home: Path) -> tuple[MemoryService, dict[str, str]]:
    choice = await choose(())
    store = await Store.open(home)
    embedding = Embedding(Batched(choice.embedder) if choice.embedder else None, "none runs")
    service = await MemoryService.open(home, store, embedding, MediaReader())
    names: dict[str, str] = {}
    for one in task.memories:
        request = Remembrance(owner="local", parts=(TextPart(text=one["text"]),), title=one["meta"].get("title", ""))
        names[(await service.remember(request)).id] = one["id"]
    await service.upkeep()
    await store.upkeep()
    return service, names


def _renamed(evidence: Evidence, names: Mapping[str, str]) -> Evidence:
    return replace(
        evidence,
        nearest=[replace(match, key=(names[match.key[0]], match.key[1])) for match in evidence.nearest],
        matching=[replace(match, key=(names[match.key[0]], match.key[1])) for match in evidence.matching],
    )


Ranker = Callable[[Evidence], Sequence[str]]


def rankers(unrelated: Unrelated) -> dict[str, Ranker]:
    def ours(weight: float) -> Ranker:
        def order(evidence: Evidence) -> list[str]:
            ranking.WORDS_WEIGHT = weight  # type: ignore[misc]  # what is being chosen here
            return _ids([one.key for one in rank(evidence, unrelated)])

        return order

    return {
        "words": lambda evidence: _ids([match.key for match in evidence.matching]),
        "meaning": lambda evidence: _ids([match.key for match in evidence.nearest]),
        "rank fusion": _rank_fusion,
        **{f"ours {weight:g}": ours(weight) for weight in WEIGHTS},
    }


def _rank_fusion(evidence: Evidence) -> list[str]:
    scores: dict[str, float] = {}
    for matches in (evidence.nearest, evidence.matching):
        for place, id_ in enumerate(_ids([match.key for match in matches])):
            scores[id_] = scores.get(id_, 0.0) + 1 / (RRF_K + place + 1)
    return sorted(scores, key=lambda id_: -scores[id_])


def _ids(keys: Sequence[tuple[str, int]]) -> list[str]:
    return list(dict.fromkeys(id_ for id_, _ in keys))


def ndcg(ranked: Sequence[str], relevant: Sequence[str], depth: int = 10) -> float:
    gain = sum(1 / math.log2(place + 2) for place, id_ in enumerate(ranked[:depth]) if id_ in relevant)
    return gain / sum(1 / math.log2(place + 2) for place in range(min(len(relevant), depth)))


async def main(data: Path, limit: int) -> None:
    console = Console(width=140)
    for task in tasks(data, limit):
        with tempfile.TemporaryDirectory() as home:
            found, unrelated = await gathered(task, Path(home))
        console.print(_report(task, found, rankers(unrelated)))


def _report(task: Task, found: Sequence[tuple[Mapping[str, Any], Evidence]], ways: Mapping[str, Ranker]) -> Table:
    table = Table(title=f"{task.name}: {len(task.memories)} memories, nDCG@10", title_justify="left")
    table.add_column("questions")
    for way in ways:
        table.add_column(way, justify="right")
    for part, is_held_out in (("chosen on", False), ("held out", True)):
        for language in dict.fromkeys(query.get("lang", "en") for query in task.queries):
            some = [
                (query, evidence)
                for query, evidence in found
                if query.get("lang", "en") == language and (int(_hash(query["id"])[-1], 16) % 2 == 1) == is_held_out
            ]
            means = [sum(ndcg(way(e), q["relevant"]) for q, e in some) / len(some) for way in ways.values()]
            table.add_row(f"{part}, {language} ({len(some)})", *(f"{mean:.3f}" for mean in means))
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--queries", type=int, default=120, help="questions a language, by a hash of their ids")
    options = parser.parse_args()
    anyio.run(main, options.data, options.queries)
