"""The three tools: what a model sees of them, and what they ask of the memory."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from inspect import signature
from itertools import count
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, ToolAnnotations
from pydantic import Field

from memory.checks import MAX_PARTS
from memory.errors import InvalidInputError, TooLargeError
from memory.model import DEFAULT_NAMESPACE, Mode, Part, TextPart
from memory.requests import Example, Question, Remembrance
from server import descriptions as say
from server.arguments import (
    Files,
    Limit,
    MaxTokens,
    Metadata,
    MinScore,
    Modalities,
    Words,
    extract,
    memory_id,
    moment,
    search_filter,
    unknown_arguments,
)
from server.boundary import told_to_the_model
from server.gallery import GALLERY_META
from server.media import MediaChoice
from server.opening import opened
from server.principals import asking
from server.results import ForgetResult, RememberResult, forgotten, proposed, remembered
from server.showing import recalled
from server.warming import Backend, Warming

ServerContext = Context[Warming, Any]
_NO_METADATA: Metadata = {}


async def remember(
    ctx: ServerContext,
    *,
    text: Annotated[str, Field(description=say.TEXT)] = "",
    files: Annotated[Files, Field(description=say.FILES)] = (),
    title: str = "",
    tags: Words = (),
    namespace: Annotated[str, Field(description=say.NAMESPACE)] = DEFAULT_NAMESPACE,
    session: str = "",
    metadata: Annotated[Metadata, Field(description=say.METADATA)] = _NO_METADATA,
    when: Annotated[str, Field(description=say.WHEN)] = "",
    expires: Annotated[str, Field(description=say.EXPIRES)] = "",
    replaces: Annotated[str, Field(description=say.REPLACES)] = "",
) -> Annotated[CallToolResult, RememberResult]:
    """Keep one thing."""
    with told_to_the_model():
        owner = asking("memory:write").owner
        backend = await _backend(ctx)
        if len(files) > MAX_PARTS:
            raise TooLargeError(f"{len(files)} files are too many for one memory: at most {MAX_PARTS} fit")
        notes: list[Part] = [TextPart(text=text)] if text else []
        async with backend.sources.fetched(files, owner) as parts:
            request = Remembrance(
                owner=owner,
                parts=(*notes, *parts),
                title=title,
                tags=tuple(dict.fromkeys(tags)),
                namespace=namespace or DEFAULT_NAMESPACE,
                session=session,
                metadata=metadata,
                occurred_at=moment(when, "when"),
                expires_at=moment(expires, "expires", ahead=True),
                replaces=memory_id(replaces) or replaces,
                quota=backend.quota,
            )
            kept = await backend.service.remember(request, _progress(ctx))
            await backend.sources.used(files, owner)
            return remembered(kept, _ignored(ctx, "remember"))


async def recall(
    ctx: ServerContext,
    *,
    query: Annotated[str, Field(description=say.QUERY)] = "",
    like: Annotated[Files, Field(description=say.LIKE)] = (),
    unlike: Annotated[Files, Field(description=say.UNLIKE)] = (),
    ids: Annotated[Words, Field(description=say.IDS)] = (),
    modalities: Modalities = (),
    tags: Annotated[Words, Field(description=say.TAGS)] = (),
    since: Annotated[str, Field(description=say.SINCE)] = "",
    until: str = "",
    namespace: str = "",
    session: str = "",
    metadata: Metadata = _NO_METADATA,
    limit: Limit = 5,
    max_tokens: MaxTokens = 2000,
    min_score: MinScore = 0.0,
    mode: Literal["hybrid", "semantic", "keyword"] = "hybrid",
    media: Annotated[MediaChoice, Field(description=say.MEDIA)] = "thumbnails",
) -> CallToolResult:
    """Search, open by id, or list the newest."""
    with told_to_the_model():
        owner = asking("memory:read").owner
        backend = replace(await _backend(ctx), gives_links=media == "links")
        filters = search_filter(
            owner,
            modalities,
            tags,
            since=since,
            until=until,
            namespace=namespace,
            session=session,
            metadata=metadata,
        )
        warnings = _ignored(ctx, "recall")
        if ids:
            if query.strip() or like or tags or since or until or namespace or session or modalities or metadata:
                warnings = (*warnings, "ids opens memories whole: the query and filters beside it had no effect")
            return await opened(
                backend, filters, tuple(map(extract, ids)), max_tokens=max_tokens, media=media, warnings=warnings
            )
        async with _examples(backend, like, owner) as toward, _examples(backend, unlike, owner) as away:
            question = Question(
                filters=filters,
                query=query,
                like=toward,
                unlike=away,
                limit=limit,
                min_score=min_score,
                mode=Mode(mode),
            )
            return await recalled(backend, question, max_tokens, media, warnings)


async def forget(
    ctx: ServerContext,
    *,
    ids: Annotated[Words, Field(description=say.FORGET_IDS)] = (),
    query: Annotated[str, Field(description=say.FORGET_QUERY)] = "",
    tags: Words = (),
    since: str = "",
    until: str = "",
    namespace: str = "",
    session: str = "",
    modalities: Modalities = (),
    confirm: Annotated[str, Field(description=say.CONFIRM)] = "",
) -> Annotated[CallToolResult, ForgetResult]:
    """Erase by id, or propose and then erase by filter."""
    with told_to_the_model():
        owner = asking("memory:forget").owner
        backend = await _backend(ctx)
        if ignored := _ignored(ctx, "forget"):
            # A filter without effect would widen what goes.
            raise InvalidInputError(f"nothing was forgotten: {'; '.join(ignored)}")
        filters = search_filter(
            owner, modalities, tags, since=since, until=until, namespace=namespace, session=session, metadata={}
        )
        narrowed = bool(query.strip() or tags or since or until or namespace or session or modalities)
        if ids and narrowed:
            raise InvalidInputError("give either ids or filters, not both: nothing was forgotten")
        if ids:
            receipt = await backend.service.forget_ids(owner, [memory_id(id_) or id_ for id_ in ids])
            return forgotten(receipt)
        if not narrowed:
            raise InvalidInputError("say what to forget: ids, or at least one filter (query, tags, since, …)")
        if confirm:
            return forgotten(await backend.service.forget_selected(filters, query, confirm))
        return proposed(await backend.service.propose_forgetting(filters, query))


TOOLS = {"remember": remember, "recall": recall, "forget": forget}


def build_tools() -> list[Tool]:
    """The tools as the server registers them, their schemas without what no model needs."""
    kept = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True)
    read = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    gone = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)
    return [
        _lean(Tool.from_function(remember, description=say.REMEMBER, title="Remember", annotations=kept)),
        _lean(Tool.from_function(recall, description=say.RECALL, title="Recall", annotations=read, meta=GALLERY_META)),
        _lean(Tool.from_function(forget, description=say.FORGET, title="Forget", annotations=gone)),
    ]


def _lean(tool: Tool) -> Tool:
    tool.parameters = _untitled(tool.parameters)
    if tool.fn_metadata.output_schema is not None:
        tool.fn_metadata.output_schema = _untitled(tool.fn_metadata.output_schema)
    return tool


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without pydantic's generated titles, which repeat every name."""
    properties = {
        name: {key: value for key, value in one.items() if key != "title"} for name, one in schema["properties"].items()
    }
    return {**{key: value for key, value in schema.items() if key != "title"}, "properties": properties}


async def _backend(ctx: ServerContext) -> Backend:
    return await ctx.request_context.lifespan_context.ready()


def _ignored(ctx: ServerContext, tool: str) -> tuple[str, ...]:
    known = [name for name in signature(TOOLS[tool]).parameters if name != "ctx"]
    return unknown_arguments(ctx.request_context.params, known)


def _progress(ctx: ServerContext) -> Callable[[str], Awaitable[None]]:
    """Tells the client what a long call is doing; nothing where it did not ask for that."""
    steps = count(1)

    async def tell(message: str) -> None:
        await ctx.report_progress(next(steps), message=message)

    return tell


@asynccontextmanager
async def _examples(backend: Backend, given: Sequence[str], owner: str) -> AsyncGenerator[tuple[Example, ...]]:
    if len(given) > MAX_PARTS:
        raise TooLargeError(f"{len(given)} examples are too many for one question: at most {MAX_PARTS} are taken")
    ids = [memory_id(one) for one in given]
    files = [one for one, id_ in zip(given, ids, strict=True) if id_ is None]
    async with backend.sources.fetched(files, owner) as parts:
        read = iter(parts)
        yield tuple(next(read) if id_ is None else id_ for id_ in ids)
