"""Catch-up: the one mechanism that gives pending segments their vectors.

It serves an embedder that was down, memories too long to embed before the answer, and a change of
embedder alike: each leaves nulls in the active space's column, and this fills them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from memory.embedders.protocol import Content
from memory.embedding import Embedding
from memory.errors import EmbeddingRefusedError, NotFoundError
from memory.model import Segment
from memory.store.store import Store
from memory.views import Views

BATCH = 16
"""Segments embedded and committed at a time: a crash loses no more work than this."""
MAX_ATTEMPTS = 3
"""Refusals after which a segment is left to keyword search."""

_REFUSALS = (EmbeddingRefusedError, NotFoundError)


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Fills the active space; safe to stop anywhere, and to run in one process at a time."""

    store: Store
    embedding: Embedding
    views: Views

    async def step(self) -> int:
        """Embed one batch of pending segments; returns how many were dealt with, 0 when done.

        Raises:
            EmbeddingUnavailableError: the embedder is down; nothing was changed.
            EmbeddingRefusedError: the embedder refuses whatever it is given; nothing was changed.
        """
        column = self.embedding.column
        if column is None:
            return 0
        batch = await self.store.waiting(column, MAX_ATTEMPTS, BATCH)
        if not batch:
            return 0
        try:
            await self._fill(column, batch)
        except _REFUSALS:
            await self._one_by_one(column, batch)
        return len(batch)

    async def _fill(self, column: str, segments: Sequence[Segment]) -> None:
        pictures = self.embedding.pictures
        seen = await self.views.seen(segments, pictures) if pictures else {}
        await self.store.fill(column, segments, await self.embedding.documents(segments, seen))

    async def _one_by_one(self, column: str, segments: Sequence[Segment]) -> None:
        """Find the segments that are refused; where all are, ask whether the trouble is theirs."""
        refused: dict[str, list[Segment]] = {}
        for segment in segments:
            try:
                await self._fill(column, [segment])
            except _REFUSALS as error:
                refused.setdefault(str(error), []).append(segment)
        if sum(map(len, refused.values())) == len(segments):
            # Raises where the embedder refuses even this: a key, a bill, not a content.
            await self.embedding.query(Content(text="hello"))
        for reason, some in refused.items():
            await self.store.mark_failed(some, reason)
