"""Searches and single writes at 1,000 to 1,000,000 rows, ours and those of others, in one run: `make bench-speed`.

Every engine gets the same rows (`speeddata`), is filled and asked in a process of its own (`speedrun`), one after
another. Filled folders stay in `.cache/speed` and are used again; `--anew` fills them once more. Then the installed
command is asked over stdio (`speedtool`).
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
from rich import box
from rich.console import Console
from rich.table import Table
from speeddata import truth
from speedtool import through_the_tool, within_the_service
from wire import ROOT

SIZES = (1_000, 10_000, 100_000, 1_000_000)
OURS = "sensorium"
ENGINES = {"numpy": 1_000_000, OURS: 1_000_000, "sqlite-vec": 1_000_000, "chromadb": 100_000, "qdrant-client": 100_000}
"""Each with the most rows it is filled with: a million would take chromadb and qdrant-client some 25 minutes each, and
the second 27 GB of memory."""
TOOL_SIZES = (1_000, 100_000)

console = Console(width=160)
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be measured; see the options."""

    sizes: Sequence[int]
    engines: Sequence[str]
    folder: Path
    peers: Path
    is_anew: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one engine did at one size."""

    engine: str
    size: int
    built: Figures
    asked: Figures
    added: Figures | None


def main() -> None:
    """Measure what the options name, and print the tables."""
    order = _order()
    console.print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {_processor()}, {platform.platform()}"
    )
    rows = [
        _measured(order, engine, size) for size in order.sizes for engine in order.engines if size <= ENGINES[engine]
    ]
    console.print(_searches(rows), _writes(rows), _growth(rows))
    for size in order.sizes:
        if OURS in order.engines and size in TOOL_SIZES:
            console.print(*_tool(order.folder / str(size) / OURS, size))


def _measured(order: Order, engine: str, size: int) -> Row:
    folder = order.folder / str(size) / engine
    if order.is_anew:
        shutil.rmtree(folder, ignore_errors=True)
    noted = folder.with_suffix(".json")
    if not (folder.exists() and noted.exists()):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        noted.write_text(json.dumps(_run(order, engine, "build", size, folder)))
    truth(folder.parent, size)
    asked = _run(order, engine, "ask", size, folder)
    return Row(
        engine=engine,
        size=size,
        built=json.loads(noted.read_text()),
        asked=asked,
        added=_added(order, engine, size, folder),
    )


def _added(order: Order, engine: str, size: int, folder: Path) -> Figures | None:
    """Rows one by one into a copy: the next run finds the folder as it was."""
    if engine == "numpy":
        return None
    with TemporaryDirectory(dir=order.folder) as copies:
        copy = Path(copies) / engine
        shutil.copytree(folder, copy)
        return _run(order, engine, "add", size, copy)


def _run(order: Order, engine: str, phase: str, size: int, folder: Path) -> Figures:
    console.print(f"{engine}, {size:,}: {phase}", style="dim")
    python = sys.executable if engine == OURS else str(order.peers)
    command = [python, str(Path(__file__).with_name("speedrun.py")), engine, phase, str(size), str(folder)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        sys.stderr.buffer.write(done.stderr)
        raise SystemExit(f"{engine} did not get through {phase!r} at {size:,} rows")
    return json.loads(done.stdout.splitlines()[-1])


def _searches(rows: Sequence[Row]) -> Table:
    table = _table("Searches: milliseconds, median (× exact numpy at the same size)")
    for name in ("rows", "engine", "plain", "filtered", "hybrid", "plain p95", "CPU ms", "recall@10", "filtered"):
        table.add_column(name, justify="left" if name == "engine" else "right")
    floor = {row.size: row.asked for row in rows if row.engine == "numpy"}
    for row in rows:
        asked, least = row.asked, floor.get(row.size)
        table.add_row(
            f"{row.size:,}",
            row.engine,
            *(_ratio(asked[kind], least and least[kind]) for kind in ("plain", "filtered")),
            f"{asked['hybrid']['p50']:.1f}" if asked["hybrid"] else "",
            f"{asked['plain']['p95']:.1f}",
            f"{asked['plain']['cpu']:.1f}",
            f"{asked['recall']:.3f}",
            f"{asked['recall_filtered']:.3f}",
        )
    return table


def _writes(rows: Sequence[Row]) -> Table:
    table = _table("Writes, start and size")
    for name in (
        "rows",
        "engine",
        "rows/s in bulk",
        "one row, ms p50",
        "p95",
        "first answer, s",
        "memory, MB",
        "bytes a row",
    ):
        table.add_column(name, justify="left" if name == "engine" else "right")
    for row in rows:
        table.add_row(
            f"{row.size:,}",
            row.engine,
            f"{row.size / row.built['seconds']:,.0f}",
            *([f"{row.added['p50']:.1f}", f"{row.added['p95']:.1f}"] if row.added else ["", ""]),
            f"{row.asked['start']:.2f}",
            f"{row.asked['rss'] / 1e6:,.0f}",
            f"{row.built['bytes']:,.0f}",
        )
    return table


def _growth(rows: Sequence[Row]) -> str:
    """How much longer the same search takes in the largest than in the second smallest."""
    plain = {row.size: row.asked for row in rows if row.engine == OURS}
    if not {10_000, 1_000_000} <= plain.keys():
        return ""
    kinds = {
        kind: plain[1_000_000][kind]["p50"] / plain[10_000][kind]["p50"] for kind in ("plain", "filtered", "hybrid")
    }
    told = ", ".join(f"{kind} {ratio:.1f}" for kind, ratio in kinds.items())
    return f"From 10,000 to 1,000,000 rows ours takes × {told}."


def _tool(home: Path, size: int) -> list[Table]:
    with TemporaryDirectory() as scratch:
        copy = Path(scratch) / "home"
        shutil.copytree(home, copy)
        calls = through_the_tool(copy, Path(scratch) / "stderr.txt")
        stages = anyio.run(within_the_service, copy)
    outside = _table(f"Through the tools over stdio, offline embedder, {size:,} rows: milliseconds")
    for name in ("call", "p50", "p95", "CPU"):
        outside.add_column(name, justify="left" if name == "call" else "right")
    for name, laps in calls.items():
        outside.add_row(name, *(f"{value:.1f}" for value in (laps.p50, laps.p95, laps.cpu)))
    inside = _table(f"Within the service, {size:,} rows: median milliseconds of each stage")
    inside.add_column("call")
    inside.add_column("stages")
    for name, some in stages.items():
        inside.add_row(name, ", ".join(f"{stage} {value:.1f}" for stage, value in some.items()))
    return [outside, inside]


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=box.MARKDOWN)


def _ratio(laps: Figures, least: Figures | None) -> str:
    own = f"{laps['p50']:.1f}"
    return f"{own} ({laps['p50'] / least['p50']:.1f} ×)" if least else own


def _processor() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip()


def _order() -> Order:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="rows, with commas between (default: all)")
    parser.add_argument("--engines", default=",".join(ENGINES), help="which, with commas between (default: all)")
    parser.add_argument("--folder", type=Path, default=ROOT / ".cache" / "speed", help="where filled stores stay")
    parser.add_argument(
        "--peers", type=Path, default=ROOT / ".venv-peers" / "bin" / "python", help="Python of the peers"
    )
    parser.add_argument("--anew", action="store_true", help="fill every store once more")
    given = parser.parse_args()
    return Order(
        sizes=[int(size) for size in given.sizes.split(",")],
        engines=given.engines.split(","),
        folder=given.folder,
        peers=given.peers,
        is_anew=given.anew,
    )


if __name__ == "__main__":
    main()
