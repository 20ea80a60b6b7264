"""Which names of this server are answered, and which pages may ask it."""

from collections.abc import Sequence

from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send


def security_of(hosts: Sequence[str]) -> TransportSecuritySettings:
    """The SDK's settings for these hosts, at any port; every host is answered where there are none."""
    allowed = [*hosts, *(f"{host}:*" for host in hosts)]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=bool(hosts),
        allowed_hosts=allowed,
        allowed_origins=[f"{scheme}://{host}" for host in allowed for scheme in ("http", "https")],
    )


class KnownHosts:
    """Middleware: refuses, on every route, the hosts and origins that the SDK refuses on its own."""

    def __init__(self, app: ASGIApp, security: TransportSecuritySettings) -> None:
        self._app = app
        self._check = TransportSecurityMiddleware(security)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; see the ASGI specification."""
        refusal = await self._check.validate_request(Request(scope)) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)
