"""What every client in Python is driven by: a call a line on stdin, what came of it a line on stdout, as JSON."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import anyio
from anyio import to_thread

TIMEOUT_S = 60
"""For clients that wait 5 seconds if nothing is said, which the first call of a busy machine may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the server is: a command for stdio, or an address.

    Attributes:
        env: what the command sees besides what a client hands on by itself.
        headers: what is sent with each request to the address.
    """

    command: str = ""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a call, as the client's caller has it: of an agent, that is its model.

    Attributes:
        images: in base64.
        sounds: likewise.
        facts: the structured content, where the caller gets it apart from the text.
        error: by what the caller can tell a failure from a success; empty where nothing says so.
    """

    text: str = ""
    images: tuple[str, ...] = ()
    sounds: tuple[str, ...] = ()
    facts: Mapping[str, Any] | None = None
    error: str = ""


Offered = Mapping[str, tuple[str, list[str]]]
"""Tools by name: their descriptions, and the names of their arguments."""


class Driven(Protocol):
    """A client that is connected."""

    async def offered(self) -> Offered:
        """The tools as the caller sees them."""
        ...

    async def call(self, tool: str, arguments: dict[str, Any]) -> Answer:
        """Call one."""
        ...

    async def read(self, uri: str) -> Answer:
        """Read a resource: text as text, everything else as an image."""
        ...


Connect = Callable[[Place], AbstractAsyncContextManager[Driven]]


def drive(connect: Connect) -> None:
    """Connect to the place that the command line names, and make calls until stdin ends."""
    place = Place(**json.loads(sys.argv[1]))
    anyio.run(_drive, connect, place)


async def _drive(connect: Connect, place: Place) -> None:
    answers, sys.stdout = sys.stdout, sys.stderr
    async with connect(place) as client:
        while line := await to_thread.run_sync(sys.stdin.readline):
            said = await _asked(client, **json.loads(line))
            answers.write(f"{json.dumps(said)}\n")
            answers.flush()


async def _asked(client: Driven, calls: Sequence[Any] = (), uri: str = "", **call: Any) -> Any:
    if calls:
        return await _at_once(client, calls)
    if uri:
        return asdict(await client.read(uri))
    return asdict(await client.call(**call)) if call else await client.offered()


async def _at_once(client: Driven, calls: Sequence[Any]) -> list[Any]:
    answers: dict[int, Any] = {}

    async def make(number: int, call: Any) -> None:
        answers[number] = asdict(await client.call(**call))

    async with anyio.create_task_group() as tasks:
        for number, call in enumerate(calls):
            tasks.start_soon(make, number, call)
    return [answers[number] for number in range(len(calls))]


def contents_of(contents: Iterable[Any]) -> Answer:
    """What a resource holds, as the mcp SDK has it."""
    texts = [one.text for one in contents if hasattr(one, "text")]
    return Answer(text="\n".join(texts), images=tuple(one.blob for one in contents if hasattr(one, "blob")))


def schema_of(description: str | None, schema: Mapping[str, Any]) -> tuple[str, list[str]]:
    """How a tool is reported: by its description, and the names in its JSON schema."""
    return description or "", list(schema["properties"])
