"""The whole tool, as a client of another process sees it: where each millisecond of `recall` and `remember` goes.

The installed command serves a store of `make bench-speed` over stdio, with the offline embedder; the same service is
then asked in this process, with a clock at each stage.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from speeddata import QUERIES, questions
from speedengine import WARM, Laps, namespace_of
from speedours import NO_MEDIA, OWNER
from wire import Child, spawn

from memory.embedders.e5 import E5Embedder
from memory.embedding import Embedding
from memory.media.reader import MediaReader
from memory.model import SearchFilter, TextPart
from memory.requests import Question, Remembrance
from memory.service import MemoryService
from memory.stages import timed
from memory.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What calls took, in milliseconds.

    Attributes:
        stages: median of each stage within the service.
    """

    calls: dict[str, Laps]
    stages: dict[str, dict[str, float]]


def through_the_tool(home: Path, log: Path) -> dict[str, Laps]:
    """Calls of the installed command's tools, one after another."""
    texts, _ = questions()
    child = spawn(home, log)
    child.open("legacy")
    try:
        recalls = [{"query": _fewer(text), "namespace": namespace_of(n)} for n, text in enumerate(texts)]
        plain = [{"query": _fewer(text)} for text in reversed(texts)]
        notes = [{"text": f"{text} at {datetime.now(UTC).isoformat()}"} for text in texts]
        return {
            "an empty round trip (ping)": _laps(child, [("ping", {})] * QUERIES),
            "recall in a namespace": _laps(child, [("recall", one) for one in recalls]),
            "the same again": _laps(child, [("recall", one) for one in recalls]),
            "recall in all": _laps(child, [("recall", one) for one in plain]),
            "remember a note": _laps(child, [("remember", one) for one in notes]),
        }
    finally:
        child.kill()


async def within_the_service(home: Path) -> dict[str, dict[str, float]]:
    """Medians of the stages of both calls, in milliseconds, with what is left over as `other`."""
    texts, _ = questions()
    service = await MemoryService.open(home, await Store.open(home), Embedding(E5Embedder()), MediaReader(NO_MEDIA))
    now = datetime.now(UTC)
    recalls = [
        Question(query=f"{_fewer(text)} ", filters=SearchFilter(owner=OWNER, now=now, namespace=namespace_of(n)))
        for n, text in enumerate(texts)
    ]
    notes = [Remembrance(owner=OWNER, parts=(TextPart(text=f"{text}, noted {now}"),)) for text in texts]
    return {
        "recall in a namespace": await _staged(service, recalls),
        "remember a note": await _staged(service, notes),
    }


async def _staged(service: MemoryService, requests: "list[Question] | list[Remembrance]") -> dict[str, float]:
    laps: dict[str, list[float]] = {}
    for request in requests:
        started = time.perf_counter()
        with timed() as stages:
            await (service.recall(request) if isinstance(request, Question) else service.remember(request))
        whole = time.perf_counter() - started
        for name, seconds in {**stages, "whole": whole}.items():
            laps.setdefault(name, []).append(1e3 * seconds)
    return {name: median(some[WARM:]) for name, some in laps.items()}


def _laps(child: Child, calls: "list[tuple[str, dict[str, str]]]") -> Laps:
    walls = list[float]()
    before = _cpu(child)
    for number, (name, arguments) in enumerate(calls):
        if number == WARM:
            before = _cpu(child)
        started = time.perf_counter()
        _ = child.call("ping", {}) if name == "ping" else child.use(name, arguments)
        walls.append(time.perf_counter() - started)
    return Laps.of(walls[WARM:], _cpu(child) - before)


def _cpu(child: Child) -> float:
    """Seconds of processor time of the server, from Linux's own account, in hundredths."""
    fields = Path(f"/proc/{child.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _fewer(text: str) -> str:
    """Four words, as questions of a language have that tell: none of these is as frequent as "the"."""
    return " ".join(text.split()[2:])
