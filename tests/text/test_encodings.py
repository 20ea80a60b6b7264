# ruff: noqa: RUF001, S311  # scripts of all kinds are the point; seeded noise is no secret
import codecs
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.media.text.encodings import encoding_of, readable
from memory.media.text.passages import clean

NOTE = "Zoë’s note: 21 °C, 会議, привет 👋\n"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_unicode_is_read_in_every_encoding_and_loses_its_mark(mark: bytes, encoding: str) -> None:
    assert readable(mark + NOTE.encode(encoding)) == NOTE


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Le café est fermé à cause des congés d'été. Où êtes-vous allés ? Très bien.", "cp1252"),
        ("He said “hello” – it’s fine.", "cp1252"),
        ("The room was 21 °C and the ticket £5.", "cp1252"),
        ("name,city\n" + "John,Berlin\n" * 50 + "Jürgen,Köln\n", "cp1252"),
        ("Zażółć gęślą jaźń. Proszę o przesłanie faktury za usługi.", "cp1250"),
        ("Привет, это заметка о встрече в понедельник и о бюджете.", "cp1251"),
        ("Привет, это заметка о встрече в понедельник и о бюджете.", "koi8_r"),
        ("これは会議のメモです。予算について話しました。", "cp932"),
        ("これは会議のメモです。予算について話しました。", "euc_jp"),
        ("这是一份会议记录，我们讨论了预算。", "gb18030"),
        ("이것은 회의 메모입니다. 예산에 대해 이야기했습니다.", "cp949"),
    ],
)
def test_legacy_text_is_read_as_it_was_written(text: str, encoding: str) -> None:
    assert readable(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "data",
    [
        b"text with a \0 in it",
        b"\x7fELF\x02\x01\x01" + bytes(60),
        b"\x01\x02\x03 short and controlled",
        codecs.BOM_UTF16_LE + b"odd",
        codecs.BOM_UTF16_LE + random.Random(1).randbytes(4_000),
        codecs.BOM_UTF16_LE + "\ue000\u0378".encode("utf-16-le") * 100,
        codecs.BOM_UTF8 + b"\xff\xfe",
        "Привет".encode("cp1251"),
        random.Random(2).randbytes(60),
        bytes(random.Random(3).choices(range(1, 256), k=20_000)),
        bytes(random.Random(4).choices(range(32, 256), k=20_000)),
    ],
)
def test_what_is_not_text_or_cannot_be_told_is_refused(data: bytes) -> None:
    assert readable(data) is None


def test_nothing_is_text_too() -> None:
    assert readable(b"") == ""


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Co", "Cs"])))
def test_every_printable_text_survives_utf_8(text: str) -> None:
    assert readable(text.encode()) == text.removeprefix("\ufeff")


@given(st.binary(max_size=400))
def test_any_bytes_are_text_or_nothing(data: bytes) -> None:
    text = readable(data)
    assert text is None or "\0" not in text


def test_cleaning_removes_what_harms_and_unifies_line_ends() -> None:
    assert clean("a\0b\r\nc\rd\ud800e\n") == "ab\nc\nd\ufffde\n"


@given(st.text(st.characters()))
def test_cleaned_text_can_be_stored_and_is_not_changed_again(text: str) -> None:
    once = clean(text)
    assert once.encode().decode() == once
    assert clean(once) == once


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030", "cp932", "euc_jp", "cp949"])
def test_a_character_cut_at_the_end_of_a_sample_does_no_harm(encoding: str) -> None:
    text = {"gb18030": "这是一份会议记录，我们讨论了预算。\n", "cp949": "이것은 회의 메모입니다. 예산에 대해\n"}.get(
        encoding, "これは会議のメモです。予算について話しました。\n"
    )
    data = (text * 20 + text[:3]).encode(encoding)[:-1]
    assert encoding_of(data, is_whole=False) == encoding
    assert encoding_of(data, is_whole=True) != encoding


@pytest.mark.parametrize("text", ["", "plain", NOTE])
def test_the_codec_found_reads_the_whole_without_its_mark(text: str) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        data = text.encode(encoding)
        found = encoding_of(data, is_whole=True)
        assert found is not None
        assert data.decode(found) == text
