"""The ASGI application: MCP at `/mcp`, uploads, media, the page, health and metrics, each for whom it is meant."""

import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from mcp.server.context import ServerMiddleware
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route, request_response
from starlette.types import ASGIApp

from memory.model import Quota
from server.app import build_server
from server.principals import SCOPES
from server.principals import Scope as Permission
from server.resources import MemoryServer
from server.warming import OpenBackend, Warming
from server.web.access import Access, Admission, ByTool
from server.web.api import Api
from server.web.health import healthz, readyz
from server.web.hosts import KnownHosts, security_of
from server.web.journal import Journal
from server.web.linked import Linked
from server.web.login import MAX_FORM_BYTES, login, logout
from server.web.media import Media
from server.web.metrics import Metrics
from server.web.page import page_routes
from server.web.signing import Links
from server.web.uploads import upload

MAX_BODY_BYTES: Final = 64 * 2**20
"""Largest MCP request taken: a file as a `data:` URI within one call. Larger files are uploaded."""
METADATA_PATH: Final = "/.well-known/oauth-protected-resource/mcp"
"""Where clients learn who gives tokens for `/mcp`. Source: RFC 9728, 3.1."""
_TOOL_SCOPES: Final[Sequence[tuple[str, Permission]]] = (
    ("remember", "memory:write"),
    ("recall", "memory:read"),
    ("forget", "memory:forget"),
)


BuildServer = Callable[[Warming, Sequence[ServerMiddleware[Any]]], MemoryServer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """How a memory is served over HTTP.

    Attributes:
        hosts: names that are answered, as a URL has them, with brackets around IPv6, at any port; all, where there
            are none.
        access: who is let in.
        links: signs addresses of media.
        resource: this server's `/mcp` as clients call it, for OAuth metadata; empty without an issuer.
        quota: what an owner may hold.
        metrics: what is counted.
    """

    hosts: tuple[str, ...]
    access: Access
    links: Links
    resource: str = ""
    quota: Quota = field(default_factory=Quota)
    metrics: Metrics = field(default_factory=Metrics)


def build_http_app(open_backend: OpenBackend, site: Site, build: BuildServer = build_server) -> Starlette:
    """The application over a memory that `open_backend` opens, and an MCP server that `build` makes on it."""
    memory = Warming(open_backend)
    server = build(memory, [site.metrics.count_calls])
    security = security_of(site.hosts)
    mcp = server.streamable_http_app(
        stateless_http=True, json_response=True, max_request_body_size=MAX_BODY_BYTES, transport_security=security
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        async with server.session_manager.run():
            yield

    return Starlette(
        routes=[*_mcp(mcp.routes, site), *_routes(memory, site), *page_routes()],
        middleware=[
            Middleware(Journal, metrics=site.metrics),
            Middleware(KnownHosts, security=security),
            Middleware(Admission, access=site.access),
        ],
        lifespan=lifespan,
    )


def _mcp(routes: Sequence[BaseRoute], site: Site) -> list[Route]:
    """The SDK's endpoint behind our own admission, and where clients learn how to be let in (RFC 9728)."""
    [endpoint] = [route.app for route in routes if isinstance(route, Route)]
    issuer = site.access.issuer
    metadata = [Route(METADATA_PATH, partial(_metadata, site.resource, issuer.url))] if issuer else []
    return [Route("/mcp", ByTool(endpoint, site.access, _TOOL_SCOPES)), *metadata]


async def _metadata(resource: str, issuer: str, _: Request) -> JSONResponse:
    """Protected resource metadata; addresses exactly as they were given, as clients compare them so (RFC 8414, 3.3)."""
    return JSONResponse(
        {
            "resource": resource,
            "authorization_servers": [issuer],
            "scopes_supported": list(SCOPES),
            "bearer_methods_supported": ["header"],
            "resource_name": "Sensorium",
        }
    )


def _routes(memory: Warming, site: Site) -> list[Route]:
    access, media, api = site.access, Media(memory), Api(memory, site.access)
    part, piece = request_response(media.part), request_response(media.piece)
    shown = partial(Linked, links=site.links)
    return [
        Route("/healthz", healthz),
        Route("/readyz", partial(readyz, memory)),
        _get("/metrics", access.required(request_response(partial(site.metrics.endpoint, memory)))),
        _post("/upload", access.required(request_response(partial(upload, memory, site.quota)), "memory:write")),
        _get("/media/{id}/{part:int}", shown(part, access.required(part, "memory:read"))),
        _get("/media/{id}/{part:int}/{piece:int}", shown(piece, access.required(piece, "memory:read"))),
        _get("/api/me", access.required(request_response(api.me))),
        _get("/api/status", access.required(request_response(api.status), "memory:read")),
        _get("/api/timeline", access.required(request_response(api.timeline), "memory:read")),
        _get("/api/map", access.required(request_response(api.map), "memory:read")),
        _get("/api/waiting", access.required(request_response(api.waiting), "memory:read")),
        _post("/api/retry", access.required(request_response(api.retry), "memory:write")),
        Route("/login", partial(login, access), methods=["POST"], max_body_size=MAX_FORM_BYTES),
        Route("/logout", logout, methods=["POST"], max_body_size=MAX_FORM_BYTES),
    ]


def _get(path: str, app: ASGIApp) -> Route:
    return Route(path, app, methods=["GET"])


def _post(path: str, app: ASGIApp) -> Route:
    return Route(path, app, methods=["POST"])
