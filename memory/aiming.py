"""What a question is searched with: its vector, its words, its looks, its time, and which rows may answer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory.embedders.protocol import Content
from memory.embedding import Embedding
from memory.errors import EmbeddingError, InvalidInputError
from memory.examples import Examples, Exemplar, remarks, toward
from memory.model import Mode
from memory.periods.periods import Period, period_of
from memory.phrases import pattern_of, phrases_of
from memory.requests import Question
from memory.store.filters import other_than, says, visible
from memory.store.store import Store
from memory.tasks import task_of
from memory.terms import query_words

Word = tuple[str, ...]
"""Terms of which any may stand for one word of a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A question, ready to search with.

    Attributes:
        condition: which rows may answer, as SQL.
        vector: what it means; None where it is asked by words only.
        said: its words, each as terms of which any will do; none where it is asked by meaning only.
        shown: the words of its examples; likewise.
        likes: its examples.
        period: the time that it speaks of, which is preferred.
        notes: what its asker must know.
    """

    condition: str
    vector: NDArray[np.float32] | None
    said: tuple[Word, ...]
    shown: tuple[Word, ...]
    likes: tuple[Exemplar, ...]
    period: Period | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Aiming:
    """Turns questions into what can be searched with."""

    store: Store
    embedding: Embedding
    examples: Examples

    async def aim(self, question: Question) -> Aim:
        """The question, ready.

        Raises:
            NotFoundError: an example's id is unknown.
            InvalidInputError: an example cannot be read, or `semantic` was asked for without an embedder.
            EmbeddingError: `semantic` was asked for and the embedder did not answer.
        """
        likes = await self.examples.resolve(question.like, question.filters)
        unlikes = await self.examples.resolve(question.unlike, question.filters)
        condition, unsaid = await self._honoured(question, _without(visible(question.filters), likes, unlikes))
        vector, unasked = await self._vector(question, likes, unlikes)
        by_words = question.mode is not Mode.SEMANTIC
        return Aim(
            condition=condition,
            vector=vector,
            said=tuple(query_words(question.query)) if by_words else (),
            shown=_shown(likes) if by_words else (),
            likes=likes,
            period=period_of(question.query, question.filters.now),
            notes=(*unsaid, *unasked, *remarks(likes)),
        )

    async def _honoured(self, question: Question, condition: str) -> tuple[str, tuple[str, ...]]:
        """The condition with the question's phrases in it, as far as anything says them."""
        notes: list[str] = []
        for phrase in phrases_of(question.query):
            narrowed = f"{condition} AND {says(pattern_of(phrase))}"
            if await self.store.table.count(narrowed):
                condition = narrowed
            else:
                notes.append(f'nothing says "{phrase}" as it stands: its words were searched for')
        return condition, tuple(notes)

    async def _vector(
        self, question: Question, likes: Sequence[Exemplar], unlikes: Sequence[Exemplar]
    ) -> tuple[NDArray[np.float32] | None, tuple[str, ...]]:
        if question.mode is Mode.KEYWORD:
            return None, (("unlike has no effect on a search by words only",) if unlikes else ())
        if self.embedding.embedder is None:
            if question.mode is Mode.SEMANTIC:
                raise InvalidInputError(f"mode='semantic' needs an embedder: {self.embedding.absence}")
            return None, (f"searched by words only: {self.embedding.absence}",)
        try:
            query = Content(text=question.query, task=task_of(question.query, question.filters.modalities))
            return await toward(self.embedding, query, likes, unlikes), ()
        except EmbeddingError as error:
            if question.mode is Mode.SEMANTIC:
                raise
            return None, (f"searched by words only, the embedder did not answer: {error}",)


def _shown(likes: Sequence[Exemplar]) -> tuple[Word, ...]:
    return tuple(dict.fromkeys(word for one in likes for word in query_words(one.text)))


def _without(condition: str, *examples: Sequence[Exemplar]) -> str:
    others = [other_than(one.id) for some in examples for one in some if one.id]
    return " AND ".join([condition, *others])
