"""The product at work on one set: remember all of it, wait until it is read, ask everything."""

import os
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from mcp.client.client import Client
from mcp_types import CallToolResult, TextContent
from mediapeaks import own_peak_mb, readers_peak_mb
from mediasets import Ask, Corpus, Memory

from memory.service import MemoryService
from server.app import build_server
from server.composition import open_backend
from server.settings import Settings
from server.warming import Backend

SHOWN = 10
"""How many memories a question asks for."""
_LOOK_S = 0.5
_STALLED_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One hit of a recall.

    Attributes:
        ids: the set's names for the memory; several where files are the same.
        page: the page its best piece is on; 0 elsewhere.
        shown: what the hit says of itself, for a person who looks into a miss.
    """

    ids: frozenset[str]
    page: int
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a set.

    Attributes:
        answers: for every direction, for every question, what was found, best first.
        refused: what was not remembered, each as the tool said it.
    """

    answers: Sequence[Sequence[Sequence[Found]]]
    refused: Sequence[str]
    warnings: Sequence[str]
    remembered_s: float
    read_s: float
    asked_s: float
    pieces: int
    server_peak_mb: float
    reader_peak_mb: float


@dataclass(slots=True)
class Store:
    """A client, and the service behind its server."""

    client: Client
    service: MemoryService
    ids: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    refused: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])
    reader_peak_mb: float = 0.0

    async def remember(self, memory: Memory) -> None:
        """Keep one thing, or keep why that was refused."""
        result = await self._call("remember", {"files": [str(memory.file)], "text": memory.text})
        self.reader_peak_mb = max(self.reader_peak_mb, readers_peak_mb(os.getpid()))
        if result.is_error:
            self.refused.append(f"{memory.id}: {_text(result)}")
            return
        facts: dict[str, Any] = result.structured_content or {}
        self.ids[facts["id"]] = self.ids.get(facts["id"], frozenset()) | {memory.id}
        self.warnings += [f"{memory.id}: {warning}" for warning in facts["warnings"]]

    async def settle(self) -> int:
        """Wait until everything is read and embedded; returns the number of pieces.

        Raises:
            TimeoutError: nothing has moved for five minutes.
        """
        before, since = None, time.monotonic()
        while True:
            status = await self.service.status("local")
            self.reader_peak_mb = max(self.reader_peak_mb, readers_peak_mb(os.getpid()))
            if not status.unread and status.pending <= status.failed:
                return sum(status.segments.values())
            now = (status.pending, [(one.key, one.unread) for one in status.unread])
            if now != before:
                before, since = now, time.monotonic()
            elif time.monotonic() - since > _STALLED_S:
                raise TimeoutError(f"upkeep stands still: {status.pending} pending, {status.trouble}")
            await anyio.sleep(_LOOK_S)

    async def ask(self, ask: Ask) -> list[Found]:
        """What a question finds."""
        given = {"query": ask.query} if ask.like is None else {"like": str(ask.like)}
        limit = SHOWN + bool(ask.itself)
        result = await self._call("recall", {**given, "limit": limit, "max_tokens": 20_000, "media": "none"})
        if result.is_error:
            say(f"  {ask.query or ask.like}: {_text(result)}")
            return []
        facts: dict[str, Any] = result.structured_content or {}
        found = [_found(hit, self.ids[hit["id"]]) for hit in facts["hits"]]
        return [one for one in found if ask.itself not in one.ids]

    async def _call(self, tool: str, arguments: dict[str, Any]) -> CallToolResult:
        result = await self.client.call_tool(tool, arguments)
        assert isinstance(result, CallToolResult)
        return result


@asynccontextmanager
async def opened(home: Path, files: Path) -> AsyncGenerator[Store]:
    """The real server on a new store, with the offline embedder, allowed to read `files`."""
    settings = Settings(home=home, roots=(files,), allow_urls=False, embedder="local")
    backends: list[Backend] = []

    @asynccontextmanager
    async def kept() -> AsyncGenerator[Backend]:
        async with open_backend(settings, is_local=True) as backend:
            backends.append(backend)
            yield backend

    async with Client(build_server(kept)) as client:
        await client.call_tool("recall", {})  # answered when the store is open
        yield Store(client, backends[0].service)


async def tried(corpus: Corpus, home: Path, files: Path) -> Outcome:
    """Remember and ask a whole set."""
    async with opened(home, files) as store:
        began = time.monotonic()
        for number, memory in enumerate(corpus.memories, 1):
            await store.remember(memory)
            if number % 25 == 0:
                say(f"  {corpus.name}: {number} of {len(corpus.memories)} remembered")
        remembered = time.monotonic()
        pieces = await store.settle()
        read = time.monotonic()
        say(f"  {corpus.name}: {pieces} pieces, all read and embedded")
        answers = [[await store.ask(ask) for ask in direction.asks] for direction in corpus.directions]
        return Outcome(
            answers=answers,
            refused=store.refused,
            warnings=store.warnings,
            remembered_s=remembered - began,
            read_s=read - remembered,
            asked_s=time.monotonic() - read,
            pieces=pieces,
            server_peak_mb=own_peak_mb(),
            reader_peak_mb=store.reader_peak_mb,
        )


def say(line: str) -> None:
    """Progress, for whoever waits."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _found(hit: dict[str, Any], ids: frozenset[str]) -> Found:
    unit, _, number = hit["anchor"].partition(" ")
    shown = f"{hit['score']} by {hit['why']} {hit['anchor']} {hit['passage'][:160]!r}"
    return Found(ids=ids, page=int(number) if unit == "page" else 0, shown=shown)


def _text(result: CallToolResult) -> str:
    return " ".join(block.text for block in result.content if isinstance(block, TextContent))
