"""The page for everyone: by keyboard alone, with names for all there is, legible in both themes, on a narrow screen."""

from pathlib import Path
from typing import Literal

import pytest
from browser.conftest import Look
from browser.serving import Served
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

_UNNAMED, _FAINT = (Path(__file__).with_name(name).read_text() for name in ("unnamed.js", "faint.js"))
VIEWS = ["", "#q=kiln", "#q=boathouse", "#view=map", "#view=status", "#tags=bread&since=2026-09-02"]


def _settled(page: Page, view: str) -> None:
    match view:
        case "#view=map":
            expect(page.locator("#map-view svg")).to_be_visible()
        case "#view=status":
            expect(page.locator("#status-view .tiles")).to_be_visible()
        case _:
            expect(page.locator(".card").first).to_be_visible()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_has_a_name_and_can_be_read_in_both_themes(
    library: Served, look: Look, theme: Literal["light", "dark"], view: str
) -> None:
    with look(library, view, theme=theme) as page:
        _settled(page, view)
        assert page.evaluate(_UNNAMED) == []
        assert page.evaluate(_FAINT) == []
        assert page.locator("main:visible").count() == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_dialogs_have_names_and_can_be_read_in_both_themes(
    library: Served, look: Look, theme: Literal["light", "dark"]
) -> None:
    with look(library, "#q=boathouse", theme=theme) as page:
        page.click(".card .opens")
        expect(page.locator("#memory figure img")).to_be_visible()
        page.get_by_role("button", name="Forget …").click()
        expect(page.get_by_role("dialog", name="The lease")).to_be_visible()
        assert (page.evaluate(_UNNAMED), page.evaluate(_FAINT)) == ([], [])
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("dialog", name="Remember something")).to_be_visible()
        page.get_by_role("button", name="Remember", exact=True).click()
        assert (page.evaluate(_UNNAMED), page.evaluate(_FAINT)) == ([], [])


def test_the_page_is_used_by_keyboard_alone(library: Served, look: Look) -> None:
    with look(library) as page:
        expect(page.locator(".card")).to_have_count(16)
        page.keyboard.press("Tab")
        expect(page.locator("#skip")).to_be_focused()
        page.keyboard.press("/")
        expect(page.locator("#query")).to_be_focused()
        page.keyboard.type("caraway")
        expect(page.locator(".card")).to_have_count(1)
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('.card .opens')"):
                break
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent === 'Forget …'"):
                break
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Keep it")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        assert page.evaluate("document.activeElement.matches('.card .opens')")


def test_what_has_the_focus_is_seen(library: Served, look: Look) -> None:
    with look(library) as page:
        expect(page.locator(".card")).to_have_count(16)
        for _ in range(24):
            page.keyboard.press("Tab")
            outlined = page.evaluate(
                """() => {
                    const one = document.activeElement;
                    const marked = [one, one.closest(".card"), one.querySelector(".reach")].filter(Boolean);
                    return marked.map((mark) => getComputedStyle(mark)).some((style) => style.strokeWidth === "2px"
                        || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 1));
                }"""
            )
            assert outlined, page.evaluate("document.activeElement.outerHTML")


def test_the_theme_can_be_changed_and_is_kept(library: Served, look: Look) -> None:
    with look(library, theme="light") as page:
        expect(page.locator(".card").first).to_be_visible()
        before = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.get_by_role("button", name="Dark colours").click()
        after = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.reload()
        assert before != after == page.evaluate("getComputedStyle(document.body).backgroundColor")
        expect(page.get_by_role("button", name="Light colours")).to_be_visible()


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_cut_off_on_a_narrow_screen(library: Served, look: Look, view: str) -> None:
    with look(library, view, viewport={"width": 360, "height": 720}) as page:
        _settled(page, view)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        if page.locator(".card .opens").count():
            page.locator(".card .opens").first.click()
            expect(page.locator("#memory pre")).to_be_visible()
            assert page.evaluate(
                "document.querySelector('#memory').scrollWidth <= document.querySelector('#memory').clientWidth"
            )


def test_nothing_moves_for_those_who_want_that(library: Served, look: Look) -> None:
    with look(library) as page:
        expect(page.locator(".card").first).to_be_visible()
        moves = "(one) => getComputedStyle(one).transitionDuration !== '0s'"
        assert page.evaluate(f"[...document.querySelectorAll('*')].filter({moves}).length") == 0
