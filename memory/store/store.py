"""The store: the table and its media under one roof, written by one at a time."""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anyio
import numpy as np
from numpy.typing import NDArray

from memory.errors import InvalidInputError, NotFoundError, StoreError
from memory.model import Quota, Segment, SegmentKey
from memory.pieces import File
from memory.store.clock import is_believed
from memory.store.engine import translated
from memory.store.erasure import Erasure
from memory.store.filters import UNREAD, any_key, given_up, one_of, same_content, text_literal, waits_for
from memory.store.flushing import make_folder
from memory.store.formats import check_format, is_read_only, mark_format
from memory.store.handle import Handle
from memory.store.holdings import Accounts, size_of
from memory.store.lock import PATIENCE_S, ProcessLock
from memory.store.marks import Epoch, is_news
from memory.store.media import MediaStore
from memory.store.repair.generations import make_whole
from memory.store.schema import SCHEMA
from memory.store.searches import Searches
from memory.store.table import SegmentTable
from memory.store.tidying import Tidying
from memory.threads import in_io_thread

_ACTIVE = "space"
"""The mark that names the space that was in use last."""
_EPOCH = "erased"
"""The mark of the last erasure."""


class Store:
    """Durable memory: what `remember` was told is on disk when it returns."""

    def __init__(self, home: Path, handle: Handle, media: MediaStore, writing: ProcessLock) -> None:
        self.table = SegmentTable(handle)
        self.searches = Searches(handle)
        self.accounts = Accounts(home, handle, media)
        self.media = media
        self.erasure = Erasure(handle, self.table, media, self.exclusively, home / "erasing")
        self.tidying = Tidying(handle, self.table, writing)
        self._home = home
        self.handle = handle
        self._writing = writing

    @classmethod
    async def open(cls, home: Path) -> "Store":
        """Open the store in the folder `home`, made where there is none.

        A store of an earlier version is brought up to date. A folder that cannot be written is opened
        all the same: what is in it can be recalled.

        Raises:
            StoreError: a later version made it, or it is damaged beyond what can be passed over.
            OSError: the folder cannot be made.
        """
        await in_io_thread(check_format, home)
        writing = ProcessLock(home / "writing.lock")
        if await in_io_thread(is_read_only, home):
            handle = await Handle.open(home / "table", Epoch(home / _EPOCH), None)
            await SegmentTable(handle).check_complete()
            return cls(home, handle, MediaStore(home / "media"), writing)
        await in_io_thread(make_folder, home)
        async with writing.hold():
            await in_io_thread(check_format, home)  # again: it may have been brought up to a later one meanwhile
            await in_io_thread(make_whole, home)
            handle = await Handle.open(home / "table", Epoch(home / _EPOCH), SCHEMA)
            await SegmentTable(handle).complete()
            await in_io_thread(mark_format, home)
        return cls(home, handle, await in_io_thread(MediaStore, home / "media"), writing)

    @property
    def is_writable(self) -> bool:
        """Whether its folder can be written."""
        return not is_read_only(self._home)

    @asynccontextmanager
    async def exclusively(self, patience_s: float = PATIENCE_S) -> AsyncGenerator[None]:
        """The only writer of all processes, for a block that is not cancelled once it has begun.

        Raises:
            StoreBusyError: another process wrote for longer than `patience_s`.
            StoreError: the folder is away, or cannot be written.
        """
        async with self._writing.hold(patience_s):
            with anyio.CancelScope(shield=True):
                yield

    async def add_space(self, column: str, dimensions: int) -> None:
        """Make sure a space has its vector column; where it was not the last in use, all is tried anew."""
        async with self._writing.hold():
            await self.table.add_space(column, dimensions)
            with translated():
                is_another = await in_io_thread(is_news, self._home / _ACTIVE, column)
            if is_another:
                await self.table.forget_failures()

    async def duplicate_of(self, owner: str, namespace: str, digest: str) -> Segment | None:
        """The first segment of the living memory with exactly this content, if there is one."""
        condition = same_content(owner, namespace, digest, datetime.now(UTC))
        # To count is five times cheaper than to ask for the rows.
        found = await self.table.segments(condition) if await self.table.count(condition) else []
        return found[0] if found else None

    async def settle(self) -> None:
        """Have on the disk what can be seen: another process may have committed, and not have lived to flush.

        Raises:
            StoreError: the disk would not take it; or another process writes for too long.
        """
        async with self.exclusively():
            await self.handle.flush()

    async def check_replaceable(self, owner: str, id_: str) -> None:
        """See that a memory can be replaced by a newer version.

        Raises:
            NotFoundError: the owner has no such memory.
            InvalidInputError: it has a newer version already.
        """
        rows = await self.memory(owner, id_)
        if not rows:
            raise NotFoundError(f"replaces: there is no memory {id_!r}; recall shows the right id")
        if (newer := rows[0].superseded_by) and await self.memory(owner, newer):
            raise InvalidInputError(f"replaces: {id_!r} has a newer version already; replace {newer!r}")

    async def memory(self, owner: str, id_: str) -> list[Segment]:
        """A memory's segments in order, whichever version it is; none where the owner has no such."""
        return await self.table.segments(f"id = {text_literal(id_)} AND owner = {text_literal(owner)}")

    async def segments(self, keys: Sequence[SegmentKey]) -> list[Segment]:
        """The segments of these keys that are still there, ordered by key."""
        return await self.table.segments(any_key(keys)) if keys else []

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
        return await self.table.count(f"{condition} AND {column} IS NULL") if column else 0

    async def pending_among(self, column: str | None, keys: Sequence[SegmentKey]) -> set[SegmentKey]:
        """Those of the keys that have no vector in a space."""
        if column is None or not keys:
            return set()
        rows = await self.table.records(f"{any_key(keys)} AND {column} IS NULL", ["id", "segment"])
        return {(row["id"], row["segment"]) for row in rows}

    async def failed(self, max_attempts: int, column: str | None, condition: str = "true") -> int:
        """Segments under a condition without a vector in a space that will not be tried again."""
        if column is None:
            return 0
        return await self.table.count(f"{condition} AND {column} IS NULL AND {given_up(max_attempts)}")

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
        condition = f"id = {text_literal(id_)} AND {column} IS NOT NULL"
        rows = await self.table.records(condition, [column])
        return np.asarray([row[column] for row in rows], dtype=np.float32) if rows else None

    async def vectors_by_fingerprint(
        self, fingerprints: Collection[str], column: str
    ) -> dict[str, NDArray[np.float32]]:
        """The vectors in a space of those fingerprints that some segment has."""
        known = f"{one_of('fingerprint', fingerprints)} AND {column} IS NOT NULL"
        rows = await self.table.records(known, ["fingerprint", column]) if fingerprints else []
        return {row["fingerprint"]: np.asarray(row[column], dtype=np.float32) for row in rows}

    async def keep(
        self,
        segments: Sequence[Segment],
        vectors: Mapping[str, NDArray[np.float32]],
        files: Sequence[File],
        quota: Quota,
    ) -> str:
        """Write a memory, media first; returns its id, or that of the same content already kept.

        The checks and the write are one: two processes given the same content keep one memory, and
        of two that replace the same version one is told so. Once begun, the write is not cancelled.

        Raises:
            NotFoundError: the version it replaces was forgotten.
            QuotaExceededError: it does not fit into what its owner may hold.
            InvalidInputError: the version it replaces was replaced by another.
            StoreError: it could not be written, and nothing of it is left; or not flushed, and it may be.
        """
        first = segments[0]
        async with self.exclusively():
            original = await self.duplicate_of(first.owner, first.namespace, first.digest)
            if original is not None and original.id != first.replaces:
                await self.handle.flush()
                return original.id
            if first.replaces:
                await self.check_replaceable(first.owner, first.replaces)
            await self.accounts.check_room(first.owner, quota, size_of(segments, files))
            await self._write(segments, vectors, files)
        return first.id

    async def _write(
        self, segments: Sequence[Segment], vectors: Mapping[str, NDArray[np.float32]], files: Sequence[File]
    ) -> None:
        try:
            for file in files:
                await in_io_thread(self.media.adopt, file)
            await self.table.append(segments, vectors, replaced=segments[0].replaces)
        except StoreError:
            await self.erasure.sweep()
            raise

    async def grow(self, before: Segment, further: Callable[[Segment], Sequence[Segment]]) -> bool:
        """Add what was read on of a part; False where it was forgotten, or read on by another, meanwhile.

        `before` is the part's first segment as it was when reading went on. `further` is given the
        same as it is now, and returns it as it is to be, and after it what is new; the new are
        numbered here, after the memory's last.
        """
        async with self.exclusively():
            current = await self.segments([before.key])
            if not current or current[0].unread != before.unread:
                return False
            head, *new = further(current[0])
            rows = await self.table.records(one_of("id", [head.id]), ["segment"])
            first = max(row["segment"] for row in rows) + 1
            numbered = [replace(segment, index=first + place) for place, segment in enumerate(new)]
            is_anew = head != replace(current[0], unread=head.unread, remarks=head.remarks)
            await self.table.grow(head, [head, *numbered] if is_anew else numbered)
        return True

    async def unread(self, condition: str = "true") -> list[Segment]:
        """The first segments of the parts under a condition that are not read to their end, oldest first."""
        found = await self.table.segments(f"{condition} AND {UNREAD}")
        return sorted(found, key=lambda segment: (segment.created_at, *segment.key))

    async def fill(self, column: str, keys: Sequence[SegmentKey], vectors: NDArray[np.float32]) -> None:
        """Give pending segments their vectors."""
        async with self._writing.hold():
            await self.table.fill(column, keys, vectors)

    async def mark_failed(self, keys: Sequence[SegmentKey], error: str) -> None:
        """Keep the reason why segments could not be embedded with them."""
        async with self._writing.hold():
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
            return await in_io_thread(is_believed, self._home / "clock", now)
