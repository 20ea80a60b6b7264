"""Recordings: decoded within limits to one kind of samples, and split where they are quiet."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from memory.errors import TooLargeError, UndecodableError
from memory.media.sniff import sniff

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.container import InputContainer

Samples = NDArray[np.float32]
"""Shape `(n,)`, float32 in -1 to 1, mono, `RATE` a second."""

RATE = 16_000
MAX_MINUTES = 10
MAX_SPAN_S = 20.0

_MIN_SPAN_S = 10.0
_LAST_SPAN_S = 1.0
_HOP_S = 0.05
_MIN_SOURCE_RATE = 4_000
_QUIET_SHARE = 10 ** (-35 / 10)
_MARGIN_S = 0.2
# Named by what the bytes are: left to guess, FFmpeg would take `ffconcat` and read other files.
_DEMUXERS = {
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/mp4": "mov",
    "audio/aiff": "aiff",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of a recording, in seconds from its start."""

    start_s: float
    end_s: float


def samples(data: bytes) -> Samples:
    """The sound in `data`, at least one sample of it.

    Raises:
        TooLargeError: longer than `MAX_MINUTES`.
        UndecodableError: empty, damaged, no recording, or one that holds no sound.
    """
    import av  # noqa: PLC0415  # FFmpeg: only once needed
    from av.error import FFmpegError  # noqa: PLC0415  # as above

    demuxer = _DEMUXERS.get(sniff(data))
    if demuxer is None:
        raise UndecodableError("This is no recording that can be read: save it as WAV, MP3, FLAC, OGG or M4A")
    try:
        with av.open(io.BytesIO(data), "r", format=demuxer, metadata_errors="replace") as container:
            chunks = list(_within_limit(_decoded(container)))
    except (FFmpegError, ValueError) as error:
        raise UndecodableError(
            f"The recording is damaged or cut off ({error}): save or export it again and retry"
        ) from error
    if not chunks:
        raise UndecodableError("The recording holds no sound: record it again")
    return np.clip(np.nan_to_num(np.concatenate(chunks)), -1, 1)


def spans(sound: Samples) -> list[Span]:
    """Spans that cover `sound` without gaps, none longer than `MAX_SPAN_S`.

    Cut at the quietest moment between 10 and 20 s after the cut before.
    """
    total_s = len(sound) / RATE
    loudness = _loudness(sound)
    cuts = [0.0]
    while total_s - cuts[-1] > MAX_SPAN_S:
        low = int((cuts[-1] + _MIN_SPAN_S) / _HOP_S)
        high = int(min(cuts[-1] + MAX_SPAN_S, total_s - _LAST_SPAN_S) / _HOP_S)
        cuts.append((low + int(loudness[low:high].argmin())) * _HOP_S)
    return [Span(start_s=start, end_s=end) for start, end in zip(cuts, [*cuts[1:], total_s], strict=True)]


def trimmed(sound: Samples) -> Samples:
    """`sound` without quiet at its ends: more than 35 dB below its loudest moment, all but 0.2 s.

    A second of silence at both ends made the speech model hear nothing in 3 of 10 clips.
    """
    loudness = _loudness(sound)
    loud = np.flatnonzero(loudness > loudness.max(initial=0) * _QUIET_SHARE)
    if not len(loud):
        return sound
    hop, margin = int(_HOP_S * RATE), int(_MARGIN_S * RATE)
    return sound[max(0, int(loud[0]) * hop - margin) : (int(loud[-1]) + 1) * hop + margin]


def slice_of(sound: Samples, span: Span) -> Samples:
    """The samples of one span."""
    return sound[round(span.start_s * RATE) : round(span.end_s * RATE)]


def _decoded(container: "InputContainer") -> Iterator[Samples]:
    from av.audio.resampler import AudioResampler  # noqa: PLC0415  # as above

    if not container.streams.audio:
        raise UndecodableError("The file holds no sound: give a recording that has an audio track")
    stream = container.streams.audio[0]
    if stream.rate < _MIN_SOURCE_RATE:
        raise UndecodableError(f"A recording of {stream.rate} samples a second is not speech or music")
    resampler = AudioResampler(format="flt", layout="mono", rate=RATE)
    for frame in container.decode(stream):
        yield from map(_samples_of, resampler.resample(frame))
    yield from map(_samples_of, resampler.resample(None))


def _samples_of(frame: "AudioFrame") -> Samples:
    return frame.to_ndarray()[0].astype(np.float32)


def _within_limit(chunks: Iterator[Samples]) -> Iterator[Samples]:
    left = MAX_MINUTES * 60 * RATE
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise TooLargeError(f"The recording is longer than {MAX_MINUTES} minutes: split it and give the parts")
        yield chunk


def _loudness(sound: Samples) -> Samples:
    """Mean square of each hop, smoothed over three so that a click's edge is not taken for a pause."""
    hop = int(_HOP_S * RATE)
    whole = sound[: len(sound) // hop * hop].reshape(-1, hop)
    energy = np.square(whole).mean(axis=1)
    return np.convolve(energy, np.ones(3, dtype=np.float32) / 3, mode="same")
