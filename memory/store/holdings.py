"""What an owner's memories come to, and whether there is room for more."""

# lancedb and pyarrow are typed in part: what they leave unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import lancedb
import pyarrow as pa
import pyarrow.compute as pc

from memory.errors import QuotaExceededError
from memory.model import Amount, Holdings, Quota, Segment
from memory.pieces import File, Modality
from memory.store.filters import text_literal
from memory.store.handle import Handle
from memory.store.media import MediaStore
from memory.threads import in_io_thread


@dataclass(frozen=True, slots=True)
class Accounts:
    """Counts what owners hold: their memories, and the bytes of their texts and of their files, each file once."""

    handle: Handle

    @property
    def media(self) -> MediaStore:
        """The files that are kept."""
        return self.handle.place.media

    async def of(self, owner: str) -> Holdings:
        """What an owner holds, memories that were replaced and are kept as history among it."""
        columns = {name: name for name in ("id", "namespace", "modality", "media")}
        held = await self._rows(f"owner = {text_literal(owner)}", columns)
        sizes = await in_io_thread(self.media.sizes, _keys(held))
        return Holdings(
            total=_amount(held, sizes),
            modalities={
                Modality(name): _amount(rows, sizes) for name, rows in _parts(held, "modality", list(Modality))
            },
            namespaces={name: _amount(rows, sizes) for name, rows in _parts(held, "namespace")},
        )

    async def on_disk(self) -> int:
        """How many bytes the store takes: of all owners, with vectors, indexes and databases."""
        return await in_io_thread(self.handle.place.size)

    async def check_room(self, owner: str, quota: Quota, more: int) -> None:
        """See that one more memory, of so many bytes, fits into what an owner may hold.

        Raises:
            QuotaExceededError: it does not.
        """
        mine = f"owner = {text_literal(owner)}"
        if quota.max_memories is not None and (held := await self._memories(mine)) >= quota.max_memories:
            raise QuotaExceededError(
                f"nothing was stored: {held:,} memories are held, and {quota.max_memories:,} may be; "
                "forget some, or ask whoever runs this server"
            )
        if quota.max_bytes is not None and (held := await self._bytes(mine)) + more > quota.max_bytes:
            raise QuotaExceededError(
                f"nothing was stored: {held:,} bytes are held, these are {more:,} more, and {quota.max_bytes:,} "
                "may be held; forget some, or ask whoever runs this server"
            )

    async def _memories(self, condition: str) -> int:
        return await self.handle.read(lambda table: table.count_rows(f"{condition} AND segment = 0"))

    async def _bytes(self, condition: str) -> int:
        rows = await self._rows(condition, {"media": "media"})
        return _bytes(rows, await in_io_thread(self.media.sizes, _keys(rows)))

    async def _rows(self, condition: str, columns: Mapping[str, str]) -> pa.Table:
        """These columns, and how many bytes the text of each row takes."""

        async def read(table: lancedb.AsyncTable) -> pa.Table:
            return await table.query().where(condition).select({**columns, "size": "octet_length(text)"}).to_arrow()

        return await self.handle.read(read)


def _parts(rows: pa.Table, column: str, order: Sequence[str] = ()) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each value of a column, in this order of values, or in theirs."""
    there = set(map(str, pc.unique(rows[column]).to_pylist()))
    for value in [one for one in order if one in there] or sorted(there):
        yield value, rows.filter(pc.equal(rows[column], pa.scalar(value)))


def _amount(rows: pa.Table, sizes: Mapping[str, int]) -> Amount:
    return Amount(memories=pc.count_distinct(rows["id"]).as_py(), pieces=len(rows), bytes=_bytes(rows, sizes))


def _bytes(rows: pa.Table, sizes: Mapping[str, int]) -> int:
    written = rows.filter(pc.equal(rows["media"], pa.scalar("")))  # what was read in a file counts with that
    return (pc.sum(written["size"]).as_py() or 0) + sum(sizes[key] for key in _keys(rows))


def _keys(rows: pa.Table) -> list[str]:
    return [key for key in pc.unique(rows["media"]).to_pylist() if key]


def size_of(segments: Iterable[Segment], files: Iterable[File]) -> int:
    """The bytes of a memory: of its files, and of what was written; what was read in a file is counted with it."""
    return sum(file.size_bytes for file in files) + sum(len(one.text.encode()) for one in segments if not one.media)
