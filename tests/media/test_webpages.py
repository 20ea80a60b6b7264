from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from media.reading import chunks, file_of, pieces

from memory.errors import InvalidInputError, TooLargeError, UndecodableError
from memory.media.text import webpages

PAGE = """<html><head><title>Lease</title><style>p {color: red}</style></head><body>
<p>Before.</p><h1>Home</h1><p>Rent &amp; <a href="/x">heating
costs</a>.</p><h2>Boiler</h2><ul><li>serviced<li>in May<ul><li>twice</ul></ul>
<table><tr><th>Part<th>Price<tr><td><p>Valve</p><td>12 €</table><img alt="A red boiler" src=x>
<script>var secret = 1</script><div hidden>secret</div><p style="display: none">secret<b>secret</b></p>
<pre>a
  b</pre><h2>Garden</h2>Roses<br>Lilies</body></html>"""


def test_headings_are_paths_over_what_stands_below(tmp_path: Path) -> None:
    found = pieces(webpages.step, file_of(tmp_path, PAGE.encode()))
    assert [piece.anchor.heading for piece in found] == ["Lease", "Home", "Home › Boiler", "Home › Garden"]
    assert found[1].text == "Home\n\nRent & heating costs."
    assert found[3].text == "Garden\n\nRoses\nLilies"


def test_lists_tables_alternative_texts_and_preformatted_text_are_kept(tmp_path: Path) -> None:
    text = pieces(webpages.step, file_of(tmp_path, PAGE.encode()))[2].text
    assert "- serviced\n- in May" in text
    assert "  - twice" in text
    assert "Part | Price\nValve | 12 €" in text.replace("\n\n", "\n")
    assert "A red boiler" in text
    assert "a\n  b" in text


def test_hidden_things_are_left_out(tmp_path: Path) -> None:
    text = "".join(piece.text for piece in pieces(webpages.step, file_of(tmp_path, PAGE.encode())))
    assert "secret" not in text
    assert "color" not in text


@pytest.mark.parametrize(
    "data",
    [
        '<meta charset="shift_jis"><p>東京の天気'.encode("cp932"),
        '<meta http-equiv=Content-Type content="text/html; charset=windows-1251"><p>東京'.encode("utf-16"),
        '<meta charset="punycode"><p>東京の天気'.encode(),
        '<meta charset="ascii"><p>東京の天気'.encode(),
    ],
    ids=["declared", "mark before declaration", "no charset", "wrong"],
)
def test_the_charset_is_found(tmp_path: Path, data: bytes) -> None:
    assert "東京" in pieces(webpages.step, file_of(tmp_path, data))[0].text


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000 + "the end",
        "<b>" * 100_000 + "the end",
        "".join(f"<b id={n}>" for n in range(5_000)) + "<p>so" * 5_000 + "the end",
        "<a " + " ".join(f"a{n}=1" for n in range(50_000)) + ">the end",
        "<table><tr><td>" * 30_000 + "the end",
        "<p>" + "\n" * 200_000 + "<pre>" + "\n" * 200_000 + "</pre>the end",
    ],
    ids=["deep", "formatting", "formatting opened anew", "attributes", "tables", "line ends"],
)
def test_a_page_built_to_stall_a_parser_is_read(html: str) -> None:
    assert webpages.sections(html)[-1].text.endswith("the end")


def test_anchors_count_the_readable_text_through_all_steps(tmp_path: Path) -> None:
    html = "".join(f"<h1>Part {n}</h1><p>{'It says something. ' * 10}</p>" for n in range(700))
    file = file_of(tmp_path, html.encode())
    found = pieces(webpages.step, file)
    assert len(chunks(webpages.step, file)) == 3
    assert [piece.anchor.heading for piece in found] == [f"Part {n}" for n in range(700)]
    assert all(b.anchor.start == a.anchor.end + 2 for a, b in pairwise(found))


@pytest.mark.parametrize("data", [b"", b"<p> </p>", b"<script>x</script>", b"\x00\xff\x01" * 40])
def test_a_page_without_text_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UndecodableError):
        webpages.step(file_of(tmp_path, data), {})


def test_a_page_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webpages, "MAX_BYTES", 10)
    with pytest.raises(TooLargeError, match="limit of 10"):
        webpages.step(file_of(tmp_path, PAGE.encode()), {})


@given(
    st.one_of(
        st.binary(max_size=200),
        st.integers(0, len(PAGE)).map(lambda at: PAGE.encode()[:at]),
        st.lists(
            st.sampled_from(
                [
                    "<h1>",
                    "</h1>",
                    "<td>",
                    "</td>",
                    "<tr>",
                    "</tr>",
                    "<li>",
                    "</ul>",
                    "<pre>",
                    "</pre>",
                    "<p>",
                    "x",
                    "<table>",
                    "<!--",
                    "<b",
                ]
            )
        ).map(lambda tags: "".join(tags).encode()),
    )
)
def test_damage_never_raises_anything_but_invalid_input(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        try:
            found = pieces(webpages.step, file_of(Path(folder), data))
        except InvalidInputError:
            return
    assert all(piece.text.strip() for piece in found)
    assert found
