"""Media in a recall's result: thumbnails of what was seen or, when asked for, the things themselves."""

import base64
from collections.abc import Sequence
from typing import Literal

from mcp_types import AudioContent, ImageContent

from memory.errors import NotFoundError
from memory.model import Medium, Modality, Segment
from server.warming import Backend

MediaChoice = Literal["thumbnails", "none", "full"]
MAX_THUMBNAILS = 3
MAX_BYTES = 500_000
"""Media bytes in one result: about 670 kB in base64.

Source: hosts' limits in mid-2026: Claude Desktop drops results over about 1 MB.
"""


async def contents_of(
    backend: Backend, segments: Sequence[Segment], choice: MediaChoice
) -> tuple[list[ImageContent | AudioContent], list[str]]:
    """Media of these segments within the limits, and a note for each that is left out."""
    contents: list[ImageContent | AudioContent] = []
    notes: list[str] = []
    left = MAX_BYTES
    for segment in _wanted(segments, choice):
        try:
            medium = await _medium(backend, segment, choice)
        except NotFoundError as error:  # forgotten since it was found
            notes.append(f"{segment.id}: {error}")
            continue
        if medium is None:
            continue
        if len(medium.data) > left:
            notes.append(f"{segment.id}: its {segment.modality} is too large to be sent along; open it where it lies.")
            continue
        left -= len(medium.data)
        contents.append(_content(medium))
    return contents, notes


def _wanted(segments: Sequence[Segment], choice: MediaChoice) -> list[Segment]:
    if choice == "none":
        return []
    with_media = list({(one.media, one.anchor): one for one in segments if one.media}.values())
    if choice == "full":
        return with_media
    return [segment for segment in with_media if segment.modality is Modality.IMAGE][:MAX_THUMBNAILS]


async def _medium(backend: Backend, segment: Segment, choice: MediaChoice) -> Medium | None:
    original = await backend.service.medium_of(segment)
    if choice == "full" and (original.mime in ("image/png", "image/jpeg") or segment.modality is Modality.AUDIO):
        return original
    return await backend.service.reader.thumbnail_of(original, segment.anchor)


def _content(medium: Medium) -> ImageContent | AudioContent:
    data = base64.b64encode(medium.data).decode()
    if medium.mime.startswith("audio/"):
        return AudioContent(type="audio", data=data, mime_type=medium.mime)
    return ImageContent(type="image", data=data, mime_type=medium.mime)
