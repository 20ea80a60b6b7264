"""Moving a memory from one embedding space to another: its column comes, is filled, and the old ones go."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from memory.embedding import Embedding
from memory.errors import EmbeddingUnavailableError, StoreError
from memory.store.store import Store

T = TypeVar("T")


@dataclass(slots=True)
class Moving:
    """Which spaces the store holds, and whether the active one is still among them."""

    store: Store
    embedding: Embedding
    _looked_at: object = field(default=None, init=False)

    async def begin(self) -> None:
        """Make room for the active space's vectors; where that cannot be done, words are all there is.

        Raises:
            SpaceMismatchError: the store holds this space with another width.
            StoreError: the store could not be changed.
        """
        if self.embedding.embedder is None:
            return
        space = self.embedding.embedder.space
        if not self.store.is_writable and self.embedding.ledger is not None:
            self.embedding.retire(f"the store's folder cannot be written, so what {space.name} costs cannot be counted")
        elif self.store.is_writable:
            await self.store.add_space(space.column, space.dimensions)
        elif space.column not in await self.store.table.spaces():
            self.embedding.retire(f"the store's folder cannot be written, and holds no vectors of {space.name}")

    async def within(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do `work` in the active space; by words alone where another process has moved the memory to another one.

        Raises:
            Whatever `work` raises.
        """
        await self.check()
        embedder = self.embedding.embedder
        try:
            return await work()
        except (StoreError, EmbeddingUnavailableError):
            self._looked_at = None
            await self.check()
            if self.embedding.embedder is embedder:
                raise
            return await work()

    async def check(self) -> None:
        """Use the active space no longer where another process has moved the memory to another one."""
        latest = self.store.place.epoch()
        if self.embedding.embedder is None or latest == self._looked_at:
            return
        space = self.embedding.embedder.space
        if space.column not in await self.store.table.spaces():
            self.embedding.retire(
                f"the vectors of {space.name} were removed when the memory was moved to another embedder; "
                "start this server anew, with the embedder that is to be used"
            )
        self._looked_at = latest

    async def finish(self) -> list[str]:
        """Erase the vectors of every other space, as all have one of the active one; returns their columns.

        Raises:
            StoreError: it is not finished; upkeep goes on with it.
        """
        await self.check()
        column = self.embedding.column
        return await self.store.erasure.drop_spaces(column) if column else []
