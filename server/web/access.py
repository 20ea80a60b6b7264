"""Who is let in: by a token, by the session of the page, or, where none is asked for, whoever is on this machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser, RequireAuthMiddleware
from mcp.server.auth.provider import AccessToken
from pydantic import AnyHttpUrl
from starlette.authentication import AuthCredentials
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from server.principals import LOCAL
from server.principals import Scope as Permission
from server.web.oauth import Issuer, IssuerUnavailableError
from server.web.pace import Pace
from server.web.signing import Sessions
from server.web.tokens import StaticTokens

COOKIE = "sensorium_session"
_RETRY_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Tells who asks.

    Attributes:
        tokens: static tokens; None where none are.
        issuer: of OAuth access tokens; None where there is none. Without either, nobody is asked for a token.
        sessions: of the page.
        pace: how often an owner may ask.
        metadata: where RFC 9728 metadata lie; None without an issuer.
        is_behind_tls: whether clients speak https to this server, itself or before it.
    """

    tokens: StaticTokens | None
    issuer: Issuer | None
    sessions: Sessions
    pace: Pace
    metadata: AnyHttpUrl | None = None
    is_behind_tls: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked for a token."""
        return self.tokens is None and self.issuer is None

    async def by_token(self, token: str) -> AccessToken | None:
        """Whom a bearer token stands for.

        Raises:
            IssuerUnavailableError: it may be the issuer's, and cannot be verified now.
        """
        known = await self.tokens.verify_token(token) if self.tokens else None
        return known or (await self.issuer.verify_token(token) if self.issuer else None)

    def by_cookie(self, cookie: str) -> AccessToken | None:
        """Whom a session stands for; of a static token, as long as that is good."""
        token = self.sessions.token(cookie)
        digest = (token.claims or {}).get("hash") if token else None
        if digest is None:
            return token if self.issuer else None
        return self.tokens.by_hash(str(digest)) if self.tokens else None

    def required(self, app: ASGIApp, *scopes: Permission) -> ASGIApp:
        """The app, for those who may; others are told what they lack (RFC 6750, RFC 9728), or to ask less often."""
        paced = _Paced(app, self.pace)
        return paced if self.is_open else RequireAuthMiddleware(paced, list(scopes), self.metadata)


class _Paced:
    """The app, for owners who do not ask too often."""

    def __init__(self, app: ASGIApp, pace: Pace) -> None:
        self._app = app
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; see the ASGI specification."""
        user = scope.get("user")
        owner = user.access_token.subject if isinstance(user, AuthenticatedUser) else LOCAL
        if wait_s := self._pace.wait_s(owner or ""):
            await _told(429, f"that is more often than you may ask; again in {wait_s} s", wait_s)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class Admission:
    """Middleware: from here on it is known who asks."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = AuthContextMiddleware(app)
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; see the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            token = None if self._access.is_open else await self._token(HTTPConnection(scope))
        except IssuerUnavailableError as error:
            refusal = _told(503, f"tokens cannot be verified now: {error}", _RETRY_S)
            await refusal(scope, receive, send)
            return
        if token is not None:
            scope["user"] = AuthenticatedUser(token)
            scope["auth"] = AuthCredentials(token.scopes)
        await self._app(scope, receive, send)

    async def _token(self, connection: HTTPConnection[Any]) -> AccessToken | None:
        kind, _, token = connection.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return await self._access.by_token(token.strip())
        cookie = connection.cookies.get(COOKIE)
        return self._access.by_cookie(cookie) if cookie and _is_own_page(connection.headers) else None


class ByTool:
    """MCP, where a call of a tool that is named in a header needs that tool's scope before it is read.

    Source: MCP 2026-07-28, Streamable HTTP: `Mcp-Method` and `Mcp-Name` say what the body holds; the SDK
    refuses those that say something else. Of earlier clients the tools themselves see to it.
    """

    def __init__(self, app: ASGIApp, access: Access, scopes: Sequence[tuple[str, Permission]]) -> None:
        self._any = access.required(app)
        self._tools = {tool: access.required(app, scope) for tool, scope in scopes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; see the ASGI specification."""
        headers = Headers(scope=scope)
        is_call = headers.get("mcp-method") == "tools/call"
        app = self._tools.get(headers.get("mcp-name", ""), self._any) if is_call else self._any
        await app(scope, receive, send)


def _is_own_page(headers: Headers) -> bool:
    """Whether a request that a browser sends with its cookie comes from our own page, or from nobody's."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def _told(status: int, error: str, retry_after_s: float) -> JSONResponse:
    return JSONResponse({"error": error}, status_code=status, headers={"Retry-After": str(int(retry_after_s) or 1)})
