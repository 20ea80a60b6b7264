"""The timeline, the map and the status on the page."""

import time
from pathlib import Path

import pytest
from browser.conftest import Look
from browser.serving import Served, served
from fakes.openai_server import OpenAIServer, error_answer
from fakes.serving import Answer, Received, serving
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

_FOCUSED = "document.activeElement.getAttribute('aria-label')"


def test_a_bar_of_the_timeline_narrows_the_search_to_its_time(library: Served, look: Look) -> None:
    with look(library) as page:
        bars = page.locator("#timeline a.bar")
        expect(bars.first).to_have_attribute("aria-label", "2 memories, 27 Jul 2026 to 2 Aug 2026")
        bars.first.click()
        expect(page.locator(".card")).to_have_count(2)
        expect(page.locator(".chips")).to_contain_text("from 27 Jul 2026")
        page.go_back()
        expect(page.locator(".card")).to_have_count(16)


def test_the_timeline_is_walked_and_used_by_keyboard(library: Served, look: Look) -> None:
    with look(library, "#namespace=notebook") as page:
        expect(page.locator(".card")).to_have_count(12)
        first = page.locator("#timeline a.bar").first
        first.focus()
        page.keyboard.press("ArrowRight")
        told = page.evaluate(_FOCUSED)
        assert told != first.get_attribute("aria-label")
        page.keyboard.press("Enter")
        expect(page.locator(".card")).to_have_count(int(told.split()[0]))


def test_days_are_those_of_whoever_looks(library: Served, look: Look) -> None:
    with look(library, "#tags=kiln", zone="Pacific/Kiritimati") as page:  # 14 hours before UTC
        first = page.locator("#timeline a.bar").first
        expect(first).to_have_attribute("aria-label", "1 memory, 2 Aug 2026")
        first.click()
        expect(page.locator(".card")).to_have_count(1)
        expect(page.locator(".card time")).to_have_text("2 Aug 2026")


def test_points_of_the_map_are_walked_and_opened_by_keyboard(library: Served, look: Look) -> None:
    with look(library, "#view=map&namespace=notebook") as page:
        points = page.locator("#map-view a.point")
        expect(points).to_have_count(12)
        assert points.evaluate_all("points => points.filter(one => one.tabIndex === 0).length") == 1
        points.first.focus()
        walked = {page.evaluate(_FOCUSED)}
        for key in 3 * ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
            page.keyboard.press(key)
            walked.add(page.evaluate(_FOCUSED))
        assert len(walked) >= 3
        label = page.evaluate(_FOCUSED)
        page.keyboard.press("Enter")
        expect(page.locator("#memory pre")).to_have_text(label.split(" · ")[0])
        page.keyboard.press("Escape")
        expect(page.locator("dialog#memory")).to_be_hidden()


def test_the_legend_shows_one_topic_among_the_others(library: Served, look: Look) -> None:
    with look(library, "#view=map&namespace=notebook") as page:
        expect(page.locator("#map-view a.point")).to_have_count(12)
        entry = page.locator(".legend button").first
        entry.click()
        expect(entry).to_have_attribute("aria-pressed", "true")
        faded = page.locator("a.point.faded").count()
        assert 0 < faded < 12
        entry.click()
        expect(page.locator("a.point.faded")).to_have_count(0)


def test_the_status_counts_what_there_is(library: Served, look: Look) -> None:
    with look(library, "#view=status") as page:
        expect(page.locator(".tiles")).to_contain_text("16")
        expect(page.get_by_role("row", name="Films")).to_contain_text("3")
        expect(page.locator("#status-view")).to_contain_text("Nothing waits, and nothing has failed.")


class _Choosy(OpenAIServer):
    """Refuses texts about one thing, as long as it is told to."""

    refuses = True

    def answer(self, received: Received) -> Answer:
        texts: list[str] = received.body.get("input") or []
        if self.refuses and any("turnip" in text for text in texts):
            return error_answer(400, "this text is not taken")
        return super().answer(received)


def test_what_failed_is_told_and_tried_again(tmp_path: Path, look: Look) -> None:
    settings = {
        "SENSORIUM_EMBEDDER": "openai",
        "SENSORIUM_MODEL": "text-embedding-3-small",
        "SENSORIUM_DIMENSIONS": "512",
    }
    with serving(lambda base_url: _Choosy(f"{base_url}/v1", "key")) as service:
        key = {"OPENAI_API_KEY": "key", "OPENAI_BASE_URL": service.base_url}
        with served(tmp_path / "store", **settings, **key) as server:
            server.remember("a note on turnips")
            for _ in range(300):
                if server.get("/api/waiting")["failed"]:
                    break
                time.sleep(0.2)
            with look(server, "#view=status") as page:
                failed = page.locator("#status-view section", has=page.get_by_role("heading", name="Failed"))
                expect(failed).to_contain_text("a note on turnips")
                expect(failed).to_contain_text("not taken")
                service.refuses = False
                page.get_by_role("button", name="Try those again").click()
                expect(page.locator("#said")).to_have_text("They are tried again.")
                expect(page.locator("#status-view")).to_contain_text(
                    "Nothing waits, and nothing has failed.", timeout=60_000
                )
