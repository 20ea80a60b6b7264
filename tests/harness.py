"""A client on a memory in a folder: the real server, store and media, with an embedder of choice."""

import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar, cast

from mcp.client.client import Client
from mcp_types import CallToolResult, ImageContent, TextContent
from PIL import Image, ImageDraw

from memory.embedders.batched import Batched
from memory.embedders.fake import FakeEmbedder
from memory.embedders.guarded import Guarded
from memory.embedders.protocol import Embedder
from memory.embedding import Embedding
from memory.errors import NotFoundError
from memory.media.decoding import Engines
from memory.media.isolation import Errand, Run
from memory.media.reader import MediaReader
from memory.model import SearchFilter, Segment
from memory.requests import Extract
from memory.service import MemoryService
from memory.sources.sources import Sources
from memory.store.store import Store
from memory.threads import in_worker
from server.app import build_server
from server.warming import Backend, Warming

T = TypeVar("T")

NOWHERE = Path("nowhere")
"""Where no weights are: media are stored, not read, and tests that need no reading are fast."""


async def in_thread(errand: Errand, function: Callable[..., T], *args: Any) -> T:  # noqa: ARG001  # as in_child
    """Call a decoder in a worker thread, which is quick to start, without any of the limits."""
    try:
        return await in_worker(function, *args)
    except FileNotFoundError as error:
        raise NotFoundError("it is no longer in the store") from error


class Tools:
    """The three tools, with results as a test wants them."""

    def __init__(self, client: Client, service: MemoryService) -> None:
        self.client = client
        self.service = service

    async def call(self, tool: str, **arguments: Any) -> CallToolResult:
        result = await self.client.call_tool(tool, arguments)
        assert isinstance(result, CallToolResult)
        return result

    async def facts(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await self.call(tool, **arguments)
        assert not result.is_error, text_of(result)
        return cast("dict[str, Any]", result.structured_content)

    async def error(self, tool: str, **arguments: Any) -> str:
        result = await self.call(tool, **arguments)
        assert result.is_error, text_of(result)
        return text_of(result)

    async def remember(self, text: str = "", **arguments: Any) -> str:
        return (await self.facts("remember", text=text, **arguments))["id"]

    async def recall(self, query: str = "", **arguments: Any) -> list[dict[str, Any]]:
        return (await self.facts("recall", query=query, media="none", **arguments))["hits"]

    async def found(self, query: str = "", **arguments: Any) -> list[str]:
        return [hit["id"] for hit in await self.recall(query, **arguments)]

    async def forget(self, *ids: str) -> dict[str, Any]:
        return await self.facts("forget", ids=list(ids))

    async def segments(self, id_: str) -> Sequence[Segment]:
        now = SearchFilter(owner="local", now=datetime.now(UTC))
        [memory] = await self.service.open_memories(now, [Extract(id=id_)])
        return memory.segments

    async def empty(self) -> bool:
        return not await self.found() and not list(self.service.store.media.keys())


@asynccontextmanager
async def connected(
    home: Path,
    *,
    embedder: Embedder | None = None,
    absence: str = "",
    reads_media: bool = False,
    is_local: bool = True,
    roots: tuple[Path, ...] = (),
    mode: str = "auto",
    run: Run = in_thread,
    uri: str = "",
) -> AsyncGenerator[Tools]:
    """A client, its server and an open memory in `home`, or at `uri`; by default with the fake embedder.

    What is given is read in a thread, which is quick to start; `run=in_child` reads as the product does.
    """
    service = await open_service(home, embedder=embedder, absence=absence, reads_media=reads_media, run=run, uri=uri)
    sources = Sources(spool=service.spool, roots=roots or (home.parent,), allow_urls=False)

    @asynccontextmanager
    async def open_backend() -> AsyncGenerator[Backend]:
        yield Backend(service=service, sources=sources, shows_paths=is_local)

    async with Client(build_server(Warming(open_backend)), mode=mode) as client:
        yield Tools(client, service)


async def open_service(
    home: Path,
    *,
    embedder: Embedder | None = None,
    absence: str = "",
    reads_media: bool = False,
    run: Run = in_thread,
    uri: str = "",
) -> MemoryService:
    inner = None if absence else embedder or FakeEmbedder()
    # One try a call: tests of outages must not wait for retries.
    wrapped = None if inner is None else Batched(Guarded(inner, attempts=1, failures_to_open=1000))
    reader = MediaReader(Engines() if reads_media else Engines(ocr=NOWHERE, speech=NOWHERE), run)
    return await MemoryService.open(home, await Store.open(home, uri), Embedding(wrapped, absence), reader)


def text_of(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


def pictures_of(result: CallToolResult) -> list[ImageContent]:
    return [block for block in result.content if isinstance(block, ImageContent)]


def picture(colour: str, motif: str = "", size: tuple[int, int] = (320, 240)) -> bytes:
    """A PNG mostly of one colour, with a scatter of marks that is its motif's own at any size."""
    image = Image.new("RGB", size, colour)
    draw = ImageDraw.Draw(image)
    chance = random.Random(f"{colour} {motif}")  # noqa: S311  # a picture, not a secret
    for _ in range(24):
        x, y, wide, high = (chance.random() for _ in range(4))
        box = (x * size[0], y * size[1], (x + wide / 4) * size[0], (y + high / 4) * size[1])
        draw.ellipse(box, fill=chance.choice(["black", "white", colour]))
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def written(folder: Path, name: str, data: bytes) -> str:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(data)
    return str(path)
