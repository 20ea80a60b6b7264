"""Upkeep: what goes on in the background, in one process at a time."""

import logging
import math
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import anyio

from memory.batching import Batching
from memory.catching_up import CatchUp
from memory.errors import EmbeddingError, SensoriumError, StoreBusyError, StoreError
from memory.forgetting import LET_GO_S, Forgetting
from memory.moving import Moving
from memory.reading_on import ReadOn
from memory.sources.uploads import Uploads
from memory.store.filters import expired
from memory.store.lock import Lock
from memory.store.store import Store
from memory.threads import in_io_thread

logger = logging.getLogger(__name__)

PAUSE_S = 30.0
"""How long upkeep rests when nothing wakes it."""


@dataclass(slots=True, kw_only=True)
class Upkeep:
    """Expires, tidies, reads on and catches up.

    Attributes:
        turn: held by the one process that does it.
        batching: None where the embedder has no batch jobs.
        trouble: why it stopped last; empty while all is well.
    """

    store: Store
    turn: Lock
    moving: Moving
    forgetting: Forgetting
    catch_up: CatchUp
    read_on: ReadOn
    uploads: Uploads
    batching: Batching | None = None
    trouble: str = ""
    _work: anyio.Event = field(default_factory=anyio.Event)
    _has_recovered: bool = False

    def wake(self) -> None:
        """There is something to do: do not rest."""
        self._work.set()

    async def run(self) -> None:
        """Keep up for ever; cancelled to stop."""
        while True:
            try:
                await self.store.erasure.forget_copies()
                await self.take_a_turn()
                self.trouble = ""
            except SensoriumError as error:
                self._tell(error)
            except Exception:  # the end of a background task: a bug in upkeep must not end it unseen
                self.trouble = "a bug stopped it; the log on stderr has the traceback"
                logger.exception("upkeep stopped, and goes on in %d s", PAUSE_S)
            await self._rest()

    def _tell(self, error: SensoriumError) -> None:
        if str(error) != self.trouble:  # said once, however often it comes
            logger.warning("upkeep stopped, and goes on when it can: %s", error)
        self.trouble = str(error)

    async def take_a_turn(self) -> bool:
        """One round, unless another process is at it; whether it was ours.

        Raises:
            SensoriumError: what stopped it; what was done before stays done.
        """
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self.turn.hold(patience_s=0))
            except StoreBusyError:
                return False  # another process has its turn; ours comes
            await self.round()
        return True

    async def round(self) -> None:
        """What died halfway, what expired, the table's own tidying, and all that is pending.

        Raises:
            SensoriumError: what stopped it; what was done before stays done.
        """
        if not self._has_recovered:
            await self.store.erasure.recover()
            self._has_recovered = True
        await self.store.erasure.finish()
        await self.moving.check()
        await self._expire(datetime.now(UTC))
        await in_io_thread(self.uploads.sweep)
        await self.store.upkeep()
        await self._catch_up_with_all()

    async def _expire(self, now: datetime) -> None:
        """Erase what has expired; while the clock is doubted it is only out of sight."""
        believed = await self.store.believes(now)
        if believed and (over := await self.store.ids(expired(now))):
            await self.forgetting.erase(over)

    async def read_all(self) -> None:
        """Read every file that is still being read to its end, or wait until another process has.

        Raises:
            StoreError: what was read could not be written.
        """
        async with self.turn.hold(patience_s=math.inf):
            while await self.read_on.step():
                await self.store.upkeep()

    async def _catch_up_with_all(self) -> None:
        """Read and embed side by side: what is read is found by its words long before its vectors are there."""
        is_read, troubles = anyio.Event(), list[SensoriumError]()

        async def side(work: Callable[[], Awaitable[None]]) -> None:
            try:
                await work()
            except SensoriumError as error:  # the other side goes on
                troubles.append(error)

        async def read() -> None:
            try:
                while await self.read_on.step():
                    await self.store.upkeep()
            finally:
                is_read.set()

        async with anyio.create_task_group() as group:
            group.start_soon(side, read)
            group.start_soon(side, partial(self._embed_until, is_read))
        if troubles:
            raise troubles[0]

    async def _embed_until(self, is_read: anyio.Event) -> None:
        """Embed all that is pending, also what is still to come from reading; an outage is waited out."""
        while True:
            is_last, pause_s = is_read.is_set(), 1.0
            try:
                if await self._embed():
                    await self.store.upkeep()
                    continue
            except EmbeddingError as error:
                if is_last:
                    raise
                self.trouble, pause_s = str(error), PAUSE_S
            if is_last:
                return
            with anyio.move_on_after(pause_s):
                await is_read.wait()

    async def _embed(self) -> int:
        """Take in what batch jobs gave, and embed some of what waits for none."""
        if self.batching is None:
            return await self.catch_up.step()
        await self.batching.collect()
        return await self.catch_up.step(await self.batching.held_until())

    async def _rest(self) -> None:
        """Wait until there is something to do, or the pause is over; hold on to nothing that was erased meanwhile."""
        until = anyio.current_time() + PAUSE_S
        while not self._work.is_set() and anyio.current_time() < until:
            try:
                await self.store.handle.refresh()
            except StoreError as error:  # its disk may be away for a while
                self._tell(error)
            with anyio.move_on_after(LET_GO_S):
                await self._work.wait()
        self._work = anyio.Event()
