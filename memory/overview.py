"""The memory seen from above: when things happened, what still waits, and where each memory lies among the others."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from memory.catching_up import MAX_ATTEMPTS
from memory.checks import check_filters
from memory.embedding import Embedding
from memory.model import SearchFilter, Segment
from memory.requests import Waiting
from memory.store.filters import given_up, lacks_vector, visible
from memory.store.store import Store

SHOWN = 100
"""Pieces that wait, or have failed, that are shown."""


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts and lists; changes nothing but how often something was tried."""

    store: Store
    embedding: Embedding

    async def timeline(self, filters: SearchFilter) -> dict[date, int]:
        """How many memories happened on each day, in the time zone of the filters' `now`, first day first.

        Raises:
            InvalidInputError: the filters cannot be used.
        """
        check_filters(filters)
        rows = await self.store.table.records(f"{visible(filters)} AND segment = 0", ["occurred_at"])
        days = Counter(row["occurred_at"].astimezone(filters.now.tzinfo).date() for row in rows)
        return dict(sorted(days.items()))

    async def waiting(self, filters: SearchFilter) -> Waiting:
        """What is not read or embedded yet, and what could not be, with the reason; `SHOWN` of each."""
        condition, column = visible(filters), self.embedding.column
        unread = tuple(await self.store.unread(condition))
        if column is None:
            return Waiting(unread=unread, pending=(), failed=())
        void = f"{condition} AND {lacks_vector(column)}"
        return Waiting(
            unread=unread,
            pending=await self._some(f"{void} AND NOT {given_up(MAX_ATTEMPTS)}"),
            failed=await self._some(f"{void} AND {given_up(MAX_ATTEMPTS)}"),
        )

    async def _some(self, condition: str) -> Sequence[Segment]:
        keys = await self.store.table.records(condition, ["id", "segment"], limit=SHOWN)
        return tuple(await self.store.segments([(row["id"], row["segment"]) for row in keys]))
