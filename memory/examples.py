"""Searching by example: what a file or a memory means, says and looks like."""

from collections.abc import Iterable
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


@dataclass(frozen=True, slots=True)
class Examples:
    """Turns examples into what can be searched by."""

    store: Store
    embedding: Embedding
    reader: MediaReader
    views: Views

    async def resolve(self, example: Example | None, filters: SearchFilter) -> Exemplar | None:
        """The example, read.

        Raises:
            NotFoundError: no memory of this owner has the id.
            InvalidInputError: the file cannot be read.
        """
        match example:
            case None:
                return None
            case MediaPart():
                return await self._file(example)
            case str():
                return await self._memory(example, filters)

    async def lookalikes(self, look: bytes, condition: str, limit: int) -> dict[SegmentKey, float]:
        """Pictures that look the same, each with its likeness from 0 to 1."""
        found = await self.store.searches.lookalikes(look, condition, limit)
        return {key: 1 - bits / LOOK_BITS for key, bits in found if bits <= LOOK_ALIKE_BITS}

    def remarks(self, like: Exemplar | None) -> tuple[str, ...]:
        """What a user must know about a search by this example."""
        if like is None or like.vector is not None or like.taken or like.modality in (Modality.TEXT, Modality.CODE):
            return ()
        how = "the words in it and its look-alikes" if like.look else "the words in it"
        return (f"the {like.modality} was searched by {how}: this embedder reads text only",)

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
        rows = await self.store.memory(filters.owner, id_)
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


async def aim(
    embedding: Embedding, query: Content, like: Exemplar | None, unlike: Exemplar | None
) -> NDArray[np.float32] | None:
    """The vector to search with; None where there is nothing to embed.

    Words and a file are fused in one vector; words and a memory, which has its own, are added up.

    Raises:
        EmbeddingError: the embedder gave none.
    """
    toward = [await _toward(embedding, query, like)] if like else []
    if query.text.strip() and (like is None or like.vector is not None):
        toward.append(await embedding.query(query))
    known = [vector for vector in toward if vector is not None]
    if not known:
        return None
    away = await _toward(embedding, Content(), unlike) if unlike else None
    total = _unit(np.sum(known, axis=0))
    return total if away is None else _unit(total - _AWAY * away)


async def _toward(embedding: Embedding, query: Content, example: Exemplar) -> NDArray[np.float32] | None:
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
