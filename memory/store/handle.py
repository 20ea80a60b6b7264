"""The handle on the table: reads that see every commit, writes that are on the disk when they return."""

# lancedb is typed in part: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
import lancedb

from memory.errors import StoreError
from memory.store.datasets import EngineError, engine_errors
from memory.store.engine import CACHE_BYTES, TABLE, connected, translated
from memory.store.places.place import Place
from memory.store.schema import vector_columns
from memory.threads import in_io_thread

logger = logging.getLogger(__name__)

_READ_ATTEMPTS = 6
_WORDS_BYTES = 256
"""What a row takes of the indexes of words and facts; of that of vectors, a byte a number."""
_NEVER = object()
"""An epoch that never is."""

T = TypeVar("T")


class Handle:
    """One open table in a folder.

    The engine keeps files open that it has read, also after they were removed. So the handle is
    opened anew after each erasure, whichever process did it: then nothing holds their bytes.

    Attributes:
        place: where the table lies.
        location: its own folder, or address.
    """

    def __init__(self, place: Place, table: lancedb.AsyncTable) -> None:
        self.place = place
        self.location = f"{place.database}/{TABLE}.lance"
        self._table = table
        self._room = CACHE_BYTES
        self._seen: object = place.epoch()
        self._opening = anyio.Lock()

    @classmethod
    async def open(cls, place: Place, schema: Any | None) -> "Handle":
        """The table in a place, made with this schema where there is none; without a schema, it must be there.

        Raises:
            StoreError: it cannot be opened.
        """
        with translated("opened"):
            await in_io_thread(place.check)
            database = await connected(place.database)
            if schema is not None and TABLE not in (await database.list_tables()).tables:
                return cls(place, await database.create_table(TABLE, schema=schema))
            handle = cls(place, await database.open_table(TABLE))
            await handle.make_room()
            return handle

    async def read(self, ask: Callable[[lancedb.AsyncTable], Awaitable[T]]) -> T:
        """Ask the table, anew where another process removed the version under the reader's hands.

        Raises:
            StoreError: it could not be read.
        """
        for attempt in range(_READ_ATTEMPTS):
            try:
                with engine_errors():
                    await self._refresh()
                    return await ask(self._table)
            except EngineError as error:
                if "not found" not in str(error).lower() or attempt == _READ_ATTEMPTS - 1:
                    logger.error("the store could not be read: %s", error)  # noqa: TRY400  # raised on in our words
                    raise StoreError(
                        "the store could not be read; the log on stderr says why, and 'sensorium doctor' what is wrong"
                    ) from error.__cause__
                self._seen = _NEVER
        raise AssertionError("unreachable")

    async def write(self, change: Callable[[lancedb.AsyncTable], Awaitable[object]]) -> None:
        """Change the table by one commit, which is on the disk when this returns. Callers hold the write lock.

        Raises:
            StoreError: it could not be written; or could not be flushed, and may be lost by a power cut.
        """
        with translated():
            await self._refresh()
            await change(self._table)
        await self.flush()

    async def work(self, step: Callable[[str], T]) -> T:
        """Let files be rearranged by a thread; they are on the disk when this returns. Callers hold the write lock.

        Raises:
            StoreError: it could not be done.
        """
        with translated():
            result = await in_io_thread(step, self.location)
        await self.flush()
        return result

    async def flush(self) -> None:
        """Have on the disk what anyone has committed. Callers hold the write lock.

        Raises:
            StoreError: the disk would not take it.
        """
        with translated():
            await in_io_thread(self.place.flush)

    async def refresh(self) -> None:
        """Let go of what was erased since this was opened.

        Raises:
            StoreError: the table cannot be opened any more.
        """
        with translated("opened"):
            await self._refresh()

    async def make_room(self) -> None:
        """Have the table's indexes stay in memory once they were read, where they have outgrown what they had.

        Raises:
            StoreError: it cannot be told how large they are.
        """
        with translated("read"):
            rows, schema = await self._table.count_rows(), await self._table.schema()
        room = max(CACHE_BYTES, rows * (sum(vector_columns(schema).values()) + _WORDS_BYTES))
        if room > self._room:
            self._room = 2 * room  # or each round would open it anew
            self._seen = _NEVER

    async def _refresh(self) -> None:
        if self.place.epoch() == self._seen:
            return
        async with self._opening:
            now = self.place.epoch()
            await in_io_thread(self.place.check)
            database = await connected(self.place.database, self._room)
            self._table = await database.open_table(TABLE)
            self._seen = now
