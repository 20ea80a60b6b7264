"""What a film shows: a picture a second, the scenes they belong to, and pictures of a moment."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from memory.errors import TooLargeError, UndecodableError
from memory.media.recordings import clips
from memory.media.recordings.audio import Track

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_SCENE_GREYS = 6.0
_GRID = 32
_EVERY_S = 1.0
_MAX_LEAD_S = 30.0
_SLACK_S = 0.01

Greys = NDArray[np.int16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A picture of a film: when it is shown, how it looks, how far that is from the one before.

    Attributes:
        image: upright and small; None where no scene begins.
    """

    at_s: float
    greys: Greys
    change: float
    image: Image.Image | None


def frame(path: Path, mime: str, second: float, max_px: int) -> Image.Image:
    """What a film shows at `second`, upright, no side over `max_px`.

    Raises:
        TooLargeError: its pictures are over `MAX_FRAME_PIXELS`.
        UndecodableError: as `step`, or there is no picture then.
    """
    with clips.opened(path, mime) as container:
        stream = pictures_of(container)
        picture = next((found for _, found in frames(container, stream, second, Track())), None)
        if picture is None:
            raise UndecodableError(f"The film shows nothing at {second:.0f} s: ask for an earlier moment")
        return clips.upright(picture, max_px)


def key_frames(path: Path, mime: str, start_s: float, end_s: float, *, count: int, max_px: int) -> list[Image.Image]:
    """The first picture from `start_s` on and those with which another scene begins, at most `count`.

    In order, upright, no side over `max_px`.

    Raises:
        TooLargeError: as `frame`.
        UndecodableError: as `frame`.
    """
    with clips.opened(path, mime) as container:
        stream = pictures_of(container)
        found = itertools.takewhile(lambda seen: seen[0] < end_s, frames(container, stream, start_s, Track()))
        shots = list(shots_of(found, max_px))
    return [shot.image for shot in key_shots(shots, end_s, count) if shot.image]


def shots_of(shown: "Iterator[tuple[float, VideoFrame]]", max_px: int) -> Iterator[Shot]:
    """Each picture as a shot, with its image where a scene begins, no side over `max_px`."""
    before: Greys | None = None
    for at_s, picture in shown:
        greys = picture.reformat(width=_GRID, height=_GRID, format="gray").to_ndarray().astype(np.int16)
        change = 255.0 if before is None else float(np.abs(greys - before).mean())
        image = clips.upright(picture, max_px) if change > _SCENE_GREYS else None
        yield Shot(at_s=at_s, greys=greys, change=change, image=image)
        before = greys


def key_shots(shots: Sequence[Shot], end_s: float, count: int) -> list[Shot]:
    """The first picture and those that changed most, none like another, in order."""
    chosen: list[Shot] = []
    for shot in sorted((s for s in shots if s.image and s.at_s < end_s), key=lambda s: -s.change):
        if all(float(np.abs(shot.greys - other.greys).mean()) > _SCENE_GREYS for other in chosen):
            chosen.append(shot)
    return sorted(chosen[:count], key=lambda shot: shot.at_s)


def pictures_of(container: "InputContainer") -> "VideoStream":
    """The film's picture track, ready to be decoded within limits.

    Raises:
        TooLargeError: its pictures are over `MAX_FRAME_PIXELS`.
        UndecodableError: there is none, or nothing here decodes it.
    """
    stream = clips.picture_track(container)
    if stream is None:
        raise UndecodableError("The film has no pictures: play it as a recording")
    if cast("object", stream.codec_context) is None:
        raise UndecodableError("The film is coded in a way that is not known here: save it as MP4 (H.264) and retry")
    if stream.codec_context.width * stream.codec_context.height > clips.MAX_FRAME_PIXELS:
        raise TooLargeError(
            f"The film's pictures are over {clips.MAX_FRAME_PIXELS // 1_000_000} megapixels: make it smaller"
        )
    stream.codec_context.options = {"max_pixels": str(clips.MAX_FRAME_PIXELS)}
    stream.codec_context.skip_frame = "NONREF"
    return stream


def frames(
    container: "InputContainer", stream: "VideoStream", start_s: float, track: Track
) -> "Iterator[tuple[float, VideoFrame]]":
    """What is shown at `start_s`, and then about a picture a second, each with its second."""
    held: VideoFrame | None = None
    due_s = start_s
    for at_s, picture in _decoded(container, stream, start_s, track):
        if at_s <= start_s:
            held = picture
            continue
        if held:
            yield start_s, held
            held, due_s = None, start_s + _EVERY_S
        if at_s >= due_s - _SLACK_S:
            yield at_s, picture
            due_s = at_s + _EVERY_S
    if held and track.end_s > start_s:
        yield start_s, held


def _decoded(
    container: "InputContainer", stream: "VideoStream", start_s: float, track: Track
) -> "Iterator[tuple[float, VideoFrame]]":
    from av.error import FFmpegError  # noqa: PLC0415  # FFmpeg: only once needed

    clips.seek(container, stream, start_s)
    zero_s = clips.origin_s(container)
    for packet in clips.packets(container, stream, track.lose):
        track.position = packet.pos or track.position
        if packet.pts is not None and start_s - float(packet.pts * packet.time_base) > _MAX_LEAD_S:
            stream.codec_context.skip_frame = "NONKEY"  # no key frame for minutes: too dear to decode up to here
        try:
            pictures = packet.decode()
        except (FFmpegError, ValueError):
            track.lose(track.end_s)
            continue
        for picture in pictures:
            at_s = track.end_s if picture.time is None else picture.time - zero_s
            track.end_s = at_s + float((picture.duration or 0) * (picture.time_base or 0))
            yield at_s, picture
