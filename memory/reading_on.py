"""Reading on: what was stored before it was read to its end is read in the background, step by step."""

from dataclasses import replace
from functools import partial

import anyio

from memory.composing import grown
from memory.errors import InvalidInputError, NotFoundError
from memory.media.anchors import reached
from memory.media.reader import MediaReader
from memory.model import Segment, SegmentKey
from memory.pieces import Chunk, Cursor, Progress
from memory.store.store import Store
from memory.threads import in_io_thread

COMMIT_PIECES = 2_048
"""Pieces after which what was read is written."""
COMMIT_S = 3.0
"""Seconds after which it is; a crash loses no more reading than this, and the step it is in."""


class ReadOn:
    """Reads the parts that wait, in turn, so that none waits for a longer one; safe to stop anywhere."""

    def __init__(self, store: Store, reader: MediaReader) -> None:
        self._store = store
        self._reader = reader
        self._last: SegmentKey = ("", 0)

    async def step(self) -> bool:
        """Read some steps of one part, and write what they brought; False where nothing waits to be read.

        A file that cannot be read on keeps what was read, and says so.

        Raises:
            StoreError: what was read could not be written; it will be read again.
        """
        waiting = await self._store.unread()
        if not waiting:
            return False
        head = min(waiting, key=lambda segment: (segment.key <= self._last, segment.key))
        self._last = head.key
        await self._store.keeping.grow(head, partial(grown, await self._read(head)))
        return True

    async def _read(self, head: Segment) -> Chunk:
        """What a commit's worth of steps brought: each commit costs more the longer the table is."""
        assert head.unread is not None  # noqa: S101  # what `unread` selects by
        until = anyio.current_time() + COMMIT_S
        chunk = await self._chunk(head, head.unread.cursor, head.unread.progress)
        while chunk.cursor is not None and len(chunk.pieces) < COMMIT_PIECES and anyio.current_time() < until:
            after = await self._chunk(head, chunk.cursor, chunk.progress)
            chunk = replace(
                after,
                pieces=(*chunk.pieces, *after.pieces),
                warnings=(*chunk.warnings, *after.warnings),
                captured_at=chunk.captured_at or after.captured_at,
            )
        return chunk

    async def _chunk(self, head: Segment, cursor: Cursor, progress: Progress | None) -> Chunk:
        try:
            file = await in_io_thread(self._store.media.file, head.media, head.mime)
            return await self._reader.step(file, head.name, cursor, "background")
        except (InvalidInputError, NotFoundError) as error:
            place = reached(progress)
            return Chunk(warnings=(f"{error}{f' (reading stopped at {place})' if place else ''}",))
