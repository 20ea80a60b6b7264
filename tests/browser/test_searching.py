"""Searching on the page: by words as they are typed, by files, by filters; and back again."""

import re

import pytest
from browser.conftest import Look
from browser.library import PICTURE, SLIDES
from browser.looking import dropped, file, pasted, until
from browser.serving import Served
from media.drawing import saved
from playwright.sync_api import Route, expect

pytestmark = pytest.mark.browser


def test_the_newest_are_shown_and_words_are_searched_as_they_are_typed(library: Served, look: Look) -> None:
    with look(library) as page:
        expect(page.locator("#count")).to_have_text("16 memories")
        page.locator("#query").press_sequentially("caraway")
        expect(page.locator(".card")).to_have_count(1)
        expect(page.locator(".card")).to_contain_text("rye bread dough with caraway")
        expect(page.locator(".card mark")).to_have_text("caraway")
        expect(page.locator("#said")).to_have_text("1 memory")


def test_the_latest_words_win_over_an_answer_that_comes_late(library: Served, look: Look) -> None:
    with look(library) as page:
        expect(page.locator(".card")).to_have_count(16)
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route) if "caraway" in (route.request.post_data or "") else route.continue_()

        page.route("**/mcp", hold)
        page.fill("#query", "caraway")
        until(page, "location.hash.includes('caraway')")
        until(page, "document.querySelector('#results').getAttribute('aria-busy')")
        page.fill("#query", "batten")
        expect(page.locator(".card")).to_have_count(1)
        for route in held:
            route.continue_()
        page.wait_for_timeout(500)
        expect(page.locator(".card")).to_have_count(1)
        expect(page.locator(".card")).to_contain_text("batten")


def test_back_leads_to_what_was_looked_at_before(library: Served, look: Look) -> None:
    with look(library) as page:
        expect(page.locator(".card")).to_have_count(16)
        page.locator("#query").press_sequentially("caraway")
        expect(page.locator(".card")).to_have_count(1)
        page.click(".card .opens")
        expect(page.locator("dialog#memory")).to_be_visible()
        page.go_back()
        expect(page.locator("dialog#memory")).to_be_hidden()
        page.go_back()
        expect(page.locator("#query")).to_have_value("")
        expect(page.locator(".card")).to_have_count(16)


@pytest.mark.parametrize("way", ["dropped", "pasted", "chosen"])
def test_a_picture_finds_its_copy(library: Served, look: Look, way: str) -> None:
    with look(library) as page:
        expect(page.locator(".card")).to_have_count(16)
        match way:
            case "dropped":
                dropped(page, "[data-does=search]", "copy.png", "image/png", PICTURE)
            case "pasted":
                pasted(page, "copy.png", "image/png", PICTURE)
            case _:
                page.set_input_files("#file", file("copy.png", "image/png", PICTURE))
        expect(page.locator(".chips")).to_contain_text("copy.png")
        expect(page.locator(".card").first.locator("img.sight")).to_be_visible()
        expect(page.locator(".card .why").first).to_contain_text("by its looks")
        page.click(".card .opens >> nth=0")
        expect(page.locator("#memory pre")).to_contain_text("Shapes on a wall")


def test_words_beside_a_picture_are_allowed_and_the_chip_takes_the_picture_away(library: Served, look: Look) -> None:
    with look(library, "#q=mainsail") as page:
        expect(page.locator(".card")).to_have_count(4)
        page.set_input_files("#file", file("copy.png", "image/png", PICTURE))
        expect(page.locator(".card img.sight").first).to_be_visible()
        expect(page.locator("#query")).to_have_value("mainsail")
        page.get_by_label("Take away: like copy.png").click()
        expect(page.locator(".card")).to_have_count(4)
        expect(page.locator(".card img.sight")).to_have_count(0)


def test_what_is_like_a_memory_is_found_from_its_card(library: Served, look: Look) -> None:
    with look(library, "#q=caraway") as page:
        page.locator(".card").hover()
        page.click(".card .similar")
        expect(page.locator(".chips")).to_contain_text("caraway")
        expect(page.locator(".card").first).to_contain_text("rye")


def test_filters_are_chips_that_can_be_taken_away(library: Served, look: Look) -> None:
    with look(library) as page:
        page.get_by_role("button", name="Films").click()
        expect(page.locator(".card")).to_have_count(1)
        page.get_by_role("button", name="Films").click()
        page.get_by_text("More filters").click()
        page.get_by_label("Tag").fill("bread")
        page.get_by_label("From").fill("2026-09-02")
        page.get_by_role("button", name="Filter", exact=True).click()
        expect(page.locator(".card")).to_have_count(3)
        assert re.search(r"tags=bread.*since=2026-09-02|since=2026-09-02.*tags=bread", page.url)
        page.get_by_label("Take away: #bread").click()
        expect(page.locator(".card")).to_have_count(11)
        page.reload()
        expect(page.locator(".card")).to_have_count(11)


def test_a_weak_match_says_that_nothing_matches_well(library: Served, look: Look) -> None:
    with look(library, "#q=kiln+zeppelin+quarterly+telegraph") as page:
        expect(page.locator(".remarks .unsure")).to_contain_text("Nothing matches well")


def test_what_is_not_there_says_so_and_what_to_do(library: Served, look: Look) -> None:
    with look(library, "#q=zeppelin") as page:
        expect(page.locator("#empty:visible")).to_contain_text("Nothing found")
        expect(page.locator("#empty:visible")).to_contain_text("Try other words")


def test_a_film_plays_from_the_second_that_was_found(library: Served, look: Look) -> None:
    [hit] = library.call("recall", query="lighthouse", media="links")["hits"]
    assert hit["seconds"][0] >= 8
    with look(library, "#q=lighthouse") as page:
        page.click(".card .opens")
        film = page.locator("#memory video")
        film.wait_for()
        until(page, "document.querySelector('#memory video').readyState >= 2")
        assert film.evaluate("film => film.currentTime") == pytest.approx(hit["seconds"][0], abs=0.3)
        film.evaluate("film => { film.muted = true; return film.play(); }")
        until(page, f"document.querySelector('#memory video').currentTime > {hit['seconds'][0] + 0.2}")


def test_a_frame_of_a_film_finds_the_film(library: Served, look: Look) -> None:
    with look(library) as page:
        page.set_input_files("#file", file("frame.png", "image/png", saved(SLIDES[1])))
        expect(page.locator(".chips")).to_contain_text("frame.png")
        expect(page.locator(".card.video")).to_contain_text("A talk at the pier")


def test_a_recording_can_be_heard(library: Served, look: Look) -> None:
    with look(library, "#modalities=audio") as page:
        page.click(".card .opens")
        until(page, "document.querySelector('#memory audio')?.duration > 2.5")


def test_the_page_of_a_pdf_is_shown_with_the_whole_file_beside_it(library: Served, look: Look) -> None:
    with look(library, "#q=boathouse") as page:
        expect(page.locator(".card .badge")).to_have_text("page 3")
        page.click(".card .opens")
        shown = page.get_by_alt_text("the page that was found")
        expect(shown).to_have_attribute("src", re.compile(r"/media/m[0-9a-f]{20}/0/2\?still=large"))
        until(page, "document.querySelector('#memory figure img').naturalWidth > 400")
        link = page.get_by_role("link", name="Open the whole file (lease.pdf)")
        answer = page.request.get(f"{library.url}{link.get_attribute('href')}")
        assert answer.headers["content-type"] == "application/pdf"
        expect(page.locator("#memory pre")).to_contain_text("The lease begins in March")
