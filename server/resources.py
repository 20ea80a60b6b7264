"""Memories and the memory's health as resources, and prompts to start from."""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context, MCPServer
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, GetPromptResult, InputRequiredResult
from pydantic import AnyUrl

from memory.errors import NotFoundError
from memory.media.text.encodings import readable
from memory.model import SearchFilter, Segment
from memory.pieces import Modality
from memory.requests import Extract
from server.boundary import told_to_the_reader
from server.media import OPENED_PX
from server.opening import heading, whole_text
from server.principals import asking
from server.rendering import NOTICE, piece_of, quoted
from server.reporting import report
from server.topicmap import SHOWN, topics_text
from server.warming import Backend, Warming

P = ParamSpec("P")
T = TypeVar("T")

_mime_being_read: ContextVar[str] = ContextVar("_mime_being_read", default="")
"""Set by the resource that is read, within one call of `read_resource`."""
_NUMBER = re.compile("0|[1-9][0-9]{0,8}")

MAX_SEGMENTS = 2_048
"""Segments of one memory in a resource: two million characters, all of the longest note."""


class MemoryServer(MCPServer[Warming]):
    """An MCP server whose memories' parts carry their own types.

    The SDK gives all resources of a template one type; a memory's parts are of any.
    """

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[Warming, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """See `MCPServer.read_resource`."""
        outer = _mime_being_read.set("")
        try:
            contents = await super().read_resource(uri, context)
            if isinstance(contents, InputRequiredResult):
                return contents
            return [replace(one, mime_type=_mime_being_read.get() or one.mime_type) for one in contents]
        finally:
            _mime_being_read.reset(outer)

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[Warming, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """See `MCPServer.get_prompt`, which takes a prompt that is not there for an error of its own."""
        known = [prompt.name for prompt in await self.list_prompts()]
        if name not in known:
            raise MCPError(INVALID_PARAMS, f"there is no prompt {name[:80]!r}; there are {', '.join(known)}")
        return await super().get_prompt(name, arguments, context)


def add_resources(server: MemoryServer, memory: Warming) -> None:
    """`memory://status`, `memory://topics`, `memory://{id}`, and a memory's parts and pieces."""

    @server.resource("memory://status", title="Memory status", description="What is stored, and how it fares.")
    async def status() -> str:
        return await _told(memory, _status)

    @server.resource("memory://topics", title="Topics", description="What is remembered, by subject, with examples.")
    async def topics() -> str:
        return await _told(memory, _topics)

    @server.resource("memory://{id}", title="A memory", description="All a memory says, and where its media lie.")
    async def whole(id: str) -> str:  # noqa: A002  # the name in the address
        return await _told(memory, _whole, id)

    @server.resource(
        "memory://{id}/{part}",
        title="A part of a memory",
        description="The text, picture, recording or document itself; parts count from 0.",
    )
    async def part_of(id: str, part: str) -> str | bytes:  # noqa: A002  # likewise
        return await _told(memory, _part, id, part)

    @server.resource(
        "memory://{id}/{part}/{piece}",
        title="A piece of a memory",
        description="The passage, the page or picture, the seconds of a recording or film; pieces by their number.",
    )
    async def one_piece(id: str, part: str, piece: str) -> str | bytes:  # noqa: A002  # likewise
        return await _told(memory, _piece, id, part, piece)


async def _told(
    memory: Warming, read: Callable[Concatenate[Backend, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
) -> T:
    """What `read` makes of the open memory; errors in words for the reader."""
    with told_to_the_reader():
        return await read(await memory.ready(), *args, **kwargs)


async def _status(backend: Backend) -> str:
    return report(await backend.service.status(asking("memory:read").owner), shows_paths=backend.shows_paths)


async def _topics(backend: Backend) -> str:
    return "\n".join([NOTICE, *topics_text(await backend.service.topics(_now(), SHOWN))])


async def _whole(backend: Backend, id_: str) -> str:
    segments = await _open(backend, id_)
    is_cut = len(segments) >= MAX_SEGMENTS
    more = [f"It goes on: open {piece_of(id_, len(segments))}- by recall."] if is_cut else []
    return "\n".join([NOTICE, *heading(backend, segments), *quoted(whole_text(segments)), *more])


async def _part(backend: Backend, id_: str, part: str) -> str | bytes:
    segments = await backend.service.part(_now(), id_, _number(part))
    if not segments:
        raise NotFoundError(f"memory {id_!r} has no part {part!r}; parts count from 0")
    _mime_being_read.set(segments[0].mime)
    return await _content(backend, segments)


async def _piece(backend: Backend, id_: str, part: str, piece: str) -> str | bytes:
    """A piece as what it is: the clip, the picture, else its words."""
    if not _NUMBER.fullmatch(piece):
        raise NotFoundError(f"{piece!r} is no number of a piece; recall shows the right one")
    segment, views = await backend.service.piece(_now(), id_, _number(part), int(piece)), backend.service.views
    view = await views.clip(segment) or await views.picture(segment, OPENED_PX)
    if view is None:
        return segment.text
    _mime_being_read.set(view.mime)
    return (await views.load(view)).data


def _number(part: str) -> int:
    return int(part) if _NUMBER.fullmatch(part) else -1  # which no part has


async def _content(backend: Backend, segments: Sequence[Segment]) -> str | bytes:
    """A part as `MemoryService.part` gives it: what was written as text as text, everything else as bytes."""
    first = segments[0]
    if not first.media:
        return whole_text(segments)
    data = (await backend.service.medium_of(first)).data
    text = readable(data) if first.modality in (Modality.TEXT, Modality.CODE) else None
    return data if text is None else text


async def _open(backend: Backend, id_: str) -> list[Segment]:
    """A memory's segments, up to `MAX_SEGMENTS`."""
    segments: list[Segment] = []
    is_cut = True
    while is_cut and len(segments) < MAX_SEGMENTS:
        [memory] = await backend.service.open_memories(_now(), [Extract(id=id_, first=len(segments))])
        segments += memory.segments
        is_cut = memory.is_cut
    return segments


def _now() -> SearchFilter:
    return SearchFilter(owner=asking("memory:read").owner, now=datetime.now(UTC))


def add_prompts(server: MemoryServer) -> None:
    """Two ways to begin that users pick from a menu."""

    @server.prompt(title="What do you know about …?", description="Gather what is remembered about a topic.")
    def what_do_you_know(topic: str) -> str:
        return (
            f"Call `recall` for {topic!r}, then with two other wordings of it. Tell me what is "
            "remembered, with dates and the id of each memory, and say plainly where nothing is."
        )

    @server.prompt(title="Remember this session", description="Keep what matters of this conversation.")
    def remember_this_session() -> str:
        return (
            "List the decisions, preferences and facts from this conversation that will matter later, "
            "and leave out what would not be needed again. `recall` each first; `remember` the new ones, "
            "one a call, with a title and tags, and use `replaces` where one has changed."
        )
