"""What the embedder in use makes of segments, and what its absence means."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from memory.embedders.ledger import Ledger
from memory.embedders.protocol import Content, Embedder, Limits, Unrelated, Vectors
from memory.errors import EmbeddingUnavailableError
from memory.model import Segment, State
from memory.pieces import Medium, Modality
from memory.stages import stage
from memory.usage import Spending, Usage

_NO_EMBEDDER = Unrelated(mean=0.0, std=1.0)
_NO_LIMITS = Limits(max_batch=1, max_text_chars=0)


@dataclass(slots=True)
class Embedding:
    """The active space of a store, or the reason why there is none.

    Attributes:
        embedder: None where nothing on this machine can embed: then words are all there is.
        absence: why, for the user; empty where there is an embedder.
        ledger: what the embedder costs; None where it costs nothing.
        expected: what a call with these contents will use; likewise.
    """

    embedder: Embedder | None
    absence: str = ""
    ledger: Ledger | None = None
    expected: Callable[[Sequence[Content]], Usage] | None = None

    def retire(self, why: str) -> None:
        """Use the embedder no longer; `why` is what users are told."""
        self.embedder, self.absence = None, why

    @property
    def name(self) -> str:
        """The space in use, or that there is none and why, for a person."""
        return self.embedder.space.name if self.embedder else f"none, found by words only: {self.absence}"

    @property
    def column(self) -> str | None:
        """The table column of the active space."""
        return self.embedder.space.column if self.embedder else None

    @property
    def native(self) -> frozenset[Modality]:
        """What is embedded as itself."""
        return self.embedder.native if self.embedder else frozenset()

    @property
    def limits(self) -> Limits:
        """What one call may hold."""
        return self.embedder.limits if self.embedder else _NO_LIMITS

    @property
    def unrelated(self) -> Unrelated:
        """How similar unrelated texts look in the active space."""
        return self.embedder.unrelated if self.embedder else _NO_EMBEDDER

    def closeness(self, cosine: float) -> float:
        """The cosine from 0, unrelated, to 1, the same: comparable between spaces."""
        floor = self.unrelated.mean
        return min(1.0, max(0.0, (cosine - floor) / (1.0 - floor)))

    def state(self, vectors: Vectors | None) -> State:
        """Ready with vectors; without an embedder there is nothing to wait for either."""
        return State.READY if vectors is not None or self.embedder is None else State.PENDING

    def as_columns(self, vectors: Vectors | None) -> Mapping[str, NDArray[np.float32]]:
        """Vectors under the column they go into."""
        return {} if vectors is None or self.column is None else {self.column: vectors}

    def content(self, segment: Segment, media: tuple[Medium, ...]) -> Content:
        """What stands for a segment: its media as themselves, fused with what is said in and of them.

        Media of which nothing is said stand for themselves alone; a file's name says nothing.
        """
        said = said_in(segment)
        title = "" if segment.title in said or (media and segment.title == segment.name) else segment.title
        text = said if media else said or searchable_text(segment)
        document = f"{segment.id}/{segment.part}"
        return self._cut(Content(title=title, text=text, media=media, document=document))

    async def documents(self, contents: Sequence[Content]) -> Vectors:
        """One vector a content that is to be found.

        Raises:
            EmbeddingError: the embedder gave none.
        """
        if self.embedder is None:
            raise EmbeddingUnavailableError(self.absence)
        with stage("embed"):
            return await self.embedder.embed_documents(contents)

    async def query(self, content: Content) -> NDArray[np.float32]:
        """The vector of one question.

        Raises:
            EmbeddingError: the embedder gave none.
        """
        if self.embedder is None:
            raise EmbeddingUnavailableError(self.absence)
        with stage("embed"):
            return (await self.embedder.embed_queries([self._cut(content)]))[0]

    async def spending(self) -> Spending | None:
        """What the embedder has cost; None where it costs nothing.

        Raises:
            StoreError: the ledger cannot be read.
        """
        return await self.ledger.spending() if self.ledger else None

    def _cut(self, content: Content) -> Content:
        """Within the embedder's limits; segments are short enough, a long note's context may not be.

        Media take up to half of what a model reads at once.
        """
        room = self.limits.max_text_chars // (2 if content.media else 1)
        return replace(content, text=content.text[:room])


def said_in(segment: Segment) -> str:
    """What is said in a segment and around it; empty for a picture without words or a note."""
    return "\n".join(part for part in (segment.context, segment.anchor.heading, segment.text) if part)


def searchable_text(segment: Segment) -> str:
    """All that is known of a segment in words; never empty, so that every segment can be found."""
    return said_in(segment) or segment.title or f"{segment.modality} {segment.name} {segment.occurred_at:%Y-%m-%d}"
