"""What recall points to, over HTTP: whole or in ranges, by a link, and never as something that runs."""

from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from harness import picture
from website import Website, website

from server.web import signing


@pytest.fixture
async def site(tmp_path: Path) -> AsyncGenerator[Website]:
    async with website(tmp_path / "store") as site:
        yield site


async def test_a_file_comes_whole_or_in_ranges_and_stays_in_no_cache(site: Website) -> None:
    alice, data = site.member("alice"), picture("red", "harbour")
    done = await alice.facts("remember", files=[await alice.upload(data, "harbour.png")])
    whole = await alice.get(f"/media/{done['id']}/0")
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, data, "image/png")
    assert "no-store" in whole.headers["cache-control"]
    assert whole.headers["accept-ranges"] == "bytes"
    some = await alice.get(f"/media/{done['id']}/0", range="bytes=10-19")
    assert (some.status_code, some.content) == (206, data[10:20])
    assert some.headers["content-range"] == f"bytes 10-19/{len(data)}"
    beyond = await alice.get(f"/media/{done['id']}/0", range=f"bytes={len(data)}-")
    assert beyond.status_code == 416


async def test_a_piece_comes_as_its_picture_and_a_note_as_its_words(site: Website) -> None:
    alice = site.member("alice")
    done = await alice.facts("remember", text="the <b>harbour</b>", files=[await alice.upload(picture("red", "sea"))])
    still = await alice.get(f"/media/{done['id']}/1/1?still=small")
    assert still.headers["content-type"].startswith("image/")
    note = await alice.get(f"/media/{done['id']}/0")
    assert (note.text, note.headers["content-type"]) == ("the <b>harbour</b>", "text/plain; charset=utf-8")
    assert (await alice.get(f"/media/{done['id']}/0/0?still=small")).status_code == 404
    assert (await alice.get(f"/media/{done['id']}/1?still=small")).content == still.content
    assert (await alice.get(f"/media/{done['id']}/7")).status_code == 404
    assert (await alice.get(f"/media/{done['id']}/0/1")).status_code == 404
    assert (await alice.get(f"/media/{done['id']}/0/99")).status_code == 404


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page.html", b"<!doctype html><script>alert(1)</script><p>hello there, a page</p>"),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("tricks.js", b"alert(1) // a script with a few words in it\n"),
    ],
)
async def test_what_could_run_is_never_sent_as_what_runs(site: Website, name: str, data: bytes) -> None:
    alice = site.member("alice")
    done = await alice.facts("remember", text="hostile", files=[await alice.upload(data, name)])
    answer = await alice.get(f"/media/{done['id']}/1")
    assert answer.status_code == 200
    kind = answer.headers["content-type"]
    assert kind.startswith(("text/plain", "application/octet-stream"))
    assert kind.startswith("text/plain") or answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_link_opens_one_medium_for_a_while_and_nothing_else(
    site: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, data = site.member("alice"), picture("red", "harbour")
    done = await alice.facts("remember", text="harbour", files=[await alice.upload(data)])
    [hit] = (await alice.facts("recall", query="harbour", media="links"))["hits"]
    link = urlsplit(str(hit["medium"]))
    nobody = site.visitor()
    assert (await nobody.get(f"{link.path}?{link.query}")).headers["content-type"].startswith("image/")
    [whole] = (await alice.facts("recall", ids=[done["id"]], media="links"))["memories"][0]["media"]
    assert (await nobody.get(whole.removeprefix("http://127.0.0.1:8000"))).content == data
    for changed in (
        f"{link.path}?{link.query}0",
        f"{link.path}?{link.query.replace('until=', 'until=9')}",
        f"{link.path}?{link.query.replace('for=alice', 'for=bob')}",
        f"/media/{done['id']}/1?{link.query}",
        f"{link.path}?sig=x",
    ):
        assert (await nobody.get(changed)).status_code == 403, changed
    assert (await nobody.get(link.path)).status_code == 401
    monkeypatch.setattr(signing, "LINK_LIFE", -signing.LINK_LIFE)
    [late] = (await alice.facts("recall", query="harbour", media="links"))["hits"]
    old = urlsplit(str(late["medium"]))
    assert (await nobody.get(f"{old.path}?{old.query}")).status_code == 403
    monkeypatch.undo()
    await alice.facts("forget", ids=[done["id"]])
    assert (await nobody.get(f"{link.path}?{link.query}")).status_code == 404


async def test_links_are_given_only_where_they_are_asked_for(site: Website) -> None:
    alice = site.member("alice")
    await alice.facts("remember", text="harbour", files=[await alice.upload(picture("red", "harbour"))])
    [hit] = (await alice.facts("recall", query="harbour", media="none"))["hits"]
    assert "medium" not in hit
    assert "sig=" not in str(await alice.call("recall", query="harbour"))
