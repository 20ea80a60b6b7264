"""Adding to the memory from the page, and forgetting from it."""

from pathlib import Path

import pytest
from browser.conftest import Look
from browser.looking import dropped, file, pasted
from browser.serving import Served, served
from harness import picture
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def _remembered(page: Page) -> str:
    """The id that the dialog tells after it was told to remember."""
    page.get_by_role("button", name="Remember", exact=True).click()
    link = page.locator("#adding .outcome a").first
    expect(link).to_be_visible(timeout=60_000)
    return (link.get_attribute("href") or "").partition("open=")[2].partition("&")[0]


def test_an_empty_memory_says_what_to_do(tmp_path: Path, look: Look) -> None:
    with served(tmp_path / "store") as server:
        with look(server) as page:
            expect(page.locator("#empty:visible")).to_contain_text("Nothing is remembered yet")
            expect(page.locator("#timeline")).to_be_hidden()
        with look(server, "#view=map") as page:
            expect(page.locator("#map-view")).to_contain_text("Nothing on the map")
        with look(server, "#view=status") as page:
            expect(page.locator("#status-view")).to_contain_text("Nothing is remembered yet")


def test_a_note_is_added_with_its_title_and_tags_and_found_at_once(desk: Served, look: Look) -> None:
    with look(desk, "#q=quincunx") as page:
        expect(page.locator("#empty:visible")).to_be_visible()
        page.get_by_role("button", name="Add").click()
        page.get_by_label("Note").fill("five trees in a quincunx")
        page.get_by_label("Title").fill("Orchard")
        page.get_by_label("Tags").fill("garden, trees")
        id_ = _remembered(page)
        expect(page.locator("#adding .outcome")).to_contain_text("Remembered")
        page.keyboard.press("Escape")
        expect(page.locator(".card")).to_contain_text("Orchard")
    [opened] = desk.call("recall", ids=[id_])["memories"]
    assert (opened["title"], opened["tags"]) == ("Orchard", ["garden", "trees"])


def test_what_was_remembered_before_links_to_the_original(desk: Served, look: Look) -> None:
    first = desk.remember("an isthmus is narrow")
    with look(desk) as page:
        page.get_by_role("button", name="Add").click()
        page.get_by_label("Note").fill("an isthmus is narrow")
        assert _remembered(page) == first
        expect(page.locator("#adding .outcome")).to_contain_text("remembered before")
        page.locator("#adding .outcome a").click()
        expect(page.locator("#memory pre")).to_have_text("an isthmus is narrow")


@pytest.mark.parametrize("way", ["dropped", "dropped to remember", "pasted", "chosen"])
def test_files_are_added(desk: Served, look: Look, way: str) -> None:
    data = picture("green", way)
    with look(desk) as page:
        if way == "dropped to remember":
            dropped(page, "[data-does=add]", "leaf.png", "image/png", data)
        else:
            page.get_by_role("button", name="Add").click()
        match way:
            case "dropped":
                dropped(page, "#adding", "leaf.png", "image/png", data)
            case "pasted":
                pasted(page, "leaf.png", "image/png", data)
            case "chosen":
                page.set_input_files("#adding input[type=file]", file("leaf.png", "image/png", data))
            case _:
                pass
        expect(page.get_by_label("Files to add")).to_contain_text("leaf.png")
        id_ = _remembered(page)
        expect(page.get_by_label("Files to add")).to_be_empty()
    [opened] = desk.call("recall", ids=[id_], media="links")["memories"]
    assert opened["modalities"] == ["image"]
    assert desk.call("recall", like=[desk.upload(data, "again.png")], media="none")["hits"][0]["id"] == id_


def test_a_file_can_be_left_out_again(desk: Served, look: Look) -> None:
    with look(desk) as page:
        page.get_by_role("button", name="Add").click()
        page.set_input_files("#adding input[type=file]", file("leaf.png", "image/png", b"x"))
        page.get_by_label("Leave out leaf.png").click()
        expect(page.get_by_label("Files to add")).to_be_empty()
        page.get_by_role("button", name="Remember", exact=True).click()
        expect(page.locator("#adding .error")).to_contain_text("Write a note, or choose a file")


def test_a_file_that_is_refused_says_why(desk: Served, look: Look) -> None:
    with look(desk) as page:
        page.get_by_role("button", name="Add").click()
        page.set_input_files("#adding input[type=file]", file("broken.png", "image/png", b"\x89PNG\r\n\x1a\n broken"))
        page.get_by_role("button", name="Remember", exact=True).click()
        expect(page.locator("#adding .error")).not_to_be_empty(timeout=30_000)
        expect(page.get_by_label("Files to add")).to_contain_text("broken.png")


def test_a_microphone_that_is_refused_says_so(desk: Served, look: Look) -> None:
    with look(desk) as page:
        page.get_by_role("button", name="Add").click()
        page.get_by_role("button", name="Record", exact=True).click()
        expect(page.locator("#adding .error")).to_contain_text("The microphone was refused")


def test_what_the_microphone_hears_is_added(desk: Served, look: Look) -> None:
    with look(desk, microphone=True) as page:
        page.get_by_role("button", name="Add").click()
        page.get_by_role("button", name="Record", exact=True).click()
        page.wait_for_timeout(2_500)
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_label("Files to add")).to_contain_text("Recording")
        id_ = _remembered(page)
    [opened] = desk.call("recall", ids=[id_])["memories"]
    assert opened["modalities"] == ["audio"]


def test_forgetting_asks_once_more_and_shows_the_receipt(desk: Served, look: Look) -> None:
    id_ = desk.remember("a palimpsest to be scraped")
    with look(desk, "#q=palimpsest") as page:
        page.click(".card .opens")
        page.get_by_role("button", name="Forget …").click()
        page.get_by_role("button", name="Keep it").click()
        assert desk.found("palimpsest") == [id_]
        page.get_by_role("button", name="Forget …").click()
        page.get_by_role("button", name="Forget for good").click()
        receipt = page.locator("#memory .receipt")
        expect(receipt).to_contain_text("1 memory")
        expect(receipt).to_contain_text("yes, from every file")
        page.get_by_role("button", name="Done").click()
        expect(page.locator("dialog#memory")).to_be_hidden()
        expect(page.locator(".card")).to_have_count(0)
        expect(page.locator("#empty:visible")).to_contain_text("Nothing found")
    assert desk.found("palimpsest") == []
