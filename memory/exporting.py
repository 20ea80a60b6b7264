"""Export: everything that is remembered, in one file that belongs to its owner."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from memory.archive_file import Advance, ArchiveWriter, Row
from memory.errors import StoreError
from memory.model import Segment, SegmentKey
from memory.store.filters import between, one_of, text_literal, unexpired
from memory.store.store import Store
from memory.store.taking_in import may_expire
from memory.threads import in_io_thread, in_worker

MEMORIES_AT_ONCE = 500
"""Memories that are held in memory together, at most."""
SEGMENTS_AT_ONCE = 2_000
"""After how many segments no further memory joins them."""
MEDIA_BYTES_AT_ONCE = 512 * 2**20
"""After how many bytes of media none either: while they are borrowed, a forget does not free their room."""
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
        doubted: how many are in it although their time is over, by a clock that is not believed.
        forgotten: how many were left out because they were forgotten while the export ran.
        lost: those left out because the store is damaged: rows or media of them are missing, or not what they were.
    """

    memories: int
    segments: int
    media: int
    size_bytes: int
    expired: int
    doubted: int
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
            counts, over = await self._counts(order.namespace)
            expires = await may_expire(self.store, datetime.now(UTC))
            counts = {id_: count for id_, count in counts.items() if not expires or id_ not in over}
            done = 0
            for page in _pages(counts):
                lost += await self._add(archive, page, counts, list(spaces))
                advance(done := done + len(page), len(counts))
            await in_io_thread(archive.finish, spaces)
        finally:
            archive.discard()
        return Exported(
            memories=archive.memories,
            segments=archive.segments,
            media=archive.media,
            size_bytes=archive.size_bytes,
            expired=len(over) if expires else 0,
            doubted=0 if expires else len(over),
            forgotten=len(counts) - archive.memories - len(lost),
            lost=tuple(lost),
        )

    async def _counts(self, namespace: str) -> tuple[dict[str, int], set[str]]:
        """How many segments each memory has, the oldest first, and which of them have expired."""
        condition = f"namespace = {text_literal(namespace)}" if namespace else "true"
        rows = await self.store.table.records(condition, ["id", "created_at", "expires_at"])
        rows.sort(key=lambda row: (row["created_at"], row["id"]))
        now = datetime.now(UTC)
        over = {row["id"] for row in rows if row["expires_at"] is not None and row["expires_at"] <= now}
        return Counter(row["id"] for row in rows), over

    async def _add(
        self, archive: ArchiveWriter, ids: Sequence[str], exported: Collection[str], spaces: Sequence[str]
    ) -> list[str]:
        """Take in those that are still there; returns those of which something is not."""
        segments = await self._newest(await self.store.table.segments(one_of("id", ids)), exported)
        vectors = await self._vectors(segments, spaces) if spaces else {}
        memories = {
            id_: [(one, vectors.get(one.key, {})) for one in some]
            for id_, some in groupby(segments, key=lambda segment: segment.id)
        }
        lost: list[str] = []
        for some in await in_io_thread(self._portions, [memories[id_] for id_ in ids if id_ in memories]):
            lost += await self._put(archive, some)
        return sorted(lost)

    async def _put(self, archive: ArchiveWriter, memories: Sequence[Sequence[Row]]) -> list[str]:
        """Write those that are still there, as a whole; returns those that are no whole."""
        with TemporaryDirectory(dir=self.folder) as borrowed:
            files = await in_io_thread(self._borrow, memories, Path(borrowed))
            # Once borrowed, a file stays; so who is still there now goes in as a whole.
            still = await self.store.table.records(one_of("id", [_id(rows) for rows in memories]), ["id"])
            there = {row["id"] for row in still}
            here = [rows for rows in memories if _id(rows) in there]
            await in_io_thread(_write, archive, [rows for rows in here if _is_whole(rows, files)], files)
        return [_id(rows) for rows in here if not _is_whole(rows, files)]

    async def _newest(self, segments: Sequence[Segment], exported: Collection[str]) -> list[Segment]:
        """The segments; what is replaced by a living memory that does not go with it stands for itself again.

        A newer version that came after the export began is not in it: the older must not be gone for it.
        """
        newer = {segment.superseded_by for segment in segments} - {"", *exported}
        condition = f"{one_of('id', newer)} AND {unexpired(datetime.now(UTC))}"
        left = {row["id"] for row in await self.store.table.records(condition, ["id"])}
        return [replace(one, superseded_by="") if one.superseded_by in left else one for one in segments]

    async def _vectors(self, segments: Sequence[Segment], spaces: Sequence[str]) -> dict[SegmentKey, dict[str, bytes]]:
        found: dict[SegmentKey, dict[str, bytes]] = {}
        these = one_of("id", {segment.id for segment in segments})
        for first in range(0, max((segment.index for segment in segments), default=-1) + 1, VECTORS_AT_ONCE):
            some = f"{these} AND {between(first, first + VECTORS_AT_ONCE - 1)}"
            rows = await self.store.table.records(some, ["id", "segment", *spaces])
            found |= await in_worker(_as_bytes, rows, spaces)
        return found

    def _portions(self, memories: Sequence[Sequence[Row]]) -> list[list[Sequence[Row]]]:
        """The memories, as many together as their media allow."""
        portions: list[list[Sequence[Row]]] = [[]]
        size = 0
        for rows in memories:
            if size >= MEDIA_BYTES_AT_ONCE:
                portions.append([])
                size = 0
            portions[-1].append(rows)
            size += sum(map(self._size, _keys(rows)))
        return portions

    def _size(self, key: str) -> int:
        try:
            return self.store.media.fetched(key).stat().st_size
        except FileNotFoundError:  # forgotten, or lost, as will be seen
            return 0

    def _borrow(self, memories: Collection[Sequence[Row]], folder: Path) -> dict[str, Path]:
        """Every file of these memories that is there and undamaged, under a name that a forget does not take away."""
        files: dict[str, Path] = {}
        for number, key in enumerate(sorted(set[str]().union(*map(_keys, memories)))):
            with suppress(FileNotFoundError):
                held = _held(self.store.media.fetched(key), folder / str(number))
                if _digest(held) == PurePosixPath(key).stem:
                    files[key] = held
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


def _id(rows: Sequence[Row]) -> str:
    return rows[0][0].id


def _is_whole(rows: Sequence[Row], files: Collection[str]) -> bool:
    return rows[-1][0].index == len(rows) - 1 and all(key in files for key in _keys(rows))


def _keys(rows: Sequence[Row]) -> set[str]:
    return {segment.media for segment, _ in rows} - {""}


def _held(path: Path, link: Path) -> Path:
    try:
        link.hardlink_to(path)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        _copy(path, link)
    return link


def _copy(path: Path, copy: Path) -> None:
    try:
        shutil.copyfile(path, copy)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(f"a media file could not be copied for the archive: {error.strerror}") from error


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # a disk that no longer gives them has other bytes, too
        return ""
