"""The store: the table and its media under one roof, written by one at a time."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import anyio
import numpy as np
from numpy.typing import NDArray

from memory.model import SearchFilter, Segment, SegmentKey
from memory.store.clock import is_believed
from memory.store.engine import translated
from memory.store.erasure import Erasure
from memory.store.filters import (
    EXPIRES,
    HAS_MEDIA,
    UNREAD,
    any_key,
    expired,
    given_up,
    has_vector,
    lacks_vector,
    one_of,
    text_literal,
    visible,
    waits_for,
)
from memory.store.formats import check_format, mark_format
from memory.store.handle import Handle
from memory.store.holdings import Accounts
from memory.store.indexes import Indexes
from memory.store.keeping import Keeping
from memory.store.lock import PATIENCE_S
from memory.store.marks import is_news
from memory.store.places.addresses import place_of
from memory.store.schema import SCHEMA
from memory.store.searches import Searches
from memory.store.table import SegmentTable
from memory.store.tidying import Tidying
from memory.threads import in_io_thread

_ACTIVE = "space"
"""The mark that names the space that was in use last."""


class Store:
    """Durable memory: what `remember` was told is on disk when it returns."""

    def __init__(self, handle: Handle) -> None:
        self.place = handle.place
        self.media = handle.place.media
        self.handle = handle
        self.indexes = Indexes(handle)
        self.table = SegmentTable(handle, self.indexes)
        self.searches = Searches(handle)
        self.accounts = Accounts(handle)
        self.erasure = Erasure(handle, self.table, self.exclusively)
        self.keeping = Keeping(handle, self.table, self.accounts, self.erasure, self.exclusively)
        self.tidying = Tidying(handle, self.indexes, self.place.writing)

    @classmethod
    async def open(cls, home: Path, uri: str = "") -> "Store":
        """Open the store in the folder `home`, or in the bucket at `uri`; made where there is none.

        A store of an earlier version is brought up to date. A folder that cannot be written is opened
        all the same: what is in it can be recalled.

        Raises:
            StoreError: a later version made it, or it is damaged beyond what can be passed over; the bucket cannot
                be reached, or does not do what a store needs of one.
            OSError: the folder cannot be made.
        """
        place = await in_io_thread(place_of, home, uri)
        with translated("read"):
            await in_io_thread(check_format, place.marks, str(place))
        if await in_io_thread(place.is_read_only):
            handle = await Handle.open(place, None)
            await SegmentTable(handle, Indexes(handle)).check_complete()
            return cls(handle)
        await in_io_thread(place.make)
        async with place.writing.hold():
            # again: it may have been brought up to a later one meanwhile
            await in_io_thread(check_format, place.marks, str(place))
            await in_io_thread(place.make_whole)
            handle = await Handle.open(place, SCHEMA)
            await SegmentTable(handle, Indexes(handle)).complete()
            await in_io_thread(mark_format, place.marks)
        return cls(handle)

    @property
    def is_writable(self) -> bool:
        """Whether it can be written."""
        return not self.place.is_read_only()

    @asynccontextmanager
    async def exclusively(self, patience_s: float = PATIENCE_S) -> AsyncGenerator[None]:
        """The only writer of all processes, for a block that is not cancelled once it has begun.

        Raises:
            StoreBusyError: another process wrote for longer than `patience_s`.
            StoreError: the folder is away, or cannot be written.
        """
        async with self.place.writing.hold(patience_s):
            with anyio.CancelScope(shield=True):
                yield

    async def add_space(self, column: str, dimensions: int) -> None:
        """Make sure a space has its vector column; where it was not the last in use, all is tried anew."""
        async with self.place.writing.hold():
            await self.table.add_space(column, dimensions)
            with translated():
                is_another = await in_io_thread(is_news, self.place.marks, _ACTIVE, column)
            if is_another:
                await self.table.forget_failures()

    async def memory(self, owner: str, id_: str) -> list[Segment]:
        """A memory's segments in order, whichever version it is; none where the owner has no such."""
        return await self.table.segments(f"id = {text_literal(id_)} AND owner = {text_literal(owner)}")

    async def visible(self, filters: SearchFilter) -> str:
        """The rows a search with these filters may see now; where none has expired, a condition that is soon met."""
        may_expire = await self.table.has(EXPIRES) and await self.table.count(expired(filters.now)) > 0
        return visible(filters, may_expire=may_expire)

    async def segments(self, keys: Sequence[SegmentKey]) -> list[Segment]:
        """The segments of these keys that are still there, ordered by key."""
        return await self.table.segments(any_key(keys)) if keys else []

    async def with_media(self, ids: Sequence[str]) -> list[Segment]:
        """The segments of these memories that have media, ordered by key."""
        if not ids or not await self.table.has(HAS_MEDIA):
            return []
        return await self.table.segments(f"{one_of('id', ids)} AND {HAS_MEDIA}")

    async def select(self, condition: str) -> list[Segment]:
        """The segments under a condition, ordered by key."""
        return await self.table.segments(condition)

    async def newest(self, condition: str) -> list[SegmentKey]:
        """The first segment under a condition of each memory, the latest remembered first."""
        rows = await self.table.records(condition, ["id", "segment", "created_at"])
        rows.sort(key=lambda row: row["segment"])
        rows.sort(key=lambda row: row["created_at"], reverse=True)
        firsts: dict[str, int] = {}
        for row in rows:
            firsts.setdefault(row["id"], row["segment"])
        return list(firsts.items())

    async def ids(self, condition: str) -> list[str]:
        """Memories with a row under a condition, the latest remembered first."""
        return [id_ for id_, _ in await self.newest(condition)]

    async def ids_with(self, words: Sequence[Sequence[str]], condition: str) -> list[str]:
        """Memories with a segment under a condition that has every one of the words, each by any of its terms."""
        keys = await self.searches.having(words, condition, max(1, await self.table.count(condition)))
        return list(dict.fromkeys(id_ for id_, _ in keys))

    async def known(self, owner: str, ids: Sequence[str]) -> set[str]:
        """Those of the ids that are memories of this owner."""
        condition = f"{one_of('id', ids)} AND owner = {text_literal(owner)}"
        return {row["id"] for row in await self.table.records(condition, ["id"])}

    async def pending(self, column: str | None, condition: str = "true") -> int:
        """Segments under a condition without a vector in a space; none where there is no space."""
        if column is None or not await self.table.has(lacks_vector(column)):
            return 0
        return await self.table.count(f"{condition} AND {lacks_vector(column)}")

    async def pending_among(self, column: str | None, keys: Sequence[SegmentKey]) -> set[SegmentKey]:
        """Those of the keys that have no vector in a space."""
        if column is None or not keys:
            return set()
        rows = await self.table.records(f"{any_key(keys)} AND {lacks_vector(column)}", ["id", "segment"])
        return {(row["id"], row["segment"]) for row in rows}

    async def failed(self, max_attempts: int, column: str | None, condition: str = "true") -> int:
        """Segments under a condition without a vector in a space that will not be tried again."""
        if column is None:
            return 0
        return await self.table.count(f"{condition} AND {lacks_vector(column)} AND {given_up(max_attempts)}")

    async def waiting(
        self, column: str, max_attempts: int, limit: int, *, since: datetime | None = None
    ) -> list[Segment]:
        """Some of the segments that wait for a vector in a space, of memories made after `since`."""
        keys = await self.table.records(waits_for(column, max_attempts, since), ["id", "segment"], limit=limit)
        return await self.segments([(row["id"], row["segment"]) for row in keys])

    async def waiting_keys(self, column: str, max_attempts: int) -> dict[SegmentKey, str]:
        """All segments that wait for a vector in a space, each with its fingerprint."""
        rows = await self.table.records(waits_for(column, max_attempts), ["id", "segment", "fingerprint"])
        return {(row["id"], row["segment"]): row["fingerprint"] for row in rows}

    async def vectors_of(self, id_: str, column: str) -> NDArray[np.float32] | None:
        """A memory's vectors in a space, one row each; None where it has none yet."""
        condition = f"id = {text_literal(id_)} AND {has_vector(column)}"
        rows = await self.table.records(condition, [column])
        return np.asarray([row[column] for row in rows], dtype=np.float32) if rows else None

    async def vectors_by_fingerprint(
        self, fingerprints: Collection[str], column: str
    ) -> dict[str, NDArray[np.float32]]:
        """The vectors in a space of those fingerprints that some segment has."""
        known = f"{one_of('fingerprint', fingerprints)} AND {has_vector(column)}"
        rows = await self.table.records(known, ["fingerprint", column]) if fingerprints else []
        return {row["fingerprint"]: np.asarray(row[column], dtype=np.float32) for row in rows}

    async def unread(self, condition: str = "true") -> list[Segment]:
        """The first segments of the parts under a condition that are not read to their end, oldest first."""
        if not await self.table.has(UNREAD):
            return []
        found = await self.table.segments(f"{condition} AND {UNREAD}")
        return sorted(found, key=lambda segment: (segment.created_at, *segment.key))

    async def fill(self, column: str, keys: Sequence[SegmentKey], vectors: NDArray[np.float32]) -> None:
        """Give pending segments their vectors."""
        async with self.place.writing.hold():
            await self.table.fill(column, keys, vectors)

    async def mark_failed(self, keys: Sequence[SegmentKey], error: str) -> None:
        """Keep the reason why segments could not be embedded with them."""
        async with self.place.writing.hold():
            await self.table.mark_failed(keys, error)

    async def upkeep(self) -> bool:
        """Tidy the table where that is due; see `Tidying.round`."""
        return await self.tidying.round()

    async def believes(self, now: datetime) -> bool:
        """Whether things may expire by what the clock says; see `is_believed`.

        Raises:
            StoreError: it cannot be noted that it was looked at.
        """
        with translated():
            return await in_io_thread(is_believed, self.place.marks, now)
