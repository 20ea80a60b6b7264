"""Server processes on one store, each remembering, recalling, replacing and forgetting at once."""

import os
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, cast

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from stress.journal import Expected, Line
from stress.notes import Note, chance_of, drawn, new_word
from stress.processes import examined

_COMMAND = Path(sys.executable).with_name("sensorium")
_SHARED = 12
"""Texts that every process remembers: each must become one memory."""
_STARTING = 2
"""Processes that start at the same time: each loads its weights."""
_HANDED_ON = 0.4
"""The share of new memories that another process is told of at once, if it has seen the last one."""
_AT_ONCE = 2
"""Calls that each process is given at the same time, besides looks at what others wrote."""
_WITHIN_S = 1.0
"""A look that begins so long after an acknowledgement must find what was acknowledged."""


@dataclass(slots=True, kw_only=True)
class Writing:
    """What the processes did, and what became of it.

    Attributes:
        calls: how many calls were answered, by tool.
        sights_s: seconds from each acknowledgement until another process had found the memory.
        missed: looks that began after an acknowledgement and did not find it.
    """

    processes: int
    seconds: float
    pictures: float
    calls: Counter[str] = field(default_factory=Counter[str])
    sights_s: list[float] = field(default_factory=list[float])
    missed: int = 0
    expected: Expected = field(default_factory=Expected)


def write_at_once(
    home: Path, *, processes: int, seconds: float, seed: int, embedder: str, pictures: float = 0.0
) -> Writing:
    """Have so many processes write for so long, and look at what came of it.

    Args:
        home: the store.
        processes: how many servers, each with a client.
        seconds: how long they write, once all are open.
        seed: what their chance is made from.
        embedder: as the setting of this name.
        pictures: the share of notes that come with a picture; each is looked through for words, which takes a second.
    """
    writing = anyio.run(
        _written, home, Writing(processes=processes, seconds=seconds, pictures=pictures), seed, embedder
    )
    writing.expected.settle(examined(home, seed=str(seed)))
    return writing


async def _written(home: Path, writing: Writing, seed: int, embedder: str) -> Writing:
    chance = chance_of(seed, "shared")
    streams = [anyio.create_memory_object_stream[tuple[str, str, float]]() for _ in range(writing.processes)]
    crowd = _Crowd(writing, [new_word(chance) for _ in range(_SHARED)])
    async with anyio.create_task_group() as group:
        for number, (_, inbox) in enumerate(streams):
            outbox = streams[(number + 1) % len(streams)][0]
            writer = _Writer(crowd, chance_of(seed, number), inbox, outbox)
            group.start_soon(writer.run, home, embedder)
    return writing


class _Crowd:
    """What the writers share: a common beginning and end, and what they know together."""

    def __init__(self, writing: Writing, shared: list[str]) -> None:
        self.writing = writing
        self.shared = shared
        self.starting = anyio.Semaphore(_STARTING)
        self._to_open = writing.processes
        self._is_open = anyio.Event()
        self._until = 0.0

    async def begin(self) -> None:
        """Let the next process start, and wait until all have; then the time runs."""
        self.starting.release()
        self._to_open -= 1
        if not self._to_open:
            self._until = anyio.current_time() + self.writing.seconds
            self._is_open.set()
        await self._is_open.wait()

    @property
    def is_over(self) -> bool:
        return anyio.current_time() > self._until


@dataclass(slots=True)
class _Writer:
    """One server process and its client."""

    crowd: _Crowd
    chance: Random
    inbox: MemoryObjectReceiveStream[tuple[str, str, float]]
    outbox: MemoryObjectSendStream[tuple[str, str, float]]
    own: dict[str, str] = field(default_factory=dict[str, str])

    async def run(self, home: Path, embedder: str) -> None:
        await self.crowd.starting.acquire()
        async with _process(home, embedder) as client:
            await self._call(client, "recall", query="is it open", media="none")
            await self.crowd.begin()
            async with anyio.create_task_group() as group:
                group.start_soon(self._watch, client)
                async with self.outbox, anyio.create_task_group() as writers:
                    for _ in range(_AT_ONCE):
                        writers.start_soon(self._write, client)

    async def _write(self, client: Client) -> None:
        deeds = [self._remember, self._remember, self._remember_shared, self._forget, self._replace, self._recall]
        while not self.crowd.is_over:
            await self.chance.choice(deeds)(client)

    async def _remember(self, client: Client) -> None:
        word = new_word(self.chance)
        note = Note(word=word, picture=word if self.chance.random() < self.crowd.writing.pictures else "")
        id_ = await self._keep(client, note)
        if self.chance.random() < _HANDED_ON and self.outbox.statistics().tasks_waiting_receive:
            self.outbox.send_nowait((word, id_, time.monotonic()))  # from now on it stays as it is
        else:
            self.own[word] = id_

    async def _remember_shared(self, client: Client) -> None:
        word, expected = self.chance.choice(self.crowd.shared), self.crowd.writing.expected
        id_ = await self._keep(client, Note(word=word))
        if id_ != expected.ids[word]:
            expected.wrong.append(f"{word} is remembered as {id_} and as {expected.ids[word]}")

    async def _replace(self, client: Client) -> None:
        if self.own:
            older = self.chance.choice(sorted(self.own))
            id_, word = self.own.pop(older), new_word(self.chance)
            self.own[word] = await self._keep(client, Note(word=word, replaces=older), replaces=id_)

    async def _forget(self, client: Client) -> None:
        words = self.chance.sample(sorted(self.own), min(2, len(self.own)))
        if words:
            ids = [self.own.pop(word) for word in words]
            self._tell(Line(event="intent", forgotten=words))
            facts = await self._call(client, "forget", ids=ids)
            self._tell(Line(event="done", forgotten=words))
            if not facts.get("erased"):
                self.crowd.writing.expected.wrong.append(f"{words} are forgotten, and not erased: {facts}")

    async def _recall(self, client: Client) -> None:
        await self._call(client, "recall", query=self.chance.choice(self.crowd.shared), media="none")

    async def _watch(self, client: Client) -> None:
        """Look for each memory that another process was just told is remembered."""
        async with self.inbox:
            async for word, id_, acknowledged in self.inbox:
                while not await self._sees(client, word, id_, acknowledged):
                    self.crowd.writing.missed += 1
                self.crowd.writing.sights_s.append(time.monotonic() - acknowledged)

    async def _sees(self, client: Client, word: str, id_: str, acknowledged: float) -> bool:
        age_s = time.monotonic() - acknowledged
        facts = await self._call(client, "recall", query=word, media="none")
        is_seen = id_ in [hit["id"] for hit in facts.get("hits", [])]
        if not is_seen and age_s > _WITHIN_S:
            self.crowd.writing.expected.wrong.append(f"{word} is not seen by another process after {age_s:.1f} s")
        return is_seen or age_s > _WITHIN_S

    async def _keep(self, client: Client, note: Note, replaces: str = "") -> str:
        self._tell(Line(event="intent", remembered=[note]))
        files = [f"data:image/png;base64,{b64encode(drawn(note.picture)).decode()}"] if note.picture else []
        facts = await self._call(
            client, "remember", text=note.text, files=files, metadata=note.facts, replaces=replaces
        )
        id_ = str(facts.get("id", ""))
        known = self.crowd.writing.expected.ids.get(note.word, id_)
        self._tell(Line(event="done", remembered=[note], ids={note.word: known}))
        return id_

    def _tell(self, line: Line) -> None:
        self.crowd.writing.expected.fold([line])

    async def _call(self, client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await client.call_tool(tool, arguments)
        self.crowd.writing.calls[tool] += 1
        if result.is_error:
            self.crowd.writing.expected.wrong.append(f"{tool} was answered with an error: {result.content}")
        return cast("dict[str, Any]", result.structured_content or {})


@asynccontextmanager
async def _process(home: Path, embedder: str) -> AsyncGenerator[Client]:
    environment = {**os.environ, "SENSORIUM_HOME": str(home), "SENSORIUM_EMBEDDER": embedder}
    parameters = StdioServerParameters(command=str(_COMMAND), env=environment)
    with home.with_name("servers.log").open("a") as log:
        async with Client(stdio_client(parameters, errlog=log)) as client:
            yield client
