"""Films: spans between scenes, with what is said and what stands on the screen in them."""

import base64
import itertools
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from memory.errors import TooLargeError, UndecodableError
from memory.media.pictures.ocr import Ocr
from memory.media.pictures.pictures import look
from memory.media.recordings import audio, clips
from memory.media.recordings.audio import MAX_SPAN_S, Track, beginning, damage, progress, quietest_s
from memory.media.recordings.speech import RATE, Doubts, Samples, Speech
from memory.model import Anchor, Chunk, Cursor, File, Modality, Piece

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_SCENE_GREYS = 6.0
_SAME_GREYS = 12
_GRID = 32
_EVERY_S = 1.0
_MIN_SCENE_CUT_S = 8.0
_KEY_FRAMES = 3
_READ_FRAMES = 2
_READ_PX = 1_600
_MAX_LEAD_S = 30.0
_SLACK_S = 0.01
_REMEMBERED_LINES = 64
_DETAIL_PX = 480
_EDGE_GREYS = 48
_EDGES = 0.0005

_Greys = NDArray[np.int16]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shot:
    """A picture of a film: when it is shown, how it looks, how far that is from the one before.

    Attributes:
        image: clips.upright, at most `_READ_PX`; None where no scene begins.
    """

    at_s: float
    greys: _Greys
    change: float
    image: Image.Image | None


def step(file: File, cursor: Cursor, *, speech: Speech, ocr: Ocr) -> Chunk:
    """The next span of a film, at most 20 s: what is said in it, then what stands on the screen.

    Cut at the strongest change of scene after 8 s, else where it is quiet. Words that the span
    before has shown already are not repeated. A film without pictures is read as a recording.

    Raises:
        TooLargeError: longer than 12 hours, or its pictures are over `MAX_FRAME_PIXELS`.
        UndecodableError: empty, damaged, or coded in a way that is not known here.
    """
    with clips.opened(file.path, file.mime) as container:
        stream = clips.picture_track(container)
        if stream is None:
            return audio.step(file, cursor, speech=speech)
        clips.length_s(container)  # refuses what is too long
        at_s, track = float(cursor.get("at", 0.0)), Track()
        seen = itertools.takewhile(
            lambda found: found[0] < at_s + MAX_SPAN_S, _frames(container, _pictures_of(container), at_s, track)
        )
        shots = list(_shots(seen, _READ_PX))
    with clips.opened(file.path, file.mime) as container:
        sound = beginning(container, at_s, MAX_SPAN_S + 1, track)
        stretch = _Stretch(at_s=at_s, shots=shots, sound=sound, track=track)
        return _told(container, file, cursor, stretch, speech=speech, ocr=ocr)


def frame(path: Path, mime: str, second: float, max_px: int) -> Image.Image:
    """What a film shows at `second`, clips.upright, no side over `max_px`.

    Raises:
        TooLargeError: its pictures are over `MAX_FRAME_PIXELS`.
        UndecodableError: as `step`, or there is no picture then.
    """
    with clips.opened(path, mime) as container:
        stream = _pictures_of(container)
        picture = next((found for _, found in _frames(container, stream, second, Track())), None)
        if picture is None:
            raise UndecodableError(f"The film shows nothing at {second:.0f} s: ask for an earlier moment")
        return clips.upright(picture, max_px)


def key_frames(path: Path, mime: str, start_s: float, end_s: float, *, count: int, max_px: int) -> list[Image.Image]:
    """The first picture from `start_s` on and those with which another scene begins, at most `count`.

    In order, clips.upright, no side over `max_px`.

    Raises:
        TooLargeError: as `frame`.
        UndecodableError: as `frame`.
    """
    with clips.opened(path, mime) as container:
        stream = _pictures_of(container)
        found = itertools.takewhile(lambda seen: seen[0] < end_s, _frames(container, stream, start_s, Track()))
        shots = list(_shots(found, max_px))
    return [shot.image for shot in _key(shots, end_s, count) if shot.image]


@dataclass(slots=True, kw_only=True)
class _Shown:
    """What stood on the screen before, so that it is neither read nor told again."""

    lines: list[int]
    greys: str = ""

    @classmethod
    def of(cls, cursor: Cursor) -> "_Shown":
        return cls(lines=list(cursor.get("lines", [])), greys=str(cursor.get("greys", "")))

    def kept(self) -> dict[str, Any]:
        return {"lines": self.lines[-_REMEMBERED_LINES:], "greys": self.greys}

    def read(self, shots: "Sequence[_Shot]", ocr: Ocr) -> Iterator[str]:
        """A line for each picture with words on it that are new; at most `_READ_FRAMES` are read."""
        legible = [shot for shot in shots if shot.image and _has_detail(shot.image) and not self._same(shot)]
        for shot in legible[:_READ_FRAMES] if not ocr.unavailable() else ():
            self.greys = base64.b64encode(shot.greys.astype(np.uint8).tobytes()).decode()
            new = [line for line in ocr.text(shot.image).splitlines() if self._is_new(line)] if shot.image else []
            if new:
                yield "On screen: " + " \N{MIDDLE DOT} ".join(new)

    def _same(self, shot: "_Shot") -> bool:
        before = np.frombuffer(base64.b64decode(self.greys), np.uint8).astype(np.int16)
        return before.size == shot.greys.size and bool(np.abs(before - shot.greys.ravel()).max() < _SAME_GREYS)

    def _is_new(self, line: str) -> bool:
        mark = zlib.crc32("".join(filter(str.isalnum, line.casefold())).encode())
        if mark in self.lines:
            return False
        self.lines.append(mark)
        return mark != 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """What is seen and heard from `at_s` on, a little more than a span."""

    at_s: float
    shots: list[_Shot]
    sound: Samples
    track: Track

    @property
    def over_s(self) -> float:
        """Where the film ends, or a second in the next span."""
        return max(self.track.end_s, self.at_s + len(self.sound) / RATE)

    @property
    def end_s(self) -> float:
        """The strongest change of scene after 8 s, else the end, else where it is quiet."""
        limit_s = min(self.at_s + MAX_SPAN_S, self.over_s)
        fit = [s for s in self.shots if self.at_s + _MIN_SCENE_CUT_S <= s.at_s < limit_s - 1 and s.image]
        if fit:
            return max(fit, key=lambda shot: shot.change).at_s
        if self.over_s <= limit_s:
            return self.over_s
        heard = self.sound[: int(MAX_SPAN_S * RATE)]
        return self.at_s + (quietest_s(heard) if len(heard) == MAX_SPAN_S * RATE and heard.any() else MAX_SPAN_S)


def _told(
    container: "InputContainer", file: File, cursor: Cursor, stretch: _Stretch, *, speech: Speech, ocr: Ocr
) -> Chunk:
    at_s, end_s, doubts, shown = stretch.at_s, stretch.end_s, Doubts.of(cursor), _Shown.of(cursor)
    if not cursor and (end_s <= 0 or not (stretch.shots or len(stretch.sound))):
        raise UndecodableError("The film holds no picture that can be read: save or export it again and retry")
    said = speech.transcribe(stretch.sound[: round((end_s - at_s) * RATE)])
    doubts.note(said, at_s, end_s)
    key = _key(stretch.shots, end_s, _KEY_FRAMES)
    text = "\n".join(filter(None, (said.text, *shown.read(key, ocr))))
    looks = (look(shot.image) for shot in key if shot.image)
    anchor = Anchor(unit="seconds", start=at_s, end=end_s)
    piece = Piece(modality=Modality.VIDEO, anchor=anchor, text=text, look=next(filter(None, looks), None))
    last = end_s >= min(stretch.over_s, clips.MAX_S)
    return Chunk(
        pieces=(piece,) if end_s > at_s else (),
        warnings=(
            *(() if cursor else _unread(container, speech, ocr)),
            *damage(stretch.track),
            *((*doubts.warnings(), *clips.broken_off(container, end_s)) if last else ()),
        ),
        cursor=None if last else {"at": end_s, **doubts.kept(), **shown.kept()},
        progress=progress(container, file, end_s, stretch.track, ended=last),
        captured_at=None if cursor else clips.made_at(container),
    )


def _shots(shown: "Iterator[tuple[float, VideoFrame]]", max_px: int) -> Iterator[_Shot]:
    before: _Greys | None = None
    for at_s, picture in shown:
        greys = picture.reformat(width=_GRID, height=_GRID, format="gray").to_ndarray().astype(np.int16)
        change = 255.0 if before is None else float(np.abs(greys - before).mean())
        image = clips.upright(picture, max_px) if change > _SCENE_GREYS else None
        yield _Shot(at_s=at_s, greys=greys, change=change, image=image)
        before = greys


def _key(shots: Sequence[_Shot], end_s: float, count: int) -> list[_Shot]:
    """The first picture and those that changed most, none like another, in order."""
    chosen: list[_Shot] = []
    for shot in sorted((s for s in shots if s.image and s.at_s < end_s), key=lambda s: -s.change):
        if all(float(np.abs(shot.greys - other.greys).mean()) > _SCENE_GREYS for other in chosen):
            chosen.append(shot)
    return sorted(chosen[:count], key=lambda shot: shot.at_s)


def _pictures_of(container: "InputContainer") -> "VideoStream":
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


def _frames(
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


def _has_detail(image: Image.Image) -> bool:
    """Whether there are edges such as letters have; empty and blurred pictures have none."""
    small = image.convert("L")
    small.thumbnail((_DETAIL_PX, _DETAIL_PX))
    steps = np.abs(np.diff(np.asarray(small, dtype=np.int16), axis=1))
    return float((steps > _EDGE_GREYS).mean()) > _EDGES


def _unread(container: "InputContainer", speech: Speech, ocr: Ocr) -> Iterator[str]:
    if container.streams.audio and (reason := speech.unavailable()):
        yield f"Its sound is stored, but not read: {reason}"
    if reason := ocr.unavailable():
        yield f"The words on its screen are stored, but not read: {reason}"
