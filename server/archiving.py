"""`sensorium export` and `sensorium restore`: a whole memory as one file, and back."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

import anyio
from rich.console import Console
from rich.text import Text

from memory.archive_file import Advance
from memory.exporting import Export, Exported, Exporting
from memory.restoring import Restored
from memory.sources.spool import Spool
from server.composition import open_backend, open_store
from server.printing import print_facts
from server.reembedding import progress_bar
from server.settings import Settings

_DAMAGED = "rows or media of it are lost or damaged in the store; 'sensorium doctor' says more"
_DOUBT = "the clock is not believed, as it leapt, or the store cannot note what it says"


def run_export(settings: Settings, order: Export, *, as_json: bool) -> int:
    """Write an archive; returns the exit code: 1 where the store lacks something that belongs in it.

    Raises:
        InvalidInputError: the file is there already, or cannot be made.
        StoreError: the disk is full, or the store cannot be read.
    """
    console = Console(stderr=as_json)
    exported = anyio.run(_export, settings, order, console)
    if as_json:
        print_facts({"file": str(order.target), **asdict(exported)})
    else:
        for line in _export_lines(order, exported):
            console.print(Text(line), soft_wrap=True)
    return int(bool(exported.lost))


def run_restore(settings: Settings, path: Path, *, as_json: bool) -> int:
    """Take an archive in; returns the exit code: 1 where something in it could not be restored.

    Raises:
        InvalidInputError: the file is no archive, or one of a newer version.
        StoreError: the disk is full, or the store cannot be written; run it again, and it goes on from there.
    """
    console = Console(stderr=as_json)
    restored, pending = anyio.run(_restore, settings, path, console)
    if as_json:
        print_facts({**asdict(restored), "missing": restored.missing, "pending": pending})
    else:
        for line in _restore_lines(restored, pending):
            console.print(Text(line), soft_wrap=True)
    return int(bool(restored.refused or restored.missing))


async def _export(settings: Settings, order: Export, console: Console) -> Exported:
    """Without an embedder: a copy is made of what there is, whether or not one can be had."""
    store = await open_store(settings)
    with closing(Spool.beside(settings.home)) as spool, _shown(console, "exporting") as advance:
        return await Exporting(store, spool.folder).export(order, advance)


async def _restore(settings: Settings, path: Path, console: Console) -> tuple[Restored, int]:
    async with open_backend(settings, is_local=True) as backend:
        with _shown(console, "restoring") as advance:
            restored = await backend.service.restore(path, advance)
        return restored, (await backend.service.backlog()).pending


@contextmanager
def _shown(console: Console, doing: str) -> Generator[Advance]:
    with progress_bar(console, doing) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _export_lines(order: Export, exported: Exported) -> list[str]:
    size = f"{exported.size_bytes:,} bytes"
    held = f"{exported.memories:,} memories: {exported.segments:,} pieces and {exported.media:,} media files"
    return [
        *(f"left out: {id_}: {_DAMAGED}" for id_ in exported.lost),
        *_some(exported.forgotten, "left out: forgotten while the export ran"),
        *_some(exported.expired, "left out: expired"),
        *_some(exported.doubted, f"have expired, and are in it: {_DOUBT}"),
        f"{order.target}: {held}, {size}; only its owner may read it",
    ]


def _restore_lines(restored: Restored, pending: int) -> list[str]:
    return [
        *(f"line {one.line}{f', {one.id}' if one.id else ''}: refused: {one.why}" for one in restored.refused),
        *(f"{id_}: left out: exactly this is remembered as {known}" for id_, known in restored.known.items()),
        *(f"{id_}: left out: its time is over" for id_ in restored.expired),
        *_difference(restored.missing),
        f"{restored.restored:,} of {restored.memories:,} memories restored: {restored.segments:,} pieces",
        *_some(restored.completed, "of them were here in part"),
        *_some(restored.doubted, f"of them have expired: {_DOUBT}"),
        *_some(restored.there, "were here already"),
        *_some(pending, "pieces wait for vectors: a running server makes them, and so does 'sensorium reembed'"),
    ]


def _difference(missing: int) -> list[str]:
    if missing > 0:
        return [f"{missing:,} memories that the archive says it holds are not in it, or cannot be read"]
    return [f"the archive has {-missing:,} memories more than it says"] if missing else []


def _some(count: int, what: str) -> list[str]:
    return [f"{count:,} {what}"] if count else []
