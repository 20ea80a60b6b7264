import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.errors import TooLargeError, UndecodableError
from memory.sources.data_uris import read_data_uri

LIMIT = 1_000


@given(st.binary(max_size=LIMIT))
def test_every_encoding_of_bytes_gives_them_back(data: bytes) -> None:
    standard, url_safe = base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()
    folded = "\n ".join(standard[at : at + 76] for at in range(0, len(standard), 76))
    for payload in (standard, url_safe, folded, quote(standard, safe="")):
        assert read_data_uri(f"data:image/png;base64,{payload}", LIMIT) == data
    assert read_data_uri(f"data:,{quote(data)}", LIMIT) == data


@pytest.mark.parametrize(
    ("uri", "where"),
    [
        ("data:image/png;base64", "no comma"),
        ("data:;base64,AAAA*AAA", "'*' at character 4"),
        ("data:;base64,AAAA\n AA…A", "'…' at character 6"),
        ("data:;base64,AA=AAAAA", "'=' at character 2"),
        ("data:;base64,AAAAA", "ends after 5 characters, 0 of them padding"),
        ("data:;base64,AAAAAA", "ends after 6 characters"),
        ("data:;base64,A===", "3 of them padding"),
        ("data:;base64,====", "4 of them padding"),
        ("data:;base64,AAAA%2", "'%2' at character 4"),
        ("data:;base64,AAAA%80%81%82%83", "at character 4"),
        ("data:,50% of it", "'% o' at character 2"),
        ("data:,\ud800", "character 0 of its data is half a surrogate pair"),
        ("data:;BASE64,A", "ends after 1 characters"),
    ],
)
def test_a_malformed_uri_is_refused_with_where_it_broke_and_what_to_do(uri: str, where: str) -> None:
    with pytest.raises(UndecodableError, match=r"data: URI.*") as refusal:
        read_data_uri(uri, LIMIT)
    assert where in str(refusal.value)
    assert "Pass the file's path instead" in str(refusal.value)


@pytest.mark.parametrize("head", ["data:,{0}", "data:;base64,{1}"])
def test_the_limit_is_kept_to_the_byte(head: str) -> None:
    fits, over = (head.format("x" * size, base64.b64encode(b"x" * size).decode()) for size in (LIMIT, LIMIT + 1))
    assert len(read_data_uri(fits, LIMIT)) == LIMIT
    with pytest.raises(TooLargeError, match="1,000 bytes"):
        read_data_uri(over, LIMIT)


def test_a_vast_uri_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(TooLargeError):
        read_data_uri("data:;base64,*" + "A" * 5 * LIMIT, LIMIT)
