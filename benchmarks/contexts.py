"""What else a piece is best embedded and indexed with: part of `make bench-ablations`.

    .venv/bin/python benchmarks/contexts.py [--data DIR]

The same sets remembered in several ways, each a namespace of one store, and asked the same questions
of both halves through the tools: paragraphs without and with the title of their article; meetings
without and with the end of the piece before, and without the names of who speaks; a diary without and
with the date in words.
"""

import argparse
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anyio
import recallnotes
from recalldata import Ask, Corpus, Memory, lines
from recallfigures import difference, figure, ndcg
from recallstore import MODES, Mode, Store, opened
from recalltexts import diary, meetings, paragraphs
from rich.console import Console
from rich.table import Table

from memory.reading import ending

DATA = Path(__file__).parents[2] / "shared" / "data"
_SPEAKER = re.compile(r"^[^\n:]{1,40}:\s", re.MULTILINE)
_ENGLISH = "xquad: en → en"


def ways(data: Path, work: Path) -> Iterator[tuple[str, str, Corpus]]:
    """A set's name, how it is remembered, and it so; the plain way of each set comes first."""
    titles = {f"xquad:{one['id']}": one["meta"]["title"] for one in lines(data / "xquad" / "memories.jsonl")}
    articles = paragraphs(data, work)
    english = Corpus(memories=articles.memories, asks=[ask for ask in articles.asks if ask.row == _ENGLISH])
    yield "paragraphs", "alone", english
    titled = [replace(one, title=titles[one.id].replace("_", " ")) for one in english.memories]
    yield "paragraphs", "with the title", Corpus(memories=titled, asks=english.asks)
    spoken = meetings(data, work)
    yield "meetings", "alone", spoken
    yield "meetings", "with the end of the one before", Corpus(memories=_after(spoken.memories), asks=spoken.asks)
    unnamed = [replace(one, text=_SPEAKER.sub("", one.text)) for one in spoken.memories]
    yield "meetings", "without who speaks", Corpus(memories=unnamed, asks=spoken.asks)
    entries = diary(data, work)
    timed = [ask for ask in entries.asks if not ask.row.endswith(recallnotes.ANYTIME)]
    yield "diary", "alone", Corpus(memories=entries.memories, asks=timed)
    dated = [replace(one, text=f"{one.when:%A, %d %B %Y}\n{one.text}") for one in entries.memories if one.when]
    yield "diary", "with the date in words", Corpus(memories=dated, asks=timed)


def _after(memories: Sequence[Memory]) -> list[Memory]:
    """Each with how the piece before it in the same meeting ended."""
    befores = [None, *memories[:-1]]
    return [
        replace(one, text=f"{ending(before.text)}\n{one.text}") if before and before.group == one.group else one
        for before, one in zip(befores, memories, strict=True)
    ]


def _moved(corpus: Corpus, space: str) -> Corpus:
    """The same in a namespace of its own."""

    def named(id_: str) -> str:
        return f"{space}/{id_}"

    return Corpus(
        memories=[replace(one, id=named(one.id), space=space, is_mixed=False) for one in corpus.memories],
        asks=[replace(one, space=space, relevant=frozenset(map(named, one.relevant))) for one in corpus.asks],
    )


async def gains(store: Store, asks: Sequence[Ask], mode: Mode) -> list[float]:
    """nDCG@10 of each question."""
    return [ndcg(ask, (await store.ask(ask, mode)).found) for ask in asks]


async def main(data: Path, work: Path) -> None:
    """Remember every way, ask, and print."""
    table = Table(title=f"nDCG@10, {datetime.now(UTC):%Y-%m-%d}", title_justify="left")
    for name in ("set", "remembered", "n", *MODES, "hybrid, against the plain way"):
        table.add_column(name)
    plain: dict[str, list[float]] = {}
    async with opened(work / "store", work, "local") as store:
        for name, way, corpus in ways(data, work):
            moved = _moved(corpus, f"{name}, {way}")
            await store.fill(moved.memories)
            found = {mode: await gains(store, moved.asks, mode) for mode in MODES}
            gain = difference(found["hybrid"], plain.setdefault(name, found["hybrid"]))
            against = f"{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
            means = [f"{figure(values).mean:.3f}" for values in found.values()]
            table.add_row(name, way, str(len(moved.asks)), *means, against)
    Console(width=140, highlight=False).print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sensorium-bench-") as folder:
        anyio.run(main, options.data.resolve(), Path(folder).resolve())
