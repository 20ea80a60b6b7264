"""Reading on: what was stored before it was read to its end is read in the background, step by step."""

from functools import partial

from memory.composing import grown
from memory.errors import InvalidInputError, NotFoundError
from memory.media.anchors import reached
from memory.media.reader import MediaReader
from memory.model import Chunk, Segment, SegmentKey
from memory.store.store import Store
from memory.threads import in_io_thread


class ReadOn:
    """Reads the parts that wait, in turn, so that none waits for a longer one; safe to stop anywhere."""

    def __init__(self, store: Store, reader: MediaReader) -> None:
        self._store = store
        self._reader = reader
        self._last: SegmentKey = ("", 0)

    async def step(self) -> bool:
        """Read one step of one part; False where nothing waits to be read.

        A file that cannot be read on keeps what was read, and says so.

        Raises:
            StoreError: what was read could not be written; it will be read again.
        """
        waiting = await self._store.unread()
        if not waiting:
            return False
        head = min(waiting, key=lambda segment: (segment.key <= self._last, segment.key))
        self._last = head.key
        await self._store.grow(head, partial(grown, await self._chunk(head)))
        return True

    async def _chunk(self, head: Segment) -> Chunk:
        assert head.unread is not None  # noqa: S101  # what `unread` selects by
        try:
            file = await in_io_thread(self._store.media.file, head.media, head.mime)
            return await self._reader.step(file, head.name, head.unread.cursor, "background")
        except (InvalidInputError, NotFoundError) as error:
            place = reached(head.unread.progress)
            return Chunk(warnings=(f"{error}{f' (reading stopped at {place})' if place else ''}",))
