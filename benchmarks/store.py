"""What the store costs as it grows by single remembers, and what its upkeep costs those who recall: `make bench-store`.

Two stores of the same notes: one by single remembers with upkeep beside them, as an agent writes;
one by bulk, which is as small and as fast as it gets. Then recalls beside upkeep that is made to
work without a pause. And, on random and on clustered vectors, from how many an index is worth it.
The deterministic embedder stands in for a real one: nothing here depends on what vectors mean.
"""

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table

from memory.embedders.fake import FakeEmbedder
from memory.embedding import Embedding
from memory.media.decoding import Engines
from memory.media.reader import MediaReader
from memory.model import SearchFilter, SegmentKey, TextPart
from memory.requests import Question, Remembrance
from memory.service import MemoryService
from memory.store.store import Store

NOWHERE = Path("nowhere")
RECALLS = 60
SIZES = (5_000, 10_000, 20_000, 50_000)
WIDTH = 384


def note(number: int) -> str:
    """A note of two lines; all are different."""
    return (
        f"note {number}: the {['ferry', 'train', 'meeting', 'invoice'][number % 4]} of day {number * 37 % 1009}\n"
        f"It concerns person {number * 7919 % 4003} and costs {number * 31 % 977} francs, due on day {number % 28}."
    )


async def opened(home: Path) -> MemoryService:
    """A service on a store, with the deterministic embedder."""
    reader = MediaReader(Engines(ocr=NOWHERE, speech=NOWHERE))
    return await MemoryService.open(home, await Store.open(home), Embedding(FakeEmbedder(dimensions=WIDTH)), reader)


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds it took."""
    begun = time.perf_counter()
    await work()
    return (time.perf_counter() - begun) * 1000


def sizes(home: Path) -> tuple[int, int]:
    """Files below a folder, and their bytes."""
    files = [path for path in home.rglob("*") if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files)


async def recalls(service: MemoryService, count: int = RECALLS) -> list[float]:
    """Milliseconds of so many recalls, each of another question."""

    async def one(number: int) -> float:
        filters = SearchFilter(owner="local", now=datetime.now(UTC))
        return await timed(
            lambda: service.recall(Question(query=f"invoice of day {number * 37 % 1009}", filters=filters))
        )

    return [await one(number) for number in range(count)]


async def singly(home: Path, count: int) -> tuple[MemoryService, list[float]]:
    """A store by single remembers, with upkeep beside them; milliseconds of each."""
    service, spent = await opened(home), list[float]()
    async with anyio.create_task_group() as group:
        group.start_soon(service.keep_up)
        for number in range(count):
            request = Remembrance(owner="local", parts=(TextPart(text=note(number)),))
            spent.append(await timed(lambda request=request: service.remember(request)))
        while await service.store.upkeep():
            continue
        group.cancel_scope.cancel()
    return service, spent


async def in_bulk(home: Path, other: MemoryService) -> MemoryService:
    """The rows of another store, written in one commit and indexed at once."""
    service, column = await opened(home), FakeEmbedder(dimensions=WIDTH).space.column
    segments = await other.store.select("true")
    rows = await other.store.table.records("true", ["id", "segment", column])
    vectors = {(row["id"], row["segment"]): row[column] for row in rows}
    async with service.store.exclusively():
        ordered = np.asarray([vectors[one.key] for one in segments], np.float32)
        await service.store.table.append(segments, {column: ordered})
        await service.store.indexes.make("terms")
    while await service.store.upkeep():
        continue
    await service.store.erasure.erase([])  # leaves one version, and no file that is not needed
    return service


async def beside_upkeep(service: MemoryService) -> tuple[list[float], int]:
    """Milliseconds of recalls while the table is written and tidied without a pause, and how often it was tidied."""
    rounds, column = 0, FakeEmbedder(dimensions=WIDTH).space.column
    some = await service.store.select("segment = 0")

    async def tidy() -> None:
        nonlocal rounds
        while True:
            keys = [one.key for one in some[:256]]
            async with service.store.exclusively():
                await service.store.table.fill(column, keys, unit(np.random.default_rng(rounds), len(keys)))
            rounds += await service.store.upkeep()

    spent = list[float]()
    async with anyio.create_task_group() as group:
        group.start_soon(tidy)
        await anyio.sleep(0.5)
        spent = await recalls(service)
        group.cancel_scope.cancel()
    return spent, rounds


def unit(rng: np.random.Generator, count: int, *, clusters: int = 0) -> NDArray[np.float32]:
    """Random unit vectors; around so many centres, or around none."""
    rows = rng.normal(size=(count, WIDTH)).astype(np.float32)
    if clusters:
        centres = np.random.default_rng(1).normal(size=(clusters, WIDTH)).astype(np.float32)
        rows = rows * 0.7 + centres[rng.integers(0, clusters, count)]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


async def indexes(home: Path, segment_of: MemoryService, clusters: int) -> list[tuple[int, float, float, float]]:
    """By size: milliseconds of a search without an index and with one, and recall@10 with it."""
    service, rng = await opened(home), np.random.default_rng(7)
    column = FakeEmbedder(dimensions=WIDTH).space.column
    [model] = await segment_of.store.select("segment = 0 AND text LIKE 'note 0:%'")
    rows, found = 0, list[tuple[int, float, float, float]]()
    queries = unit(rng, 20, clusters=clusters)
    for size in SIZES:
        while rows < size:
            some = [replace(model, id=f"m{rows + number:020x}") for number in range(2_500)]
            async with service.store.exclusively():
                await service.store.table.append(some, {column: unit(rng, 2_500, clusters=clusters)})
            rows += 2_500
        exact, flat_ms = await nearest(service, queries)
        async with service.store.exclusively():
            await service.store.indexes.make(column)
        close, index_ms = await nearest(service, queries)
        shared = sum(len(some & others) for some, others in zip(exact, close, strict=True))
        found.append((size, flat_ms, index_ms, shared / (10 * len(queries))))
        await service.store.indexes.drop(column)
    return found


async def nearest(service: MemoryService, queries: NDArray[np.float32]) -> tuple[list[set[SegmentKey]], float]:
    """The ten nearest to each query, and the median milliseconds of finding 200."""
    column, spent = FakeEmbedder(dimensions=WIDTH).space.column, list[float]()
    tens = list[set[SegmentKey]]()
    for query in queries:
        begun = time.perf_counter()
        matches = await service.store.searches.nearest(column, query, "owner = 'local'", 200)
        spent.append((time.perf_counter() - begun) * 1000)
        tens.append({match.key for match in matches[:10]})
    return tens, statistics.median(spent)


def spread(spent: Sequence[float]) -> str:
    """The median, the 95th of a hundred and the longest."""
    ordered = sorted(spent)
    return f"{statistics.median(ordered):.0f} / {ordered[int(len(ordered) * 0.95)]:.0f} / {ordered[-1]:.0f}"


async def main(count: int) -> None:
    """Measure, and print."""
    console = Console(width=120)
    with TemporaryDirectory() as folder:
        root = Path(folder)
        one_by_one, spent = await singly(root / "a", count)
        bulk = await in_bulk(root / "b", one_by_one)
        files, single_bytes = sizes(root / "a" / "table")
        bulk_files, bulk_bytes = sizes(root / "b" / "table")
        console.print(f"# {' '.join(sys.argv)}, {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}")
        first, last = spread(spent[:1_000]), spread(spent[-1_000:])
        console.print(f"remember, ms, median / p95 / longest: first 1,000 {first}; last 1,000 {last}")
        table = Table(box=box.MARKDOWN)
        for heading in (f"{count:,} notes", "files", "MB", "recall, ms: median / p95 / longest"):
            table.add_column(heading)
        await recalls(one_by_one, 10)
        await recalls(bulk, 10)
        table.add_row("in bulk", str(bulk_files), f"{bulk_bytes / 1e6:.1f}", spread(await recalls(bulk)))
        table.add_row("one by one", str(files), f"{single_bytes / 1e6:.1f}", spread(await recalls(one_by_one)))
        beside, rounds = await beside_upkeep(one_by_one)
        table.add_row(f"one by one, beside {rounds} rounds of upkeep", "", "", spread(beside))
        console.print(table)
        console.print(f"disk, one by one to bulk: {single_bytes / bulk_bytes:.2f}")
        table = Table(box=box.MARKDOWN)
        for heading in ("vectors", "rows", "without index, ms", "with, ms", "recall@10"):
            table.add_column(heading, justify="right")
        for name, clusters in (("random", 0), ("clustered", 500)):
            for size, flat_ms, index_ms, recall in await indexes(root / name, one_by_one, clusters):
                table.add_row(name, f"{size:,}", f"{flat_ms:.0f}", f"{index_ms:.0f}", f"{recall:.3f}")
        console.print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    anyio.run(main, parser.parse_args().count)
