"""What the width of vectors costs: `make bench-dimensions`.

Random unit vectors in a table of the product, searched exactly as a recall searches them. It says
nothing of recall quality, which only the service's own vectors could tell; the vendor says that
768 of 3,072 dimensions keep most of it.
"""

import platform
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table

from memory.model import Segment
from memory.pieces import Anchor, Modality
from memory.store.store import Store

WIDTHS = (256, 768, 1536, 3072)
ROWS = 6_000
BATCH = 1_000
QUERIES = 15


def segments(first: int) -> list[Segment]:
    """A batch of rows, each a memory of its own with a sentence."""
    now = datetime.now(UTC)
    return [
        Segment(
            id=f"m{number:020x}",
            index=0,
            part=0,
            owner="local",
            namespace="default",
            session="",
            modality=Modality.TEXT,
            mime="text/plain",
            title="",
            text=f"note {number} on the {number % 97}th matter of day {number % 365}",
            context="",
            tags=(),
            metadata={},
            name="",
            source="",
            anchor=Anchor(),
            created_at=now,
            occurred_at=now,
            expires_at=None,
            replaces="",
            superseded_by="",
            digest=f"{number:064x}",
            media="",
            look=None,
        )
        for number in range(first, first + BATCH)
    ]


def vectors(count: int, width: int, seed: int) -> NDArray[np.float32]:
    """Unit vectors in all directions."""
    rows = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


async def cost(home: Path, width: int) -> tuple[float, float]:
    """Bytes a row on disk, and the median milliseconds of a search among all rows."""
    store, column = await Store.open(home), f"vector_bench_{width}"
    await store.add_space(column, width)
    for first in range(0, ROWS, BATCH):
        await store.table.append(segments(first), {column: vectors(BATCH, width, first)})
    await store.upkeep()
    times: list[float] = []
    for query in vectors(QUERIES + 1, width, 7):
        began = time.perf_counter()
        await store.searches.nearest(column, query, "owner = 'local'", 200)
        times.append(1000 * (time.perf_counter() - began))
    return size_of(home) / ROWS, statistics.median(times[1:])


def size_of(home: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in home.rglob("*") if path.is_file())


def main() -> None:
    """Measure each width in a store of its own, and print a table."""
    table = Table(box=box.MARKDOWN)
    for heading in ("dimensions", "bytes a row", "times 768", "ms a search", "times 768"):
        table.add_column(heading, justify="right")
    found: dict[int, tuple[float, float]] = {}
    for width in WIDTHS:
        with TemporaryDirectory() as folder:
            found[width] = anyio.run(cost, Path(folder), width)
    base_bytes, base_ms = found[768]
    for width, (size, ms) in found.items():
        table.add_row(f"{width:,}", f"{size:,.0f}", f"{size / base_bytes:.2f}", f"{ms:.1f}", f"{ms / base_ms:.2f}")
    console = Console(width=100)
    console.print(
        f"{ROWS:,} rows, {QUERIES} searches, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"
    )
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
