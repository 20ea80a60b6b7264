"""A memory served over HTTP in this process: the real application, store and media, with the fake embedder."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import anyio
import httpx2
from harness import open_service
from mcp.server.auth.routes import build_resource_metadata_url
from pydantic import AnyHttpUrl

from memory.embedders.protocol import Embedder
from memory.model import Quota
from memory.service import MemoryService
from memory.sources.sources import Sources
from server.warming import Backend
from server.web.access import Access
from server.web.app import Site, build_http_app
from server.web.oauth import Issuer
from server.web.pace import Pace
from server.web.signing import Links, Sessions, signing_key
from server.web.tokens import StaticTokens, TokenFile, new_token

BASE = "http://127.0.0.1:8000"
MODERN = "2026-07-28"


class Visitor:
    """Someone who speaks HTTP to the server, with a token or without."""

    def __init__(self, web: httpx2.AsyncClient, token: str = "") -> None:
        self._web = web
        self._headers = {"authorization": f"Bearer {token}"} if token else {}

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        return await self._web.get(path, headers={**self._headers, **headers})

    async def post(self, path: str, content: bytes = b"", **headers: str) -> httpx2.Response:
        return await self._web.post(path, content=content, headers={**self._headers, **headers})

    async def rpc(self, method: str, params: Mapping[str, Any] | None = None, **headers: str) -> httpx2.Response:
        """One MCP request of a client that knows no session."""
        told = {"accept": "application/json, text/event-stream", **self._headers, **headers}
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": dict(params or {})}
        return await self._web.post("/mcp", json=body, headers=told)

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The result of a tool call, as it was sent."""
        answer = await self.rpc("tools/call", {"name": tool, "arguments": arguments})
        assert answer.status_code == 200, answer.text
        return cast("dict[str, Any]", answer.json()["result"])

    async def facts(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await self.call(tool, **arguments)
        assert not result.get("isError"), result
        return cast("dict[str, Any]", result["structuredContent"])

    async def error(self, tool: str, **arguments: Any) -> str:
        result = await self.call(tool, **arguments)
        assert result.get("isError"), result
        return str(result["content"][0]["text"])

    async def remember(self, text: str = "", **arguments: Any) -> str:
        return str((await self.facts("remember", text=text, **arguments))["id"])

    async def found(self, query: str = "", **arguments: Any) -> list[str]:
        facts = await self.facts("recall", query=query, media="none", **arguments)
        return [hit["id"] for hit in facts["hits"]]

    async def upload(self, data: bytes, name: str = "") -> str:
        answer = await self.post(f"/upload?name={name}", data)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["upload"])


class Website:
    """The server, and ways to come to it."""

    def __init__(self, web: httpx2.AsyncClient, service: MemoryService, site: Site, tokens: TokenFile) -> None:
        self.web = web
        self.service = service
        self.site = site
        self.tokens = tokens

    def visitor(self, token: str = "") -> Visitor:
        return Visitor(self.web, token)

    def token(self, name: str, *scopes: str) -> str:
        """A new token of an owner."""
        token, entry = new_token(name, scopes, None, datetime.now(UTC))
        self.tokens.add(entry)
        return token

    def member(self, name: str, *scopes: str) -> Visitor:
        """An owner who shows a token."""
        return self.visitor(self.token(name, *scopes))


@asynccontextmanager
async def website(
    home: Path,
    *,
    asks: bool = True,
    issuer: Issuer | None = None,
    embedder: Embedder | None = None,
    reads_media: bool = False,
    quota: Quota | None = None,
    max_requests: int | None = None,
    max_bytes: int = 1 << 20,
    hosts: Sequence[str] = ("127.0.0.1", "localhost"),
) -> AsyncGenerator[Website]:
    """A server on a memory in `home`; with `asks`, it asks for tokens."""
    tokens, key = TokenFile(home), signing_key(home)
    site = Site(
        hosts=tuple(hosts),
        access=Access(
            tokens=StaticTokens(file=tokens, fixed=()) if asks else None,
            issuer=issuer,
            sessions=Sessions(key),
            pace=Pace(max_requests),
            metadata=build_resource_metadata_url(AnyHttpUrl(f"{BASE}/mcp")) if issuer else None,
        ),
        links=Links(key, BASE),
        resource=f"{BASE}/mcp",
        quota=quota or Quota(),
    )
    services: list[MemoryService] = []

    @asynccontextmanager
    async def open_backend() -> AsyncGenerator[Backend]:
        service = await open_service(home, embedder=embedder, reads_media=reads_media)
        services.append(service)
        uploads = service.uploads.limited(max_bytes)
        sources = Sources(spool=service.spool, roots=(), allow_urls=False, max_bytes=max_bytes, uploads=uploads)
        yield Backend(service=service, sources=sources, shows_paths=False, quota=site.quota, links=site.links)

    app = build_http_app(open_backend, site)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=BASE) as web,
    ):
        while (await web.get("/readyz")).json()["status"] == "opening":  # noqa: ASYNC110  # over HTTP
            await anyio.sleep(0.01)  # as whoever watches a server does
        yield Website(web, services[0], site, tokens)
