"""How long a client waits for a new server process: `make bench-start`.

Each figure is the median and the range of runs of the installed command on a store that holds a
few memories, with the offline embedder and a warm file cache. The process is killed with the
answer, so that work it does afterwards is not counted.
"""

import json
import platform
import statistics
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich import box
from rich.console import Console
from rich.table import Table
from wire import BenchmarkError, Child, Cost, Era, spawn

RUNS = 7
HEAVY = ("lancedb", "google.genai", "onnxruntime")
NOTES = (
    "The heating engineer comes on Thursday at half past nine.",
    "Invoices are kept for ten years, because the auditor asked for it.",
    "Bread: 75 % water, a night in the cold, then 40 minutes at 240 degrees.",
    "The staging database moves to the new cluster in the first week of June.",
    "Miriam's flight lands in Lisbon at 18:25; she wants the room with a desk.",
)
QUERY = "when is the boiler repaired?"


def listed(child: Child, era: Era) -> None:
    """What a client does before its model can see the tools."""
    child.open(era)
    child.tools(era)


def recalled(child: Child) -> None:
    """Connect, and recall at once.

    Raises:
        BenchmarkError: the answer was not found by meaning, so the embedder had no part in it.
    """
    child.open("legacy")
    hits = child.use("recall", {"query": QUERY, "limit": 3})["structuredContent"]["hits"]
    if not hits or "meaning" not in hits[0]["why"]:
        raise BenchmarkError(f"the first recall brought {hits!r}, nothing found by meaning")


MEASURED: dict[str, Callable[[Child], None]] = {
    "spawn → tools/list, initialize era": lambda child: listed(child, "legacy"),
    "spawn → tools/list, discover era": lambda child: listed(child, "auto"),
    "spawn → first recall": recalled,
}


def remember_notes(home: Path, log: Path) -> None:
    """Put the notes into a new store."""
    child = spawn(home, log)
    child.open("legacy")
    for note in NOTES:
        child.use("remember", {"text": note})
    child.finish()


def costs(home: Path, log: Path, steps: Callable[[Child], None]) -> list[Cost]:
    """The cost of each run, after one that only warms the file cache."""
    return [_cost(home, log, steps) for _ in range(RUNS + 1)][1:]


def _cost(home: Path, log: Path, steps: Callable[[Child], None]) -> Cost:
    child = spawn(home, log)
    steps(child)
    return child.kill()


def imported(home: Path, log: Path) -> dict[str, str]:
    """How far each heavy module's import had come when the tools were listed, in a run of its own."""
    child = spawn(home, log, trace_imports=True)
    listed(child, "legacy")
    child.kill()
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    done = {line.rsplit("|", 1)[1].strip() for line in lines if line.startswith("import time:")}
    return {name: _progress(name, done) for name in HEAVY}


def _progress(name: str, done: set[str]) -> str:
    if name in done:
        return "imported"
    return "begun" if any(module.startswith(name + ".") for module in done) else "not imported"


def sizes(home: Path, log: Path) -> tuple[int, int]:
    """Characters of all tool definitions as compact JSON, and of the server's instructions."""
    child = spawn(home, log)
    introduction, tools = child.open("legacy"), child.tools("legacy")
    child.kill()
    compact = json.dumps(tools, ensure_ascii=False, separators=(",", ":"))
    return len(compact), len(introduction.get("instructions", ""))


def processor() -> str:
    """The processor's own name, where the system tells it."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores" if names else platform.processor() or platform.machine()


def _span(values: list[float]) -> str:
    return f"{statistics.median(values):.2f}  ({min(values):.2f}-{max(values):.2f})"


def _table(home: Path, log: Path, console: Console) -> Table:
    table = Table(title=f"median (range) of {RUNS} runs, seconds", title_justify="left", box=box.ROUNDED)
    table.add_column("what")
    table.add_column("wall", justify="right", no_wrap=True)
    table.add_column("processor", justify="right", no_wrap=True)
    for name, steps in MEASURED.items():
        with console.status(name):
            runs = costs(home, log, steps)
        table.add_row(name, _span([run.wall_s for run in runs]), _span([run.cpu_s for run in runs]))
    return table


def main() -> None:
    """Measure and print."""
    console = Console(highlight=False)
    console.print(f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {processor()}")
    with TemporaryDirectory(prefix="sensorium-bench-") as folder:
        home, log = Path(folder, "store"), Path(folder, "server.log")
        remember_notes(home, log)
        console.print(_table(home, log, console))
        states = ", ".join(f"{name} {state}" for name, state in imported(home, log).items())
        console.print(f"when the tools were listed: {states}", soft_wrap=True)
        tools, instructions = sizes(home, log)
        console.print(f"tool definitions: {tools:,} characters; instructions: {instructions:,} characters")


if __name__ == "__main__":
    sys.exit(main())
