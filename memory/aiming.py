"""What a question is searched with: its vector, its words, its looks, its time, and which rows may answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from memory.concurrency import both
from memory.embedders.protocol import Content
from memory.embedding import Embedding
from memory.errors import EmbeddingError, InvalidInputError
from memory.examples import Examples, Exemplar, remarks, toward
from memory.model import Mode
from memory.periods.periods import Period, period_of, without_period
from memory.phrases import pattern_of, phrases_of
from memory.ranking import FOREIGN_WORDS_WEIGHT, WORDS_WEIGHT
from memory.requests import Question
from memory.store.filters import none_of, one_of, says
from memory.store.store import Store
from memory.tasks import task_of
from memory.terms import STOP_WORDS, is_foreign, query_words
from memory.weighing import Wanted, Weighing, Word

_EXAMPLE_WORDS = 32
"""Words of all examples together that are looked at, the first of each; the most telling are searched for."""
_PHRASE_CHARS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A question, ready to search with.

    Attributes:
        condition: which rows may answer, as SQL.
        vector: what it means; None where it is asked by words only.
        wanted: its words and those of its examples; none where it is asked by meaning only.
        words_weight: what a perfect match in words adds.
        likes: its examples.
        period: the time that it speaks of, which is preferred.
        is_only_time: whether it asks for nothing but that.
        notes: what its asker must know.
    """

    condition: str
    vector: NDArray[np.float32] | None
    wanted: Wanted
    words_weight: float
    likes: tuple[Exemplar, ...]
    period: Period | None
    is_only_time: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Aiming:
    """Turns questions into what can be searched with."""

    store: Store
    embedding: Embedding
    examples: Examples
    weighing: Weighing

    async def aim(self, question: Question) -> Aim:
        """The question, ready.

        Raises:
            NotFoundError: an example's id is unknown.
            InvalidInputError: an example cannot be read, or `semantic` was asked for without an embedder.
            EmbeddingError: `semantic` was asked for and the embedder did not answer.
        """
        likes = await self.examples.resolve(question.like, question.filters)
        unlikes = await self.examples.resolve(question.unlike, question.filters)
        condition, unsaid = await self._honoured(
            question, _without(await self.store.visible(question.filters), likes, unlikes)
        )
        by_words = question.mode is not Mode.SEMANTIC
        said, shown = (query_words(question.query), _shown(likes)) if by_words else ((), ())
        (vector, unasked), wanted = await both(
            partial(self._vector, question, likes, unlikes), partial(self.weighing.weigh, said, shown, condition)
        )
        period = period_of(question.query, question.filters.now)
        return Aim(
            condition=condition,
            vector=vector,
            wanted=wanted,
            words_weight=FOREIGN_WORDS_WEIGHT if is_foreign(question.query) else WORDS_WEIGHT,
            likes=likes,
            period=period,
            is_only_time=period is not None and not likes and not _is_telling(question.query, period),
            notes=(*unsaid, *unasked, *remarks(likes)),
        )

    async def _honoured(self, question: Question, condition: str) -> tuple[str, tuple[str, ...]]:
        """The condition with the question's phrases in it, as far as memories say them."""
        said = {phrase: says(pattern_of(phrase)) for phrase in phrases_of(question.query)}
        ids = {phrase: set(await self.store.ids(f"{condition} AND {clause}")) for phrase, clause in said.items()}
        known = {phrase: some for phrase, some in ids.items() if some}
        unsaid = [_quoted(phrase) for phrase in ids if phrase not in known]
        notes = [f"nothing says {phrase} as it stands: its words were searched for" for phrase in unsaid]
        if not known:
            return condition, tuple(notes)
        saying_all = set[str].intersection(*known.values())
        if not saying_all:
            notes.append("no memory says all of these phrases: those that say one were searched")
        wanted = saying_all or set[str].union(*known.values())
        any_said = " OR ".join(said[phrase] for phrase in known)
        return f"{condition} AND {one_of('id', wanted)} AND ({any_said})", tuple(notes)

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
    """Words of the examples, as many of each, so that many examples cost no more searches than a few."""
    share = max(1, _EXAMPLE_WORDS // max(1, len(likes)))
    return tuple(dict.fromkeys(word for one in likes for word in query_words(one.text)[:share]))


def _is_telling(query: str, period: Period) -> bool:
    """Whether a question asks for anything besides its time."""
    rest = without_period(query, period)
    return rest != query and any(word[0] not in STOP_WORDS for word in query_words(rest))


def _quoted(phrase: str) -> str:
    """A phrase for a message: short, and nothing in it acts on who reads it."""
    plain = "".join(character if character.isprintable() else " " for character in phrase)
    return f'"{plain[:_PHRASE_CHARS]}…"' if len(plain) > _PHRASE_CHARS else f'"{plain}"'


def _without(condition: str, *examples: Sequence[Exemplar]) -> str:
    return f"{condition} AND {none_of('id', [one.id for some in examples for one in some if one.id])}"
