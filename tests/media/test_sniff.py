import pytest
from hypothesis import given
from hypothesis import strategies as st
from media.drawing import pdf, photo, saved, scene, tone, wav

from memory.media.sniff import modality_of, sniff
from memory.model import Modality

PICTURE = scene(1)


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (saved(PICTURE, "PNG"), "image/png"),
        (saved(PICTURE, "JPEG"), "image/jpeg"),
        (saved(PICTURE, "WEBP"), "image/webp"),
        (saved(PICTURE, "GIF"), "image/gif"),
        (saved(PICTURE, "BMP"), "image/bmp"),
        (saved(PICTURE, "TIFF"), "image/tiff"),
        (wav(tone(0.1)), "audio/wav"),
        (b"ID3\x04\0\0\0\0\0\x0f" + bytes(99), "audio/mpeg"),
        (b"\xff\xfb\x90\x64" + bytes(99), "audio/mpeg"),
        (b"fLaC\0\0\0\x22" + bytes(99), "audio/flac"),
        (b"OggS\0\x02" + bytes(99), "audio/ogg"),
        (b"\0\0\0\x18ftypM4A " + bytes(99), "audio/mp4"),
        (b"\0\0\0\x18ftypmp42" + bytes(9) + b"hdlr" + bytes(8) + b"soun", "audio/mp4"),
        (b"\0\0\0\x18ftypmp42" + bytes(9) + b"hdlr" + bytes(8) + b"vide", "video/mp4"),
        (pdf(["A page"]), "application/pdf"),
        (b"\n" + pdf(["A page"]), "application/pdf"),
        (b"\x00\x01\x02\x03" * 50, "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_the_bytes_tell_what_a_file_is_whatever_it_is_called(data: bytes, mime: str) -> None:
    assert {sniff(data), sniff(data, "notes.md"), sniff(data, "picture.png")} == {mime}


@pytest.mark.parametrize(
    "words",
    [
        "GIF89a was the last version",
        "ID3 tags hold the title",
        "BM25 ranks by rarity",
        "RIFF in WAVE",
        "OggS!",
        "A PDF begins with %PDF-1.7",
        "fLaC, the letters",
        "PNG and JPEG",
    ],
)
def test_a_note_that_begins_like_another_format_is_still_a_note(words: str) -> None:
    assert sniff(words.encode(), "note.txt") == "text/plain"


@pytest.mark.parametrize(
    ("name", "mime", "modality"),
    [
        ("README.md", "text/markdown", Modality.TEXT),
        ("a.JSON", "application/json", Modality.TEXT),
        ("table.csv", "text/csv", Modality.TEXT),
        ("page.html", "text/html", Modality.TEXT),
        ("drawing.svg", "text/xml", Modality.TEXT),
        ("no_ending", "text/plain", Modality.TEXT),
        ("cat.png", "text/plain", Modality.TEXT),
        ("main.py", "text/x-python", Modality.CODE),
        ("lib.rs", "text/x-rust", Modality.CODE),
        ("player.ts", "text/x-typescript", Modality.CODE),
    ],
)
def test_the_name_chooses_the_flavour_of_text(name: str, mime: str, modality: Modality) -> None:
    assert sniff("naïve words".encode(), name) == mime
    assert modality_of(mime) is modality


@pytest.mark.parametrize("mime", ["video/mp4", "application/zip", "application/octet-stream", "image/heic", ""])
def test_kinds_that_are_not_understood_have_no_modality(mime: str) -> None:
    assert modality_of(mime) is None


@given(st.binary(max_size=2_000), st.text(max_size=20))
def test_any_bytes_and_any_name_have_some_kind(data: bytes, name: str) -> None:
    assert "/" in sniff(data, name)


def test_a_photo_is_a_picture() -> None:
    assert modality_of(sniff(photo("2024:05:06 07:08:09"))) is Modality.IMAGE
