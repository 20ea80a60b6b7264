"""Restore: what an archive holds comes back, once, and everything in it is accounted for."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from memory.archive import MAX_LINE_BYTES, MEDIA, Record, record_of, require_whole, vector_of
from memory.archive_file import Advance, ArchiveReader, opened
from memory.errors import UndecodableError
from memory.model import Segment
from memory.pieces import File
from memory.sources.spool import Spool
from memory.store.clock import LEAP
from memory.store.media import media_key
from memory.store.store import Store
from memory.store.taking_in import Incoming, Standing, may_expire, standings, take_in
from memory.threads import in_io_thread, in_worker

MEMORIES_AT_ONCE = 500
"""Memories that are written in one commit, at most."""
SEGMENTS_AT_ONCE = 5_000
"""After how many segments a commit is made."""
MEDIA_BYTES_AT_ONCE = 512 * 2**20
"""After how many bytes of media, which wait in the spool until then."""

MAX_NAMELESS = 1_000
"""Refusals that name no memory, after which a restore gives up: a few megabytes can hold millions of empty lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Something in an archive that cannot be restored.

    Attributes:
        line: where it is, or begins, among the archive's lines, from 1.
        id: the memory that is left out for it; empty where that cannot be told, or none is.
    """

    line: int
    id: str
    why: str


@dataclass(slots=True, kw_only=True)
class Restored:
    """What became of the memories of an archive.

    Attributes:
        memories: how many it says it holds.
        restored: how many were not here, or not as a whole, and are now.
        completed: how many of those were here in part, as the store was damaged.
        doubted: how many of those are restored although their time is over, by a clock that is not believed.
        segments: how many pieces those have.
        there: how many were here already.
        known: those left out as the same content is here under another id, with that.
        expired: those left out as their time is over.
        refused: what is damaged.
        nameless: how much of that names no memory.
    """

    memories: int = 0
    restored: int = 0
    completed: int = 0
    doubted: int = 0
    segments: int = 0
    there: int = 0
    known: dict[str, str] = field(default_factory=dict[str, str])
    expired: list[str] = field(default_factory=list[str])
    refused: list[Refusal] = field(default_factory=list[Refusal])
    nameless: int = 0

    @property
    def done(self) -> int:
        """How many memories are accounted for so far."""
        return self.restored + self.there + len(self.known) + len(self.expired) + len(self.refused) - self.nameless

    @property
    def missing(self) -> int:
        """Memories the archive says it holds and no line tells of; below 0 where lines tell of more."""
        return self.memories - self.done

    def refuse(self, line: int, why: str, *, id_: str = "") -> None:
        """Note what cannot be restored.

        Raises:
            UndecodableError: there is so much of it that no memory is named for that it is not worth to go on.
        """
        self.refused.append(Refusal(line=line, id=id_, why=why))
        self.nameless += not id_
        if self.nameless > MAX_NAMELESS:
            lines = f"over {MAX_NAMELESS:,} lines are of no memory; the last, {line:,}: {why}"
            raise UndecodableError(f"too much of the archive is damaged: {lines}; what was restored before stays")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """A whole memory of an archive, and the line it begins in."""

    line: int
    records: Sequence[Record]

    @property
    def first(self) -> Segment:
        return self.records[0].segment

    @property
    def id(self) -> str:
        return self.first.id

    @property
    def is_over(self) -> bool:
        """Whether its time is, by the clock."""
        return self.first.expires_at is not None and self.first.expires_at <= datetime.now(UTC)

    @property
    def media(self) -> set[str]:
        return {record.segment.media for record in self.records} - {""}


@dataclass(frozen=True, slots=True)
class Restoring:
    """Brings memories back, some hundreds at a time."""

    store: Store
    spool: Spool

    async def restore(self, path: Path, advance: Advance) -> Restored:
        """Take in what an archive holds and the store does not; each memory as a whole or not at all.

        Run again, after whatever stopped it, it goes on with what is not there yet. What is damaged
        is named in the answer, and does not keep the rest out.

        Raises:
            InvalidInputError: the file is no archive, or one of a newer version.
            StoreError: the disk is full, or the store cannot be written.
        """
        with opened(path) as archive:
            manifest = await in_io_thread(archive.manifest)
            outcome = Restored(memories=manifest.memories)
            expires = await self._may_expire(manifest.made_at)
            batches = _batches(archive, outcome)
            while (batch := await in_worker(next, batches, None)) is not None:
                await self._restore(archive, _living(batch, outcome) if expires else batch, outcome)
                advance(outcome.done, outcome.memories)
                await self.store.upkeep()
        return outcome

    async def _may_expire(self, made_at: datetime) -> bool:
        """Whether the clock is believed; a store that is empty has seen none, and asks when the archive was made."""
        now = datetime.now(UTC)
        is_empty = not await self.store.table.count("true")
        return await may_expire(self.store, now) and not (is_empty and now - made_at > LEAP)

    async def _restore(self, archive: ArchiveReader, living: Sequence[_Given], outcome: Restored) -> None:
        stood = await standings(self.store, [given.first for given in living])
        spaces = await self.store.table.spaces()
        with ExitStack() as borrowed:
            unpacking = _Unpacking(archive, self.spool, borrowed, spaces)
            wanted = [given for given in living if stood[given.id].is_wanted]
            new = await in_io_thread(unpacking.unpacked, wanted, outcome)
            stood |= await take_in(self.store, new) if new else {}
        lost = {given.id for given in wanted} - {memory.first.id for memory in new}
        for given in (one for one in living if one.id not in lost):
            _count(given, stood[given.id], outcome)


@dataclass(slots=True)
class _Unpacking:
    """Gets memories ready to be taken in; what it borrows from the spool goes back when the block ends."""

    archive: ArchiveReader
    spool: Spool
    borrowed: ExitStack
    spaces: Mapping[str, int]
    _files: dict[str, File] = field(default_factory=dict[str, File])

    def unpacked(self, memories: Sequence[_Given], outcome: Restored) -> list[Incoming]:
        """The memories that are what they say, ready; the others are refused."""
        ready: list[Incoming] = []
        for given in memories:
            try:
                ready.append(self._unpacked(given))
            except UndecodableError as error:
                outcome.refuse(given.line, str(error), id_=given.id)
        return ready

    def _unpacked(self, given: _Given) -> Incoming:
        """A memory with its files, and those of its vectors that are fit for the store.

        Raises:
            UndecodableError: a file of it is missing, or is not what its name says.
        """
        files = {record.segment.media: self._file(record.segment) for record in given.records if record.segment.media}
        keys = {"": "", **{key: media_key(file) for key, file in files.items()}}
        return Incoming(
            segments=[replace(record.segment, media=keys[record.segment.media]) for record in given.records],
            vectors=[self._vectors(record) for record in given.records],
            files=list(files.values()),
        )

    def _file(self, segment: Segment) -> File:
        key = segment.media
        if key not in self._files:
            file = self.spool.add(self.archive.blocks(key))
            self.borrowed.callback(self.spool.discard, file)
            if file.sha256 != PurePosixPath(key).stem:
                raise UndecodableError(f"{MEDIA}{key} holds other bytes than those it is named after")
            self._files[key] = file
        return replace(self._files[key], mime=segment.mime)

    def _vectors(self, record: Record) -> dict[str, NDArray[np.float32]]:
        judged = {column: vector_of(record.vectors.get(column), width) for column, width in self.spaces.items()}
        return {column: vector for column, vector in judged.items() if vector is not None}


def _batches(archive: ArchiveReader, outcome: Restored) -> Iterator[list[_Given]]:
    """The whole memories of an archive, as many together as one commit takes."""
    batch: list[_Given] = []
    segments = size = 0
    for given in _memories(archive, outcome):
        batch.append(given)
        segments += len(given.records)
        size += sum(map(archive.size_of, given.media))
        if len(batch) >= MEMORIES_AT_ONCE or segments >= SEGMENTS_AT_ONCE or size >= MEDIA_BYTES_AT_ONCE:
            yield batch
            batch, segments, size = [], 0, 0
    if batch:
        yield batch


def _memories(archive: ArchiveReader, outcome: Restored) -> Iterator[_Given]:
    """The whole memories of an archive; what is none is refused."""
    seen: set[str] = set()
    for id_, some in groupby(_records(archive, outcome), key=lambda numbered: numbered[1].segment.id):
        number, first = next(some)
        if id_ in seen:
            outcome.refuse(number, f"lines of {id_} came before, and others between: it was taken as it came first")
            continue
        seen.add(id_)
        records = [first, *(record for _, record in islice(some, first.of))]  # one too many will do
        try:
            require_whole(records)
        except UndecodableError as error:
            outcome.refuse(number, str(error), id_=id_)
        else:
            yield _Given(line=number, records=sorted(records, key=lambda record: record.segment.index))


def _records(archive: ArchiveReader, outcome: Restored) -> Iterator[tuple[int, Record]]:
    for number, line in _lines(archive, outcome):
        try:
            record = _record(line)
        except UndecodableError as error:
            outcome.refuse(number, str(error))
        else:
            yield number, record


def _lines(archive: ArchiveReader, outcome: Restored) -> Iterator[tuple[int, bytes]]:
    number = 0
    for name in archive.entries():
        try:
            for line in archive.lines(name):
                number += 1
                yield number, line
        except UndecodableError as error:
            outcome.refuse(number + 1, f"{error}; all that it holds is left out")


def _record(line: bytes) -> Record:
    if len(line) > MAX_LINE_BYTES:
        raise UndecodableError(f"the line is over {MAX_LINE_BYTES // 2**20} MB")
    return record_of(line)


def _living(batch: Sequence[_Given], outcome: Restored) -> list[_Given]:
    outcome.expired.extend(given.id for given in batch if given.is_over)
    return [given for given in batch if not given.is_over]


def _count(given: _Given, stood: Standing, outcome: Restored) -> None:
    match stood.kind:
        case "new" | "partial":
            outcome.restored += 1
            outcome.completed += stood.kind == "partial"
            outcome.doubted += given.is_over
            outcome.segments += len(given.records)
        case "there":
            outcome.there += 1
        case "known":
            outcome.known[given.id] = stood.original
        case "other":
            outcome.refuse(given.line, "something else is here under its id", id_=given.id)
