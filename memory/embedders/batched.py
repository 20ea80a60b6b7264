"""Calls of any length, cut to what an embedder takes at once."""

from collections.abc import Awaitable, Callable, Sequence

import numpy as np

from memory.embedders.protocol import Content, Vectors
from memory.embedders.wrapper import Wrapper


class Batched(Wrapper):
    """Splits each call into calls of at most `inner.limits.max_batch` contents, one after another.

    Order is kept. A failing call fails the whole: nothing partial is returned.
    """

    async def embed_documents(self, contents: Sequence[Content]) -> Vectors:
        """See `Embedder`; any number of contents."""
        return await self._split(self._inner.embed_documents, contents)

    async def embed_queries(self, contents: Sequence[Content]) -> Vectors:
        """See `Embedder`; any number of contents."""
        return await self._split(self._inner.embed_queries, contents)

    async def _split(
        self, embed: Callable[[Sequence[Content]], Awaitable[Vectors]], contents: Sequence[Content]
    ) -> Vectors:
        size = self.limits.max_batch
        rows = [await embed(contents[start : start + size]) for start in range(0, len(contents), size)]
        return np.concatenate([np.zeros((0, self.space.dimensions), np.float32), *rows])
