"""Tidying: in small steps, the table's files are kept few, its indexes complete and its old versions short.

Each commit adds files that every read must open, and rows that no index knows. Left alone, 10,000
single commits take 100 times the disk of their rows, and seconds a search.
Source of the figures: measured on lancedb 0.40 with pylance 14, 2026-11 (`make bench-store`).
"""

# lancedb is typed in part: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Callable, Sequence
from functools import partial

import lancedb

from memory.store.datasets import open_dataset
from memory.store.engine import translated
from memory.store.handle import Handle
from memory.store.indexes import FACTS, Indexes, index_of
from memory.store.lock import Lock
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
FACTS_AFTER = 0.02
"""Share of rows the indexes of facts may not know: they are written whole each time; few rows are soon looked at."""


class Tidying:
    """Tidies the table behind a handle; every step takes its turn among the writers by itself."""

    def __init__(self, handle: Handle, indexes: Indexes, writing: Lock) -> None:
        self._handle = handle
        self._indexes = indexes
        self._writing = writing
        self._left = 0

    async def is_due(self) -> bool:
        """Whether enough commits have gathered; asks for their names only, in a folder in a fraction of a millisecond.

        Raises:
            StoreError: they cannot be looked at.
        """
        with translated("read"):
            return await in_io_thread(self._handle.place.commits) >= KEEP_VERSIONS + TIDY_AFTER

    async def round(self) -> bool:
        """Do what is due; True where there was something. Where nothing came since the last round, no row is left out.

        Raises:
            StoreError: a step could not be done; those before it are.
        """
        stale, missing = await self._stale(), await self._indexes.missing()
        if not await self.is_due() and not stale and not missing:
            return False
        await self._step(_join)
        if stale:
            await self._step(partial(_index, columns=stale))
        for column in missing:
            async with self._writing.hold():
                await self._indexes.make(column)
        await self._step(_clean)
        await self._handle.make_room()
        return True

    async def _step(self, step: Callable[[str], None]) -> None:
        async with self._writing.hold():
            await self._handle.work(step)

    async def _stale(self) -> list[str]:
        """The indexed columns of which too many rows are not in their index."""
        indexed = await self._indexes.indexed()
        searched, facts = [one for one in indexed if one not in FACTS], [one for one in indexed if one in FACTS]
        unknown = await self._indexes.unindexed(searched)
        is_quiet, self._left = 0 < unknown == self._left, unknown
        stale = searched if unknown >= INDEX_AFTER or is_quiet else []
        if facts and await self._indexes.unindexed(facts[:1]) >= FACTS_AFTER * await self._handle.read(_rows):
            stale = [*stale, *facts]
        return stale


async def _rows(table: lancedb.AsyncTable) -> int:
    return await table.count_rows()


def _join(location: str) -> None:
    dataset = open_dataset(location)
    for tier in TIERS:
        dataset.optimize.compact_files(target_rows_per_fragment=tier, num_threads=1)
        if len(dataset.get_fragments()) <= FILES:
            break


def _index(location: str, columns: Sequence[str]) -> None:
    dataset, names = open_dataset(location), [index_of(column) for column in columns]
    dataset.optimize.optimize_indices(num_indices_to_merge=0, index_names=names)
    if any(len(index.segments) >= PARTS for index in dataset.describe_indices()):
        dataset.optimize.optimize_indices(num_indices_to_merge=2 * PARTS, index_names=names)


def _clean(location: str) -> None:
    open_dataset(location).cleanup_old_versions(retain_versions=KEEP_VERSIONS)
