"""The gallery, as a chat shows it beside a recall."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest
from browser.hosting import built, hosted
from browser.library import NOTES
from browser.serving import Served
from playwright.sync_api import Browser, FrameLocator, Page, expect

pytestmark = pytest.mark.browser

Host = Callable[..., AbstractContextManager[tuple[Page, FrameLocator]]]


@pytest.fixture(scope="session")
def script(browser: Browser) -> str:  # noqa: ARG001  # skips
    return built()


@pytest.fixture
def host(browser: Browser, script: str) -> Host:
    return partial(hosted, browser, script)


def test_what_was_found_is_shown_with_its_picture(library: Served, host: Host) -> None:
    with host(library, query="shapes on a wall", limit=1) as (_, chat):
        card = chat.locator(".card")
        expect(card).to_have_count(1)
        expect(card).to_contain_text("shapes.png")
        assert card.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_a_picture_that_was_not_sent_along_is_read_when_it_is_seen(library: Served, host: Host) -> None:
    with host(library, query="shapes on a wall", limit=1, media="none") as (_, chat):
        chat.locator(".card img[src^='data:image/']").wait_for()


def test_a_memory_is_opened_the_model_learns_of_it_and_one_goes_back(library: Served, host: Host) -> None:
    with host(library, query="glaze test tiles", limit=3) as (page, chat):
        first = chat.locator(".card .opens").first
        first.focus()
        page.keyboard.press("Enter")
        expect(chat.locator("pre.words")).to_have_text("Kiln: kiln glaze test tiles")
        expect(chat.locator("h2")).to_be_focused()
        [told] = page.evaluate("told")
        assert "The user has opened memory m" in told["content"][0]["text"]
        chat.get_by_role("button", name="Back").click()
        expect(chat.locator(".card").first).to_be_visible()
        expect(chat.locator("pre.words")).to_have_count(0)


def test_a_film_plays_the_seconds_that_were_found(library: Served, host: Host) -> None:
    with host(library, query="lighthouse", modalities=["video"], limit=1) as (_, chat):
        chat.locator(".card .opens").first.click()
        film = chat.locator("video")
        length = film.evaluate("async film => { await film.play(); film.pause(); return film.duration; }")
        assert 0 < length < 44  # the whole film has two slides of 22 seconds


def test_what_is_like_it_is_one_click_away(library: Served, host: Host) -> None:
    with host(library, query=NOTES["Bread"][0], limit=1) as (_, chat):
        chat.locator(".similar").first.click()
        expect(chat.locator("h2")).to_contain_text("Like Bread: rye dough rests overnight")
        assert chat.locator(".card").count() > 1


def test_a_host_that_forwards_nothing_shows_what_it_was_sent(library: Served, host: Host) -> None:
    with host(library, can={}, query="shapes on a wall", limit=2) as (_, chat):
        expect(chat.locator(".card img[src^='data:image/']")).to_have_count(1)
        expect(chat.locator("button")).to_have_count(0)


def test_opened_memories_are_shown_without_a_search(library: Served, host: Host) -> None:
    [id_, other] = library.found("kiln glaze", limit=2)
    with host(library, ids=[id_]) as (_, chat):
        expect(chat.locator("pre.words")).to_contain_text("Kiln: ")
    with host(library, ids=[id_, other]) as (_, chat):
        expect(chat.locator("h2")).to_have_text("2 memories")
        chat.get_by_role("button").first.click()
        expect(chat.locator("pre.words")).to_contain_text("Kiln: ")


def test_an_error_is_told_in_the_servers_words(library: Served, host: Host) -> None:
    with host(library, ids=["m00000000000000000000"]) as (_, chat):
        expect(chat.get_by_role("alert")).to_contain_text("m00000000000000000000")


def test_a_hostile_note_is_shown_and_does_not_run(desk: Served, host: Host) -> None:
    desk.remember(
        "</script><script>alert(1)</script><img src=x onerror=alert(2)> gallowglass", title="<b onclick=alert(3)>x"
    )
    with host(desk, query="gallowglass") as (_, chat):
        expect(chat.locator(".card h3")).to_have_text("<b onclick=alert(3)>x")
        chat.locator(".card .opens").first.click()
        expect(chat.locator("pre.words")).to_contain_text("<script>alert(1)</script>")


def test_it_looks_as_the_host_does(library: Served, host: Host) -> None:
    shades: list[str] = []
    for theme in ("light", "dark"):
        with host(library, theme=theme, query="rye") as (_, chat):
            chat.locator(".card").first.wait_for()
            shades.append(chat.locator("body").evaluate("body => getComputedStyle(body).color"))
    assert shades[0] != shades[1]


def test_the_frame_is_told_how_large_it_must_be(library: Served, host: Host) -> None:
    with host(library, query="rye", limit=4) as (page, chat):
        chat.locator(".card").nth(3).wait_for()
        page.wait_for_function("document.querySelector('iframe').clientHeight > 200")
        inner = chat.locator("html").evaluate("root => root.scrollHeight - root.clientHeight")
        assert inner == 0
