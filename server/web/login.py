"""`POST /login` and `/logout`: a token shown once to the page, and a cookie for it that holds no token."""

from typing import Any, Final, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.web.access import COOKIE, Access
from server.web.oauth import IssuerUnavailableError
from server.web.signing import SESSION_LIFE

MAX_FORM_BYTES: Final = 64 * 2**10
"""A token is a few kilobytes at most."""


async def login(access: Access, request: Request) -> Response:
    """Begin a session for whoever shows a token, as `{"token": "…"}`."""
    token = await _shown(request)
    if not token:
        return JSONResponse({"error": 'send {"token": "…"}'}, status_code=422)
    try:
        known = await access.by_token(token)
    except IssuerUnavailableError as error:
        return JSONResponse({"error": f"tokens cannot be verified now: {error}"}, status_code=503)
    if known is None:
        return JSONResponse({"error": "this token is not known, has expired or was revoked"}, status_code=401)
    response = Response(status_code=204)
    response.set_cookie(
        COOKIE,
        access.sessions.cookie(known),
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https" or access.is_behind_tls,
    )
    return response


async def _shown(request: Request) -> str:
    """The token in a request's body; empty where there is none."""
    try:
        given: Any = await request.json()
    except ValueError:
        return ""
    token = cast("dict[str, Any]", given).get("token") if isinstance(given, dict) else None
    return token.strip() if isinstance(token, str) else ""


async def logout(_: Request) -> Response:
    """End the session."""
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response
