"""`sensorium reembed`: everything that has no vector in the active space gets one, while one watches."""

from dataclasses import asdict
from functools import partial

import anyio
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from memory.errors import EmbeddingUnavailableError, SensoriumError, SpendLimitError
from memory.service import MemoryService
from server.composition import open_backend
from server.costs import spending_facts, spending_lines
from server.printing import print_facts
from server.settings import Settings

LOOK_S = 1.0
"""How often it is seen how far another process is."""
RETRY_S = 10.0
"""How long an embedder that does not answer is left alone, at least."""


def run_reembed(settings: Settings, *, batch: bool, keep_old: bool, as_json: bool = False) -> int:
    """Embed all that waits; returns the exit code: 1 where something could not be embedded.

    When nothing waits any more, the vectors of other embedders are erased, unless `keep_old`.

    It may be stopped at any time, and goes on where it stopped.

    Raises:
        SpendLimitError: today's limit is reached.
        EmbeddingRefusedError: key, billing, permission; or nothing at all is taken.
        ConfigurationError: `batch`, and the embedder has no batch jobs.
    """
    return anyio.run(partial(_reembed, settings, batch=batch, keep_old=keep_old, as_json=as_json))


async def _reembed(settings: Settings, *, batch: bool, keep_old: bool, as_json: bool) -> int:
    async with open_backend(settings, is_local=True) as backend:
        service, console = backend.service, Console(stderr=as_json)
        code = await embed_all(service, console, batch=batch)
        backlog, spending = await service.backlog(), await service.embedding.spending()
        for line in spending_lines(spending):
            console.print(line)
        if backlog.is_empty and not code and service.embedding.embedder:
            console.print(f"everything has a vector of {service.embedding.name}")
        dropped = [] if keep_old else await service.drop_other_spaces()
        if dropped:
            console.print(f"erased the vectors of {', '.join(dropped)}")
        if as_json:
            left = {**asdict(backlog), "erased": dropped, "spending": spending_facts(spending)}
            print_facts({"embedder": service.embedding.name, **left})
        return code


async def embed_all(service: MemoryService, console: Console, *, batch: bool) -> int:
    """Read and embed whatever waits, with a progress bar; see `run_reembed`.

    With `batch`, all of it is read, and handed to batch jobs; then it returns.
    """
    if service.embedding.embedder is None:
        await service.read_all()
        console.print(f"found by words only: {service.embedding.absence}")
        return 0
    if batch:
        batching = service.batching
        await service.read_all()
        handed = await batching.submit()
        console.print(
            f"{handed:,} pieces were handed to batch jobs; a running server takes their vectors in when they are "
            "done, and so does 'sensorium reembed'"
        )
        return 0
    await _watched(service, console)
    failed = (await service.backlog()).failed
    if failed:
        console.print(f"{failed:,} pieces could not be embedded; they are found by their words")
    return int(bool(failed))


async def _watched(service: MemoryService, console: Console) -> None:
    """Work until nothing is left, and show how far it is."""
    troubles = list[SensoriumError]()

    async def work() -> None:
        try:
            await _work(service, console)
        except SensoriumError as error:  # raised below, not as one of a group
            troubles.append(error)
        group.cancel_scope.cancel()

    with progress_bar(console, "embedding") as progress:
        task = progress.add_task("", total=None)
        async with anyio.create_task_group() as group:
            group.start_soon(work)
            while not troubles:
                await _show(service, progress, task, troubles)
                await anyio.sleep(LOOK_S)
            group.cancel_scope.cancel()
    if troubles:
        raise troubles[0]


async def _show(service: MemoryService, progress: Progress, task: TaskID, troubles: list[SensoriumError]) -> None:
    try:
        left = await service.backlog()
    except SensoriumError as error:
        troubles.append(error)
        return
    total = max(progress.tasks[task].total or 0, left.pending)
    progress.update(task, total=total, completed=total - left.pending)


async def _work(service: MemoryService, console: Console) -> None:
    while not (await service.backlog()).is_empty:
        try:
            await service.take_a_turn()
            await anyio.sleep(LOOK_S)  # another process is at it, or a batch job
        except SpendLimitError:
            raise
        except EmbeddingUnavailableError as error:
            console.print(f"waiting: {error}")
            await anyio.sleep(max(RETRY_S, error.retry_after_s or 0.0))


def progress_bar(console: Console, doing: str) -> Progress:
    """A bar with a count and the time that is left; nothing where nobody watches."""
    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)
