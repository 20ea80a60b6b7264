"""The access log: one line a request, without contents and secrets."""

import logging
import time
from urllib.parse import quote

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.web.metrics import Metrics

logger = logging.getLogger("sensorium.access")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


class Journal:
    """Middleware: counts every request, and logs it on `INFO`: who, what, how it ended, how long it took.

    Paths are logged without their query, where signatures of links are; headers and bodies never are.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; see the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, size, began = 500, 0, time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.count_request(_route(scope), method, status)
            took_ms = (time.perf_counter() - began) * 1000
            path = quote(scope["path"][:200])
            logger.info("%s %s %s %d %d bytes %.1f ms", _who(scope), method, path, status, size, took_ms)


def _route(scope: Scope) -> str:
    """The pattern of the route that answered; of all that none did, one name."""
    if "endpoint" not in scope:
        return "none"
    path = str(scope["path"])
    for name, value in scope.get("path_params", {}).items():
        path = path.replace(f"/{value}", f"/{{{name}}}", 1)
    return path


def _who(scope: Scope) -> str:
    user = scope.get("user")
    return quote(user.access_token.subject or "-", safe=":/@.") if isinstance(user, AuthenticatedUser) else "-"
