"""Keeping: how memories come in. What comes while another commit is written, goes into the next one together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import anyio
import numpy as np
from numpy.typing import NDArray

from memory.errors import InvalidInputError, NotFoundError, SensoriumError, StoreError
from memory.model import Quota, Segment
from memory.pieces import File
from memory.store.erasure import Erasure, Exclusively
from memory.store.filters import any_key, has_digest, one_of, same_content, text_literal
from memory.store.handle import Handle
from memory.store.holdings import Accounts, size_of
from memory.store.media import MediaStore
from memory.store.table import SegmentTable
from memory.threads import in_io_thread

_ANY_AMOUNT = Quota()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A whole memory that is to be kept.

    Attributes:
        vectors: of all its segments, by the column of their space; in a space that is not there, they are pending.
        files: what its segments name as their media; ours, and on disk.
        quota: what its owner may hold.
        looked_at: a version of the table that was seen not to hold its content; 0 where none was looked at.
    """

    segments: Sequence[Segment]
    vectors: Mapping[str, NDArray[np.float32]]
    files: Sequence[File]
    quota: Quota
    looked_at: int = 0

    @property
    def first(self) -> Segment:
        """The segment that says whose it is, and what."""
        return self.segments[0]

    @property
    def content(self) -> tuple[str, str, str]:
        """What two drafts have in common of which one memory is made."""
        return self.first.owner, self.first.namespace, self.first.digest

    @property
    def is_plain(self) -> bool:
        """Whether it can share a commit: it depends on nothing that another one of that commit may change."""
        return not self.first.replaces and self.quota == _ANY_AMOUNT


@dataclass(slots=True, eq=False)
class _Order:
    """A draft in the queue, and what became of it: an id, or why there is none.

    Attributes:
        twin: an earlier one of the same commit, with the same content.
    """

    draft: Draft
    id: str = ""
    error: SensoriumError | None = None
    twin: "_Order | None" = None
    settled: anyio.Event = field(default_factory=anyio.Event)

    def result(self) -> str:
        """The id of the memory that is kept.

        Raises:
            SensoriumError: there is none.
        """
        decided = self.twin or self
        if decided.error is not None:
            raise decided.error
        if not decided.id:
            raise StoreError("the memory could not be written; the log on stderr says why")
        return decided.id


class Keeping:
    """Writes memories into the table behind a handle, and their media beside it.

    Args:
        exclusively: enters a block as the only writer, which is not cancelled once it has begun.
    """

    def __init__(
        self, handle: Handle, table: SegmentTable, accounts: Accounts, erasure: Erasure, exclusively: Exclusively
    ) -> None:
        self._handle = handle
        self._table = table
        self._accounts = accounts
        self._erasure = erasure
        self._exclusively = exclusively
        self._waiting: list[_Order] = []
        self._turn = anyio.Lock()

    @property
    def _media(self) -> MediaStore:
        return self._accounts.media

    async def duplicate_of(self, owner: str, namespace: str, digest: str) -> Segment | None:
        """The first segment of the living memory with exactly this content, if there is one."""
        if not await self._table.count(has_digest(digest)):  # mostly so, and known several times sooner than the rest
            return None
        found = await self._table.segments(same_content(owner, namespace, digest, datetime.now(UTC)))
        return found[0] if found else None

    async def settle(self) -> None:
        """Have on the disk what can be seen: another process may have committed, and not have lived to flush.

        Raises:
            StoreError: the disk would not take it; or another process writes for too long.
        """
        async with self._exclusively():
            await self._handle.flush()

    async def check_replaceable(self, owner: str, id_: str) -> None:
        """See that a memory can be replaced by a newer version.

        Raises:
            NotFoundError: the owner has no such memory.
            InvalidInputError: it has a newer version already.
        """
        mine = f"owner = {text_literal(owner)}"
        rows = await self._table.segments(f"{one_of('id', [id_])} AND {mine}")
        if not rows:
            raise NotFoundError(f"replaces: there is no memory {id_!r}; recall shows the right id")
        if (newer := rows[0].superseded_by) and await self._table.count(f"{one_of('id', [newer])} AND {mine}"):
            raise InvalidInputError(f"replaces: {id_!r} has a newer version already; replace {newer!r}")

    async def keep(self, draft: Draft) -> str:
        """Write a memory, media first; returns its id, or that of the same content already kept.

        The checks and the write are one: two processes given the same content keep one memory, and
        of two that replace the same version one is told so. Once begun, the write is not cancelled.

        Raises:
            NotFoundError: the version it replaces was forgotten.
            QuotaExceededError: it does not fit into what its owner may hold.
            InvalidInputError: the version it replaces was replaced by another.
            StoreError: it could not be written, and nothing of it is left; or not flushed, and it may be.
        """
        order = _Order(draft)
        self._waiting.append(order)
        try:
            async with self._turn:
                if not order.settled.is_set():
                    await self._write_waiting()
        except anyio.get_cancelled_exc_class():
            if order in self._waiting:
                self._waiting.remove(order)
            else:  # another's commit has it, and reads its files
                with anyio.CancelScope(shield=True):
                    await order.settled.wait()
            raise
        return order.result()

    async def _write_waiting(self) -> None:
        group = list[_Order]()
        try:
            async with self._exclusively():
                group, self._waiting = self._waiting, []
                await self._write(group)
        except SensoriumError as error:
            if not group:
                group, self._waiting = self._waiting, []
            for order in group:
                order.error = order.error or error
        finally:
            for order in group:
                order.settled.set()

    async def _write(self, group: Sequence[_Order]) -> None:
        """Write those that can share a commit in one and the others each in its own, before any is acknowledged."""
        alone = [order for order in group if not order.draft.is_plain]
        together = [order for order in group if order.draft.is_plain]
        try:
            await self._write_new(together)
        except StoreError:  # of one of them, maybe: it is not to take the others with it
            alone = [*together, *alone]
        for order in alone:
            try:
                await self._write_new([order])
            except SensoriumError as error:
                order.error = error

    async def _write_new(self, orders: Sequence[_Order]) -> None:
        version, first = await self._table.version(), dict[tuple[str, str, str], _Order]()
        for order in orders:
            order.twin = first.setdefault(order.draft.content, order)
        if new := [order for order in first.values() if await self._is_new(order, version)]:
            await self._commit(new)

    async def _is_new(self, order: _Order, version: int) -> bool:
        """Whether its content is to be written; where it is not, the order has the id of what has it.

        Raises:
            NotFoundError, InvalidInputError, QuotaExceededError: as `keep` does.
        """
        draft = order.draft
        original = None if draft.looked_at == version else await self.duplicate_of(*draft.content)
        if original is not None and original.id != draft.first.replaces:
            await self._handle.flush()  # whoever committed it may not have lived to
            order.id = original.id
            return False
        if draft.first.replaces:
            await self.check_replaceable(draft.first.owner, draft.first.replaces)
        if draft.quota != _ANY_AMOUNT:
            await self._accounts.check_room(draft.first.owner, draft.quota, size_of(draft.segments, draft.files))
        return True

    async def _commit(self, orders: Sequence[_Order]) -> None:
        try:
            for file in (file for order in orders for file in order.draft.files):
                await in_io_thread(self._media.adopt, file)
            drafts = [order.draft for order in orders]
            segments = [segment for draft in drafts for segment in draft.segments]
            await self._table.append(segments, _columns(drafts), replaced=segments[0].replaces)
        except StoreError:
            await self._erasure.sweep()
            raise
        for order in orders:
            order.id = order.draft.first.id

    async def grow(self, before: Segment, further: Callable[[Segment], Sequence[Segment]]) -> bool:
        """Add what was read on of a part; False where it was forgotten, or read on by another, meanwhile.

        `before` is the part's first segment as it was when reading went on. `further` is given the
        same as it is now, and returns it as it is to be, and after it what is new; the new are
        numbered here, after the memory's last.
        """
        async with self._exclusively():
            current = await self._table.segments(any_key([before.key]))
            if not current or current[0].unread != before.unread:
                return False
            head, *new = further(current[0])
            rows = await self._table.records(one_of("id", [head.id]), ["segment"])
            first = max(row["segment"] for row in rows) + 1
            numbered = [replace(segment, index=first + place) for place, segment in enumerate(new)]
            is_anew = head != replace(current[0], unread=head.unread, remarks=head.remarks)
            await self._table.grow(head, [head, *numbered] if is_anew else numbered)
        return True


def _columns(drafts: Sequence[Draft]) -> dict[str, list[NDArray[np.float32] | None]]:
    """The vectors of all segments of some drafts, by column; None for one that has none in it."""
    spaces = dict.fromkeys(column for draft in drafts for column in draft.vectors)
    return {
        column: [row for draft in drafts for row in draft.vectors.get(column, [None] * len(draft.segments))]
        for column in spaces
    }
