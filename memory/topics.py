"""What is remembered, by subject: groups of memories that are alike, the words that tell of each, and examples."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2s
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory.checks import check_filters
from memory.clustering import Cut, Groups, Points, grouped
from memory.embedding import Embedding
from memory.errors import InvalidInputError
from memory.model import SearchFilter, Segment
from memory.projecting import on_a_plane
from memory.requests import Chart, Spot, Topic, TopicMap
from memory.store.filters import between, one_of, visible
from memory.store.means import Means
from memory.store.store import Store
from memory.telling import Reader, Said, counted, points, telling
from memory.threads import in_worker

MAX_TOPICS = 50
"""Topics that are sought, and shown, at most: with more, less alike memories are put together."""
SAMPLE = 3_000
"""Memories that topics are made of; those of a larger store join the topic they are most like."""
EXAMPLES = 3

_MEANT_SEGMENTS, _SAID_SEGMENTS, _SAID_CHARS = 32, 8, 2_000
"""How much of a memory says what it is about: its beginning."""
_AT_ONCE = 250
"""Memories that are read together: 100 MB of the widest vectors."""
_BY_MEANING = Cut(fine=0.20, coarse=0.08, most=MAX_TOPICS)
_BY_WORDS = Cut(fine=0.06, coarse=0.04, most=MAX_TOPICS)
"""Where topics end, as measured on texts whose subjects are known: paragraphs of 48 articles, meetings, abstracts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """What the memories say that topics are made of.

    Attributes:
        said: the words of each, in order of id.
        everywhere: in how many of them each term occurs.
    """

    said: Mapping[str, Said]
    everywhere: Counter[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """Some memories as points, in order of id."""

    ids: tuple[str, ...]
    points: Points


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a look has found.

    Attributes:
        labels: of each placed memory, the group it is in.
        shown: which topic a group became, of those that are shown.
    """

    topics: TopicMap
    placed: _Placed
    labels: NDArray[np.int_]
    shown: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Topics:
    """Says what a memory is about; changes nothing and keeps nothing.

    The same memories give the same topics in the same order, whatever order they are read in.
    """

    store: Store
    embedding: Embedding

    async def within(self, filters: SearchFilter, limit: int) -> TopicMap:
        """The topics of the memories that a search with these filters may see, the largest first.

        Raises:
            InvalidInputError: the filters or `limit` cannot be used.
        """
        return (await self._survey(filters, limit)).topics

    async def chart(self, filters: SearchFilter, limit: int) -> Chart:
        """The same, and where each of the memories that topics are made of lies among the others.

        Raises:
            InvalidInputError: the filters or `limit` cannot be used.
        """
        found = await self._survey(filters, limit)
        places = await in_worker(on_a_plane, found.placed.points)
        rows = await self.store.segments([(id_, 0) for id_ in found.placed.ids])
        first = {segment.id: segment for segment in rows}
        spots = [
            Spot(segment=first[id_], x=round(float(x), 4), y=round(float(y), 4), topic=found.shown.get(int(label)))
            for id_, (x, y), label in zip(found.placed.ids, places, found.labels, strict=True)
            if id_ in first
        ]
        return Chart(topics=found.topics, spots=tuple(spots))

    async def _survey(self, filters: SearchFilter, limit: int) -> "_Found":
        check_filters(filters)
        if not 1 <= limit <= MAX_TOPICS:
            raise InvalidInputError(f"limit={limit} must lie between 1 and {MAX_TOPICS}")
        return await _Survey(self.store, self.embedding, visible(filters), Reader()).map(limit)


@dataclass(frozen=True, slots=True)
class _Survey:
    """One look at the memories under a condition."""

    store: Store
    embedding: Embedding
    condition: str
    reader: Reader

    async def map(self, limit: int) -> _Found:
        ids = sorted(await self.store.ids(self.condition))
        chosen, rest = _sampled(ids)
        said = await self._said(chosen)
        sample = _Sample(said=said, everywhere=counted(said.values()))
        placed = await self._placed(chosen, sample)
        cut = _BY_MEANING if self.embedding.column else _BY_WORDS
        groups = await in_worker(grouped, placed.points, self.embedding.unrelated.mean, cut)
        sizes, joined = await self._join(rest, groups, sample)
        sizes.update(groups.labels.tolist())
        order = sorted(sizes.keys() - {-1}, key=lambda label: (-sizes[label], label))
        pending = len(ids) - len(placed.ids) - joined if self.embedding.column else 0
        found = TopicMap(
            topics=tuple([await self._topic(label, sizes[label], placed, groups, sample) for label in order[:limit]]),
            memories=len(ids),
            apart=len(ids) - pending - sum(sizes[label] for label in order),
            pending=pending,
            others=tuple(sizes[label] for label in order[limit:]),
            notes=tuple(self._notes(len(rest))),
        )
        shown = {label: number for number, label in enumerate(order[:limit])}
        return _Found(topics=found, placed=placed, labels=groups.labels, shown=shown)

    async def _join(self, ids: Sequence[str], groups: Groups, sample: _Sample) -> tuple[Counter[int], int]:
        """How many of further memories join each group, and how many there is a point for."""
        sizes: Counter[int] = Counter()
        for some in _by_many(ids):
            placed = await self._placed(some, sample)
            sizes.update((await in_worker(groups.assign, placed.points)).tolist())
        return sizes, sizes.total()

    async def _topic(self, label: int, size: int, placed: _Placed, groups: Groups, sample: _Sample) -> Topic:
        members = np.flatnonzero(groups.labels == label).tolist()
        nearest = sorted(members, key=lambda place: (-round(float(groups.nearness[place]), 5), placed.ids[place]))
        texts = [sample.said[placed.ids[place]] for place in members]
        words = await in_worker(telling, texts, sample.everywhere, len(sample.said))
        examples = await self._firsts([placed.ids[place] for place in nearest[:EXAMPLES]])
        return Topic(words=words, memories=size, examples=examples)

    async def _firsts(self, ids: Sequence[str]) -> tuple[Segment, ...]:
        rows = await self.store.segments([(id_, 0) for id_ in ids])
        first = {segment.id: segment for segment in rows}
        return tuple(first[id_] for id_ in ids if id_ in first)

    async def _placed(self, ids: Sequence[str], sample: _Sample) -> _Placed:
        """Those of the memories that there is a point for."""
        column = self.embedding.column
        found = [
            await self._by_meaning(some, column) if column else await self._by_words(some, sample)
            for some in _by_many(ids)
        ]
        rows = [placed.points for placed in found if placed.ids]
        return _Placed(
            ids=tuple(chain.from_iterable(placed.ids for placed in found)),
            points=np.concatenate(rows) if rows else np.zeros((0, 1), np.float32),
        )

    async def _by_meaning(self, ids: Sequence[str], column: str) -> _Placed:
        means = await Means(self.store.handle).read(column, self._beginning(ids, _MEANT_SEGMENTS))
        return _Placed(ids=tuple(means), points=np.array(list(means.values()), dtype=np.float32))

    async def _by_words(self, ids: Sequence[str], sample: _Sample) -> _Placed:
        known = ids[0] in sample.said
        said = {id_: sample.said[id_] for id_ in ids} if known else await self._said(ids)
        rows = await in_worker(points, list(said.values()), sample.everywhere, len(sample.said))
        shared = np.flatnonzero(rows.any(axis=1))
        everyone = list(said)
        return _Placed(ids=tuple(everyone[place] for place in shared.tolist()), points=rows[shared])

    async def _said(self, ids: Sequence[str]) -> dict[str, Said]:
        """What each memory says at its beginning, in order of id."""
        said: dict[str, Said] = {}
        for some in _by_many(ids):
            wanted = ["id", "segment", "title", "context", "text"]
            rows = await self.store.table.records(self._beginning(some, _SAID_SEGMENTS), wanted)
            said |= await in_worker(self._read, some, rows)
        return said

    def _read(self, ids: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, Said]:
        texts: dict[str, list[str]] = {id_: [] for id_ in ids}
        for row in sorted(rows, key=lambda row: row["segment"]):
            known = texts[row["id"]]
            known += [*([] if known else [row["title"]]), row["text"] or row["context"]]
        return {id_: self.reader.said("\n".join(parts)[:_SAID_CHARS]) for id_, parts in texts.items()}

    def _beginning(self, ids: Sequence[str], segments: int) -> str:
        return f"{self.condition} AND {one_of('id', ids)} AND {between(0, segments - 1)}"

    def _notes(self, rest: int) -> Iterator[str]:
        if not self.embedding.column:
            yield f"grouped by the words they share only: {self.embedding.absence}"
        if rest:
            yield f"the topics were found in {SAMPLE:,} memories; each of {rest:,} more joined the one it is most like"


def _sampled(ids: Sequence[str]) -> tuple[list[str], list[str]]:
    """The memories that topics are made of, and the rest, both in order; a new memory changes little of it."""
    if len(ids) <= SAMPLE:
        return list(ids), []
    by_chance = sorted(ids, key=lambda id_: blake2s(id_.encode(), digest_size=8).digest())
    return sorted(by_chance[:SAMPLE]), sorted(by_chance[SAMPLE:])


def _by_many(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE))
