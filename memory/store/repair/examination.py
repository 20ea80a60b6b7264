"""Repair: a store looked through from end to end, and what can be mended mended."""

# lance is untyped: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from memory.errors import StoreError
from memory.store.lock import ProcessLock
from memory.store.repair.beside import examine_databases, examine_marks, examine_media
from memory.store.repair.damage import MOVED, Aside, Damage
from memory.store.repair.generations import (
    Fault,
    Generation,
    entries,
    generations,
    go_back,
    make_whole,
    standing,
    table_of,
)
from memory.store.repair.indexes import examine_indexes
from memory.store.repair.rescue import damaged_fragments, incomplete, take_out
from memory.threads import in_io_thread

_MANY = 10
"""Where more than one file in so many is missing at once, and at least two, it is the disk that is away."""


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

    It reads every row, index, media file and database, for a while on a large store. It holds the
    write lock only where there is something to mend; a folder that cannot be written is only looked at.

    Raises:
        StoreError: a damaged file could not be moved away; or another process writes for too long.
    """
    if not await in_io_thread(home.is_dir):
        return []
    found = await _look(Aside(home, mends=False), books)
    if not found or not os.access(home, os.W_OK | os.X_OK):
        return found
    async with ProcessLock(home / "writing.lock").hold():
        try:
            return await _look(Aside(home), books)
        except OSError as error:
            raise StoreError(
                f"the store could not be mended: {error.strerror or error}; nothing is lost by that"
            ) from error


async def _look(aside: Aside, books: Books) -> list[Damage]:
    """Look at every part, and mend what is wrong with it."""
    home = aside.home
    try:
        table, version = await _examine_table(aside)
    except StoreError as error:
        return [Damage(what="table", where="table", finding=str(error), is_loss=True)]
    if version is None:
        return table
    found = [
        *table,
        *await examine_indexes(aside, version),
        *await in_io_thread(examine_media, home, aside, version),
        *await in_io_thread(examine_databases, home, aside, books.caches, books.ledgers),
        *await in_io_thread(examine_marks, home, aside),
    ]
    for damage in found:
        if damage.done:
            await in_io_thread(aside.note, damage)
    return found


async def _examine_table(aside: Aside) -> tuple[list[Damage], Generation | None]:
    """What is wrong with the table, and its newest version; None where the rest is better left alone."""
    home = aside.home
    stands = await in_io_thread(standing, home)
    if stands.newest is None:
        return await in_io_thread(_without_version, aside, stands.torn), None
    if away := _away(stands.newest, stands.old):
        return [away], None
    version, found = stands.newest, list[Damage]()
    if stands.torn:
        found.append(await in_io_thread(go_back, home, aside, stands.torn, version))
    if damaged := await damaged_fragments(version, stands.old):
        found += await take_out(home, aside, version, damaged)
        if not aside.mends:
            return found, None  # what needs all rows to be read waits until they can be
        version = next(generations(home))
    found += await in_io_thread(_unreadable_versions, home, aside, version)
    return [*found, *await in_io_thread(incomplete, version)], version


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
    total = len(version.files())
    if len(missing) < 2 or len(missing) * _MANY <= total:
        return None
    finding = f"{len(missing)} of {total} files are missing at once: is a disk not mounted? Nothing was changed"
    return Damage(what="table", where=missing[0].path, finding=finding, is_loss=True)


def _unreadable_versions(home: Path, aside: Aside, newest: Generation) -> list[Damage]:
    """Manifests of older versions that cannot be read: nothing needs them, but no forget is finished beside them."""
    bad = [one.manifest for one in generations(home) if one.dataset is None and one.manifest != newest.manifest]
    for manifest in bad:
        aside.move(manifest)
    return [
        Damage(
            what="table",
            where=str(manifest.relative_to(home)),
            finding="an older version cannot be read; no memory is lost by it",
            done=aside.done(MOVED),
        )
        for manifest in bad
    ]
