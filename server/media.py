"""Media in a recall's result: thumbnails of what was seen or, when asked for, the things themselves."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from mcp_types import AudioContent, ImageContent

from memory.errors import InvalidInputError, NotFoundError
from memory.model import Segment
from memory.pieces import Medium, Modality
from server.rendering import sight_of
from server.warming import Backend

MediaChoice = Literal["thumbnails", "none", "full", "links"]
MAX_THUMBNAILS = 3
MAX_BYTES = 440_000
"""Media bytes in one result: 590 kB in base64, which leaves over 100 kB for the words of a result of 700 kB.

Source: hosts' limits in mid-2026: Claude Desktop drops results over about 1 MB.
"""
THUMBNAIL_PX = 768
"""The longer side of what stands beside a hit."""
OPENED_PX = 1568
"""The longer side of a picture that is opened.

Source: Anthropic, Vision, 2026-11: pictures over 1568 pixels are scaled down.
"""
_SMALLER_PX = 384
SIGHT: Final = "sensorium/sight"
"""The key in a medium's `_meta` of the address of what it shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A segment to be shown, and which lines of its words matter."""

    segment: Segment
    lines: tuple[int, ...] = ()


async def contents_of(
    backend: Backend, sights: Sequence[Sight], choice: MediaChoice, max_px: int = THUMBNAIL_PX
) -> tuple[list[ImageContent | AudioContent], list[str]]:
    """Media of these segments within the limits, and a note for each that is left out.

    `full` shows pictures as large as hosts take them, and lets recordings be heard.
    """
    contents: list[ImageContent | AudioContent] = []
    notes: list[str] = []
    left = MAX_BYTES
    for sight in _wanted(sights, choice):
        try:
            medium = await _fitting(backend, sight, choice, OPENED_PX if choice == "full" else max_px, left)
        except (NotFoundError, InvalidInputError) as error:  # forgotten since it was found, or lost to damage
            notes.append(f"{sight.segment.id}: {error}")
            continue
        if medium is not None and len(medium.data) > left:
            kind = sight.segment.modality
            notes.append(f"{sight.segment.id}: its {kind} is too large to be sent along; open it where it lies.")
        elif medium is not None:
            left -= len(medium.data)
            contents.append(_content(medium, sight_of(sight.segment)))
    return contents, notes


def _wanted(sights: Sequence[Sight], choice: MediaChoice) -> list[Sight]:
    if choice in ("none", "links"):
        return []
    places = {(one.segment.media, one.segment.anchor.unit, one.segment.anchor.start): one for one in reversed(sights)}
    with_media = [one for one in reversed(places.values()) if one.segment.media]
    if choice == "full":
        return with_media
    return [one for one in with_media if one.segment.is_visible][:MAX_THUMBNAILS]


async def _fitting(backend: Backend, sight: Sight, choice: MediaChoice, max_px: int, left: int) -> Medium | None:
    """The segment's clip where it is to be heard, else its picture: the largest of three that fits."""
    views = backend.service.views
    if sight.segment.modality is Modality.AUDIO:
        clip = await views.clip(sight.segment) if choice == "full" else None
        return clip and await views.load(clip)
    medium = None
    for size in dict.fromkeys((max_px, min(max_px, THUMBNAIL_PX), _SMALLER_PX)):
        view = await views.picture(sight.segment, size, sight.lines)
        medium = view and await views.load(view)
        if medium is None or len(medium.data) <= left:
            break
    return medium


def _content(medium: Medium, address: str) -> ImageContent | AudioContent:
    data, meta = base64.b64encode(medium.data).decode(), {SIGHT: address}
    if medium.mime.startswith("audio/"):
        return AudioContent(type="audio", data=data, mime_type=medium.mime, _meta=meta)
    return ImageContent(type="image", data=data, mime_type=medium.mime, _meta=meta)
