"""Repair: a store looked through from end to end, and what can be mended mended."""

# lance is untyped: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import os
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from memory.errors import StoreError
from memory.store.datasets import EngineError, engine_errors
from memory.store.engine import translated
from memory.store.formats import check_format
from memory.store.lock import ProcessLock
from memory.store.marks import FolderMarks
from memory.store.repair.beside import examine_databases, examine_marks
from memory.store.repair.damage import MOVED, Aside, Damage
from memory.store.repair.generations import Fault, Generation, generations, go_back, make_whole, standing, table_of
from memory.store.repair.indexes import examine_indexes
from memory.store.repair.media import entries, examine_media
from memory.store.repair.memories import examine_memories
from memory.store.repair.rescue import damaged_fragments, take_out
from memory.threads import in_io_thread

_MANY = 10
"""Where more than one file in so many is missing at once, and at least two, it is the disk that is away."""

Look = Callable[[Aside], Awaitable[list[Damage]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The databases beside the table.

    Attributes:
        caches: files that can be done without.
        ledgers: files that are moved away where they are damaged, each with what that means.
    """

    caches: Collection[str]
    ledgers: Mapping[str, str]


async def examine(home: Path, books: Books) -> list[Damage]:
    """Everything that is wrong with a store's files, and what was done about it; nothing where there is no store.

    It reads every row, index, media file and database, for a while on a large store, beside those who write. It
    holds the write lock only to look again at what it found, and mend it; a folder that cannot be written is only
    looked at. Where something could not be mended, that is a finding too.

    Raises:
        StoreError: a later version made the store, and nothing was looked at; or it could not be read.
    """
    if not await in_io_thread(home.is_dir):
        return []
    await in_io_thread(check_format, FolderMarks(home), str(home))
    table = await _settled(home, _examine_table)
    if _is_stopped(table):
        return table  # what needs all rows to be read waits until they can be
    return [*table, *await _settled(home, partial(_examine_rest, books=books))]


async def _settled(home: Path, look: Look) -> list[Damage]:
    """What a look finds; where that can be mended, or may be another's work, it is looked at again as only writer."""
    aside = Aside(home, mends=False)
    if not os.access(home, os.W_OK | os.X_OK):
        with translated("examined"):
            return _left(await look(aside))
    first = await _beside_writers(look, aside)
    if first is not None and not any(damage.done or damage.what == "table" for damage in first):
        return first
    suspects = None if first is None or _is_stopped(first) else {damage.where for damage in first}
    try:
        async with ProcessLock(home / "writing.lock").hold():
            with translated("mended"):
                return await look(Aside(home, among=suspects))
    except StoreError as error:
        if not first:
            raise
        return [*_left(first), Damage(what="mending", where=home.name, finding=f"{error}; nothing is lost by that")]


async def _beside_writers(look: Look, aside: Aside) -> list[Damage] | None:
    """What a look finds; None where another process removed what it was looking at."""
    with translated("examined"):
        try:
            with engine_errors():
                return await look(aside)
        except (StoreError, EngineError) as error:
            cause = error.__cause__
            if isinstance(cause, FileNotFoundError) or "not found" in str(cause).lower():
                return None
            raise


def _is_stopped(found: Sequence[Damage]) -> bool:
    """Whether the table could not be looked through."""
    return any(damage.what == "table" and damage.is_loss and not damage.done for damage in found)


def _left(found: Sequence[Damage]) -> list[Damage]:
    """Findings about which nothing was done."""
    return [replace(damage, done="") for damage in found]


async def _examine_rest(aside: Aside, *, books: Books) -> list[Damage]:
    """What is wrong with what lies beside the rows."""
    home = aside.home
    version = (await in_io_thread(standing, home)).newest
    if version is None:
        return []
    return [
        *await examine_indexes(aside, version),
        *await in_io_thread(examine_media, home, aside, version.folder),
        *await in_io_thread(examine_databases, home, aside, books.caches, books.ledgers),
        *await in_io_thread(examine_marks, home, aside),
    ]


async def _examine_table(aside: Aside) -> list[Damage]:
    """What is wrong with the table."""
    try:
        stands = await in_io_thread(standing, aside.home)
        if stands.newest is None:
            return await in_io_thread(_without_version, aside, stands.torn)
    except StoreError as error:
        return [Damage(what="table", where="table", finding=str(error), is_loss=True)]
    if away := _away(stands.newest, stands.old):
        return [away]
    return await _examine_rows(aside, stands.newest, stands.torn, stands.old)


async def _examine_rows(
    aside: Aside, version: Generation, torn: Sequence[Generation], old: Sequence[Fault]
) -> list[Damage]:
    home, found = aside.home, list[Damage]()
    if torn:
        found.append(await in_io_thread(go_back, aside, torn, version))
    if damaged := await damaged_fragments(aside, version, old):
        found += await take_out(home, aside, version, damaged)
        if not aside.mends:
            return found
        version = next(generations(home))
    found += await in_io_thread(_unreadable_versions, aside, version, torn)
    return [*found, *await in_io_thread(examine_memories, aside, version)]


def _without_version(aside: Aside, torn: Sequence[Generation]) -> list[Damage]:
    home = aside.home
    if aside.mends:
        make_whole(home)
        return []
    is_new = not (torn or table_of(home).exists() or entries(home / "media"))
    finding = "no version of it can be opened"
    return [] if is_new else [Damage(what="table", where="table", finding=finding, is_loss=True)]


def _away(version: Generation, faults: Sequence[Fault]) -> Damage | None:
    """What is said where so much is missing that the disk is more likely away than damaged."""
    missing = [fault for fault in faults if fault.is_missing]
    total = len(version.files)
    if len(missing) < 2 or len(missing) * _MANY <= total:
        return None
    finding = f"{len(missing)} of {total} files are missing at once: is a disk not mounted? Nothing was changed"
    return Damage(what="table", where=missing[0].path, finding=finding, is_loss=True)


def _unreadable_versions(aside: Aside, newest: Generation, torn: Sequence[Generation]) -> list[Damage]:
    """Manifests of older versions that cannot be read: nothing needs them, but no forget is finished beside them."""
    known = {newest.manifest, *(one.manifest for one in torn)}
    bad = [one.manifest for one in generations(aside.home) if one.dataset is None and one.manifest not in known]
    finding = "an older version cannot be read; no memory is lost by it"
    return [
        aside.mend(
            Damage(what="table", where=str(path.relative_to(aside.home)), finding=finding, done=MOVED),
            [path],
        )
        for path in bad
    ]
