"""Batching: what waits in bulk is embedded by batch jobs, at half price and hours later."""

import logging
import math
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import anyio
import numpy as np

from memory.catching_up import MAX_ATTEMPTS
from memory.embedders.gemini_batch import GeminiBatch, JobState
from memory.embedders.jobs import Job, Jobs
from memory.embedders.ledger import Ledger
from memory.embedding import Embedding
from memory.errors import AccountRefusedError, EmbeddingError, EmbeddingRefusedError
from memory.fingerprints import mark
from memory.model import SegmentKey
from memory.store.store import Store
from memory.usage import Usage
from memory.vectorising import Pack, Vectorising

logger = logging.getLogger(__name__)

JOB_SEGMENTS = 2_000
"""Segments in one job at most: so many are lost, and waited for again, where it fails."""
JOB_BYTES = 200_000_000
"""Bytes of media in one job at most; they are held in memory while it is written."""
LOOK_S = 60.0
"""Jobs take minutes at least. Source: Gemini API, Batch page, 2026-11 (a target of 24 hours)."""
REFUSED_S = 900.0
"""How long after a refusal nothing is asked."""
LONGEST = timedelta(hours=72)
"""A job that is not done by then never is: results lie there for two days.

Source: Gemini API, Batch page, 2026-11.
"""
SENDING = timedelta(minutes=30)
"""What was begun longer ago and has no name died with its process."""


@dataclass(slots=True, kw_only=True)
class Batching:
    """Hands what waits to batch jobs, and takes in what they give; safe to stop anywhere.

    A job goes on at the service when every process here has ended. What waits for one is not
    embedded otherwise meanwhile. A process that dies in the moment a job begins leaves one that
    nobody collects.
    """

    store: Store
    embedding: Embedding
    vectorising: Vectorising
    batches: GeminiBatch
    ledger: Ledger
    jobs: Jobs
    _looked_at: float = -math.inf

    @asynccontextmanager
    async def holding(self) -> AsyncGenerator[Callable[[], Awaitable[None]]]:
        """A block in which what is remembered waits for a job, also in other processes.

        It holds for `SENDING`, so that a process that dies holds nothing for long; it gives what
        makes it hold for as long again.
        """
        id_ = secrets.token_hex(8)

        async def renew() -> None:
            now = datetime.now(UTC)
            await self.jobs.put(Job(id=id_, space=self.embedding.name, until=now + SENDING, begun=now))

        await renew()
        try:
            yield renew
        finally:
            with anyio.CancelScope(shield=True):
                await self.jobs.remove(id_)

    async def submit(self) -> int:
        """Begin jobs for all that waits and is in none; returns how many segments they are for.

        Raises:
            SpendLimitError: they would cost more than may be spent today; those begun go on.
            EmbeddingError: the service did not take them; likewise.
        """
        handed = 0
        async with self.holding() as renew:
            keys = await self._waiting()
            for at in range(0, len(keys), JOB_SEGMENTS):
                await renew()
                handed += await self._hand(keys[at : at + JOB_SEGMENTS])
        return handed

    async def collect(self) -> None:
        """Take in what finished jobs gave, and throw away what was doomed; not more often than every `LOOK_S`.

        A job that cannot be asked for is left for the next time, and the log says why.
        """
        if anyio.current_time() - self._looked_at < LOOK_S:
            return
        self._looked_at = anyio.current_time()
        for job in await self.jobs.all():
            try:
                await self._look(job)
            except EmbeddingError as error:
                logger.warning("a batch job cannot be taken in for now: %s", error)
                if isinstance(error, AccountRefusedError):
                    self._looked_at = anyio.current_time() + REFUSED_S

    async def held_until(self) -> datetime | None:
        """What has waited since before this moment waits for a job; None where there is no job."""
        return max((job.until for job in await self._ours() if not job.is_doomed), default=None)

    async def _ours(self) -> list[Job]:
        """The jobs whose vectors are of the active space."""
        return [job for job in await self.jobs.all() if job.space == self.embedding.name]

    async def _hand(self, keys: Sequence[SegmentKey]) -> int:
        segments = [replace(one, fingerprint=mark(one.fingerprint, one.key)) for one in await self.store.segments(keys)]
        fresh = self.vectorising.distinct(await self.vectorising.take_over(self._column, segments))
        beside = await self.vectorising.views.beside(fresh)
        handed = 0
        async for pack in self.vectorising.packs(fresh, beside, lost=[], size=JOB_SEGMENTS, max_bytes=JOB_BYTES):
            handed += await self._begin(pack)
        return handed

    async def _waiting(self) -> list[SegmentKey]:
        """What waits and is in no job."""
        taken = {one for job in await self._ours() for one in job.fingerprints}
        waiting = await self.store.waiting_keys(self._column, MAX_ATTEMPTS)
        return [key for key, fingerprint in waiting.items() if mark(fingerprint, key) not in taken]

    async def _begin(self, pack: Pack) -> int:
        """Begin a job, and one that leaves out what is refused where something is; returns for how many."""
        try:
            await self._send(pack)
        except AccountRefusedError:
            raise
        except EmbeddingRefusedError as error:
            if len(pack.contents) > 1:
                return sum([await self._begin(half) for half in pack.halves()])
            logger.info("a piece waits for the jobs' end, and is embedded on its own then: %s", error)
            return 0
        return len(pack.segments)

    async def _send(self, pack: Pack) -> None:
        """Begin a job that is known here, and counted, before anything leaves the machine."""
        now = datetime.now(UTC)
        marks = [segment.fingerprint for segment in pack.segments]
        job = Job(
            id=secrets.token_hex(8), space=self.embedding.name, fingerprints=frozenset(marks), until=now, begun=now
        )
        await self.ledger.promise(job.id, self.batches.expected(pack.contents))
        with anyio.CancelScope(shield=True):
            await self.jobs.put(job)
            try:
                name = await self.batches.submit(list(zip(marks, pack.contents, strict=True)))
            except EmbeddingError:
                await self._remove(job)
                raise
            await self.jobs.put(replace(job, name=name))

    async def _look(self, job: Job) -> None:
        age = datetime.now(UTC) - job.begun
        if not job.name:
            if age > SENDING:
                await self._remove(job)
            return
        if job.is_doomed or age > LONGEST:
            await self._end(job)
            return
        if job.space != self.embedding.name:
            return  # it is of a process with another embedder, which waits for it
        state = await self.batches.look(job.name)
        if state.is_done:
            await self._take(job, state)

    async def _take(self, job: Job, state: JobState) -> None:
        if state.failure:
            logger.warning("%s What it was for waits anew.", state.failure)
        waiting = await self.store.waiting_keys(self._column, MAX_ATTEMPTS)
        marks = {key: mark(fingerprint, key) for key, fingerprint in waiting.items()}
        given = [key for key, named in marks.items() if named in state.vectors]
        if given:
            await self.store.fill(self._column, given, np.stack([state.vectors[marks[key]] for key in given]))
        for refused, reason in state.refused.items():
            await self.store.mark_failed([key for key, named in marks.items() if named == refused], reason)
        await self.ledger.settle(job.id, state.usage)
        await self._end(job)

    async def _end(self, job: Job) -> None:
        """Throw a job away; should that fail, only that is tried again."""
        await self.jobs.put(replace(job, is_doomed=True))
        try:
            await self.batches.discard(job.name)
        except EmbeddingError:
            if datetime.now(UTC) - job.begun < LONGEST:
                raise
        await self._remove(job)

    async def _remove(self, job: Job) -> None:
        await self.ledger.settle(job.id, Usage())
        await self.jobs.remove(job.id)

    @property
    def _column(self) -> str:
        assert self.embedding.column is not None  # noqa: S101  # batches come with an embedder
        return self.embedding.column
