"""A team at work: 32 clients of one server over HTTP, each with its own memory, for 60 seconds: `make bench-http`.

Every client is another owner with a token of its own, asks one thing at a time and goes on at once: searches by words,
by example and by id, notes, pictures sent ahead, and erasures, drawn with a fixed seed. The server is the installed
command with the offline embedder; clients and server share the machine, so that the figures are those of both.
"""

import argparse
import os
import platform
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import httpx2
from loadmembers import KEPT, Member
from mediapeaks import held_mb
from rich import box
from rich.console import Console
from rich.table import Table
from start import processor
from wire import ROOT, BenchmarkError

CLIENTS, SECONDS = 32, 60.0
SHARES = {
    "recall by words": 50,
    "recall by example": 5,
    "recall by id": 10,
    "remember a note": 22,
    "upload and remember": 3,
    "forget": 5,
    "read the status": 5,
}
"""How often each is asked for, in a hundred."""
FIRST_NOTES = 2 * KEPT
_COMMAND = Path(sys.executable).with_name("sensorium")
_PATIENCE_S = 120.0
_PERCENTILES = (50, 95, 99)


@dataclass(slots=True)
class Figures:
    """What all clients saw: the seconds of each answer by what was asked for, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {name: list[float]() for name in SHARES})
    errors: list[str] = field(default_factory=list[str])


@contextmanager
def served(folder: Path, *names: str) -> Generator[tuple[int, str, list[str]]]:
    """The installed server over a new store: its process, its address, and a token for each name.

    Raises:
        BenchmarkError: it ended before it listened.
    """
    environment = {name: os.environ[name] for name in ("HOME", "PATH", "USER") if name in os.environ}
    environment |= {"SENSORIUM_HOME": str(folder / "store")}
    add = [_COMMAND, "token", "add"]
    said = [subprocess.run([*add, name], env=environment, capture_output=True, text=True, check=True) for name in names]
    tokens = [done.stdout.strip().splitlines()[-1].strip() for done in said]
    command = [_COMMAND, "serve", "--http", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process.pid, _address(process), tokens
        finally:
            process.terminate()
            process.communicate(timeout=_PATIENCE_S)


def _address(process: subprocess.Popen[str]) -> str:
    told: list[str] = []
    for line in process.stderr or ():
        told.append(line)
        if "running on" in line:
            return next(word for word in line.split() if word.startswith("http://"))
    raise BenchmarkError("the server ended before it listened: " + "".join(told))


async def loaded(address: str, tokens: list[str], seconds: float, pid: int) -> tuple[Figures, list[float]]:
    """Have every token's owner at work for so long; what they saw, and what the server held every 10 s, in MB."""
    figures, held = Figures(), list[float]()
    async with AsyncExitStack() as stack:
        members = [await stack.enter_async_context(_client(address, token)) for token in tokens]
        team = [Member(number, web, random.Random(number)) for number, web in enumerate(members)]  # noqa: S311  # no secret
        async with anyio.create_task_group() as group:
            for member in team:
                group.start_soon(_settle, member)
        ends = time.perf_counter() + seconds
        async with anyio.create_task_group() as group:
            for member in team:
                group.start_soon(_work, member, figures, ends)
            while time.perf_counter() < ends:
                held.append(held_mb(pid))
                await anyio.sleep(min(10, max(0.0, ends - time.perf_counter())))
        held.append(held_mb(pid))
    return figures, held


def _client(address: str, token: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=address, headers={"authorization": f"Bearer {token}"}, timeout=_PATIENCE_S)


async def _settle(member: Member) -> None:
    """Some notes to begin with, and a search, after which the models are loaded."""
    for _ in range(FIRST_NOTES):
        await member.note()
    await member.search()


async def _work(member: Member, figures: Figures, ends: float) -> None:
    names, weights, deeds = list(SHARES), list(SHARES.values()), member.deeds()
    while (began := time.perf_counter()) < ends:
        [name] = member.draw.choices(names, weights)
        try:
            await deeds[name]()
        except (BenchmarkError, httpx2.HTTPError) as error:
            figures.errors.append(f"{name}: {error!r}")
        else:
            figures.seconds[name].append(time.perf_counter() - began)


def table(figures: Figures, clients: int, seconds: float) -> Table:
    """Answers a second, and percentiles in milliseconds, by what was asked for."""
    told = Table(title=f"{clients} clients, {seconds:.0f} s", title_justify="left", box=box.ROUNDED)
    for name in ("what", "answers", "a second", *(f"p{one} ms" for one in _PERCENTILES)):
        told.add_column(name, justify="left" if name == "what" else "right")
    everything = [second for some in figures.seconds.values() for second in some]
    for name, some in [*figures.seconds.items(), ("all", everything)]:
        cuts = statistics.quantiles(some, n=100) if len(some) > 1 else [float("nan")] * 99
        milliseconds = [f"{cuts[one - 1] * 1000:,.0f}" for one in _PERCENTILES]
        told.add_row(name, f"{len(some):,}", f"{len(some) / seconds:.1f}", *milliseconds)
    return told


def main() -> int:
    """Measure and print; 1 where anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    asked = parser.parse_args()
    console = Console(highlight=False)
    console.print(f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {processor()}")
    with TemporaryDirectory(prefix="sensorium-bench-") as folder:
        names = [f"member-{number}" for number in range(asked.clients)]
        with served(Path(folder), *names) as (pid, address, tokens):
            figures, held = anyio.run(loaded, address, tokens, asked.seconds, pid)
    console.print(table(figures, asked.clients, asked.seconds))
    console.print(f"errors: {len(figures.errors)}")
    for error in figures.errors[:10]:
        console.print(f"  {error}", markup=False)
    console.print(f"the server held, every 10 s, in MB: {', '.join(f'{one:,.0f}' for one in held)}")
    return bool(figures.errors)


if __name__ == "__main__":
    sys.exit(main())
