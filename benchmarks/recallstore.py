"""The product at work: remember every set in one store, wait until all is read, and ask through the tools."""

import contextlib
import json
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import anyio
from mcp.client.client import Client
from mcp_types import CallToolResult, TextContent
from recalldata import MIXED, Ask, Memory

from memory.service import MemoryService
from server.app import build_server
from server.composition import open_backend
from server.settings import Settings
from server.warming import Backend, Warming

Mode = Literal["keyword", "semantic", "hybrid"]
EmbedderName = Literal["auto", "local", "gemini", "openai", "gemma"]
MODES: tuple[Mode, ...] = ("keyword", "semantic", "hybrid")

SHOWN = 10
"""How many memories a question asks for."""
_AT_A_TIME = 3
_LOOK_S = 1.0
_STALLED_S = 300.0
_NAMES = "names.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One hit of a recall.

    Attributes:
        ids: the sets' names for the memory; several where files are the same.
        page: the page its best piece is on; 0 elsewhere.
    """

    ids: frozenset[str]
    score: float
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a question brought.

    Attributes:
        is_unsure: whether the answer said that nothing of it may be what was asked for.
    """

    found: Sequence[Found]
    is_unsure: bool
    took_s: float


@dataclass(slots=True)
class Store:
    """A client, and the service behind its server."""

    client: Client
    service: MemoryService
    home: Path
    ids: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    refused: list[str] = field(default_factory=list[str])

    async def fill(self, memories: Sequence[Memory]) -> None:
        """Remember what an earlier run has not, a few at a time, and wait until it is read and embedded."""
        with contextlib.suppress(FileNotFoundError):
            self.ids = json.loads((self.home / _NAMES).read_text(encoding="utf-8"))
        known = {name for names in self.ids.values() for name in names}
        waiting = iter(enumerate((one for one in memories if one.id not in known), 1))

        async def work() -> None:
            for number, memory in waiting:
                await self._remember(memory)
                if number % 100 == 0:
                    say(f"  {number} of {len(memories)} remembered")

        async with anyio.create_task_group() as group:
            for _ in range(_AT_A_TIME):
                group.start_soon(work)
        await self._settle()
        (self.home / _NAMES).write_text(json.dumps(self.ids), encoding="utf-8")

    async def ask(self, ask: Ask, mode: Mode = "hybrid") -> Answer:
        """What a question finds."""
        given: dict[str, Any] = {"query": ask.query, "mode": mode} if ask.query else {}
        if ask.like:
            given["like"] = [self._example(one) for one in ask.like]
        if ask.unlike:
            given["unlike"] = [self._example(one) for one in ask.unlike]
        where = {"session": MIXED} if ask.space == MIXED else {"namespace": ask.space}
        if ask.group:
            where["metadata"] = json.dumps({"group": ask.group})
        limit = SHOWN + len(ask.itself)
        began = time.perf_counter()
        result = await self._call("recall", {**given, **where, "limit": limit, "max_tokens": 20_000, "media": "none"})
        took_s = time.perf_counter() - began
        if result.is_error:
            raise RuntimeError(f"{ask.id}: {_text(result)}")
        facts: dict[str, Any] = result.structured_content or {}
        found = [self._found(hit) for hit in facts["hits"]]
        kept = [one for one in found if one.ids.isdisjoint(ask.itself)][:SHOWN]
        return Answer(found=kept, is_unsure=not found or bool(facts["unsure"]), took_s=took_s)

    async def _remember(self, memory: Memory) -> None:
        what = {"files": [str(memory.file)]} if memory.file else {}
        session = {"session": MIXED} if memory.is_mixed else {}
        group = {"metadata": {"group": memory.group}} if memory.group else {}
        when = {"when": memory.when.isoformat()} if memory.when else {}
        given = {
            **what,
            **session,
            **group,
            **when,
            "text": memory.text,
            "title": memory.title,
            "namespace": memory.space,
        }
        result = await self._call("remember", given)
        if result.is_error:
            self.refused.append(f"{memory.id}: {_text(result)}")
            return
        facts: dict[str, Any] = result.structured_content or {}
        self.ids.setdefault(facts["id"], []).append(memory.id)

    async def _settle(self) -> None:
        before, since = None, time.monotonic()
        while True:
            status = await self.service.status("local")
            if not status.unread and status.pending <= status.failed:
                say(f"  {status.holdings.total.pieces} pieces, all read and embedded")
                return
            now = (status.pending, [(one.key, one.unread) for one in status.unread])
            if now != before:
                before, since = now, time.monotonic()
            elif time.monotonic() - since > _STALLED_S:
                raise TimeoutError(f"upkeep stands still: {status.pending} pending, {status.trouble}")
            await anyio.sleep(_LOOK_S)

    def _example(self, example: Path | str) -> str:
        if isinstance(example, Path):
            return str(example)
        return next(id_ for id_, names in self.ids.items() if example in names)

    def _found(self, hit: dict[str, Any]) -> Found:
        unit, _, number = hit["anchor"].partition(" ")
        page = int(number) if unit == "page" else 0
        same = [id_ for one in [hit["id"], *hit.get("same", [])] for id_ in self.ids[one]]
        return Found(ids=frozenset(same), score=hit["score"] or 0.0, page=page)

    async def _call(self, tool: str, arguments: dict[str, Any]) -> CallToolResult:
        result = await self.client.call_tool(tool, arguments)
        assert isinstance(result, CallToolResult)
        return result


@asynccontextmanager
async def opened(home: Path, files: Path, embedder: EmbedderName) -> AsyncGenerator[Store]:
    """The real server on a store, allowed to read `files`."""
    settings = Settings(home=home, roots=(files,), allow_urls=False, embedder=embedder)
    backends: list[Backend] = []

    @asynccontextmanager
    async def kept() -> AsyncGenerator[Backend]:
        async with open_backend(settings, is_local=True) as backend:
            backends.append(backend)
            yield backend

    async with Client(build_server(Warming(kept))) as client:
        await client.call_tool("recall", {})  # answered when the store is open
        yield Store(client, backends[0].service, home)


@contextmanager
def home(kept: Path | None) -> Generator[Path]:
    """The folder a store is kept in, or one that is gone afterwards."""
    if kept is not None:
        yield kept.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="sensorium-store-") as folder:
        yield Path(folder).resolve()


def say(line: str) -> None:
    """Progress, for whoever waits."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _text(result: CallToolResult) -> str:
    return " ".join(block.text for block in result.content if isinstance(block, TextContent))
