"""`GET /media/…`: what recall points to, whole or in ranges, for its owner or by a signed link."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from memory.errors import NotFoundError, SensoriumError
from memory.media.text.encodings import readable
from memory.model import SearchFilter, Segment
from memory.pieces import Modality
from memory.threads import in_io_thread
from server.media import OPENED_PX, THUMBNAIL_PX
from server.opening import whole_text
from server.principals import asking
from server.warming import Backend, Warming
from server.web.refusals import refusal

HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-site",
    "Referrer-Policy": "no-referrer",
}
"""What was remembered may be hostile: it is shown, and never runs; and it is in no cache after it was forgotten."""
_SHOWN = ("image/", "audio/", "video/")
_NEVER_SHOWN = frozenset({"image/svg+xml"})
_SIZES = {"small": 384, "thumbnail": THUMBNAIL_PX, "large": OPENED_PX}


class Media:
    """Serves the parts and pieces of memories."""

    def __init__(self, memory: Warming) -> None:
        self._memory = memory

    async def part(self, request: Request) -> Response:
        """`/media/{id}/{part}`: the file that was given, or the words of a note; parts count from 0.

        `?still=small|thumbnail|large` asks for a picture of it: of its first page, of its first seconds.
        """
        try:
            backend, filters = await self._memory.ready(), _mine(request)
            segments = await backend.service.part(filters, request.path_params["id"], request.path_params["part"])
            if not segments:
                raise NotFoundError("it has no such part; parts count from 0")
            still = request.query_params.get("still", "")
            return await (_still(backend, segments[0], still) if still else _whole(backend, list(segments)))
        except SensoriumError as error:
            return refusal(error, HEADERS)

    async def piece(self, request: Request) -> Response:
        """`/media/{id}/{part}/{piece}`: the seconds, the page, the picture; else the words.

        `?still=small|thumbnail|large` asks for a picture of it, also of seconds of a film.
        """
        try:
            backend, filters = await self._memory.ready(), _mine(request)
            place = request.path_params
            segment = await backend.service.piece(filters, place["id"], place["part"], place["piece"])
            still = request.query_params.get("still", "")
            return await (_still(backend, segment, still) if still else _piece(backend, segment))
        except SensoriumError as error:
            return refusal(error, HEADERS)


def _mine(request: Request) -> SearchFilter:
    """The memories that the request may see: those of its link, else of whoever asks."""
    owner = getattr(request.state, "linked", None) or asking("memory:read").owner
    return SearchFilter(owner=owner, now=datetime.now(UTC))


async def _whole(backend: Backend, segments: list[Segment]) -> Response:
    first = segments[0]
    if not first.media:
        return PlainTextResponse(whole_text(segments), headers=HEADERS)
    path = await backend.service.file_of(first)
    if first.modality in (Modality.TEXT, Modality.CODE):
        text = readable((await backend.service.medium_of(first)).data)
        if text is not None:
            return PlainTextResponse(text, headers=HEADERS)
    return await _file(path, first.mime, first.name)


async def _piece(backend: Backend, segment: Segment) -> Response:
    views = backend.service.views
    view = await views.clip(segment) or await views.picture(segment, OPENED_PX)
    return await _file(view.path, view.mime, "") if view else PlainTextResponse(segment.text, headers=HEADERS)


async def _still(backend: Backend, segment: Segment, size: str) -> Response:
    view = await backend.service.views.picture(segment, _SIZES.get(size, OPENED_PX))
    if view is None:
        raise NotFoundError("there is nothing to see of it")
    return await _file(view.path, view.mime, "")


async def _file(path: Path, mime: str, name: str) -> Response:
    """A file in whatever ranges are asked for; what a browser could run is only ever downloaded."""
    if not await in_io_thread(path.is_file):
        raise NotFoundError("it was forgotten a moment ago")
    is_shown = mime == "application/pdf" or (mime.startswith(_SHOWN) and mime not in _NEVER_SHOWN)
    return FileResponse(
        path,
        media_type=mime if is_shown else "application/octet-stream",
        filename=name or None,
        content_disposition_type="inline" if is_shown else "attachment",
        headers=HEADERS,
    )
