import io
import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from media.drawing import tone, wav

from memory.errors import TooLargeError, UndecodableError
from memory.media.audio import MAX_SPAN_S, RATE, samples, slice_of, spans, trimmed

WAV = wav(tone(1))


def compressed(kind: str, codec: str) -> bytes:
    buffer = io.BytesIO()
    container: Any = av.open(buffer, "w", format=kind)  # its types are partly unknown
    stream = container.add_stream(codec, rate=48_000, layout="stereo")
    both = np.vstack([tone(1, 48_000)] * 2).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(both, format="fltp", layout="stereo")
    frame.sample_rate = 48_000
    resampler = av.AudioResampler(stream.format, "stereo", 48_000, frame_size=stream.frame_size)
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        container.mux(stream.encode(part))
    container.mux(stream.encode(None))
    container.close()
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        WAV,
        wav(np.repeat(tone(1, 44_100), 2), 44_100, 2),
        compressed("ogg", "libopus"),
        compressed("mp3", "libmp3lame"),
        compressed("flac", "flac"),
        compressed("ipod", "aac"),
    ],
    ids=["wav", "stereo wav", "ogg", "mp3", "flac", "m4a"],
)
def test_every_format_becomes_a_second_of_mono_at_16_khz(data: bytes) -> None:
    sound = samples(data)
    assert sound.dtype == np.float32
    assert sound.ndim == 1
    assert len(sound) == pytest.approx(RATE, rel=0.1)
    assert 0.2 < float(np.abs(sound).max()) < 0.5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        wav([]),
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"fLaC" + bytes(200),
        b"OggS\0\2" + bytes(200),
        b"ID3\4" + bytes(200),
        b"\0\0\0\x18ftypM4A " + bytes(99),
        b"#EXTM3U\nhttps://example.org/stolen.mp3\n",
        WAV.replace(struct.pack("<I", RATE), struct.pack("<I", 1), 1),
    ],
    ids=["empty", "magic", "no samples", "cut header", "flac", "ogg", "mp3", "m4a", "playlist", "1 Hz"],
)
def test_a_damaged_recording_is_refused(data: bytes) -> None:
    with pytest.raises(UndecodableError):
        samples(data)


def test_a_recording_over_ten_minutes_is_refused_with_what_to_do() -> None:
    with pytest.raises(TooLargeError, match="split it"):
        samples(wav(np.zeros(601 * 8_000), 8_000))


@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_spans_cover_a_recording_without_gaps(seconds: int, seed: int) -> None:
    sound = np.random.default_rng(seed).normal(0, 0.1, seconds * RATE // 2).astype(np.float32)
    found = spans(sound)
    assert found[0].start_s == 0
    assert found[-1].end_s == len(sound) / RATE
    assert [span.end_s for span in found[:-1]] == [span.start_s for span in found[1:]]
    assert all(0 < span.end_s - span.start_s <= MAX_SPAN_S for span in found)
    assert np.array_equal(np.concatenate([slice_of(sound, span) for span in found]), sound)


def test_a_recording_is_split_where_it_is_quiet() -> None:
    sound = np.concatenate([tone(14), np.zeros(RATE), tone(14)]).astype(np.float32)
    first, _ = spans(sound)
    assert 14 <= first.end_s <= 15


def test_silence_around_the_sound_is_cut_off() -> None:
    still = np.zeros(3 * RATE)
    sound = trimmed(np.concatenate([still, tone(1), still]).astype(np.float32))
    assert 1.0 <= len(sound) / RATE < 1.8


def test_silence_alone_stays_as_it_is() -> None:
    assert len(trimmed(np.zeros(RATE, dtype=np.float32))) == RATE


def test_a_list_of_other_files_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "private.mp3").write_bytes(compressed("mp3", "libmp3lame"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UndecodableError):
        samples(b"ffconcat version 1.0\nfile private.mp3\n")
