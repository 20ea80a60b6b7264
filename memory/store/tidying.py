"""Tidying: in small steps, the table's files are kept few, its indexes complete and its old versions short.

Each commit adds files that every read must open, and rows that no index knows. Left alone, 10,000
single commits take 100 times the disk of their rows, and seconds a search.
Source of the figures: measured on lancedb 0.40 with pylance 14, 2026-11 (`make bench-store`).
"""

# lancedb is typed in part: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Callable
from pathlib import Path

from memory.store.datasets import open_dataset
from memory.store.engine import WORDS_INDEX, translated, vectors_index
from memory.store.handle import Handle
from memory.store.lock import ProcessLock
from memory.store.table import SegmentTable
from memory.threads import in_io_thread

TIDY_AFTER = 32
"""Commits after which their files are joined; at twice as many a search takes twice as long."""
KEEP_VERSIONS = 16
"""Versions that stay for readers who are still in one; counted, as clocks jump."""
INDEX_AFTER = 256
"""Rows no index knows after which they are brought into it; until then each search by words reads them one by one,
and each word of a question is one: 174 such rows make a question of 15 words take several times as long.
"""
PARTS = 8
"""Pieces of an index that are merged into one."""
TIERS = (256, 8_192, 262_144)
"""Rows that files are joined up to: larger ones only when there are many, so that a row is seldom written again."""
FILES = 24
"""How many are many."""
VECTORS_FROM = 10_000
"""Vectors from which an index is faster than looking at each: below, both take about 20 ms of CPU."""


class Tidying:
    """Tidies the table behind a handle; every step takes its turn among the writers by itself."""

    def __init__(self, handle: Handle, table: SegmentTable, writing: ProcessLock) -> None:
        self._handle = handle
        self._table = table
        self._writing = writing
        self._left = 0

    async def is_due(self) -> bool:
        """Whether enough commits have gathered; asks the folder only, in a fraction of a millisecond.

        Raises:
            StoreError: the folder cannot be looked at.
        """
        return await in_io_thread(_versions, self._handle.folder) >= KEEP_VERSIONS + TIDY_AFTER

    async def round(self) -> bool:
        """Do what is due; True where there was something. Where nothing came since the last round, no row is left out.

        Raises:
            StoreError: a step could not be done; those before it are.
        """
        unindexed = await self._unindexed()
        is_quiet, self._left = 0 < unindexed == self._left, unindexed
        is_index_due = unindexed >= INDEX_AFTER or is_quiet
        if not await self.is_due() and not is_index_due and not await self._worth_an_index():
            return False
        await self._step(_join)
        if is_index_due:
            await self._step(_index)
        for column in await self._worth_an_index():
            async with self._writing.hold():
                await self._table.index_space(column)
        await self._step(_clean)
        return True

    async def _step(self, step: Callable[[Path], None]) -> None:
        async with self._writing.hold():
            await self._handle.work(step)

    async def _unindexed(self) -> int:
        """How many rows the index that knows fewest does not know."""
        names = [WORDS_INDEX, *map(vectors_index, await self._table.indexed_spaces())]
        return max([await self._table.unindexed(name) for name in names])

    async def _worth_an_index(self) -> list[str]:
        """The vector columns that would be searched faster with an index."""
        indexed = await self._table.indexed_spaces()
        columns = [column for column in await self._table.spaces() if column not in indexed]
        return [column for column in columns if await self._table.count(f"{column} IS NOT NULL") >= VECTORS_FROM]


def _versions(folder: Path) -> int:
    with translated("read"):
        return sum(1 for _ in (folder / "_versions").iterdir())


def _join(folder: Path) -> None:
    dataset = open_dataset(folder)
    for tier in TIERS:
        dataset.optimize.compact_files(target_rows_per_fragment=tier, num_threads=1)
        if len(dataset.get_fragments()) <= FILES:
            break


def _index(folder: Path) -> None:
    dataset = open_dataset(folder)
    dataset.optimize.optimize_indices(num_indices_to_merge=0)
    if any(len(index.segments) >= PARTS for index in dataset.describe_indices()):
        dataset.optimize.optimize_indices(num_indices_to_merge=2 * PARTS)


def _clean(folder: Path) -> None:
    open_dataset(folder).cleanup_old_versions(retain_versions=KEEP_VERSIONS)
