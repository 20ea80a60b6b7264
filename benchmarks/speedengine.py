"""What every engine of `make bench-speed` must do, and how it is asked: the same for ours and for each peer."""

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from speeddata import QUERIES, TENANTS, Notes, parts, questions

NEAREST = 10
"""Results asked for."""
WARM = 5
"""Questions asked before those that are timed."""
ADDED = 60
"""Rows that are added one by one, each on the disk before the next."""

Vector = NDArray[np.float32]
T = TypeVar("T")


class Engine(Protocol):
    """Rows with a number, a text, a namespace and a vector, in a folder; not open before `open` is called."""

    async def open(self) -> None:
        """Be ready to answer."""

    async def fill(self, first: int, notes: Notes) -> None:
        """Add many rows, numbered from `first`."""

    async def finish(self) -> None:
        """Do what makes searches fast, once all rows are there."""

    async def plain(self, vector: Vector) -> Sequence[int]:
        """The rows nearest to a vector."""
        ...

    async def filtered(self, vector: Vector, namespace: str) -> Sequence[int]:
        """The rows of a namespace nearest to a vector."""
        ...

    async def hybrid(self, vector: Vector, words: str) -> Sequence[int] | None:
        """The rows that fit best by vector and words; None where the engine knows no words."""
        ...

    async def add(self, number: int, text: str, namespace: str, vector: Vector) -> None:
        """Add one row; on the disk when this returns, as far as the engine sees to that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Laps:
    """How long one kind of call took, in milliseconds."""

    p50: float
    p95: float
    cpu: float

    @classmethod
    def of(cls, walls: Sequence[float], cpu: float) -> "Laps":
        """From the seconds of each call and of the processor in all."""
        ordered = sorted(walls)
        p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        return cls(p50=1e3 * median(ordered), p95=1e3 * p95, cpu=1e3 * cpu / len(walls))


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What it took to bring the rows in at once.

    Attributes:
        seconds: with whatever index makes searches fast.
        bytes: the folder holds, a row.
    """

    seconds: float
    bytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one engine answered with, in a process that did nothing else.

    Attributes:
        start: seconds from the first import to the first answer.
        rss: most memory that was in use while it was asked, in bytes; of which `idle` before the first import.
        recall: share of the ten that are nearest, mean of the questions.
    """

    start: float
    rss: int
    idle: int
    plain: Laps
    filtered: Laps
    hybrid: Laps | None
    recall: float
    recall_filtered: float


async def build(make: Callable[[], Engine], rows: int, folder: Path) -> Built:
    """Fill an engine's empty folder."""
    engine = make()
    await engine.open()
    drawn = 0.0
    started = time.perf_counter()
    first, notes = 0, iter(parts(rows))
    while True:
        before = time.perf_counter()
        part = next(notes, None)
        drawn += time.perf_counter() - before
        if part is None:
            break
        await engine.fill(first, part)
        first += len(part.texts)
    await engine.finish()
    seconds = time.perf_counter() - started - drawn
    return Built(seconds=seconds, bytes=_size(folder) / rows)


async def ask(make: Callable[[], Engine], truth: Path) -> Asked:
    """Ask everything of an engine that was filled; `truth` holds the rows that are nearest."""
    texts, vectors = questions()
    idle = _peak()
    started = time.perf_counter()
    engine = make()
    await engine.open()
    await engine.plain(vectors[0])
    start = time.perf_counter() - started
    nearest = np.load(truth)
    plain, found = await _timed(lambda n: engine.plain(vectors[n]))
    filtered, found_there = await _timed(lambda n: engine.filtered(vectors[n], namespace_of(n)))
    knows_words = await engine.hybrid(vectors[0], texts[0]) is not None
    hybrid = (await _timed(lambda n: engine.hybrid(vectors[n], texts[n])))[0] if knows_words else None
    return Asked(
        start=start,
        rss=_peak(),
        idle=idle,
        plain=plain,
        filtered=filtered,
        hybrid=hybrid,
        recall=_recall(found, nearest[0]),
        recall_filtered=_recall(found_there, nearest[1]),
    )


async def add(make: Callable[[], Engine], rows: int) -> Laps:
    """Add rows one by one."""
    engine = make()
    await engine.open()
    part = next(parts(ADDED + WARM))

    async def one(number: int) -> None:
        # A vector of its own: none of these rows was there.
        vector = np.roll(part.vectors[number], 7)
        await engine.add(rows + number, f"{part.texts[number]} added", part.namespaces[number], vector)

    return (await _timed(one, ADDED + WARM))[0]


def namespace_of(question: int) -> str:
    """Where a filtered search looks."""
    return f"tenant{question % TENANTS}"


def said(figures: Built | Asked | Laps) -> None:
    """Tell the process that started this one."""
    print(json.dumps(asdict(figures)), flush=True)


async def _timed(call: Callable[[int], Awaitable[T]], count: int = QUERIES) -> tuple[Laps, list[T]]:
    walls, answers = list[float](), list[T]()
    for number in range(WARM):
        answers.append(await call(number))
    cpu = time.process_time()
    for number in range(WARM, count):
        started = time.perf_counter()
        answers.append(await call(number))
        walls.append(time.perf_counter() - started)
    return Laps.of(walls, time.process_time() - cpu), answers


def _recall(found: Sequence[Sequence[int]], nearest: NDArray[np.int64]) -> float:
    shares = [len({*one} & {*right.tolist()}) / NEAREST for one, right in zip(found, nearest, strict=True)]
    return float(np.mean(shares))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _peak() -> int:
    """Most bytes this process had in memory so far, by Linux; what `getrusage` says counts those who started it too."""
    [kilobytes] = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line]
    return int(kilobytes) * 1024
