"""What an owner's memories come to, and whether there is room for more."""

# lancedb and pyarrow are typed in part: what they leave unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Iterable
from dataclasses import dataclass

import lancedb
import pyarrow as pa

from memory.errors import QuotaExceededError
from memory.model import Holdings, Quota, Segment
from memory.pieces import File
from memory.store.filters import text_literal
from memory.store.handle import Handle
from memory.store.media import MediaStore
from memory.threads import in_io_thread


@dataclass(frozen=True, slots=True)
class Accounts:
    """Counts what owners hold: their memories, and the bytes of their texts and of their files, each file once."""

    handle: Handle
    media: MediaStore

    async def of(self, owner: str) -> Holdings:
        """What an owner holds, memories that were replaced and are kept as history among it."""
        mine = f"owner = {text_literal(owner)}"
        return Holdings(memories=await self._memories(mine), bytes=await self._bytes(mine))

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
        async def read(table: lancedb.AsyncTable) -> pa.Table:
            columns = {"media": "media", "size": "octet_length(text)"}
            return await table.query().where(condition).select(columns).to_arrow()

        rows = (await self.handle.read(read)).to_pylist()
        files = await in_io_thread(self.media.size_of, {row["media"] for row in rows if row["media"]})
        return files + sum(row["size"] for row in rows if not row["media"])


def size_of(segments: Iterable[Segment], files: Iterable[File]) -> int:
    """The bytes of a memory: of its files, and of what was written; what was read in a file is counted with it."""
    return sum(file.size_bytes for file in files) + sum(len(one.text.encode()) for one in segments if not one.media)
