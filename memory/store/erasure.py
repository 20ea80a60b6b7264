"""Erasure: after it, no file of the store holds a byte of what was deleted.

A delete only hides rows. Their bytes leave in steps, all under the write lock: compaction of every
fragment with a deleted row, however few; indexes built anew from what is left; removal of all older
versions; and a look at the disk that it is so. Then every process opens its handle anew, as the
engine keeps files open that were removed.

Source: measured on lancedb 0.40 with pylance 14, 2026-11: `optimize()` alone rewrites a fragment
only when more than a tenth of it is deleted, and words stay in a full-text index until it is
built anew; a process that searched held 56 files open, of them many that were removed.
"""

# lance is not typed: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, cast

import lance

from memory.errors import StoreError
from memory.model import Receipt
from memory.store.datasets import open_dataset
from memory.store.engine import translated
from memory.store.filters import HAS_MEDIA, lacks_vector, one_of
from memory.store.handle import Handle
from memory.store.places.place import ERASED
from memory.store.table import SegmentTable
from memory.threads import in_io_thread

UNFINISHED = "erasing"
"""The mark of an erasure that has begun."""
Exclusively = Callable[[], AbstractAsyncContextManager[None]]


class Erasure:
    """Removes for good; a process that dies in it leaves a mark, by which the next one finishes.

    Args:
        handle: on the table.
        exclusively: enters a block as the only writer, which is not cancelled once it has begun.
    """

    def __init__(self, handle: Handle, table: SegmentTable, exclusively: Exclusively) -> None:
        self._handle = handle
        self._table = table
        self._place = handle.place
        self._media = handle.place.media
        self._exclusively = exclusively
        self._followed: str | None = None

    async def erase(self, ids: Sequence[str]) -> Receipt:
        """Remove memories for good: rows, index entries, old versions, and media no other needs.

        Raises:
            StoreError: it is not finished; it is gone on with when something is erased next, and by upkeep.
        """
        these = one_of("id", ids)
        async with self._exclusively():
            rows = await self._table.records(these, ["id", "media"])
            size = await self._table.size_of(these)
            older = await self._table.records(f"{one_of('superseded_by', ids)} AND NOT {these}", ["id"])
            await self._begin()
            await self._table.delete(these)
            removed = await self.sweep()
            erased = await self._purge()
            shared = await self._table.records(one_of("media", {row["media"] for row in rows} - {""}), ["media"])
        gone = {row["media"] for row in rows} & removed.keys()
        kept = len({row["media"] for row in shared})
        return Receipt(
            memories=_ids_of(rows),
            segments=len(rows),
            media=len(gone),
            size_bytes=size + sum(removed[key] for key in gone),
            erased=erased,
            detail=_told(erased=erased, files=len(gone), shared=kept, older=_ids_of(older)),
        )

    async def drop_spaces(self, but: str) -> list[str]:
        """Remove the vectors of every space but one for good, where every row has one of that; returns their columns.

        Raises:
            StoreError: it is not finished; as `erase`.
        """
        async with self._exclusively():
            spaces = await self._table.spaces()
            others = sorted(spaces.keys() - {but})
            if but not in spaces or not others or await self._table.count(lacks_vector(but)):
                return []
            await self._begin()
            await self._table.drop_spaces(others)
            if not await self._purge():
                raise StoreError("older versions of the table still wait to be removed: upkeep goes on with it")
        return others

    async def recover(self) -> None:
        """Finish what a process that died left behind: an erasure, and files that belong to nothing."""
        async with self._exclusively():
            await self.sweep()
        await self.finish()

    async def finish(self) -> None:
        """Finish an erasure that could not be finished, where there is one."""
        with translated("read"):
            is_unfinished = await in_io_thread(self._place.marks.text, UNFINISHED) is not None
        if is_unfinished:
            async with self._exclusively():
                await self.sweep()
                await self._purge()

    async def forget_copies(self) -> None:
        """Remove this machine's copies of media that another one has erased since this was last asked.

        Raises:
            StoreError: it is not known what was erased.
        """
        with translated("read"):
            erased = await in_io_thread(self._place.marks.text, ERASED)
        if erased != self._followed:
            needed = {row["media"] for row in await self._table.records(HAS_MEDIA, ["media"])}
            await in_io_thread(self._media.forget_copies, needed)
            self._followed = erased

    async def sweep(self) -> dict[str, int]:
        """Remove media that no row names, and half-written ones; returns the bytes of each by key.

        Callers are the only writer.
        """
        needed = {row["media"] for row in await self._table.records(HAS_MEDIA, ["media"])}
        with translated():
            return await in_io_thread(self._media.sweep, needed)

    async def _begin(self) -> None:
        """Leave word of what is begun, for whoever finishes it."""
        with translated():
            await in_io_thread(self._place.marks.write, UNFINISHED, "")

    async def _purge(self) -> bool:
        """Remove every byte of deleted rows and columns from the table's files; True when none can be left."""
        await self._handle.work(_rewrite)
        await self._table.indexes.make_anew()
        erased = await self._handle.work(_only_newest_left)
        if erased:
            with translated():
                await in_io_thread(self._place.marks.write, ERASED, secrets.token_hex(8))
                await self._handle.refresh()
                await in_io_thread(self._place.discard)
                await in_io_thread(self._place.marks.remove, UNFINISHED)
        return erased


def _rewrite(location: str) -> None:
    """Write every file anew that holds a deleted row; all of them, where a column was dropped."""
    dataset = open_dataset(location)
    if _holds_dropped(dataset):
        reader = dataset.scanner().to_reader()
        cast("Any", lance).write_dataset(reader, location, mode="overwrite")
        return
    dataset.optimize.compact_files(materialize_deletions=True, materialize_deletions_threshold=0.0, num_threads=1)


def _holds_dropped(dataset: Any) -> bool:
    """Whether a file holds a column that the table has no longer."""
    known = set(_field_ids(dataset.lance_schema.fields()))
    files = [file for fragment in dataset.get_fragments() for file in fragment.metadata.files]
    return any(field >= 0 and field not in known for file in files for field in file.fields)


def _field_ids(fields: Sequence[Any]) -> list[int]:
    return [id_ for field in fields for id_ in (field.id(), *_field_ids(field.children()))]


def _only_newest_left(location: str) -> bool:
    dataset = open_dataset(location)
    # Unverified files are those of writers that died; the write lock excludes living ones.
    dataset.cleanup_old_versions(older_than=timedelta(0), delete_unverified=True)
    newest = open_dataset(location)
    deleted = sum(fragment.num_deletions for fragment in newest.get_fragments())
    return len(newest.versions()) == 1 and deleted == 0


def _told(*, erased: bool, files: int, shared: int, older: Sequence[str]) -> str:
    """What an erasure did, and what stays, for its receipt."""
    media = f"{files} media file{'' if files == 1 else 's'}"
    done = (
        f"off the disk: rows, vectors, full-text index entries, old table versions and {media}"
        if erased
        else f"deleted: rows and {media}; older versions of the table still wait to be removed"
    )
    stay = "1 media file stays" if shared == 1 else f"{shared} media files stay"
    kept = [
        *([f"{stay}, needed by another memory"] if shared else []),
        *([f"older versions stay until they are forgotten themselves: {', '.join(older)}"] if older else []),
    ]
    return "; ".join([done, *kept])


def _ids_of(rows: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """The memories that rows belong to, in order."""
    return tuple(sorted({row["id"] for row in rows}))
