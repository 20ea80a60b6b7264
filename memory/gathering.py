"""The searches of a recall: everything that speaks for any row, before it is weighed."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from memory.aiming import Aim
from memory.concurrency import all_of
from memory.embedding import Embedding
from memory.examples import Examples
from memory.model import Match
from memory.ranking import Evidence, ideal_words
from memory.store.filters import none_of, within
from memory.store.store import Store

CANDIDATES = 200
"""Rows each search brings: enough for the spread of a query's cosines to be known."""
ROUNDS = 4
"""Searches that are made at most where a few long memories hold all that the first one found."""
LOOKALIKES = 20
EXAMPLE_WORDS = 16
"""Words of examples that are searched for: the most telling, those that fewest rows have."""


@dataclass(frozen=True, slots=True)
class Gathering:
    """Asks the store with an aim."""

    store: Store
    embedding: Embedding
    examples: Examples

    async def gather(self, aim: Aim, memories: int) -> Evidence:
        """Everything that was found: pieces of so many memories, where there are so many."""
        terms, best_words = await self._telling(aim)
        return Evidence(
            nearest=await _of_many(memories, aim.condition, partial(self._nearest, aim)),
            matching=await _of_many(memories, aim.condition, partial(self._matching, aim, terms)),
            timely=await self._timely(aim, terms),
            best_words=best_words,
            words_weight=aim.words_weight,
            looks=await self.examples.lookalikes(aim.likes, aim.condition, LOOKALIKES),
        )

    async def _nearest(self, aim: Aim, condition: str) -> Sequence[Match]:
        column = self.embedding.column
        if aim.vector is None or column is None:
            return ()
        return await self.store.searches.nearest(column, aim.vector, condition, CANDIDATES)

    async def _matching(self, aim: Aim, terms: Sequence[str], condition: str) -> Sequence[Match]:
        if not terms:
            return ()
        column = self.embedding.column if aim.vector is not None else None
        return await self.store.searches.matching(terms, condition, CANDIDATES, column=column, vector=aim.vector)

    async def _timely(self, aim: Aim, terms: Sequence[str]) -> Sequence[Match]:
        """What speaks for rows of the time that the question speaks of: others may crowd them out else."""
        if aim.period is None:
            return ()
        condition = f"{aim.condition} AND {within(aim.period.since, aim.period.until)}"
        return [*await self._nearest(aim, condition), *await self._matching(aim, terms, condition)]

    async def _telling(self, aim: Aim) -> tuple[Sequence[str], float]:
        """The terms to search for, and BM25 of the best possible match."""
        best = await self._best({term for word in (*aim.said, *aim.shown) for term in word}, aim.condition)
        worth = {word: max((best[term] or 0.0 for term in word), default=0.0) for word in (*aim.said, *aim.shown)}
        known = [word for word in aim.shown if word not in aim.said and worth[word]]
        words = [*aim.said, *sorted(known, key=lambda word: -worth[word])[:EXAMPLE_WORDS]]
        rows = await self.store.table.count(aim.condition) if words else 0
        terms = [term for word in words for term in word if best[term]]
        return list(dict.fromkeys(terms)), ideal_words((worth[word] or None for word in words), rows)

    async def _best(self, terms: set[str], condition: str) -> dict[str, float | None]:
        """For each term BM25 of the row it speaks for most; None where no row has it."""

        async def ask(term: str) -> float | None:
            found = await self.store.searches.matching([term], condition, 1)
            return found[0].words if found else None

        asked = sorted(terms)
        return dict(zip(asked, await all_of([partial(ask, term) for term in asked]), strict=True))


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
