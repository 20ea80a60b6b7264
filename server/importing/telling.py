"""An import as it is seen: a bar while it runs, a line for each change that is followed, and what came of it."""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from server.importing.orders import Fate, Order, Outcome
from server.printing import print_facts

_SUMMARY: Sequence[tuple[Fate, str, str]] = (
    ("changed", "newer version", "newer versions"),
    ("moved", "moved", "moved"),
    ("known", "remembered already", "remembered already"),
    ("forgotten", "forgotten, as the file is gone", "forgotten, as their files are gone"),
    ("refused", "refused", "refused"),
)
_VERBS: dict[Fate, str] = {
    "stored": "remembered",
    "changed": "remembered anew",
    "moved": "moved",
    "deleted": "gone, and still remembered (--delete forgets it)",
    "forgotten": "gone, and forgotten",
    "refused": "cannot be remembered",
}


@contextmanager
def course(console: Console, paths: Sequence[Path]) -> Generator[Callable[[], None]]:
    """A bar over files and their bytes, with both rates, to be advanced after each; nothing where nobody watches."""
    sizes = list(map(_size, paths))
    columns = (
        BarColumn(),
        TextColumn("{task.fields[files]}  {task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[name]}", style="dim", markup=False),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        first = paths[0].name if paths else ""
        task = progress.add_task("", total=max(sum(sizes), 1), files=f"0/{len(paths):,}", rate="", name=first)
        left, since = enumerate(sizes, 1), time.monotonic()

        def advance() -> None:
            done, size = next(left)
            progress.advance(task, size)
            seconds = max(time.monotonic() - since, 1e-3)
            rate = f"{done / seconds:,.1f} files/s, {decimal(round(progress.tasks[task].completed / seconds))}/s"
            name = paths[done].name if done < len(paths) else ""
            progress.update(task, files=f"{done:,}/{len(paths):,}", rate=rate, name=name)

        yield advance


def say_fate(console: Console, order: Order, fate: Fate, path: Path, more: str) -> None:
    """What became of a file that is followed."""
    if fate == "known":
        return
    if order.as_json:
        print_facts({"event": fate, "path": str(path), ("why" if fate == "refused" else "id"): more})
        return
    reason = f": {more}" if fate == "refused" else ""
    console.print(Text(f"{_VERBS[fate]}: {path}{reason}"), soft_wrap=True)


def say_outcome(console: Console, order: Order, outcome: Outcome, *, is_whole: bool = True) -> None:
    """What came of it all; `is_whole` where nothing stopped it."""
    if order.as_json:
        print_facts({**outcome.facts(), "interrupted": not is_whole})
        return
    say_refused(console, outcome)
    stored = outcome.fates.get("stored", 0)
    head = f"{stored:,} {'memories' if order.graph else 'files'} remembered"
    told = [(outcome.fates.get(fate, 0), one, many) for fate, one, many in _SUMMARY]
    rest = [f"{count:,} {one if count == 1 else many}" for count, one, many in told if count]
    links = [f"{outcome.links:,} links passed over"] if outcome.links else []
    console.print(Text(", ".join([head, *rest, *links])), soft_wrap=True)
    if gone := outcome.fates.get("deleted"):
        console.print(f"{gone:,} that were imported are gone from their folders; --delete forgets them")
    if not is_whole:
        console.print("stopped; run it again, and it goes on from here")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it is gone meanwhile, which is told when it is its turn
        return 0


def say_refused(console: Console, outcome: Outcome) -> None:
    """What cannot be remembered, and why."""
    for path, why in outcome.refused:
        console.print(Text(f"cannot be remembered: {path}: {why}"), soft_wrap=True)
