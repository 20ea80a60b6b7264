"""Who is let in on the page, and what they are offered."""

from collections.abc import Generator
from pathlib import Path

import pytest
from browser.conftest import Look
from browser.serving import Served, sensorium, served
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Generator[Served]:  # noqa: ARG001  # skips
    """A server that asks for tokens; its client is alice."""
    home = tmp_path_factory.mktemp("guarded") / "store"
    token = sensorium(home, "token", "add", "alice").strip()
    with served(home, token=token) as server:
        server.remember("alice keeps a hedgehog", files={})
        yield server


def _logged_in(page: Page, token: str) -> None:
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Log in").click()


def test_without_a_token_nothing_is_shown_and_a_wrong_one_says_so(guarded: Served, look: Look) -> None:
    with look(guarded) as page:
        expect(page.get_by_label("Token")).to_be_focused()
        expect(page.locator("#app")).to_be_hidden()
        _logged_in(page, "sens_wrong")
        expect(page.locator("#login-error")).to_contain_text("not known")
        expect(page.locator("#app")).to_be_hidden()


def test_a_token_opens_the_memories_of_its_owner_until_they_log_out(guarded: Served, look: Look) -> None:
    with look(guarded, "#q=hedgehog") as page:
        _logged_in(page, guarded.token)
        expect(page.locator(".card")).to_contain_text("hedgehog")
        expect(page.locator("#owner")).to_have_text("alice")
        assert guarded.token not in page.content()
        assert page.evaluate("document.cookie + JSON.stringify(localStorage)") == "{}"
        page.reload()
        expect(page.locator(".card")).to_contain_text("hedgehog")
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("Token")).to_be_visible()
        assert "hedgehog" not in page.content()
        page.reload()
        expect(page.get_by_label("Token")).to_be_visible()


def test_a_token_that_is_revoked_meanwhile_leads_back_to_the_login(guarded: Served, look: Look) -> None:
    token = guarded.run("token", "add", "bob").strip()
    with look(guarded) as page:
        _logged_in(page, token)
        expect(page.locator("#empty:visible")).to_contain_text("Nothing is remembered yet")
        guarded.run("token", "revoke", "bob")
        page.locator("#query").press_sequentially("anything")
        expect(page.locator("#login-why")).to_contain_text("no longer logged in")
        expect(page.locator("#app")).to_be_hidden()
        _logged_in(page, guarded.token)
        expect(page.locator("#owner")).to_have_text("alice")


def test_what_a_token_may_not_do_is_not_offered(guarded: Served, look: Look) -> None:
    token = guarded.run("token", "add", "alice", "--scope", "read").strip()
    with look(guarded, "#q=hedgehog") as page:
        _logged_in(page, token)
        expect(page.locator(".card")).to_contain_text("hedgehog")
        expect(page.get_by_role("button", name="Add")).to_be_hidden()
        page.click(".card .opens")
        expect(page.get_by_role("link", name="Find similar", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Forget …")).to_have_count(0)


def test_asking_too_often_is_told_with_the_wait(tmp_path: Path, look: Look) -> None:
    with served(tmp_path / "store", "--max-requests", "12") as server, look(server) as page:
        expect(page.locator("#empty:visible")).to_be_visible()
        for word in ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"):
            page.fill("#query", word)
            page.wait_for_timeout(300)
        expect(page.locator("#alert")).to_contain_text("Try again in")
        page.get_by_label("Dismiss").click()
        expect(page.locator("#alert")).to_be_hidden()
