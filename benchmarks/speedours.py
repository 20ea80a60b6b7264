"""Our own store as an engine of `make bench-speed`: searched as a recall does, without an embedder's time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from speeddata import Notes, questions
from speedengine import NEAREST, Vector

from memory.embedders.e5 import SPACE, E5Embedder
from memory.embedders.protocol import Content, Vectors
from memory.embedding import Embedding
from memory.media.decoding import Engines
from memory.media.reader import MediaReader
from memory.model import Quota, SearchFilter, Segment, TextPart
from memory.requests import Question, Remembrance
from memory.service import MemoryService
from memory.store.keeping import Draft
from memory.store.store import Store

OWNER = "local"
NO_MEDIA = Engines(ocr=Path("nowhere"), speech=Path("nowhere"))
"""Nothing but text is read, so that no engine for anything else takes memory or time."""


class Given(E5Embedder):
    """The offline embedder's space, with vectors that are known: nothing is computed."""

    def __init__(self, vectors: Mapping[str, Vector]) -> None:
        self._vectors = vectors

    async def embed_queries(self, contents: Sequence[Content]) -> Vectors:
        """The vectors of texts that are among those given."""
        return np.stack([self._vectors[content.text] for content in contents])


class Ours:
    """A store of notes in the space of the offline embedder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._like: Segment | None = None

    async def open(self) -> None:
        """See `Engine`."""
        texts, vectors = questions()
        embedder = Given(dict(zip(texts, vectors, strict=True)))
        reader = MediaReader(NO_MEDIA)
        self._store = await Store.open(self._folder)
        self._service = await MemoryService.open(self._folder, self._store, Embedding(embedder), reader)

    async def fill(self, first: int, notes: Notes) -> None:
        """See `Engine`."""
        like = self._like = self._like or await self._any_note()
        segments = [_note(like, first + place, notes, place) for place in range(len(notes.texts))]
        async with self._store.exclusively():
            await self._store.table.append(segments, {SPACE.column: list(notes.vectors)})

    async def finish(self) -> None:
        """See `Engine`."""
        while await self._store.upkeep():
            pass
        await self._store.erasure.erase([])  # old versions too, so that the folder holds what it needs

    async def plain(self, vector: Vector) -> Sequence[int]:
        """See `Engine`."""
        return await self._nearest(vector, "")

    async def filtered(self, vector: Vector, namespace: str) -> Sequence[int]:
        """See `Engine`."""
        return await self._nearest(vector, namespace)

    async def hybrid(self, vector: Vector, words: str) -> Sequence[int]:  # noqa: ARG002  # known to the embedder
        """The whole of `recall`, from the question to whole memories."""
        filters = SearchFilter(owner=OWNER, now=datetime.now(UTC))
        found = await self._service.recall(Question(query=words, filters=filters, limit=NEAREST))
        return [number_of(hit.segment.id) for hit in found.hits]

    async def add(self, number: int, text: str, namespace: str, vector: Vector) -> None:
        """See `Engine`."""
        if self._like is None:
            [self._like] = await self._store.segments([(id_of(0), 0)])
        note = replace(self._like, id=id_of(number), text=text, namespace=namespace, digest=f"{number:064x}")
        draft = Draft(segments=[note], vectors={SPACE.column: vector[None]}, files=[], quota=Quota())
        await self._store.keeping.keep(draft)

    async def _nearest(self, vector: Vector, namespace: str) -> Sequence[int]:
        filters = SearchFilter(owner=OWNER, now=datetime.now(UTC), namespace=namespace)
        condition = await self._store.visible(filters)
        found = await self._store.searches.nearest(SPACE.column, vector, condition, NEAREST)
        return [number_of(match.key[0]) for match in found]

    async def _any_note(self) -> Segment:
        service = MemoryService(self._folder, self._store, Embedding(None, "not needed"), self._service.reader)
        kept = await service.remember(Remembrance(owner=OWNER, parts=(TextPart(text="like this"),)))
        [like] = await self._store.select(f"id = '{kept.id}'")
        await self._store.erasure.erase([kept.id])
        return like


def _note(like: Segment, number: int, notes: Notes, place: int) -> Segment:
    moment = notes.moments[place]
    return replace(
        like,
        id=id_of(number),
        text=notes.texts[place],
        namespace=notes.namespaces[place],
        created_at=moment,
        occurred_at=moment,
        digest=f"{number:064x}",
        fingerprint=f"{number:032x}",
    )


def id_of(number: int) -> str:
    """The memory of a row."""
    return f"m{number:020x}"


def number_of(id_: str) -> int:
    """The row of a memory."""
    return int(id_[1:], 16)
