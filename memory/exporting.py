"""Export: everything that is remembered, in one file that belongs to its owner."""

import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from memory.archive_file import Advance, ArchiveWriter, Row
from memory.model import Segment, SegmentKey
from memory.store.filters import between, one_of, text_literal
from memory.store.store import Store
from memory.threads import in_io_thread, in_worker

MEMORIES_AT_ONCE = 500
"""Memories that are held in memory together, at most."""
SEGMENTS_AT_ONCE = 2_000
"""After how many segments no further memory joins them."""
VECTORS_AT_ONCE = 500
"""Segments of a memory whose vectors are read together: as the engine gives them, one takes up to 100 kB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What is to be exported, and where to.

    Attributes:
        namespace: only what belongs to this one; empty for all.
        with_vectors: also the vectors of all spaces, so that nothing has to be embedded again.
        replaces: write over a file that is there.
    """

    target: Path
    namespace: str = ""
    with_vectors: bool = False
    replaces: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What an archive holds, and what it does not.

    Attributes:
        media: how many files.
        size_bytes: of the archive.
        expired: how many memories were left out because their time is over.
        forgotten: how many because they were forgotten while the export ran.
        lost: those left out because their media are not in the store, which is damaged.
    """

    memories: int
    segments: int
    media: int
    size_bytes: int
    expired: int
    forgotten: int
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exporting:
    """Reads a store out, some memories at a time, while others write to it.

    Attributes:
        folder: where it may keep what must not outlive it.
    """

    store: Store
    folder: Path

    async def export(self, order: Export, advance: Advance) -> Exported:
        """Write an archive; nothing but a whole one is ever under its name.

        What is remembered after it began is not in it, and what is forgotten meanwhile is in it as
        a whole or not at all.

        Raises:
            InvalidInputError: the target cannot be written to, or is there already.
            StoreError: the disk is full, or the store cannot be read.
        """
        spaces = await self.store.table.spaces() if order.with_vectors else {}
        archive = await in_io_thread(ArchiveWriter, order.target, self.folder, replaces=order.replaces)
        lost: list[str] = []
        try:
            counts, expired = await self._counts(order.namespace)
            done = 0
            for page in _pages(counts):
                lost += await self._add(archive, page, list(spaces))
                advance(done := done + len(page), len(counts))
            await in_io_thread(archive.finish, spaces)
        finally:
            archive.discard()
        return Exported(
            memories=archive.memories,
            segments=archive.segments,
            media=archive.media,
            size_bytes=archive.size_bytes,
            expired=expired,
            forgotten=len(counts) - archive.memories - len(lost),
            lost=tuple(lost),
        )

    async def _counts(self, namespace: str) -> tuple[dict[str, int], int]:
        """How many segments each memory has, the oldest first, and how many memories more have expired."""
        condition = f"namespace = {text_literal(namespace)}" if namespace else "true"
        rows = await self.store.table.records(condition, ["id", "created_at", "expires_at"])
        now = datetime.now(UTC)
        living = [row for row in rows if row["expires_at"] is None or row["expires_at"] > now]
        counts = Counter(row["id"] for row in sorted(living, key=lambda row: (row["created_at"], row["id"])))
        return counts, len({row["id"] for row in rows}) - len(counts)

    async def _add(self, archive: ArchiveWriter, ids: Sequence[str], spaces: Sequence[str]) -> list[str]:
        """Take in those that are still there; returns those whose media are not."""
        segments = await self.store.table.segments(one_of("id", ids))
        vectors = await self._vectors(segments, spaces) if spaces else {}
        memories = {
            id_: [(one, vectors.get(one.key, {})) for one in some]
            for id_, some in groupby(segments, key=lambda segment: segment.id)
        }
        with TemporaryDirectory(dir=self.folder) as borrowed:
            files = await in_io_thread(self._borrow, memories.values(), Path(borrowed))
            # Once borrowed, a file stays; so who is still there now goes in as a whole.
            still = await self.store.table.records(f"{one_of('id', ids)} AND segment = 0", ["id"])
            there = {row["id"] for row in still} & memories.keys()
            whole = [id_ for id_ in ids if id_ in there and _keys(memories[id_]) <= files.keys()]
            await in_io_thread(_write, archive, [memories[id_] for id_ in whole], files)
        return sorted(there - set(whole))

    async def _vectors(self, segments: Sequence[Segment], spaces: Sequence[str]) -> dict[SegmentKey, dict[str, bytes]]:
        found: dict[SegmentKey, dict[str, bytes]] = {}
        these = one_of("id", {segment.id for segment in segments})
        for first in range(0, max((segment.index for segment in segments), default=-1) + 1, VECTORS_AT_ONCE):
            some = f"{these} AND {between(first, first + VECTORS_AT_ONCE - 1)}"
            rows = await self.store.table.records(some, ["id", "segment", *spaces])
            found |= await in_worker(_as_bytes, rows, spaces)
        return found

    def _borrow(self, memories: Collection[Sequence[Row]], folder: Path) -> dict[str, Path]:
        """Every file of these memories that is there, under a name that a forget does not take away."""
        files: dict[str, Path] = {}
        for number, key in enumerate(sorted(set[str]().union(*map(_keys, memories)))):
            with suppress(FileNotFoundError):
                files[key] = _held(self.store.media.path(key), folder / str(number))
        return files


def _write(archive: ArchiveWriter, memories: Sequence[Sequence[Row]], files: Mapping[str, Path]) -> None:
    for rows in memories:
        archive.add(rows, {key: files[key] for key in _keys(rows)})


def _pages(counts: Mapping[str, int]) -> Iterator[list[str]]:
    page: list[str] = []
    segments = 0
    for id_, count in counts.items():
        page.append(id_)
        segments += count
        if len(page) >= MEMORIES_AT_ONCE or segments >= SEGMENTS_AT_ONCE:
            yield page
            page, segments = [], 0
    if page:
        yield page


def _as_bytes(rows: Sequence[Mapping[str, Any]], spaces: Sequence[str]) -> dict[SegmentKey, dict[str, bytes]]:
    return {
        (row["id"], row["segment"]): {
            space: np.asarray(row[space], "<f4").tobytes() for space in spaces if row[space] is not None
        }
        for row in rows
    }


def _keys(rows: Sequence[Row]) -> set[str]:
    return {segment.media for segment, _ in rows} - {""}


def _held(path: Path, link: Path) -> Path:
    try:
        link.hardlink_to(path)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        shutil.copyfile(path, link)
    return link
