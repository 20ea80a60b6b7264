"""The memory as a whole: what the three tools call, and the upkeep that runs beside them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from memory.aiming import Aiming
from memory.archive_file import Advance
from memory.batching import Batching
from memory.catching_up import MAX_ATTEMPTS, CatchUp
from memory.embedders.cached import QUESTIONS, QueryCache
from memory.embedders.gemini_batch import GeminiBatch
from memory.embedders.jobs import JOBS, Jobs
from memory.embedding import Embedding
from memory.errors import ConfigurationError, NotFoundError, StoreError
from memory.examples import Examples
from memory.forgetting import Forgetting
from memory.gathering import Gathering
from memory.imports import IMPORTS, Imports
from memory.media.reader import MediaReader
from memory.model import Receipt, SearchFilter, Segment, State
from memory.moving import Moving
from memory.overview import Overview
from memory.pieces import Medium
from memory.reading import Tell
from memory.reading_on import ReadOn
from memory.recalling import Recalling
from memory.remembering import Remembering
from memory.requests import (
    Backlog,
    Chart,
    Extract,
    Opened,
    Proposal,
    Question,
    Recollection,
    Remembered,
    Remembrance,
    Status,
    TopicMap,
    Waiting,
)
from memory.restoring import Restored, Restoring
from memory.sources.spool import Spool
from memory.sources.uploads import Uploads
from memory.store.filters import of_part, text_literal, visible
from memory.store.store import Store
from memory.threads import in_io_thread, in_worker
from memory.topics import Topics
from memory.upkeep import Upkeep
from memory.vectorising import Vectorising
from memory.views import Views
from memory.weighing import Weighing


async def _nobody(_: str) -> None:
    """Tell nobody how far it is."""


class MemoryService:
    """One open memory. All calls are safe to run at the same time, in any number of processes."""

    def __init__(
        self,
        home: Path,
        store: Store,
        embedding: Embedding,
        reader: MediaReader,
        batches: GeminiBatch | None = None,
    ) -> None:
        self.home = home
        self.store = store
        self.embedding = embedding
        self.reader = reader
        self.spool = Spool.beside(home)
        self.views = Views(store, reader, embedding)
        vectorising = Vectorising(store, embedding, self.views)
        self._remembering = Remembering(store, embedding, reader, vectorising, self.spool)
        examples = Examples(store, embedding, reader, self.views)
        aiming = Aiming(store, embedding, examples, Weighing(store))
        self._recalling = Recalling(store, embedding, aiming, Gathering(store, embedding, examples))
        jobs = Jobs(home / JOBS)
        self._batching: Batching | None = None
        if batches is not None and embedding.ledger is not None:
            batches.folder = self.spool.folder
            self._batching = Batching(
                store=store,
                embedding=embedding,
                vectorising=vectorising,
                batches=batches,
                ledger=embedding.ledger,
                jobs=jobs,
            )
        self.uploads = Uploads(home / "uploads")
        self.imports = Imports(home / IMPORTS)
        self._forgetting = Forgetting(store, QueryCache(home / QUESTIONS), jobs, self.imports, self.spool, self.uploads)
        self._moving = Moving(store, embedding)
        self._upkeep = Upkeep(
            store=store,
            moving=self._moving,
            turn=store.place.upkeep,
            forgetting=self._forgetting,
            catch_up=CatchUp(vectorising),
            read_on=ReadOn(store, reader),
            uploads=self.uploads,
            batching=self._batching,
        )

    @classmethod
    async def open(
        cls,
        home: Path,
        store: Store,
        embedding: Embedding,
        reader: MediaReader,
        batches: GeminiBatch | None = None,
    ) -> "MemoryService":
        """A service on a store, whose table has room for the active space's vectors.

        Raises:
            StoreError: the store cannot be changed, or holds that space with another width.
        """
        service = cls(home, store, embedding, reader, batches)
        await service._moving.begin()
        return service

    async def remember(self, request: Remembrance, tell: Tell = _nobody) -> Remembered:
        """Keep one memory; see `Remembering.remember`."""
        remembered = await self._moving.within(lambda: self._remembering.remember(request, tell))
        if remembered.state is State.PENDING or await self._is_untidy():
            self._upkeep.wake()
        return remembered

    async def _is_untidy(self) -> bool:
        try:
            return await self.store.tidying.is_due()
        except StoreError:  # its disk is away since; what was remembered is acknowledged all the same
            return False

    async def recall(self, question: Question) -> Recollection:
        """Search; see `Recalling.recall`."""
        return await self._moving.within(lambda: self._recalling.recall(question))

    async def open_memories(self, filters: SearchFilter, extracts: Sequence[Extract]) -> list[Opened]:
        """Memories by id, whole or in part; see `Recalling.open`."""
        return await self._recalling.open(filters, extracts)

    async def part(self, filters: SearchFilter, id_: str, part: int) -> Sequence[Segment]:
        """One part of a memory: all segments of a note, the first one of a file; none where it has no such part.

        Raises:
            NotFoundError: there is no such memory.
        """
        await self.open_memories(filters, [Extract(id=id_, last=0)])
        condition = f"{visible(replace(filters, ids=(id_,), history=True))} AND {of_part(part)}"
        first = await self.store.segments(await self.store.newest(condition))
        return first if not first or first[0].media else await self.store.select(condition)

    async def piece(self, filters: SearchFilter, id_: str, part: int, index: int) -> Segment:
        """One segment of a memory, by its number within the memory and the part it belongs to.

        Raises:
            NotFoundError: there is no such memory, or no such piece of that part.
        """
        [opened] = await self.open_memories(filters, [Extract(id=id_, first=index, last=index)])
        segment = opened.segments[0]
        if segment.part != part:
            raise NotFoundError(f"piece {index} of {id_} belongs to part {segment.part}, not to part {part}")
        return segment

    async def topics(self, filters: SearchFilter, limit: int) -> TopicMap:
        """What is remembered, by subject; see `Topics.within`."""
        return await self._moving.within(lambda: Topics(self.store, self.embedding).within(filters, limit))

    async def chart(self, filters: SearchFilter, limit: int) -> Chart:
        """The same, with where each memory lies among the others; see `Topics.chart`."""
        return await self._moving.within(lambda: Topics(self.store, self.embedding).chart(filters, limit))

    async def timeline(self, filters: SearchFilter) -> dict[date, int]:
        """How many memories happened on each day; see `Overview.timeline`."""
        return await Overview(self.store, self.embedding).timeline(filters)

    async def waiting(self, filters: SearchFilter) -> Waiting:
        """What is not done yet, or could not be; see `Overview.waiting`."""
        return await self._moving.within(lambda: Overview(self.store, self.embedding).waiting(filters))

    async def retry(self, owner: str) -> None:
        """Try again what an owner's memories were refused.

        Raises:
            StoreError: the store cannot be changed.
        """
        async with self.store.exclusively():
            await self.store.table.forget_failures(f"owner = {text_literal(owner)}")
        self._upkeep.wake()

    def path_of(self, segment: Segment) -> Path:
        """Where a segment's medium lies on this machine, if it does."""
        return self.store.media.path(segment.media)

    async def file_of(self, segment: Segment) -> Path:
        """The same, once it does; where it was forgotten, nothing is there.

        Raises:
            StoreError: it cannot be fetched from where it is.
        """
        return await in_io_thread(self.store.media.fetched, segment.media)

    async def medium_of(self, segment: Segment) -> Medium:
        """The bytes a segment was made from.

        Raises:
            NotFoundError: they were forgotten in the meantime.
        """
        return Medium(data=await in_io_thread(self.store.media.read, segment.media), mime=segment.mime)

    async def forget_ids(self, owner: str, ids: Sequence[str]) -> Receipt:
        """Erase by id; see `Forgetting.forget_ids`."""
        return await self._forgetting.forget_ids(owner, ids)

    async def propose_forgetting(self, filters: SearchFilter, query: str) -> Proposal:
        """What a forget by filter would take; see `Forgetting.propose`."""
        return await self._forgetting.propose(filters, query)

    async def forget_selected(self, filters: SearchFilter, query: str, code: str) -> Receipt:
        """Erase by filter; see `Forgetting.forget_selected`."""
        return await self._forgetting.forget_selected(filters, query, code)

    async def relocate(self, owner: str, id_: str, before: str, after: str) -> None:
        """Note that the file a memory came from was moved; what is remembered of it stays as it is."""
        async with self.store.exclusively():
            await self.store.table.relocate(owner, id_, before, after)

    async def restore(self, path: Path, advance: Advance) -> Restored:
        """Take in what an archive holds; see `Restoring.restore`."""
        return await Restoring(self.store, self.spool).restore(path, advance)

    async def status(self, owner: str) -> Status:
        """Counts and health."""
        await self._moving.check()
        mine = f"owner = {text_literal(owner)}"
        return Status(
            home=self.home,
            place=str(self.store.place),
            disk_bytes=await self.store.accounts.on_disk(),
            holdings=await self.store.accounts.of(owner),
            pending=await self.store.pending(self.embedding.column, mine),
            unread=tuple(await self.store.unread(mine)),
            failed=await self.store.failed(MAX_ATTEMPTS, self.embedding.column, mine),
            embedder=self.embedding.name,
            spaces=tuple(await self.store.table.spaces()),
            reads=await in_worker(self.reader.capabilities),
            spending=await self.embedding.spending(),
            trouble=self.trouble,
        )

    @property
    def trouble(self) -> str:
        """Why upkeep stopped last, such as an embedder that does not answer; empty while all is well."""
        return self._upkeep.trouble

    async def keep_up(self) -> None:
        """Keep everything up for ever; cancelled to stop. See `Upkeep.run`."""
        await self._upkeep.run()

    async def upkeep(self) -> None:
        """One round of it; see `Upkeep.round`."""
        await self._upkeep.round()

    async def take_a_turn(self) -> bool:
        """One round of it, unless another process is at it; see `Upkeep.take_a_turn`."""
        return await self._upkeep.take_a_turn()

    async def backlog(self) -> Backlog:
        """What is still to be done."""
        await self._moving.check()
        pending = await self.store.pending(self.embedding.column)
        failed = await self.store.failed(MAX_ATTEMPTS, self.embedding.column)
        return Backlog(unread=len(await self.store.unread()), pending=max(0, pending - failed), failed=failed)

    async def drop_other_spaces(self) -> list[str]:
        """Erase all vectors but the active space's, where that is full; see `Moving.finish`."""
        return await self._moving.finish()

    async def read_all(self) -> None:
        """Read every file that is still being read to its end; see `Upkeep.read_all`."""
        await self._upkeep.read_all()

    @property
    def batching(self) -> Batching:
        """What has batch jobs embed what waits.

        Raises:
            ConfigurationError: the embedder has none.
        """
        if self._batching is None:
            raise ConfigurationError(
                "batch jobs are offered by the Gemini API only: set GEMINI_API_KEY, or leave out --batch"
            )
        return self._batching
