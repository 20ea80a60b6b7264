"""Concurrency, erasure and crashes with real processes: `make stress`.

PYTHONPATH=tests python -m stress.stress [--seconds 600] [--seed N] [--kills 200] [--short]

Server processes write to one store at once; processes forget beside others that write, and every
file is searched for what they forgot; processes are killed at random moments, and the store is
examined. What chance decides comes from the seed; when processes meet does not. Where anything is
not as it should be, the exit code is 1, and the stores stay for a look.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from rich.console import Console
from rich.table import Table
from stress.crashing import Kills, kill_many
from stress.erasing import Erasure, forget_beside_writers
from stress.writing import Writing, write_at_once

_SHOWN = 20
"""Wrong things that are printed of many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is done.

    Attributes:
        seconds: all of it ends in about this time, with fewer kills if need be.
        processes: servers that write at once.
        embedder: what they embed with.
        writing_s: how long they do.
        erasing_s: how long processes forget beside others.
        reads_words: whether pictures are read.
    """

    seconds: float
    kills: int
    processes: int
    embedder: str
    writing_s: float
    erasing_s: float
    reads_words: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it, and all that was wrong."""

    writing: Writing
    erasure: Erasure
    kills: Kills

    @property
    def wrong(self) -> list[str]:
        """Each a sentence; none where all is as it should be."""
        return [*self.writing.expected.wrong, *self.erasure.wrong, *self.kills.wrong]


def long(seconds: float, kills: int) -> Plan:
    """What `make stress` does."""
    return Plan(
        seconds=seconds,
        kills=kills,
        processes=8,
        embedder="local",
        writing_s=seconds * 0.15,
        erasing_s=seconds * 0.1,
        reads_words=True,
    )


def short(kills: int = 8) -> Plan:
    """What the tests do."""
    return Plan(seconds=60, kills=kills, processes=3, embedder="none", writing_s=2, erasing_s=2, reads_words=False)


def stressed(folder: Path, plan: Plan, seed: int) -> Outcome:
    """Do all of it, in stores in `folder`."""
    until = time.monotonic() + plan.seconds * 0.9
    writing = write_at_once(
        folder / "written",
        processes=plan.processes,
        seconds=plan.writing_s,
        seed=seed,
        embedder=plan.embedder,
        pictures=0.1 if plan.reads_words else 0.0,
    )
    erasure = forget_beside_writers(
        folder / "erased",
        processes=min(4, plan.processes),
        seconds=plan.erasing_s,
        seed=seed,
        reads_words=plan.reads_words,
    )
    kills = kill_many(folder / "killed", kills=plan.kills, seed=seed, until=until)
    return Outcome(writing=writing, erasure=erasure, kills=kills)


def table_of(outcome: Outcome) -> Table:
    """The figures."""
    table = Table("what", "figure", title="stress")
    for what, figure in [*_writing(outcome.writing), *_erasure(outcome.erasure), *_kills(outcome.kills)]:
        table.add_row(what, figure)
    return table


def _writing(writing: Writing) -> Iterator[tuple[str, str]]:
    calls, expected = writing.calls, writing.expected
    told = ", ".join(f"{count} {tool}" for tool, count in sorted(calls.items()))
    yield (
        f"{writing.processes} server processes at once",
        f"{told}: {calls.total() / writing.seconds:.1f} calls a second",
    )
    yield "memories acknowledged / lost / doubled", f"{len(expected.ids)} / {expected.lost} / {expected.doubled}"
    yield "seen by another process after", _spread(writing.sights_s)
    yield "looks that missed what was acknowledged", str(writing.missed)


def _spread(sights_s: Sequence[float]) -> str:
    if not sights_s:
        return "none was looked for"
    return f"{statistics.median(sights_s):.2f} s, at most {max(sights_s):.2f} s ({len(sights_s)} looked for)"


def _erasure(erasure: Erasure) -> Iterator[tuple[str, str]]:
    yield f"forgotten beside {erasure.processes} that write", f"{erasure.forgotten} memories"
    yield "traces of them searched for / left", f"{erasure.sought} / {erasure.left}"
    yield "traces of kept memories searched for / seen", f"{erasure.kept} / {erasure.seen}"


def _kills(kills: Kills) -> Iterator[tuple[str, str]]:
    by_role = ", ".join(f"{count} {role}" for role, count in sorted(kills.survived.items()))
    yield "kills survived", f"{kills.survived.total()} ({by_role})"
    yield "memories acknowledged / lost / doubled ", f"{kills.acknowledged} / {kills.lost} / {kills.doubled}"
    yield "examinations, and orphans they found", f"{kills.examinations}, {kills.orphans}"
    yield "forgotten words searched for / left", f"{kills.sought} / {kills.left}"


def main() -> int:
    """Do it, print it, and keep the stores where something was wrong."""
    parser = argparse.ArgumentParser(description="concurrency, erasure and crashes with real processes")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    parser.add_argument("--short", action="store_true", help="what the tests do")
    given = parser.parse_args()
    console, folder = Console(width=120, soft_wrap=True), Path(tempfile.mkdtemp(prefix="sensorium-stress-"))
    console.print(f"seed {given.seed}")
    began = time.monotonic()
    outcome = stressed(folder, short() if given.short else long(given.seconds, given.kills), given.seed)
    console.print(table_of(outcome))
    console.print(f"{time.monotonic() - began:.0f} s")
    if not outcome.wrong:
        shutil.rmtree(folder)
        return 0
    console.print(*outcome.wrong[:_SHOWN], sep="\n", markup=False)
    console.print(f"{len(outcome.wrong)} wrong, seed {given.seed}; the stores stay in {folder}", markup=False)
    return 1


if __name__ == "__main__":
    sys.exit(main())
