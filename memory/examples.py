"""Searching by example: what files and memories mean, say and look like."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from memory.embedders.protocol import Content
from memory.embedding import Embedding
from memory.errors import NotFoundError, UndecodableError
from memory.media.pictures.pictures import LOOK_ALIKE_BITS, LOOK_BITS
from memory.media.reader import MediaReader, called
from memory.model import MediaPart, SearchFilter, SegmentKey
from memory.pieces import Medium, Modality
from memory.requests import Example
from memory.store.filters import visible
from memory.store.store import Store
from memory.views import Views

_EXAMPLE_CHARS = 1_200
_AWAY = 0.5
"""How strongly `unlike` pushes a question's vector away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemplar:
    """An example, ready to search by.

    Attributes:
        id: the memory it is, empty for a file; it never finds itself.
        modality: what it is.
        text: what can be read in it.
        look: what it looks like, for pictures.
        taken: what of it the embedder takes as itself.
        vector: its own vector, for a memory that has one.
    """

    id: str = ""
    modality: Modality
    text: str
    look: bytes | None = None
    taken: tuple[Medium, ...] = ()
    vector: NDArray[np.float32] | None = None

    @property
    def is_only_read(self) -> bool:
        """Whether it is a medium that is searched by the words in it, for want of an embedder that takes it."""
        is_text = self.modality in (Modality.TEXT, Modality.CODE)
        return not (is_text or self.taken or self.vector is not None)


@dataclass(frozen=True, slots=True)
class Examples:
    """Turns examples into what can be searched by."""

    store: Store
    embedding: Embedding
    reader: MediaReader
    views: Views

    async def resolve(self, examples: Sequence[Example], filters: SearchFilter) -> tuple[Exemplar, ...]:
        """The examples, read.

        Raises:
            NotFoundError: no memory of this owner has an id.
            InvalidInputError: a file cannot be read.
        """
        return tuple([await self._resolved(one, filters) for one in examples])

    async def lookalikes(self, likes: Sequence[Exemplar], condition: str, limit: int) -> dict[SegmentKey, float]:
        """Pictures that look like one of the examples, each with its likeness from 0 to 1."""
        found: dict[SegmentKey, float] = {}
        for look in (one.look for one in likes if one.look):
            for key, bits in await self.store.searches.lookalikes(look, condition, limit):
                if bits <= LOOK_ALIKE_BITS:
                    found[key] = max(found.get(key, 0.0), 1 - bits / LOOK_BITS)
        return found

    async def _resolved(self, example: Example, filters: SearchFilter) -> Exemplar:
        if isinstance(example, str):
            return await self._memory(example, filters)
        return await self._file(example)

    async def _file(self, part: MediaPart) -> Exemplar:
        self.reader.check(part)
        pieces = (await self.reader.step(part.file, part.name, {}, "answer")).pieces
        if not pieces:
            raise UndecodableError(f"{called(part.name)}: nothing in it to search by was found at its beginning")
        first = pieces[0]
        return Exemplar(
            modality=first.modality,
            text=_joined(piece.text for piece in pieces),
            look=first.look,
            taken=await self.views.of_file(part.file.path, part.file.mime, first.modality, first.anchor),
        )

    async def _memory(self, id_: str, filters: SearchFilter) -> Exemplar:
        known = visible(SearchFilter(owner=filters.owner, now=filters.now, ids=(id_,), history=True))
        rows = await self.store.select(known)
        if not rows:
            raise NotFoundError(f"like/unlike: there is no memory {id_!r}, and no file of that name")
        return Exemplar(
            id=id_,
            modality=rows[0].modality,
            text=_joined(row.text for row in rows),
            look=next((row.look for row in rows if row.look), None),
            vector=await self._own_vector(id_),
        )

    async def _own_vector(self, id_: str) -> NDArray[np.float32] | None:
        column = self.embedding.column
        vectors = await self.store.vectors_of(id_, column) if column else None
        return None if vectors is None else _unit(vectors.mean(axis=0))


def remarks(likes: Sequence[Exemplar]) -> tuple[str, ...]:
    """What a user must know about a search by these examples."""
    blind = [one for one in likes if one.is_only_read]
    hows = ((one.modality, "the words in it and its look-alikes" if one.look else "the words in it") for one in blind)
    said = (f"the {modality} was searched by {how}: this embedder reads text only" for modality, how in hows)
    return tuple(dict.fromkeys(said))


async def toward(
    embedding: Embedding, query: Content, likes: Sequence[Exemplar], unlikes: Sequence[Exemplar]
) -> NDArray[np.float32] | None:
    """The vector to search with; None where there is nothing to embed.

    Words and one file are fused in one vector. Else what is liked, and the words, are added up with
    equal weight, and what is not liked is taken away with half of theirs.

    Raises:
        EmbeddingError: the embedder gave none.
    """
    is_fused = len(likes) == 1 and likes[0].vector is None
    wanted = [await _vector(embedding, query if is_fused else Content(), one) for one in likes]
    if query.text.strip() and not is_fused:
        wanted.append(await embedding.query(query))
    known = [vector for vector in wanted if vector is not None]
    if not known:
        return None
    unwanted = [await _vector(embedding, Content(), one) for one in unlikes]
    away = [vector for vector in unwanted if vector is not None]
    total = _unit(np.sum(known, axis=0))
    return _unit(total - _AWAY * _unit(np.sum(away, axis=0))) if away else total


async def _vector(embedding: Embedding, query: Content, example: Exemplar) -> NDArray[np.float32] | None:
    if example.vector is not None:
        return example.vector
    if example.taken:
        return await embedding.query(replace(query, media=example.taken))
    text = "\n".join(part for part in (query.text, example.text) if part.strip())
    return await embedding.query(replace(query, text=text)) if text else None


def _joined(texts: Iterable[str]) -> str:
    return "\n".join(text for text in texts if text)[:_EXAMPLE_CHARS]


def _unit(vector: NDArray[np.floating]) -> NDArray[np.float32]:
    return (vector / np.linalg.norm(vector)).astype(np.float32)
