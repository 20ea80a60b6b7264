"""`sensorium import`: a folder's files remembered, or what the official memory server did; each a memory of its own."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import anyio
from rich.console import Console
from rich.table import Table
from rich.text import Text

from memory.checks import MAX_LABELS
from memory.errors import InvalidInputError, NotFoundError
from memory.estimating import expected_usage
from memory.media.sniff import modality_of, sniff
from memory.model import Part, TextPart
from memory.pieces import File, Modality
from memory.requests import Remembered, Remembrance
from memory.service import MemoryService
from memory.threads import in_io_thread
from memory.usage import Usage
from server.composition import open_backend
from server.costs import dollars, usage_facts
from server.foreign import GRAPHS, MARKDOWN, Graph, Matter, Note, front_matter, graph_in
from server.principals import LOCAL
from server.reembedding import embed_all, progress_bar
from server.settings import Settings
from server.warming import Backend


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be imported, and how.

    Attributes:
        folder: where the files are; or the one file of the official memory server.
        tags: on every memory.
        dry_run: only say what there is and what it will cost.
        batch: embed by batch jobs, at half price and hours later.
        as_json: print facts for a program.
    """

    folder: Path
    namespace: str = "default"
    tags: tuple[str, ...] = ()
    dry_run: bool = False
    batch: bool = False
    as_json: bool = False

    @property
    def is_graph(self) -> bool:
        """Whether it is a file of the official memory server."""
        return self.folder.is_file() and self.folder.suffix.lower() in GRAPHS


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of the files, or of what one holds.

    Attributes:
        known: how many were remembered already.
        refused: which cannot be remembered, and why.
    """

    stored: int = 0
    known: int = 0
    refused: list[tuple[Path, str]] = field(default_factory=list[tuple[Path, str]])


@dataclass(slots=True, kw_only=True)
class Estimate:
    """What the files will cost.

    Attributes:
        kinds: how many there are of a kind, and what embedding them will use.
        refused: which cannot be remembered, and why.
    """

    kinds: dict[Modality, tuple[int, Usage]] = field(default_factory=dict[Modality, tuple[int, Usage]])
    refused: list[tuple[Path, str]] = field(default_factory=list[tuple[Path, str]])

    @property
    def total(self) -> Usage:
        """What they will use together."""
        return sum((usage for _, usage in self.kinds.values()), Usage())


def run_import(settings: Settings, order: Order) -> int:
    """Import, or say what it will cost; returns the exit code: 1 where files were refused.

    Raises:
        InvalidInputError: the folder is none, or the file is not one of the official memory server.
        SensoriumError: the store or the embedder cannot go on; run it again, and it goes on from there.
    """
    if not order.folder.is_dir() and not order.is_graph:
        raise InvalidInputError(f"{str(order.folder)!r} is not a folder, nor a .jsonl or .json file")
    look = _count_notes if order.is_graph else _estimate
    # Whoever names a folder on the command line allows it; files are still read inside it only.
    allowed = settings.model_copy(update={"roots": (order.folder.resolve(),)})
    return anyio.run(look if order.dry_run else _import, allowed, order)


def files_in(folder: Path, refused: list[tuple[Path, str]]) -> Iterator[Path]:
    """The files in a folder and those below it, in order; nothing that is hidden or a link.

    A folder that cannot be read goes into `refused`.
    """
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        refused.append((folder, _cannot(error)))
        return
    for path in entries:
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_dir():
            yield from files_in(path, refused)
        elif path.is_file():
            yield path


async def _import(settings: Settings, order: Order) -> int:
    graph = await _graph(settings, order) if order.is_graph else None
    outcome, console = Outcome(), Console(stderr=order.as_json)
    async with open_backend(settings, is_local=True) as backend, AsyncExitStack() as held:
        renew = await held.enter_async_context(backend.service.batching.holding()) if order.batch else _nothing
        given = graph.notes if graph else list(files_in(order.folder.resolve(), outcome.refused))
        outcome.refused += _damaged(order, graph)
        with progress_bar(console, "reading") as progress:
            task = progress.add_task("", total=len(given))
            for one in given:
                await renew()
                if isinstance(one, Note):
                    await _note(backend, order, one, outcome)
                else:
                    await _file(backend, order, one, outcome)
                progress.advance(task)
        _tell(order, outcome, console)  # they are kept, whatever becomes of their embedding
        await embed_all(backend.service, console, batch=order.batch)
    return int(bool(outcome.refused))


async def _nothing() -> None:
    """Hold nothing back."""


async def _graph(settings: Settings, order: Order) -> Graph:
    return await in_io_thread(graph_in, order.folder, settings.max_file_mb * 2**20)


def _damaged(order: Order, graph: Graph | None) -> list[tuple[Path, str]]:
    return [(order.folder, why) for why in graph.damaged] if graph else []


async def _file(backend: Backend, order: Order, path: Path, outcome: Outcome) -> None:
    is_markdown = path.suffix.lower() in MARKDOWN
    matter = await in_io_thread(front_matter, path) if is_markdown else Matter()
    try:
        async with backend.sources.fetched([str(path)], LOCAL) as parts:
            said = _request(order, parts, matter.title, matter.tags)
            _count(await backend.service.remember(replace(said, occurred_at=matter.when)), outcome)
    except InvalidInputError as error:
        outcome.refused.append((path, str(error)))


async def _note(backend: Backend, order: Order, note: Note, outcome: Outcome) -> None:
    request = _request(order, (TextPart(text=note.text),), note.title, note.tags)
    try:
        _count(await backend.service.remember(request), outcome)
    except InvalidInputError as error:
        outcome.refused.append((order.folder, f"{note.where}: {error}"))


def _request(order: Order, parts: tuple[Part, ...], title: str, own: Sequence[str]) -> Remembrance:
    tags = tuple(dict.fromkeys([*order.tags, *own]))[: max(MAX_LABELS, len(order.tags))]
    return Remembrance(owner=LOCAL, parts=parts, title=title, tags=tags, namespace=order.namespace, defers=True)


def _count(remembered: Remembered, outcome: Outcome) -> None:
    if remembered.status == "stored":
        outcome.stored += 1
    else:
        outcome.known += 1


def _tell(order: Order, outcome: Outcome, console: Console) -> None:
    if order.as_json:
        refused = _refused_facts(outcome.refused)
        sys.stdout.write(json.dumps({"stored": outcome.stored, "known": outcome.known, "refused": refused}) + "\n")
        return
    _tell_refused(outcome.refused, console)
    known = f", {outcome.known} were remembered already" if outcome.known else ""
    refused = f", {len(outcome.refused)} were refused" if outcome.refused else ""
    console.print(f"{outcome.stored} {'memories' if order.is_graph else 'files'} remembered{known}{refused}")


async def _count_notes(settings: Settings, order: Order) -> int:
    graph, console = await _graph(settings, order), Console(stderr=order.as_json)
    refused = _damaged(order, graph)
    if order.as_json:
        sys.stdout.write(json.dumps({"memories": len(graph.notes), "refused": _refused_facts(refused)}) + "\n")
    else:
        _tell_refused(refused, console)
        console.print(f"{len(graph.notes):,} memories; nothing was sent or stored")
    return int(bool(refused))


async def _estimate(settings: Settings, order: Order) -> int:
    estimate, console = Estimate(), Console(stderr=order.as_json)
    async with open_backend(settings, is_local=True) as backend:
        service, paths = backend.service, list(files_in(order.folder.resolve(), estimate.refused))
        with progress_bar(console, "looking") as progress:
            task = progress.add_task("", total=len(paths))
            for path in paths:
                await _look(service, path, estimate)
                progress.advance(task)
    if order.as_json:
        sys.stdout.write(json.dumps(_facts(estimate, order)) + "\n")
    else:
        console.print(_table(estimate))
        console.print(_sum(estimate, service.embedding.name, half=order.batch))
        _tell_refused(estimate.refused, console)
    return int(bool(estimate.refused))


async def _look(service: MemoryService, path: Path, estimate: Estimate) -> None:
    try:
        file = await in_io_thread(_found, path)
        usage = expected_usage(await service.reader.extent(file), service.embedding)
    except (InvalidInputError, NotFoundError) as error:
        estimate.refused.append((path, str(error)))
        return
    except OSError as error:
        estimate.refused.append((path, _cannot(error)))
        return
    kind = modality_of(file.mime) or Modality.TEXT
    count, before = estimate.kinds.get(kind, (0, Usage()))
    estimate.kinds[kind] = (count + 1, before + usage)


def _cannot(error: OSError) -> str:
    return f"cannot be read: {error.strerror}"


def _found(path: Path) -> File:
    return File(path=path, mime=sniff(path, path.name), size_bytes=path.stat().st_size, sha256="")


def _table(estimate: Estimate) -> Table:
    table = Table(box=None, title="What embedding will use, at most", title_justify="left")
    for heading in ("kind", "files", "pieces", "tokens", "dollars"):
        table.add_column(heading, justify="left" if heading == "kind" else "right")
    for kind, (count, usage) in sorted(estimate.kinds.items()):
        cost = dollars(usage.all_dollars)
        table.add_row(kind, f"{count:,}", f"{usage.contents:,}", f"{usage.all_tokens:,}", cost)
    return table


def _sum(estimate: Estimate, embedder: str, *, half: bool) -> str:
    total = estimate.total
    if not total.contents:
        return f"{embedder}: embedding costs nothing"
    halved = f", {dollars(total.all_dollars / 2)} by batch jobs" if half else ""
    return f"{embedder}: about {dollars(total.all_dollars)}{halved}; nothing was sent or stored"


def _facts(estimate: Estimate, order: Order) -> dict[str, Any]:
    kinds = {kind: {"files": count, **usage_facts(usage)} for kind, (count, usage) in sorted(estimate.kinds.items())}
    total = usage_facts(estimate.total)
    if order.batch:
        total["batch_dollars"] = total["total_dollars"] / 2
    return {"kinds": kinds, "total": total, "refused": _refused_facts(estimate.refused)}


def _refused_facts(refused: Sequence[tuple[Path, str]]) -> list[dict[str, str]]:
    return [{"path": str(path), "why": why} for path, why in refused]


def _tell_refused(refused: Sequence[tuple[Path, str]], console: Console) -> None:
    for path, why in refused:
        console.print(Text(f"cannot be remembered: {path}: {why}"))
