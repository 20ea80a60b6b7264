"""The read path: question → filters, vector, words, looks → one ranking → memories."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from memory.aiming import Aiming
from memory.checks import MAX_QUERY_CHARS, check_filters, named, require_text
from memory.concurrency import both
from memory.embedding import Embedding
from memory.errors import InvalidInputError, NotFoundError
from memory.gathering import Gathering
from memory.grouping import Group, by_memory, collapsed
from memory.model import SearchFilter, Segment, SegmentKey
from memory.ranking import UNSURE, Scored, rank
from memory.requests import Extract, Hit, Opened, Question, Recollection
from memory.stages import stage
from memory.store.filters import between, one_of, visible
from memory.store.store import Store
from memory.terms import document_terms, query_languages, query_terms
from memory.threads import in_worker

MAX_LIMIT = 100
"""Memories one recall may bring back."""
OPENED_SEGMENTS = 256
"""Segments of one memory that are opened at a time: more than fits in any answer."""
COMPARED = 20
"""Memories beyond those shown that may turn out to be the same as one of them."""


@dataclass(frozen=True, slots=True)
class Recalling:
    """Answers questions; changes nothing."""

    store: Store
    embedding: Embedding
    aiming: Aiming
    gathering: Gathering

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
        if not question.like and not question.query.strip():
            if question.unlike:
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
        pending, unread = await self._unfinished(condition)
        media = await self._media(segments)
        waiting = await self._waiting(segments)
        hits = tuple(
            Hit(segment=segment, medium=media.get(segment.id), score=None, pending=segment.key in waiting)
            for segment in segments
        )
        return Recollection(hits=hits, found=len(keys), pending=pending, unread=unread)

    async def _search(self, question: Question) -> Recollection:
        aim = await self.aiming.aim(question)
        with stage("search"):
            evidence = await self.gathering.gather(aim, question.limit + COMPARED)
        with stage("rank"):
            scored = rank(evidence, self.embedding.unrelated)
            likely = _worth_showing(by_memory(scored), question.limit)
            segments, (pending, unread) = await both(
                partial(self._segments, likely[: question.limit + COMPARED]), partial(self._unfinished, aim.condition)
            )
            groups = await in_worker(collapsed, likely, segments)
        passed = [group for group in groups if group.best.score >= question.min_score]
        return Recollection(
            hits=tuple(await self._hits(question, passed[: question.limit], segments, may_wait=pending > 0)),
            found=len(passed),
            below_min_score=len(groups) - len(passed),
            pending=pending,
            unread=unread,
            is_unsure=_is_unsure(passed[: question.limit], is_only_time=aim.is_only_time),
            notes=aim.notes,
        )

    async def _unfinished(self, condition: str) -> tuple[int, tuple[Segment, ...]]:
        """How many segments wait for vectors, and the parts that are still being read."""
        pending = await self.store.pending(self.embedding.column, condition)
        return pending, tuple(await self.store.unread(condition))

    async def _segments(self, groups: Sequence[Group]) -> dict[SegmentKey, Segment]:
        """What stands for each group, but for those that were forgotten since they were found."""
        return {one.key: one for one in await self.store.segments([group.best.key for group in groups])}

    async def _hits(
        self, question: Question, groups: Sequence[Group], known: Mapping[SegmentKey, Segment], *, may_wait: bool
    ) -> list[Hit]:
        more = await self._segments([group for group in groups if group.best.key not in known])
        known = {**known, **more}
        segments = [known[group.best.key] for group in groups if group.best.key in known]
        waiting = await self._waiting(segments if may_wait else ())
        media = await self._media(segments)
        found = {group.best.key: group for group in groups}
        return [
            Hit(
                segment=segment,
                medium=media.get(segment.id),
                score=found[segment.key].best.score,
                why=_why(question, found[segment.key].best, segment),
                others=sum(one.raw > 0 for one in found[segment.key].scored[1:]),
                same=found[segment.key].same,
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
        others = await self.store.with_media(bare)
        return {**{segment.id: segment for segment in reversed(others)}, **own}

    async def _in_order(self, keys: Sequence[SegmentKey]) -> list[Segment]:
        """The segments of these keys, but for those that were forgotten since they were found."""
        found = {segment.key: segment for segment in await self.store.segments(keys)}
        return [found[key] for key in keys if key in found]


def _worth_showing(groups: Sequence[Group], limit: int) -> Sequence[Group]:
    """The memories that something speaks for; where there are none, the nearest, of which none is sure."""
    return [group for group in groups if group.best.raw > 0] or groups[:limit]


def _is_unsure(groups: Sequence[Group], *, is_only_time: bool) -> bool:
    """Whether what was asked for may not be there; to be of the right time is enough where nothing else was asked."""
    return not any(group.best.certainty >= UNSURE or (is_only_time and group.best.score >= UNSURE) for group in groups)


def _why(question: Question, scored: Scored, segment: Segment) -> tuple[str, ...]:
    return (
        *(["looks"] if scored.looks else []),
        *(["time"] if scored.is_timely else []),
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
    languages = query_languages(query)
    shared = set(query_terms(query, languages)).intersection(document_terms(said).split())
    words = re.findall(r"\w[\w.@/-]*\w|\w", query)
    return list(dict.fromkeys(word for word in words if shared.intersection(query_terms(word, languages))))
