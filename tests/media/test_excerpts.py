import io
import wave
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest
from media.drawing import scene, tone, wav
from media.filming import (
    FILMS,
    SOUNDS,
    film,
    kept,
    recording,
    rising,
    second_of,
    slide,
)
from PIL import Image

from memory.errors import UndecodableError
from memory.media import decoding
from memory.media.extents import Extent
from memory.media.isolation import in_child
from memory.media.reader import MediaReader
from memory.media.recordings import excerpts
from memory.pieces import Anchor, File, Medium

LONG = rising(45)
COLOURS = ("red", "lime", "blue", "yellow", "black", "white")


def seconds(start: float, end: float) -> Anchor:
    return Anchor(unit="seconds", start=start, end=end)


def excerpt(file: File, anchor: Anchor, max_s: float = 100.0) -> Medium:
    found = decoding.excerpt(file.path, file.mime, anchor, max_s)
    assert found is not None
    return found


def plain(*colours: str, fps: int = 5, size: tuple[int, int] = (160, 90)) -> list[Image.Image]:
    """A second of each colour."""
    return [Image.new("RGB", size, colour) for colour in colours for _ in range(fps)]


def heard(medium: Medium) -> np.ndarray:
    with wave.open(io.BytesIO(medium.data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32_767


def watched(medium: Medium) -> tuple[float, list[tuple[float, Image.Image]]]:
    """How long a film lasts, and its pictures with their seconds; it has no other track."""
    assert medium.mime == "video/mp4"
    container: Any = av.open(io.BytesIO(medium.data))
    with container:
        (stream,) = container.streams
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        return container.duration / 1e6, [(frame.time, frame.to_image()) for frame in container.decode(stream)]


def colour_of(image: Image.Image) -> str:
    mean = np.asarray(image.convert("RGB"), dtype=float).mean(axis=(0, 1))
    return min(COLOURS, key=lambda name: float(np.abs(mean - Image.new("RGB", (1, 1), name).getpixel((0, 0))).sum()))


@pytest.mark.parametrize("kind", SOUNDS)
def test_sound_is_exactly_the_seconds_asked_for(tmp_path: Path, kind: str) -> None:
    file = kept(tmp_path, recording(kind, LONG), SOUNDS[kind][2])
    delay_s = second_of(heard(excerpt(file, seconds(1, 1.5)))) - 1
    medium = excerpt(file, seconds(20.25, 26.5))
    assert (medium.mime, medium.duration_s) == ("audio/wav", 6.25)
    sound = heard(medium)
    assert len(sound) == 100_000
    assert second_of(sound[:8_000]) - delay_s == pytest.approx(20.25, abs=0.03)
    assert second_of(sound[-8_000:]) - delay_s == pytest.approx(26, abs=0.03)


def test_a_tone_that_changes_is_heard_in_its_own_seconds_only(tmp_path: Path) -> None:
    at = np.arange(16_000) / 16_000
    pitches = (300, 600, 1_200, 2_400)
    data = wav(np.concatenate([0.5 * np.sin(2 * np.pi * pitch * at) for pitch in pitches]))
    file = kept(tmp_path, data, "audio/wav")
    for number, pitch in enumerate(pitches):
        power = np.square(np.abs(np.fft.rfft(heard(excerpt(file, seconds(number, number + 1))))))
        assert power[pitch - 2 : pitch + 3].sum() > 0.999 * power.sum()


def test_sound_is_cut_to_what_is_taken_and_to_the_end(tmp_path: Path) -> None:
    file = kept(tmp_path, recording("ogg", LONG), "audio/ogg")
    assert excerpt(file, seconds(5, 40), max_s=3).duration_s == 3
    assert excerpt(file, seconds(40, 60)).duration_s == pytest.approx(5, abs=0.05)
    whole = excerpt(file, Anchor(), max_s=30)
    assert whole.duration_s == 30
    assert second_of(heard(whole)[8_000:16_000]) == pytest.approx(0.5, abs=0.05)


def test_a_recording_whose_clock_begins_late_is_heard_from_its_own_0(tmp_path: Path) -> None:
    data = film("mkv", plain("red") * 6, sound=rising(6), delay_s=30)
    file = kept(tmp_path, data, "audio/x-matroska")
    sound = heard(excerpt(file, seconds(2, 4)))
    assert len(sound) == 32_000
    assert second_of(sound[:8_000]) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("kind", FILMS)
def test_a_film_shows_exactly_the_seconds_asked_for(tmp_path: Path, kind: str) -> None:
    data = film(kind, plain(*COLOURS, *COLOURS), sound=rising(12))
    medium = excerpt(kept(tmp_path, data, FILMS[kind][3]), seconds(7, 10))
    lasts_s, pictures = watched(medium)
    assert medium.duration_s == pytest.approx(3, abs=0.001)
    assert lasts_s == pytest.approx(3, abs=0.01)
    assert [at_s for at_s, _ in pictures] == [0, 0.5, 1, 1.5, 2, 2.5]
    seen = [colour_of(image) for _, image in pictures]
    # A picture a fifth of a second early or late is what containers without exact times give.
    assert seen[1::2] == ["lime", "blue", "yellow"]
    assert len(medium.data) < len(data)


def test_a_film_with_many_pictures_a_second_is_shown_twice_a_second(tmp_path: Path) -> None:
    file = kept(tmp_path, film("mp4", plain(*COLOURS, fps=30), fps=30), "video/mp4")
    _, pictures = watched(excerpt(file, seconds(1, 5)))
    assert [colour_of(image) for _, image in pictures[1::2]] == ["lime", "blue", "yellow", "black"]
    assert len(pictures) == 8


def test_a_film_with_a_picture_every_few_seconds_keeps_showing_it(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (160, 90), colour) for colour in ("red", "lime", "blue")]
    container_bytes = io.BytesIO()
    container: Any = av.open(container_bytes, "w", format="mp4")
    with container:
        stream = container.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for number, image in enumerate(pictures):
            frame = cast("Any", av.VideoFrame).from_image(image)
            frame.pts = number * 4
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    file = kept(tmp_path, container_bytes.getvalue(), "video/mp4")
    _, shown = watched(excerpt(file, seconds(2, 6)))
    assert [colour_of(image) for _, image in shown] == ["red"] * 4 + ["lime"] * 4


def test_a_film_is_cut_to_what_is_taken_and_to_the_end(tmp_path: Path) -> None:
    file = kept(tmp_path, film("mp4", plain(*COLOURS)), "video/mp4")
    assert excerpt(file, Anchor(), max_s=2).duration_s == 2
    last = excerpt(file, seconds(4.5, 60))
    assert last.duration_s == pytest.approx(1.5, abs=0.01)
    assert watched(last)[0] == pytest.approx(1.5, abs=0.01)
    assert [colour_of(image) for _, image in watched(last)[1]] == ["black", "white", "white"]


@pytest.mark.parametrize("asked", [seconds(1.1, 1.4), seconds(5.6, 9)])
def test_the_shortest_stretch_has_two_pictures(tmp_path: Path, asked: Anchor) -> None:
    file = kept(tmp_path, film("mp4", plain(*COLOURS)), "video/mp4")
    medium = excerpt(file, asked)
    lasts_s, pictures = watched(medium)
    assert len(pictures) == 2
    assert lasts_s == pytest.approx(medium.duration_s, abs=0.01)
    assert medium.duration_s == pytest.approx(0.35, abs=0.06)


def test_a_film_held_sideways_is_shown_upright_and_small(tmp_path: Path) -> None:
    image = slide("UP", "white", (1_602, 900))
    data = film("mp4", [image] * 5)
    straight, quarter = (
        np.array([0x10000, 0, 0, 0, 0x10000, 0], ">i4"),
        np.array([0, 0x10000, 0, -0x10000, 0, 0], ">i4"),
    )
    at = data.index(straight.tobytes(), data.index(b"tkhd"))
    file = kept(tmp_path, data[:at] + quarter.tobytes() + data[at + 24 :], "video/mp4")
    _, pictures = watched(excerpt(file, seconds(0, 1)))
    seen = pictures[0][1]
    assert seen.size == (430, 768)
    upright = image.rotate(-90, expand=True).resize(seen.size).convert("L")
    assert np.abs(np.asarray(seen.convert("L"), float) - np.asarray(upright, float)).mean() < 6


@pytest.mark.parametrize("size", [(16, 16), (62, 1_200), (770, 434)])
def test_sides_are_even_and_never_over_the_limit(tmp_path: Path, size: tuple[int, int]) -> None:
    file = kept(tmp_path, film("mkv", plain("red", size=size)), "video/x-matroska")
    width, height = watched(excerpt(file, seconds(0, 1)))[1][0][1].size
    assert width % 2 == height % 2 == 0
    assert max(width, height) <= 768


def test_a_film_whose_clock_begins_late_is_shown_from_its_own_0(tmp_path: Path) -> None:
    data = film("mkv", plain(*COLOURS), sound=rising(6), delay_s=30)
    file = kept(tmp_path, data, "video/x-matroska")
    _, pictures = watched(excerpt(file, seconds(2, 4)))
    assert [colour_of(image) for _, image in pictures[1::2]] == ["blue", "yellow"]
    assert excerpt(file, seconds(4, 60)).duration_s == pytest.approx(2, abs=0.25)


def test_a_film_without_pictures_is_heard(tmp_path: Path) -> None:
    file = kept(tmp_path, recording("webm sound", rising(4)), "video/webm")
    medium = excerpt(file, seconds(1, 2))
    assert (medium.mime, medium.duration_s) == ("audio/wav", 1)


@pytest.mark.parametrize(
    ("data", "mime"),
    [(recording("mp3", rising(2)), "audio/mpeg"), (film("mp4", plain("red", "blue"), sound=rising(2)), "video/mp4")],
    ids=["recording", "film"],
)
@pytest.mark.parametrize("asked", [seconds(50, 60), seconds(1, 1)], ids=["past the end", "nothing"])
def test_an_empty_stretch_is_refused_with_what_to_do(tmp_path: Path, data: bytes, mime: str, asked: Anchor) -> None:
    with pytest.raises(UndecodableError, match=r"Nothing is .* ask for earlier"):
        excerpt(kept(tmp_path, data, mime), asked)


@pytest.mark.parametrize("mime", ["audio/wav", "audio/mpeg", "video/mp4", "video/webm", "application/pdf"])
@pytest.mark.parametrize("data", [b"", b"RIFF", bytes(5_000)])
def test_a_damaged_file_is_refused_with_what_to_do(tmp_path: Path, data: bytes, mime: str) -> None:
    with pytest.raises(UndecodableError, match="retry"):
        excerpt(kept(tmp_path, data, mime), seconds(0, 2) if mime[:3] != "app" else Anchor(unit="page", start=1, end=1))


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_what_is_left_of_a_damaged_film_is_shown(tmp_path: Path, kind: str) -> None:
    data = bytearray(film(kind, [scene(number).resize((160, 96)) for number in range(40)]))
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    lasts_s, pictures = watched(excerpt(kept(tmp_path, bytes(data), FILMS[kind][3]), seconds(0, 8)))
    assert lasts_s > 2
    assert len(pictures) >= 4


def test_a_film_of_which_no_key_frame_is_near_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excerpts, "_REACHED_CPU_S", -1.0)
    file = kept(tmp_path, film("mp4", plain(*COLOURS)), "video/mp4")
    with pytest.raises(UndecodableError, match="no key frame near 5 s"):
        excerpt(file, seconds(5, 6))


def test_where_decoding_takes_long_key_frames_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brighter = [Image.new("RGB", (160, 90), (level, level, level)) for level in range(60, 180, 4)]
    file = kept(tmp_path, film("mp4", brighter), "video/mp4")
    lengths, levels = list[float](), list[list[int]]()
    for patience_s in (99.0, -1.0):
        monkeypatch.setattr(excerpts, "_DECODED_CPU_S", patience_s)
        lasts_s, pictures = watched(excerpt(file, seconds(0, 6)))
        lengths.append(lasts_s)
        levels.append([round(np.asarray(image).mean() / 10) * 10 for _, image in pictures])
    assert lengths == [6, 6]
    assert len(levels[0]) == len(levels[1]) == 12
    assert len(set(levels[0])) > 8
    assert levels[1] == [60] * 4 + [100] * 4 + [140] * 4


def test_a_stretch_is_never_longer_than_is_taken_by_a_rounding(tmp_path: Path) -> None:
    film_file = kept(tmp_path, film("mp4", plain(*COLOURS)), "video/mp4")
    assert all(excerpt(film_file, seconds(start, 6), max_s=2).duration_s <= 2 for start in (0.1, 0.7, 1.1, 2.3))


def test_the_same_stretch_is_the_same_film(tmp_path: Path) -> None:
    file = kept(tmp_path, film("mp4", plain(*COLOURS)), "video/mp4")
    (first_s, first), (second_s, second) = (watched(excerpt(file, seconds(1, 4))) for _ in range(2))
    assert first_s == second_s
    assert [(at, colour_of(image)) for at, image in first] == [(at, colour_of(image)) for at, image in second]


@pytest.mark.parametrize("mime", ["audio/wav", "video/mp4"])
def test_there_is_none_for_an_embedder_that_takes_no_seconds(tmp_path: Path, mime: str) -> None:
    assert decoding.excerpt(tmp_path / "none", mime, Anchor(), 0) is None


async def test_the_reader_takes_excerpts_and_extents_in_a_child(tmp_path: Path) -> None:
    file = kept(tmp_path, wav(tone(3)), "audio/wav")
    reader = MediaReader(run=in_child)
    medium = await reader.excerpt(file.path, file.mime, seconds(1, 9), 1.5)
    assert medium is not None
    assert medium.duration_s == 1.5
    assert await reader.extent(file) == Extent(audio_s=3)
    with pytest.raises(UndecodableError, match="Nothing is heard"):
        await reader.excerpt(file.path, file.mime, seconds(5, 9), 1.5)


def test_a_film_comes_with_its_own_sound_where_that_is_wanted(tmp_path: Path) -> None:
    file = kept(tmp_path, film("mp4", plain(*COLOURS), sound=rising(6)), "video/mp4")
    found = decoding.excerpt(file.path, file.mime, seconds(2, 4), max_s=100.0, with_sound=True)
    assert found is not None
    container: Any = av.open(io.BytesIO(found.data))
    with container:
        assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]
    again = kept(tmp_path, found.data, "video/mp4")
    sound = heard(excerpts.sound(again.path, again.mime, 0.0, 2.0))
    assert second_of(sound[8_000:16_000]) == pytest.approx(2.5, abs=0.15)
    assert found.duration_s == pytest.approx(2.0, abs=0.05)


def test_a_silent_film_has_no_sound_to_come_with(tmp_path: Path) -> None:
    file = kept(tmp_path, film("mp4", plain(*COLOURS)), "video/mp4")
    found = decoding.excerpt(file.path, file.mime, seconds(2, 4), max_s=100.0, with_sound=True)
    assert found is not None
    assert len(watched(found)[1]) == 4
