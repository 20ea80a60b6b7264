"""The page at `/`: static files that come with this package, and ask for nothing from anywhere else."""

from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.gallery import STATIC

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cache-Control": "no-cache",
}
"""Nothing runs but the page's own scripts; it frames nothing, is framed by nothing, and tells nobody where it was."""


def page_routes() -> list[BaseRoute]:
    """The page and its files; they hold no data, and are for everyone."""
    return [Route("/", _index), Mount("/static", _Headed(StaticFiles(directory=STATIC)))]


async def _index(_: Request) -> FileResponse:
    return FileResponse(STATIC / "index.html", headers=HEADERS)


class _Headed:
    """The app's answers with the page's headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *ours]}
            await send(message)

        await self._app(scope, receive, headed)
