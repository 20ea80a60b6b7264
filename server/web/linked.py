"""Media by a signed link: for hosts that cannot send a header."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from server.web.signing import Links


class Linked:
    """The app for whoever has a link that is good, else for those whom `required` lets in."""

    def __init__(self, app: ASGIApp, required: ASGIApp, links: Links) -> None:
        self._app = app
        self._required = required
        self._links = links

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; see the ASGI specification."""
        request = Request(scope)
        given = request.query_params
        if "sig" not in given:
            await self._required(scope, receive, send)
            return
        owner = self._links.owner(
            scope["path"], owner=given.get("for", ""), until=given.get("until", ""), signature=given["sig"]
        )
        if owner is None:
            refusal = JSONResponse({"error": "the link is not good any more: recall gives a new one"}, status_code=403)
            await refusal(scope, receive, send)
            return
        request.state.linked = owner
        await self._app(scope, receive, send)
