import contextlib
import io
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media.drawing import located, page, photo, png_claiming, saved, scene, written
from media.heic import heic
from PIL import Image

from memory.errors import InvalidInputError, TooLargeError, UndecodableError
from memory.media.pictures.pictures import LOOK_ALIKE_BITS, LOOK_BITS, captured_at, decode, encoded, look, view

PNG = saved(scene(1))
GREY_16 = Image.linear_gradient("L").convert("I").point(lambda value: value * 257).convert("I;16")


def apart(one: Image.Image, other: Image.Image) -> int:
    looks = look(one), look(other)
    assert looks[0]
    assert looks[1]
    return (int.from_bytes(looks[0]) ^ int.from_bytes(looks[1])).bit_count()


@pytest.mark.parametrize(
    "data",
    [
        PNG[: len(PNG) // 2],
        PNG[:20],
        b"",
        b"not a picture",
        b"\x89PNG\r\n\x1a\n",
        saved(scene(1), "JPEG")[:3_000],
        png_claiming(0, 0),
        saved(scene(1), "WEBP")[:900],
        saved(scene(1), "BMP")[:60],
        saved(scene(1), "TIFF")[:60],
        saved(scene(1), "AVIF")[:900],
        heic(scene(1))[:900],
        heic(scene(1), claimed=(100, 100)),
        heic(scene(1), claimed=(7_000, 9_000)),
    ],
)
@pytest.mark.filterwarnings("ignore:Truncated File Read")  # Pillow says so before it raises
def test_a_truncated_picture_is_refused_with_what_to_do(data: bytes) -> None:
    with pytest.raises(UndecodableError, match="save it again"):
        decode(data)


@pytest.mark.parametrize("side", [30_000, 9_000, 20_000])
def test_a_picture_that_claims_too_many_pixels_is_refused_before_it_is_decoded(side: int) -> None:
    with pytest.raises(TooLargeError, match="64 megapixels"):
        decode(png_claiming(side, side))


@pytest.mark.parametrize("side", [9_000, 40_000])
def test_a_heic_that_claims_too_many_pixels_is_refused_before_it_is_decoded(side: int) -> None:
    with pytest.raises(TooLargeError, match="64 megapixels"):
        decode(heic(Image.new("RGB", (64, 64)), claimed=(side, side)))


def test_pictures_of_phones_are_decoded(tmp_path: Path) -> None:
    for data in (heic(scene(1)), saved(scene(1), "AVIF")):
        assert decode(data).size == (800, 600)
        assert apart(decode(written(tmp_path, data)), scene(1)) <= LOOK_ALIKE_BITS


def test_a_heic_stands_as_its_container_says() -> None:
    assert apart(decode(heic(scene(1), rotation=1)), scene(1).transpose(Image.Transpose.ROTATE_90)) <= LOOK_ALIKE_BITS


def test_the_library_for_heic_is_loaded_only_for_one(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from memory.media.pictures.pictures import decode; decode(pathlib.Path(sys.argv[1]));"
        "sys.exit('pi_heif' in sys.modules)"
    )
    for data, loaded in ((PNG, 0), (heic(scene(1)), 1)):
        command = [sys.executable, "-c", script, str(written(tmp_path, data))]
        assert subprocess.run(command, check=False).returncode == loaded


def test_a_format_that_pillow_knows_but_we_do_not_is_refused() -> None:
    with pytest.raises(UndecodableError):
        decode(saved(scene(1), "PPM"))


def test_transparency_is_laid_on_white() -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert decode(saved(clear)).getpixel((0, 0)) == (255, 255, 255)


def test_grey_of_sixteen_bits_keeps_its_shades() -> None:
    assert decode(saved(GREY_16)).getextrema() == ((0, 255),) * 3
    assert decode(saved(GREY_16)).getpixel((0, 128)) == (128, 128, 128)


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime")]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode(data).getpixel((0, 0)) == (255, 0, 0)


def test_a_photo_held_sideways_is_turned_upright() -> None:
    upright = decode(photo("2024:05:06 07:08:09", orientation=6))
    assert upright.size == (40, 60)
    top, bottom = upright.getpixel((20, 5)), upright.getpixel((20, 55))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > bottom[0]


@pytest.mark.parametrize(
    ("taken", "offset", "moment"),
    [
        ("2024:05:06 07:08:09", "+02:00", datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)),
        ("2024:05:06 07:08:09", None, datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("2024:05:06 07:08:09", "", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("0000:00:00 00:00:00", None, None),
        ("1970:01:01 00:00:00", None, None),
        ("2024:02:31 00:00:00", None, None),
        ("yesterday", None, None),
        ("2024:05:06 07:08:09", "east", None),
        pytest.param(f"{datetime.now(UTC) + timedelta(days=40):%Y:%m:%d 00:00:00}", None, None, id="to come"),
    ],
)
def test_the_date_of_a_photo_is_believed_only_where_it_is_plausible(
    taken: str, offset: str | None, moment: datetime | None
) -> None:
    assert captured_at(photo(taken, offset)) == moment


@pytest.mark.parametrize("data", [PNG, b"", b"\xff\xd8\xff\xe1\x00\x10Exif\0\0broken"])
def test_a_picture_without_exif_has_no_date(data: bytes) -> None:
    assert captured_at(data) is None


def test_a_look_has_128_bits() -> None:
    assert len(look(scene(1)) or b"") * 8 == LOOK_BITS == 128


def test_a_resized_and_recompressed_copy_looks_alike_and_another_picture_does_not() -> None:
    for seed in range(8):
        copy = decode(saved(scene(seed).resize((440, 330)), "JPEG", quality=60))
        assert apart(scene(seed), copy) <= LOOK_ALIKE_BITS
        assert apart(scene(seed), scene(seed + 100)) > LOOK_ALIKE_BITS


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGB", (640, 480), "white"),
        Image.new("RGB", (640, 480), "black"),
        Image.new("RGB", (1, 1)),
        Image.effect_noise((640, 480), 8),
        page(["."]).resize((1_600, 1_200)),
    ],
)
def test_a_flat_picture_has_no_look(image: Image.Image) -> None:
    assert look(image) is None


def test_a_view_is_small_and_keeps_the_shape(tmp_path: Path) -> None:
    medium = view(written(tmp_path, saved(scene(1).resize((2_000, 1_000)))), max_px=768)
    with Image.open(io.BytesIO(medium.data)) as small:
        assert small.size == (768, 384)
        assert Image.MIME[small.format or ""] == medium.mime


def test_a_view_is_never_larger_than_the_picture(tmp_path: Path) -> None:
    with Image.open(
        io.BytesIO(view(written(tmp_path, saved(Image.new("RGB", (50, 30), "red"))), max_px=768).data)
    ) as small:
        assert small.size == (50, 30)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_view_tells_nothing_of_where_and_when(tmp_path: Path, kind: str) -> None:
    exif = Image.open(io.BytesIO(photo("2024:05:06 07:08:09"))).getexif()
    noise = Image.merge("RGB", [Image.effect_noise((300, 300), 90)] * 3)
    data = saved(noise, kind, exif=exif, comment=b"at 12 Elm Street", icc_profile=b"of Anna's camera")
    medium = view(written(tmp_path, data), max_px=768)
    for secret in (b"2024:05", b"Elm Street", b"Anna's"):
        assert secret in data or kind == "PNG"
        assert secret not in medium.data


def test_a_drawing_becomes_a_png_and_a_photo_a_jpeg() -> None:
    noise = Image.merge("RGB", [Image.effect_noise((300, 300), 90)] * 3)
    assert encoded(Image.new("RGB", (300, 300), "red"), 768).mime == "image/png"
    assert encoded(noise, 768).mime == "image/jpeg"


@pytest.mark.filterwarnings("ignore:Corrupt EXIF:UserWarning")
def test_a_broken_exif_does_not_cost_the_picture() -> None:
    data = saved(scene(1), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xffbroken")
    assert decode(data).size == (800, 600)


def seen(medium_data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(medium_data)).convert("RGB")


def test_a_view_of_a_part_shows_it_with_a_margin(tmp_path: Path) -> None:
    drawn = Image.new("RGB", (2_000, 1_000), "white")
    drawn.paste("red", (500, 300, 1_100, 400))
    shown = seen(view(written(tmp_path, saved(drawn)), max_px=1_568, box=(500, 300, 1_100, 400)).data)
    assert shown.size == (660, 160)
    assert shown.getpixel((5, 5)) == (255, 255, 255)
    assert shown.getpixel((330, 80)) == (255, 0, 0)


@pytest.mark.parametrize("box", [(0, 0, 2_000, 1_000), (-50, -50, 9_000, 9_000), (1_990, 990, 2_400, 1_400)])
def test_a_view_stays_within_the_picture_and_its_limit(tmp_path: Path, box: tuple[int, int, int, int]) -> None:
    shown = seen(view(written(tmp_path, saved(Image.new("RGB", (2_000, 1_000), "red"))), max_px=300, box=box).data)
    assert max(shown.size) <= 300
    assert shown.getextrema() == ((255, 255), (0, 0), (0, 0))


def test_a_tiny_part_is_enlarged_so_that_it_can_be_read(tmp_path: Path) -> None:
    path = written(tmp_path, saved(Image.new("RGB", (2_000, 1_000), "red")))
    assert seen(view(path, max_px=1_568, box=(100, 100, 200, 120)).data).size == (264, 104)
    assert seen(view(path, max_px=200, box=(100, 100, 200, 120)).data).size == (200, 79)


def test_a_view_shows_the_lines_that_are_looked_for(tmp_path: Path) -> None:
    path = written(tmp_path, saved(Image.new("RGB", (1_000, 2_000), "red")))
    boxes = [(100, 100 * row, 900, 100 * row + 50) for row in range(20)]
    assert seen(view(path, max_px=2_000, boxes=boxes, lines=[5]).data).size == (880, 330)
    assert seen(view(path, max_px=2_000, boxes=boxes).data).size == (1_000, 2_000)


GOOD = [
    *(saved(scene(1).resize((64, 48)), kind) for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")),
    *(heic(scene(1).resize((64, 48))), photo("2024:05:06 07:08:09"), located((48, 51, 29.6), (2, 17, 40.2))),
]


@given(st.sampled_from(GOOD), st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=8), st.integers(0))
@settings(max_examples=300)
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_a_damaged_picture_is_decoded_or_refused(data: bytes, changes: list[tuple[int, int]], end: int) -> None:
    damaged = bytearray(data)
    for at, value in changes:
        damaged[at % len(data)] = value
    cut = bytes(damaged[: len(data) - end % len(data) if end % 3 == 0 else len(data)])
    captured_at(cut)
    with contextlib.suppress(InvalidInputError):
        assert decode(cut).mode == "RGB"


def test_a_picture_that_is_gone_is_not_called_damaged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        decode(tmp_path / "gone.png")
