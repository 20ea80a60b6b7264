"""Which of a question's words are searched for, and what a row that had them all at their best would be worth."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from memory.concurrency import all_of
from memory.ranking import ideal_words
from memory.stages import stage
from memory.store.store import Store

EXAMPLE_WORDS = 16
"""Words of examples that are searched for: the most telling, those that fewest rows have."""
Word = tuple[str, ...]
"""Terms of which any may stand for one word of a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is searched for by words.

    Attributes:
        terms: those that some row has, each once.
        best: BM25 of the best possible match; 0 where no words are asked for.
    """

    terms: tuple[str, ...] = ()
    best: float = 0.0


@dataclass(frozen=True, slots=True)
class Weighing:
    """Asks the store what each word is worth."""

    store: Store

    async def weigh(self, said: Sequence[Word], shown: Sequence[Word], condition: str) -> Wanted:
        """The terms of what is said, and of the most telling words of what is shown, that some row under it has."""
        if not said and not shown:
            return Wanted()
        with stage("search"):
            best = await self._best({term for word in (*said, *shown) for term in word}, condition)
            rows = await self.store.table.count(condition)
        worth = {word: max((best[term] or 0.0 for term in word), default=0.0) for word in (*said, *shown)}
        known = [word for word in shown if word not in said and worth[word]]
        words = [*said, *sorted(known, key=lambda word: -worth[word])[:EXAMPLE_WORDS]]
        terms = dict.fromkeys(term for word in words for term in word if best[term])
        return Wanted(terms=tuple(terms), best=ideal_words((worth[word] or None for word in words), rows))

    async def _best(self, terms: Collection[str], condition: str) -> dict[str, float | None]:
        """For each term BM25 of the row it speaks for most; None where no row has it."""
        asked = sorted(terms)
        found = await all_of([partial(self.store.searches.best, term, condition) for term in asked])
        return dict(zip(asked, found, strict=True))
