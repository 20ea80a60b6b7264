"""Serving over HTTP: streamable MCP at `/mcp`, and `/healthz`."""

import contextlib
import ipaddress
import logging
import socket
import sys
from collections.abc import AsyncGenerator, Sequence
from functools import partial
from importlib.metadata import version

import uvicorn
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from memory.errors import ConfigurationError
from server.app import build_server, log_to_stderr
from server.settings import Settings
from server.warming import OpenBackend, open_lazily

MAX_BODY_BYTES = 64 * 2**20
"""Largest request taken: a file as a `data:` URI within one call."""

GRACE_S = 5
"""How long calls under way may go on once the server is told to stop; what they have not stored is not there."""

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def serve_http(settings: Settings, *, host: str, port: int, insecure: bool) -> None:
    """Serve until told to stop.

    Raises:
        ConfigurationError: `host` is not this machine alone and `insecure` was not said.
    """
    if not (insecure or _is_loopback(host)):
        raise ConfigurationError(
            f"--host {host} is reachable from other machines, and this server asks nobody who they are. "
            "Listen on 127.0.0.1 behind a proxy that does, or say --insecure."
        )
    log_to_stderr(settings.log_level)
    hosts = () if insecure else tuple(dict.fromkeys([*_LOOPBACK, _in_url(host)]))
    app = build_http_app(partial(open_lazily, settings, is_local=False), hosts=hosts)
    # Without a configuration of its own, uvicorn logs as everything else here does.
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_S
    )
    server = _Server(config)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()


class _Server(uvicorn.Server):
    """Says on stderr where it listens, whatever the level of the logs."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if logging.getLogger("uvicorn.error").isEnabledFor(logging.INFO):
            return  # uvicorn has said it
        port = self.servers[0].sockets[0].getsockname()[1]
        address = f"http://{_in_url(self.config.host)}:{port}"
        sys.stderr.write(f"sensorium {version('sensorium')}: running on {address} (Ctrl+C stops it)\n")
        sys.stderr.flush()


def build_http_app(open_backend: OpenBackend, *, hosts: Sequence[str]) -> Starlette:
    """The ASGI application; requests for other hosts are refused, by an empty list none are.

    Args:
        open_backend: opens the memory.
        hosts: as a URL has them, with brackets around IPv6; any port of them is meant.
    """
    server = build_server(open_backend)
    allowed = [*hosts, *(f"{host}:*" for host in hosts)]
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=bool(hosts),
        allowed_hosts=allowed,
        allowed_origins=[f"{scheme}://{host}" for host in allowed for scheme in ("http", "https")],
    )
    mcp = server.streamable_http_app(
        stateless_http=True,
        json_response=True,
        max_request_body_size=MAX_BODY_BYTES,
        transport_security=security,
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        async with server.session_manager.run():
            yield

    return Starlette(
        routes=[Route("/healthz", _healthz), *mcp.routes],
        middleware=[Middleware(_KnownHosts, security=security)],
        lifespan=lifespan,
    )


class _KnownHosts:
    """Refuses, on every route, the hosts and origins that the SDK refuses on its own."""

    def __init__(self, app: ASGIApp, security: TransportSecuritySettings) -> None:
        self._app = app
        self._check = TransportSecurityMiddleware(security)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = await self._check.validate_request(Request(scope)) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)


async def _healthz(_: Request) -> JSONResponse:
    """The process answers; whether the memory is open is another question."""
    return JSONResponse({"status": "ok"})


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
