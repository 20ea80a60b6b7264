"""The searches of a recall: everything that speaks for any row, before it is weighed."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from memory.aiming import Aim
from memory.concurrency import both
from memory.embedding import Embedding
from memory.examples import Examples
from memory.model import Match
from memory.ranking import Evidence
from memory.store.filters import none_of, within
from memory.store.store import Store

CANDIDATES = 200
"""Rows each search brings: enough for the spread of a query's cosines to be known."""
ROUNDS = 4
"""Searches that are made at most where a few long memories hold all that the first one found."""
LOOKALIKES = 20


@dataclass(frozen=True, slots=True)
class Gathering:
    """Asks the store with an aim."""

    store: Store
    embedding: Embedding
    examples: Examples

    async def gather(self, aim: Aim, memories: int) -> Evidence:
        """Everything that was found: pieces of so many memories, where there are so many."""
        nearest, matching = await both(
            partial(_of_many, memories, aim.condition, partial(self._nearest, aim)),
            partial(_of_many, memories, aim.condition, partial(self._matching, aim)),
        )
        return Evidence(
            nearest=nearest,
            matching=matching,
            timely=await self._timely(aim),
            best_words=aim.wanted.best,
            words_weight=aim.words_weight,
            looks=await self.examples.lookalikes(aim.likes, aim.condition, LOOKALIKES),
        )

    async def _nearest(self, aim: Aim, condition: str) -> Sequence[Match]:
        column = self.embedding.column
        if aim.vector is None or column is None:
            return ()
        return await self.store.searches.nearest(column, aim.vector, condition, CANDIDATES)

    async def _matching(self, aim: Aim, condition: str) -> Sequence[Match]:
        if not aim.wanted.terms:
            return ()
        column = self.embedding.column if aim.vector is not None else None
        terms = aim.wanted.terms
        return await self.store.searches.matching(terms, condition, CANDIDATES, column=column, vector=aim.vector)

    async def _timely(self, aim: Aim) -> Sequence[Match]:
        """What speaks for rows of the time that the question speaks of: others may crowd them out else."""
        if aim.period is None:
            return ()
        condition = f"{aim.condition} AND {within(aim.period.since, aim.period.until)}"
        return [*await self._nearest(aim, condition), *await self._matching(aim, condition)]


async def _of_many(
    memories: int, condition: str, search: Callable[[str], Awaitable[Sequence[Match]]]
) -> Sequence[Match]:
    """What a search finds; where its candidates are all of a few long memories, also the best of the others."""
    found: list[Match] = []
    for _ in range(ROUNDS):
        ids = {match.key[0] for match in found}
        more = await search(f"{condition} AND {none_of('id', ids)}" if ids else condition)
        found.extend(more)
        if len(more) < CANDIDATES or len(ids.union(match.key[0] for match in more)) >= memories:
            break
    return found
