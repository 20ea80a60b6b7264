"""The read path: question → filters, vector, words, looks → one ranking → memories."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import anyio
import numpy as np
from numpy.typing import NDArray

from memory.checks import MAX_QUERY_CHARS, check_filters, named, require_text
from memory.embedders.protocol import Content
from memory.embedding import Embedding
from memory.errors import EmbeddingError, InvalidInputError, NotFoundError
from memory.examples import Examples, Exemplar, aim
from memory.model import Match, Mode, SearchFilter, Segment, SegmentKey
from memory.ranking import Evidence, Scored, ideal_words, rank
from memory.requests import Extract, Hit, Opened, Question, Recollection
from memory.store.filters import between, one_of, other_than, visible
from memory.store.store import Store
from memory.tasks import task_of
from memory.terms import document_terms, query_terms

CANDIDATES = 200
"""Rows each search brings: enough for the spread of a query's cosines to be known."""
MAX_LIMIT = 100
"""Memories one recall may bring back."""
OPENED_SEGMENTS = 256
"""Segments of one memory that are opened at a time: more than fits in any answer."""
LOOKALIKES = 20
_EXAMPLE_TERMS = 16


@dataclass(frozen=True, slots=True)
class Recalling:
    """Answers questions; changes nothing."""

    store: Store
    embedding: Embedding
    examples: Examples

    async def recall(self, question: Question) -> Recollection:
        """The memories that answer best.

        Raises:
            InvalidInputError: the question cannot be asked.
            NotFoundError: an example's id is unknown.
            EmbeddingError: `semantic` was asked for and the embedder did not answer.
        """
        require_text(question.query, "query", MAX_QUERY_CHARS)
        check_filters(question.filters)
        if not 1 <= question.limit <= MAX_LIMIT:
            raise InvalidInputError(f"limit={question.limit} must lie between 1 and {MAX_LIMIT}")
        if question.like is None and not question.query.strip():
            if question.unlike is not None:
                raise InvalidInputError("unlike needs a query or a like beside it: what should be found?")
            return await self._newest(question)
        return await self._search(question)

    async def open(self, filters: SearchFilter, extracts: Sequence[Extract]) -> list[Opened]:
        """These memories, whichever version they are, up to `OPENED_SEGMENTS` segments of each.

        Raises:
            NotFoundError: some of them do not exist for this owner, or have no such segments.
        """
        ids = tuple(extract.id for extract in extracts)
        check_filters(replace(filters, ids=ids))
        condition = visible(replace(filters, ids=ids, history=True))
        known = set(await self.store.ids(condition))
        if missing := [id_ for id_ in ids if id_ not in known]:
            raise NotFoundError(f"no memory {named(missing)}: forgotten, expired or never there")
        return [await self._opened(condition, extract) for extract in extracts]

    async def _opened(self, condition: str, extract: Extract) -> Opened:
        end = extract.first + OPENED_SEGMENTS - 1
        last = end if extract.last is None else min(end, extract.last)
        mine = f"{condition} AND {one_of('id', [extract.id])}"
        segments = await self.store.select(f"{mine} AND {between(extract.first, last)}")
        if not segments:
            raise NotFoundError(f"memory {extract.id!r} has no piece {extract.first}; recall shows the right one")
        more = await self.store.table.count(f"{mine} AND {between(last + 1, extract.last)}")
        return Opened(extract=extract, segments=tuple(segments), is_cut=more > 0)

    async def _newest(self, question: Question) -> Recollection:
        condition = visible(question.filters)
        keys = await self.store.newest(condition)
        segments = await self._in_order(keys[: question.limit])
        pending = await self.store.pending(self.embedding.column, condition)
        media = await self._media(segments)
        waiting = await self._waiting(segments)
        hits = tuple(
            Hit(segment=segment, medium=media.get(segment.id), score=None, pending=segment.key in waiting)
            for segment in segments
        )
        unread = await self.store.unread(condition)
        return Recollection(hits=hits, found=len(keys), pending=pending, unread=tuple(unread))

    async def _search(self, question: Question) -> Recollection:
        like = await self.examples.resolve(question.like, question.filters)
        unlike = await self.examples.resolve(question.unlike, question.filters)
        condition = _without(visible(question.filters), like, unlike)
        vector, notes = await self._vector(question, like, unlike)
        evidence = await self._evidence(question, like, vector, condition)
        scored = rank(evidence, self.embedding.unrelated)
        pending = await self.store.pending(self.embedding.column, condition)
        groups, weak = _worth_showing(_by_memory(scored), question.limit)
        passed = [group for group in groups if group[0].score >= question.min_score]
        hits = await self._hits(question, passed[: question.limit])
        return Recollection(
            hits=tuple(hits),
            found=len(passed),
            below_min_score=len(groups) - len(passed),
            pending=pending,
            unread=tuple(await self.store.unread(condition)),
            notes=(*notes, *weak, *self.examples.remarks(like)),
        )

    async def _vector(
        self, question: Question, like: Exemplar | None, unlike: Exemplar | None
    ) -> tuple[NDArray[np.float32] | None, tuple[str, ...]]:
        if question.mode is Mode.KEYWORD:
            return None, (("unlike has no effect on a search by words only",) if unlike else ())
        if self.embedding.embedder is None:
            if question.mode is Mode.SEMANTIC:
                raise InvalidInputError(f"mode='semantic' needs an embedder: {self.embedding.absence}")
            return None, (f"searched by words only: {self.embedding.absence}",)
        try:
            task = task_of(question.query, question.filters.modalities)
            return await aim(self.embedding, Content(text=question.query, task=task), like, unlike), ()
        except EmbeddingError as error:
            if question.mode is Mode.SEMANTIC:
                raise
            return None, (f"searched by words only, the embedder did not answer: {error}",)

    async def _evidence(
        self,
        question: Question,
        like: Exemplar | None,
        vector: NDArray[np.float32] | None,
        condition: str,
    ) -> Evidence:
        searches, column = self.store.searches, self.embedding.column
        nearest: Sequence[Match] = ()
        if vector is not None and column is not None:
            nearest = await searches.nearest(column, vector, condition, CANDIDATES)
        terms = _terms(question, like)
        if question.mode is Mode.SEMANTIC or not terms:
            return Evidence(nearest=nearest, looks=await self._looks(like, condition))
        return Evidence(
            nearest=nearest,
            matching=await searches.matching(terms, condition, CANDIDATES, column=column, vector=vector),
            best_words=await self._ideal(terms, condition),
            looks=await self._looks(like, condition),
        )

    async def _ideal(self, terms: Sequence[str], condition: str) -> float:
        best: dict[str, float | None] = {}

        async def ask(term: str) -> None:
            found = await self.store.searches.matching([term], condition, 1)
            best[term] = found[0].words if found else None

        async with anyio.create_task_group() as group:
            for term in terms:
                group.start_soon(ask, term)
        return ideal_words(best.values(), await self.store.table.count(condition))

    async def _looks(self, like: Exemplar | None, condition: str) -> dict[SegmentKey, float]:
        if like is None or like.look is None:
            return {}
        return await self.examples.lookalikes(like.look, condition, LOOKALIKES)

    async def _hits(self, question: Question, groups: Sequence[list[Scored]]) -> list[Hit]:
        segments = await self._in_order([group[0].key for group in groups])
        waiting = await self._waiting(segments)
        media = await self._media(segments)
        best = {group[0].key: group for group in groups}
        return [
            Hit(
                segment=segment,
                medium=media.get(segment.id),
                score=best[segment.key][0].score,
                why=_why(question, best[segment.key][0], segment),
                others=sum(one.raw > 0 for one in best[segment.key][1:]),
                lines=_shared_lines(question.query, segment),
                pending=segment.key in waiting,
            )
            for segment in segments
        ]

    async def _waiting(self, segments: Sequence[Segment]) -> set[SegmentKey]:
        return await self.store.pending_among(self.embedding.column, [segment.key for segment in segments])

    async def _media(self, segments: Sequence[Segment]) -> dict[str, Segment]:
        """By memory, the segment whose medium shows it: its own, else the memory's first."""
        own = {segment.id: segment for segment in segments if segment.media}
        bare = [segment.id for segment in segments if segment.id not in own]
        others = await self.store.select(f"{one_of('id', bare)} AND media != ''") if bare else []
        return {**{segment.id: segment for segment in reversed(others)}, **own}

    async def _in_order(self, keys: Sequence[SegmentKey]) -> list[Segment]:
        """The segments of these keys, but for those that were forgotten since they were found."""
        found = {segment.key: segment for segment in await self.store.segments(keys)}
        return [found[key] for key in keys if key in found]


def _terms(question: Question, like: Exemplar | None) -> list[str]:
    said = query_terms(question.query)
    shown = query_terms(like.text)[:_EXAMPLE_TERMS] if like is not None else []
    return list(dict.fromkeys([*said, *shown]))


def _without(condition: str, *examples: Exemplar | None) -> str:
    others = [other_than(one.id) for one in examples if one is not None and one.id]
    return " AND ".join([condition, *others])


def _by_memory(scored: Sequence[Scored]) -> list[list[Scored]]:
    groups: dict[str, list[Scored]] = {}
    for one in scored:
        groups.setdefault(one.key[0], []).append(one)
    return list(groups.values())


def _worth_showing(groups: list[list[Scored]], limit: int) -> tuple[list[list[Scored]], tuple[str, ...]]:
    """Memories that something speaks for; where there are none, the nearest, and that is said."""
    good = [group for group in groups if group[0].raw > 0]
    if good or not groups:
        return good, ()
    return groups[:limit], ("nothing matched well: these are only the nearest",)


def _why(question: Question, scored: Scored, segment: Segment) -> tuple[str, ...]:
    return (
        *(["looks"] if scored.looks else []),
        *(["meaning"] if scored.meaning > scored.words / 4 else []),
        *(_shared_words(question.query, segment) if scored.words else []),
    )


def _shared_lines(query: str, segment: Segment) -> tuple[int, ...]:
    """Which lines of a picture's words the question speaks of."""
    if not segment.boxes:
        return ()
    wanted = set(query_terms(query))
    lines = segment.text.split("\n")
    return tuple(number for number, line in enumerate(lines) if wanted.intersection(document_terms(line).split()))


def _shared_words(query: str, segment: Segment) -> list[str]:
    facts = (segment.title, segment.context, segment.anchor.heading, segment.text, segment.name, *segment.tags)
    said = "\n".join(facts)
    shared = set(query_terms(query)).intersection(document_terms(said).split())
    words = re.findall(r"\w[\w.@/-]*\w|\w", query)
    return list(dict.fromkeys(word for word in words if shared.intersection(query_terms(word))))
