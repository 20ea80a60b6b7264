"""Taking in memories that were made elsewhere, many of them in one commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from memory.errors import StoreError
from memory.model import Segment
from memory.pieces import File
from memory.store.filters import one_of, unexpired
from memory.store.store import Store
from memory.threads import in_io_thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A whole memory that is to be taken in as it is, with its id.

    Attributes:
        vectors: of each segment by the column of their space; those it lacks are pending.
        files: what its segments name as their media; ours, and on disk.
    """

    segments: Sequence[Segment]
    vectors: Sequence[Mapping[str, NDArray[np.float32]]]
    files: Sequence[File]

    @property
    def first(self) -> Segment:
        """The segment that says whose it is, and what."""
        return self.segments[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a memory stands to what a store holds.

    Attributes:
        kind: not there; there under its id; there, but some of its rows are lost; the same content
            there under another id; or something else there under its id.
        original: the id the same content is known under.
        newer: of one that is there in part, the version that stands for it now.
    """

    kind: Literal["new", "there", "partial", "known", "other"]
    original: str = ""
    newer: str = ""

    @property
    def is_wanted(self) -> bool:
        """Whether the store would be the more whole for it."""
        return self.kind in ("new", "partial")


_Content = tuple[str, str, str]
_Row = Mapping[str, Any]
_NEW = Standing(kind="new")


async def may_expire(store: Store, now: datetime) -> bool:
    """Whether what has expired by the clock may be left out; not where that is doubted, or cannot be noted."""
    try:
        return await store.believes(now)
    except StoreError:
        return False


async def standings(store: Store, firsts: Sequence[Segment]) -> dict[str, Standing]:
    """How each memory, told by its first segment, stands to what the store holds now."""
    there = await _there(store, [first.id for first in firsts])
    known = await _known(store, [first.digest for first in firsts])
    return {first.id: _standing(first, there.get(first.id), known) for first in firsts}


async def take_in(store: Store, memories: Sequence[Incoming]) -> dict[str, Standing]:
    """Write those of the memories that are new, or here in part, media first; returns how each stood before.

    The look and the write are one, as with `Store.keep`. All that are new are one commit, but for a
    memory that replaces a version which is here: that one is marked in a commit of their own. What
    was here in part is written in the place of its rows, in one commit.

    Raises:
        StoreError: they could not be written; what is there of them is there as a whole.
    """
    try:
        async with store.exclusively():
            stood = await standings(store, [memory.first for memory in memories])
            new, partial = _once(memories, stood), _partial(memories, stood)
            await in_io_thread(_adopt, store, [*new, *partial])
            await _write(store, new)
            if partial:
                await store.table.rewrite([one for memory in partial for one in memory.segments], _columns(partial))
    except StoreError:
        await store.erasure.recover()  # sweeps what was adopted
        raise
    return stood


def _adopt(store: Store, memories: Sequence[Incoming]) -> None:
    for file in {(file.sha256, file.mime): file for memory in memories for file in memory.files}.values():
        store.media.adopt(file)


def _once(memories: Sequence[Incoming], stood: dict[str, Standing]) -> list[Incoming]:
    """The new memories; of those with the same content, the first one."""
    new: list[Incoming] = []
    contents: dict[_Content, str] = {}
    for memory in (one for one in memories if stood[one.first.id] == _NEW):
        original = memory.first.id
        if not memory.first.superseded_by:
            original = contents.setdefault(_content(memory.first), memory.first.id)
        if original == memory.first.id:
            new.append(memory)
        else:
            stood[memory.first.id] = Standing(kind="known", original=original)
    return new


def _partial(memories: Sequence[Incoming], stood: Mapping[str, Standing]) -> list[Incoming]:
    """Those that are here in part, as whole as they were and no less replaced."""
    return [
        replace(memory, segments=[replace(one, superseded_by=stood[one.id].newer) for one in memory.segments])
        for memory in memories
        if stood[memory.first.id].kind == "partial"
    ]


async def _write(store: Store, new: Sequence[Incoming]) -> None:
    replaced = await _replaced(store, [memory.first for memory in new])
    together = [memory for memory in new if memory.first.id not in replaced]
    if together:
        await store.table.append([one for memory in together for one in memory.segments], _columns(together))
    for memory in (one for one in new if one.first.id in replaced):
        await store.table.append(memory.segments, _columns([memory]), replaced=memory.first.replaces)


def _columns(memories: Sequence[Incoming]) -> dict[str, list[NDArray[np.float32] | None]]:
    rows = [vectors for memory in memories for vectors in memory.vectors]
    columns = sorted(set[str]().union(*rows))
    return {column: [row.get(column) for row in rows] for column in columns}


async def _there(store: Store, ids: Sequence[str]) -> dict[str, list[_Row]]:
    """The rows of those of the ids that are memories."""
    found: dict[str, list[_Row]] = {}
    for row in await store.table.records(one_of("id", ids), ["id", "segment", "owner", "digest", "superseded_by"]):
        found.setdefault(row["id"], []).append(row)
    return found


async def _known(store: Store, digests: Sequence[str]) -> dict[_Content, str]:
    """The living memories with one of these contents."""
    living = f"superseded_by = '' AND {unexpired(datetime.now(UTC))}"
    condition = f"{one_of('digest', digests)} AND segment = 0 AND {living}"
    rows = await store.table.records(condition, ["id", "owner", "namespace", "digest"])
    return {(row["owner"], row["namespace"], row["digest"]): row["id"] for row in rows}


async def _replaced(store: Store, firsts: Sequence[Segment]) -> set[str]:
    """Those that replace a version which is here and does not know it."""
    olds = [first.replaces for first in firsts if first.replaces]
    rows = await store.table.records(f"{one_of('id', olds)} AND segment = 0 AND superseded_by = ''", ["id", "owner"])
    here = {(row["id"], row["owner"]) for row in rows}
    return {first.id for first in firsts if (first.replaces, first.owner) in here}


def _standing(first: Segment, there: Sequence[_Row] | None, known: Mapping[_Content, str]) -> Standing:
    if there:
        return _standing_here(first, there)
    original = "" if first.superseded_by else known.get(_content(first), "")
    # The same content with another title or other tags may replace itself.
    return _NEW if original in ("", first.replaces) else Standing(kind="known", original=original)


def _standing_here(first: Segment, there: Sequence[_Row]) -> Standing:
    """How a memory stands to the rows under its id; those at the end may be fewer, or more, as it is read on."""
    if any((row["owner"], row["digest"]) != (first.owner, first.digest) for row in there):
        return Standing(kind="other")
    numbers = {row["segment"] for row in there}
    if len(numbers) == max(numbers) + 1:
        return Standing(kind="there")
    return Standing(kind="partial", newer=there[0]["superseded_by"])


def _content(first: Segment) -> _Content:
    return (first.owner, first.namespace, first.digest)
