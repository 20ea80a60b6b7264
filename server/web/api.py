"""`/api/…`: what the page shows beside the tools: who asks, how the memory fares, when and about what things are."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, tzinfo
from importlib.metadata import version
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from memory.errors import InvalidInputError, SensoriumError
from memory.model import SearchFilter, Segment
from memory.pieces import Modality
from server.arguments import search_filter
from server.principals import SCOPES, Scope, asking, principal
from server.rendering import label
from server.reporting import facts as status_facts
from server.topicmap import SHOWN
from server.topicmap import facts as topic_facts
from server.warming import Backend, Warming
from server.web.access import Access
from server.web.refusals import refusal

_SAID_CHARS = 160


class Api:
    """Answers the page, in JSON; errors are `{"error": …}` with a status that fits."""

    def __init__(self, memory: Warming, access: Access) -> None:
        self._memory = memory
        self._access = access

    async def me(self, _: Request) -> Response:
        """Who asks, what they may do, and how much they may send."""
        who = principal()
        scopes = [scope for scope in SCOPES if scope in who.scopes]
        return JSONResponse(
            {
                "owner": who.owner,
                "scopes": scopes,
                "can_log_out": not self._access.is_open,
                "version": version("sensorium"),
            }
        )

    async def status(self, _: Request) -> Response:
        """What is stored and how it fares."""
        return await self._answer("memory:read", _status)

    async def timeline(self, request: Request) -> Response:
        """How many memories happened on each day of a time zone (`zone`, by default UTC), under the query's filters."""
        return await self._answer("memory:read", _timeline, request)

    async def map(self, request: Request) -> Response:
        """Topics, and the memories as points."""
        return await self._answer("memory:read", _map, request)

    async def waiting(self, request: Request) -> Response:
        """What is not done yet, or could not be."""
        return await self._answer("memory:read", _waiting, request)

    async def retry(self, _: Request) -> Response:
        """Try again what was refused."""
        return await self._answer("memory:write", _retry)

    async def _answer(self, scope: Scope, make: Callable[..., Awaitable[Any]], *args: Any) -> Response:
        try:
            owner = asking(scope).owner
            return JSONResponse(await make(await self._memory.ready(), owner, *args))
        except SensoriumError as error:
            return refusal(error)


async def _status(backend: Backend, owner: str) -> dict[str, Any]:
    return status_facts(await backend.service.status(owner), shows_paths=backend.shows_paths)


async def _timeline(backend: Backend, owner: str, request: Request) -> list[list[Any]]:
    filters = _filters(owner, request)
    zone = _zone(request.query_params.get("zone", ""))
    days = await backend.service.timeline(replace(filters, now=filters.now.astimezone(zone)))
    return [[day.isoformat(), count] for day, count in days.items()]


async def _map(backend: Backend, owner: str, request: Request) -> dict[str, Any]:
    chart = await backend.service.chart(_filters(owner, request), SHOWN)
    spots = [
        {"id": one.segment.id, "x": one.x, "y": one.y, "topic": one.topic, **_known(one.segment)} for one in chart.spots
    ]
    return {**topic_facts(chart.topics), "spots": spots}


async def _waiting(backend: Backend, owner: str, request: Request) -> dict[str, Any]:
    found = await backend.service.waiting(_filters(owner, request))
    return {
        "unread": [{"id": one.id, **_known(one)} for one in found.unread],
        "pending": [{"id": one.id, "segment": one.index, **_known(one)} for one in found.pending],
        "failed": [{"id": one.id, "segment": one.index, "error": one.error, **_known(one)} for one in found.failed],
    }


async def _retry(backend: Backend, owner: str) -> dict[str, Any]:
    await backend.service.retry(owner)
    return {"retried": True}


def _zone(name: str) -> tzinfo:
    """A time zone by its IANA name.

    Raises:
        InvalidInputError: there is none of this name.
    """
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: a name too long for a file
        raise InvalidInputError(f"there is no time zone {label(name)}; name one like Europe/Vienna") from error


def _known(segment: Segment) -> dict[str, Any]:
    """What to know a memory by; shown as text, whatever it says."""
    said = segment.title or segment.name or segment.text or segment.context
    return {
        "modality": str(segment.modality),
        "says": " ".join(said.split())[:_SAID_CHARS],
        "when": f"{segment.occurred_at:%Y-%m-%dT%H:%M:%SZ}",
    }


def _filters(owner: str, request: Request) -> SearchFilter:
    """The filters of a query, as the tools have them; `modalities` and `tags` are given once for each.

    Raises:
        InvalidInputError: one of them cannot be used.
    """
    given = request.query_params
    kinds = given.getlist("modalities")
    if unknown := [one for one in kinds if one not in set(Modality)]:
        raise InvalidInputError(f"there is no modality {label(unknown[0])}")
    return search_filter(
        owner,
        kinds,
        given.getlist("tags"),
        since=given.get("since", ""),
        until=given.get("until", ""),
        namespace=given.get("namespace", ""),
        session=given.get("session", ""),
        metadata={},
    )
