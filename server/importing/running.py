"""`sensorium import` as it runs: what there is, what it costs, all of it taken in, and then what changes."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from rich.console import Console

from memory.errors import InvalidInputError
from memory.model import TextPart
from memory.threads import in_io_thread
from server.composition import open_backend
from server.importing.costs import Estimate, agreed
from server.importing.foreign import Graph, graph_in
from server.importing.orders import Fate, Order, Outcome
from server.importing.register import Register
from server.importing.selection import Selection
from server.importing.taking import Taking, remembrance
from server.importing.telling import course, say_fate, say_outcome, say_refused
from server.importing.watching import Watching
from server.printing import print_facts
from server.reembedding import embed_all
from server.settings import Settings
from server.warming import Backend

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C stopped, by the custom of shells."""

Renew = Callable[[], Awaitable[None]]
"""Holds back once more what batch jobs are to embed."""


def run_import(settings: Settings, order: Order) -> int:
    """Import, say what it will cost, or follow; returns the exit code: 1 where files were refused or it was not agreed.

    Stopped in whatever way, it goes on where it was when it is run again.

    Raises:
        InvalidInputError: the order cannot be carried out; says why.
        SensoriumError: the store or the embedder cannot go on.
    """
    order.check(settings.home)
    # Whoever names a folder on the command line allows it; files are still read inside it only.
    roots = tuple(path.resolve() for path in order.paths)
    folders = tuple(root if root.is_dir() else root.parent for root in roots)
    allowed = settings.model_copy(update={"roots": folders})
    run = _Run(settings=allowed, order=order, roots=roots, console=Console(stderr=order.as_json))
    try:
        return anyio.run(run.estimate if order.dry_run else run.go)
    except KeyboardInterrupt:
        if run.is_watching:
            run.console.print("no longer followed")
            return 0
        say_outcome(run.console, order, run.outcome, is_whole=False)
        return INTERRUPTED


@dataclass(slots=True, kw_only=True)
class _Run:
    """One import, and how far it came."""

    settings: Settings
    order: Order
    roots: Sequence[Path]
    console: Console
    outcome: Outcome = field(default_factory=Outcome)
    is_watching: bool = False

    async def estimate(self) -> int:
        """Only say what there is and what it will cost."""
        if self.order.graph:
            return await self._count(self.order.graph)
        estimate = Estimate()
        async with open_backend(self.settings, is_local=True) as backend:
            register = await Register.read(backend.service.imports, self.order.namespace)
            for path in self._new(await in_io_thread(self._paths), register):
                await estimate.add(backend.service, path, self.outcome)
            embedder = backend.service.embedding.name
        if self.order.as_json:
            print_facts({**estimate.facts(self.order), **self.outcome.facts()})
        else:
            self.console.print(estimate.table())
            self.console.print(f"{estimate.sum(embedder, self.order)}; nothing was sent or stored")
            say_refused(self.console, self.outcome)
        return self._code()

    async def go(self) -> int:
        """Take everything in, embed it, and follow what changes where that is asked for."""
        graph = await self._graph(self.order.graph) if self.order.graph else None
        async with open_backend(self.settings, is_local=True) as backend, AsyncExitStack() as held:
            service = backend.service
            renew = await held.enter_async_context(service.batching.holding()) if self.order.batch else _nothing
            taking = None
            if graph:
                await self._take_notes(backend, graph, renew)
            elif (taking := await self._take_files(backend, renew)) is None:
                return 1
            # They are kept, whatever becomes of their embedding.
            say_outcome(self.console, self.order, self.outcome)
            await embed_all(service, self.console, batch=self.order.batch)
            if self.order.watch and taking:
                await self._follow(backend, taking)
        return self._code()

    async def _take_files(self, backend: Backend, renew: Renew) -> Taking | None:
        """Take in what is new; None where it costs something and nobody agreed to that."""
        register = await Register.read(backend.service.imports, self.order.namespace)
        paths = await in_io_thread(self._paths)
        new = self._new(paths, register)
        if not await agreed(backend.service, self.order, new, self.console):
            self.console.print("nothing was sent or stored")
            return None
        taking = Taking(
            backend=backend,
            order=self.order,
            outcome=self.outcome,
            register=register,
            tell=self._tell,
            seen=set(map(str, paths)),
        )
        with course(self.console, new) as advance:
            for path in new:
                await renew()
                await taking.take(path)
                advance()
        await taking.tidy(self.roots)
        return taking

    async def _take_notes(self, backend: Backend, graph: Graph, renew: Renew) -> None:
        """Take in what the official memory server knew."""
        for note in graph.notes:
            await renew()
            request = remembrance(self.order, (TextPart(text=note.text),), note.title, note.tags)
            try:
                remembered = await backend.service.remember(request)
            except InvalidInputError as error:
                self.outcome.refuse(graph.path, f"{note.where}: {error}")
            else:
                self.outcome.count("stored" if remembered.status == "stored" else "known")

    async def _count(self, path: Path) -> int:
        graph = await self._graph(path)
        if self.order.as_json:
            print_facts({"memories": len(graph.notes), **self.outcome.facts()})
        else:
            say_refused(self.console, self.outcome)
            self.console.print(f"{len(graph.notes):,} memories; nothing was sent or stored")
        return self._code()

    async def _graph(self, path: Path) -> Graph:
        graph = await in_io_thread(graph_in, path, self.settings.max_file_mb * 2**20)
        for why in graph.damaged:
            self.outcome.refuse(path, why)
        return graph

    async def _follow(self, backend: Backend, taking: Taking) -> None:
        """Follow for ever; what is taken in meanwhile is read and embedded beside it."""
        self.is_watching = True
        self.console.print("following what changes; Ctrl-C ends it")
        selection = Selection.of(self.order, self.settings.home)
        async with anyio.create_task_group() as group:
            group.start_soon(backend.service.keep_up)
            await Watching(taking, selection, self.roots).run()

    def _paths(self) -> list[Path]:
        """All files that are chosen.

        Raises:
            InvalidInputError: the patterns leave nothing.
        """
        selection = Selection.of(self.order, self.settings.home)
        paths = [path for root in self.roots for path in selection.files(root, self.outcome)]
        if not paths and (self.order.include or self.order.exclude):
            raise InvalidInputError("the patterns leave no file: look at --include and --exclude")
        return list(dict.fromkeys(paths))

    def _new(self, paths: Sequence[Path], register: Register) -> list[Path]:
        """Those that are not remembered as they are; the others are counted."""
        new = [path for path in paths if not register.is_current(path)]
        self.outcome.count("known", len(paths) - len(new))
        return new

    def _tell(self, fate: Fate, path: Path, more: str) -> None:
        if self.is_watching:
            say_fate(self.console, self.order, fate, path, more)

    def _code(self) -> int:
        return int(bool(self.outcome.refused))


async def _nothing() -> None:
    """Hold nothing back."""
