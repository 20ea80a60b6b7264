"""The write path: parts → pieces → segments → vectors, and one durable append."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio

from memory.checks import check_remembrance
from memory.composing import compose, digest_of
from memory.concurrency import both
from memory.embedders.protocol import Vectors
from memory.embedding import Embedding
from memory.errors import EmbeddingError, EmbeddingRefusedError, StoreError
from memory.media.reader import MediaReader
from memory.media.sniff import UNKNOWN
from memory.model import MediaPart, SearchFilter, Segment, SegmentKey, State, TextPart
from memory.pieces import Modality
from memory.reading import Reading, Readings, Tell
from memory.requests import Remembered, Remembrance, Similar
from memory.sources.spool import Spool
from memory.stages import stage
from memory.store.filters import none_of, one_of, visible
from memory.store.keeping import Draft
from memory.store.store import Store
from memory.threads import in_worker
from memory.vectorising import Vectorising

EMBEDDING_S = 10.0
"""How long an answer waits for vectors; hosts give up on a call after a minute."""
INLINE_SEGMENTS = 8
"""Segments embedded before the answer; more are acknowledged as pending and caught up at once."""
SIMILAR = 3
"""Close neighbours reported with a new memory."""
SIMILAR_FROM = 0.8
"""How close, from 0 for unrelated texts to 1 for the same one, a neighbour must be to be reported."""
_PREVIEW_CHARS = 80


@dataclass(frozen=True, slots=True)
class Remembering:
    """Takes remembrances in. Nothing is stored unless every part of one could be read."""

    store: Store
    embedding: Embedding
    reader: MediaReader
    vectorising: Vectorising
    spool: Spool

    async def remember(self, request: Remembrance, tell: Tell) -> Remembered:
        """Read, embed and keep one memory; on disk when this returns.

        What takes long to read, or to embed, goes on after the answer.

        Raises:
            InvalidInputError: something in it cannot be used; nothing was stored.
            NotFoundError: the memory it replaces does not exist.
            StoreError: it could not be written.
        """
        check_remembrance(request)
        self._check(request)
        digest = await in_worker(digest_of, request.parts)
        version = await self.store.table.version()
        original = await self.store.keeping.duplicate_of(request.owner, request.namespace, digest)
        if original is not None and original.id != request.replaces:
            await self.store.keeping.settle()
            return await self._duplicate(original.id, request)
        if request.replaces:
            await self.store.keeping.check_replaceable(request.owner, request.replaces)
        with ExitStack() as borrowed:
            with stage("read"):
                readings = await Readings(self.reader, self.spool, borrowed, tell).read(request.parts)
            return await self._keep(request, compose(request, readings, digest), readings, version)

    async def _keep(
        self, request: Remembrance, segments: Sequence[Segment], readings: Sequence[Reading], version: int
    ) -> Remembered:
        files = {reading.media: reading.file for reading in readings if reading.file}
        paths = {key: file.path for key, file in files.items()}
        vectors, failures = (None, ()) if request.defers else await self._embed(segments, paths)
        columns = self.embedding.as_columns(vectors)
        draft = Draft(
            segments=segments,
            vectors=columns,
            files=list(files.values()),
            quota=request.quota,
            looked_at=version,
        )
        with stage("write"):
            keep = partial(self.store.keeping.keep, draft)
            kept, (similar, unsought) = await both(keep, partial(self._similar, segments[0], vectors))
        if kept != segments[0].id:
            return await self._duplicate(kept, request)
        unread = any(reading.unread for reading in readings)
        return Remembered(
            id=kept,
            status="stored",
            state=State.PENDING if unread else self.embedding.state(vectors),
            modalities=_modalities(segments),
            segments=len(segments),
            similar=similar,
            warnings=(*(warning for reading in readings for warning in reading.warnings), *failures, *unsought),
        )

    def _check(self, request: Remembrance) -> None:
        """See that each file is of a kind that is read; a note beside it lets the unknown in."""
        has_note = any(isinstance(part, TextPart) for part in request.parts)
        for part in request.parts:
            if isinstance(part, MediaPart) and not (has_note and part.file.mime == UNKNOWN):
                self.reader.check(part)

    async def _duplicate(self, original: str, request: Remembrance) -> Remembered:
        rows = await self.store.select(one_of("id", [original]))
        these = one_of("id", [original])
        waiting = await self.store.pending(self.embedding.column, these) or await self.store.unread(these)
        return Remembered(
            id=original,
            status="duplicate",
            state=State.PENDING if waiting else State.READY,
            modalities=_modalities(rows),
            segments=len(rows),
            warnings=_already(original, rows[0].replaces, request.replaces),
        )

    async def _embed(
        self, segments: Sequence[Segment], files: Mapping[str, Path]
    ) -> tuple[Vectors | None, tuple[str, ...]]:
        if self.embedding.embedder is None:
            return None, (f"found by its words only: {self.embedding.absence}",)
        if len(segments) > INLINE_SEGMENTS or any(one.unread and one.unread.is_blank for one in segments):
            return None, ()
        try:
            with anyio.fail_after(EMBEDDING_S):
                return await self.vectorising.vectors(segments, files), ()
        except TimeoutError:
            return None, (f"stored; embedding takes longer than {EMBEDDING_S:g} s and goes on after this answer",)
        except EmbeddingRefusedError as error:
            return None, (f"stored; found by its words only until this is mended: {error}",)
        except EmbeddingError as error:
            return None, (f"stored; found by its words until the embedder answers again: {error}",)

    async def _similar(self, first: Segment, vectors: Vectors | None) -> tuple[tuple[Similar, ...], tuple[str, ...]]:
        """Close neighbours, looked for while it is stored, so that trouble in looking is only told."""
        column = self.embedding.column
        if vectors is None or column is None:
            return (), ()
        try:
            return await self._neighbours(first, column, vectors), ()
        except StoreError as error:
            return (), (f"stored; similar memories could not be looked for: {error}",)

    async def _neighbours(self, first: Segment, column: str, vectors: Vectors) -> tuple[Similar, ...]:
        near = SearchFilter(owner=first.owner, now=first.created_at, namespace=first.namespace)
        condition = f"{visible(near)} AND {none_of('id', [first.id])}"
        matches = await self.store.searches.nearest(column, vectors[0], condition, SIMILAR * 4)
        closeness = {match.key: self.embedding.closeness(match.cosine or 0.0) for match in matches}
        nearest = dict[str, SegmentKey]()
        for match in matches:
            nearest.setdefault(match.key[0], match.key)
        close = [key for key in nearest.values() if closeness[key] >= SIMILAR_FROM][:SIMILAR]
        found = {segment.key: segment for segment in await self.store.segments(close)}
        return tuple(
            Similar(id=key[0], preview=_preview(found[key]), score=closeness[key]) for key in close if key in found
        )


def _already(original: str, replaced: str, asked: str) -> tuple[str, ...]:
    said = (
        "exactly this content is remembered already; its title, tags and times stay as they were. "
        f"To change them, remember it again with replaces={original}"
    )
    if asked and asked != replaced:
        return said, f"{asked} was not replaced: forget it if it is out of date"
    return (said,)


def _preview(segment: Segment) -> str:
    said = " ".join((segment.text or segment.context).split())
    return f"{segment.title}: {said}"[:_PREVIEW_CHARS] if segment.title else said[:_PREVIEW_CHARS]


def _modalities(segments: Sequence[Segment]) -> tuple[Modality, ...]:
    return tuple(dict.fromkeys(segment.modality for segment in segments))
