"""Whether the text of a PDF page is to be fused with the page: `make bench-pages`.

    GEMINI_API_KEY=… .venv/bin/python benchmarks/pages.py [--data DIR] [--reports N] [--max-dollars 1.0]

The quarterly reports of the evaluation data, read and cut as the product reads them, are embedded by
Gemini Embedding 2 each way, and asked the set's questions; a page is as close as its closest vector.
Nothing but vectors takes part: no search by words. It costs money, and stops before its limit.

It has not been run against the real service, as no machine of this project reaches it: only against
the stand-in of the tests, whose figures mean nothing. What the product does rests on no measurement.
"""

import argparse
import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import numpy as np
from mediamakers import HOW_PAGES_ARE_LABELLED
from numpy.typing import NDArray
from pydantic import SecretStr
from recalldata import Ask, Corpus, Memory, file_of
from recallsets import build
from rich.console import Console
from rich.table import Table

from memory.composing import compose, digest_of
from memory.embedders.ledger import Ledger
from memory.embedders.protocol import Content, Vectors
from memory.embedding import Embedding
from memory.errors import EmbeddingError, SpendLimitError
from memory.media import decoding
from memory.media.decoding import Engines
from memory.model import MediaPart, Segment
from memory.pieces import Anchor, Chunk, File
from memory.reading import Reading
from memory.requests import Remembrance
from memory.tasks import task_of
from memory.usage import Usage
from server.choosing import choose_embedder
from server.costs import dollars
from server.settings import Settings

DATA = Path(__file__).parents[2] / "shared" / "data"
SET = "pdf_sec10q"
PDF = "application/pdf"
WAYS: Mapping[str, tuple[str, ...]] = {
    "page alone": ("page",),
    "page fused with its text, as the product does": ("fused", "rest"),
    "text alone": ("first", "rest"),
    "page alone and text alone, side by side": ("page", "first", "rest"),
}
"""By what stands for a page: the page itself, fused with its first passage, that passage, those after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a report, with what may stand for it, by kind."""

    report: str
    number: int
    contents: Mapping[str, Sequence[Content]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """All contents of one kind.

    Attributes:
        owners: the place of each row's page among all pages.
        used: as the service counted it.
    """

    rows: Vectors
    owners: NDArray[np.int64]
    used: Usage


def pages_of(memory: Memory, embedding: Embedding) -> list[Page]:
    """The pages of a report; those without any words are left out, as the product leaves them out."""
    places = groupby(_segments(memory), lambda segment: segment.anchor.start)
    return [_page(memory, int(number), list(found), embedding) for number, found in places]


def _page(memory: Memory, number: int, segments: Sequence[Segment], embedding: Embedding) -> Page:
    first, *others = segments
    anchor = Anchor(unit="page", start=number, end=number)
    medium = decoding.excerpt(file_of(memory), PDF, anchor, 0.0, False)  # noqa: FBT003  # by place, as the reader calls it
    assert medium is not None
    unsaid = replace(first, text="", context="", anchor=anchor)
    contents = {
        "page": [embedding.content(unsaid, (medium,))],
        "fused": [embedding.content(first, (medium,))],
        "first": [embedding.content(first, ())],
        "rest": [embedding.content(segment, ()) for segment in others],
    }
    return Page(report=memory.id, number=number, contents=contents)


def _segments(memory: Memory) -> list[Segment]:
    data = file_of(memory).read_bytes()
    file = File(path=file_of(memory), mime=PDF, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    chunks: list[Chunk] = [decoding.step(file, {}, Engines())]
    while (cursor := chunks[-1].cursor) is not None:
        chunks.append(decoding.step(file, cursor, Engines()))
    part = MediaPart(file=file, name=file_of(memory).name)
    reading = Reading(part=part, pieces=tuple(piece for chunk in chunks for piece in chunk.pieces))
    return compose(Remembrance(owner="local", parts=(part,)), [reading], digest_of([part]))


async def check_cost(pages: Sequence[Page], asks: Sequence[Ask], embedding: Embedding, console: Console) -> None:
    """Say what will be sent, and send none of it where that is expected to cost too much.

    Raises:
        SpendLimitError: it is.
    """
    contents = [one for page in pages for found in page.contents.values() for one in found]
    assert embedding.expected is not None
    expected = embedding.expected([*contents, *map(_question, asks)])
    console.print(
        f"{len(pages)} pages and {len(asks)} questions are {expected.contents:,} contents: about "
        f"{expected.all_tokens:,} tokens, {dollars(expected.all_dollars)}"
    )
    async with _ledger(embedding).admitted(expected, waits=False):
        pass


async def all_embedded(pages: Sequence[Page], embedding: Embedding) -> dict[str, Embedded]:
    """Every kind of contents, one after the other, so that it is known what each has cost."""
    found: dict[str, Embedded] = {}
    for kind in dict.fromkeys(kind for way in WAYS.values() for kind in way):
        before = await _spent(embedding)
        owned = [(place, one) for place, page in enumerate(pages) for one in page.contents[kind]]
        rows = await embedding.documents([content for _, content in owned])
        owners = np.array([place for place, _ in owned], np.int64)
        found[kind] = Embedded(rows=rows, owners=owners, used=await _spent(embedding) + before.times(-1))
    return found


async def _spent(embedding: Embedding) -> Usage:
    return (await _ledger(embedding).spending()).ever


def _ledger(embedding: Embedding) -> Ledger:
    assert embedding.ledger is not None
    return embedding.ledger


def _question(ask: Ask) -> Content:
    return Content(text=ask.query, task=task_of(ask.query))


def ranked(question: NDArray[np.float32], found: Sequence[Embedded], pages: Sequence[Page]) -> list[Page]:
    """The pages, closest first, each by the closest of its vectors."""
    closest = np.full(len(pages), -np.inf, np.float32)
    for one in found:
        np.maximum.at(closest, one.owners, one.rows @ question)
    return [pages[place] for place in np.argsort(-closest, kind="stable")]


def recall(asks: Sequence[Ask], orders: Sequence[Sequence[Page]], first: int) -> tuple[float, float]:
    """Shares of the questions with a right report, and with the right page, among the first so many of their kind."""
    reports = [
        any(report in ask.relevant for report in list(dict.fromkeys(page.report for page in order))[:first])
        for ask, order in zip(asks, orders, strict=True)
    ]
    places = [
        any(page.report in ask.relevant and page.number == ask.page for page in order[:first])
        for ask, order in zip(asks, orders, strict=True)
        if ask.page
    ]
    return sum(reports) / max(1, len(reports)), sum(places) / max(1, len(places))


def report(pages: Sequence[Page], asks: Sequence[Ask], questions: Vectors, found: Mapping[str, Embedded]) -> Table:
    """A line a way."""
    placed = sum(ask.page > 0 for ask in asks)
    table = Table(title=f"right report: {len(asks)} questions; right page: {placed} of them", title_justify="left")
    table.add_column("what stands for a page")
    for heading in ("report R@1", "R@5", "page R@1", "R@5", "vectors", "tokens", "dollars"):
        table.add_column(heading, justify="right")
    for way, kinds in WAYS.items():
        parts = [found[kind] for kind in kinds]
        orders = [ranked(question, parts, pages) for question in questions]
        (report_1, page_1), (report_5, page_5) = recall(asks, orders, 1), recall(asks, orders, 5)
        shares = [f"{share:.2f}" for share in (report_1, report_5, page_1, page_5)]
        used = sum((part.used for part in parts), Usage())
        vectors = sum(len(part.rows) for part in parts)
        table.add_row(way, *shares, f"{vectors:,}", f"{used.all_tokens:,}", dollars(used.all_dollars))
    return table


async def compared(memories: Sequence[Memory], asks: Sequence[Ask], embedding: Embedding, console: Console) -> None:
    """Embed, ask, and print."""
    pages = [page for memory in memories for page in pages_of(memory, embedding)]
    try:
        await check_cost(pages, asks, embedding, console)
        found = await all_embedded(pages, embedding)
        assert embedding.embedder is not None
        questions = await embedding.embedder.embed_queries([_question(ask) for ask in asks])
        console.print(report(pages, asks, questions, found))
    except SpendLimitError as error:
        raise SystemExit("that is, or became, more than --max-dollars: it has stopped") from error
    except EmbeddingError as error:
        raise SystemExit(f"the service did not answer: {error}") from error
    finally:
        used = await _spent(embedding)
        cost = f"{used.all_tokens:,} tokens, {dollars(used.all_dollars)}"
        console.print(f"spent in all: {used.contents:,} contents, {cost}")


async def run(corpus: Corpus, settings: Settings, reports: int) -> None:
    """Compare over the first so many reports."""
    console = Console(width=150, highlight=False)
    memories = corpus.memories[:reports]
    known = {memory.id for memory in memories}
    asks = [ask for ask in corpus.asks if ask.row == SET and known & ask.relevant]
    async with aclosing(await choose_embedder(settings, {})) as chosen:
        console.print(f"{datetime.now(UTC):%Y-%m-%d}, {chosen.embedding.name}, {len(memories)} reports")
        if settings.gemini_base_url:
            console.print(f"asked at {settings.gemini_base_url}: these are figures of whatever answers there")
        await compared(memories, asks, chosen.embedding, console)
    console.print(f"right page: {HOW_PAGES_ARE_LABELLED}", soft_wrap=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the evaluation data")
    parser.add_argument("--reports", type=int, default=1_000, help="only the first so many, and questions about them")
    parser.add_argument("--max-dollars", type=float, default=1.0, help="what it may cost")
    options = parser.parse_args()
    key = os.environ.get("GEMINI_API_KEY", "")
    if not key:
        raise SystemExit("set GEMINI_API_KEY: this asks the real Gemini API, and costs some cents")
    if options.max_dollars <= 0 or options.reports < 1:
        parser.error("--max-dollars and --reports must be over 0")
    with TemporaryDirectory(prefix="sensorium-bench-") as folder:
        home = Path(folder).resolve()
        files = home / "files"
        files.mkdir()
        settings = Settings(
            home=home,
            embedder="gemini",
            gemini_api_key=SecretStr(key),
            vertexai=False,
            max_spend=options.max_dollars,
        )
        anyio.run(run, build(options.data.resolve(), files, [SET]), settings, options.reports)


if __name__ == "__main__":
    sys.exit(main())
