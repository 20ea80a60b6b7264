"""What was remembered may be made to harm whoever looks at it: it is shown, and nothing of it runs."""

import pytest
from browser.conftest import Look
from browser.serving import Served
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

_AWAY = "https://attacker.example/"
SCRIPTS = [
    f"<script>window.ran = 1; fetch('{_AWAY}')</script>",
    f"<img src=x onerror=\"window.ran=1\"><img src='{_AWAY}pixel.png'>",
    "<svg onload='window.ran=1'><animate onbegin='window.ran=1' attributeName=x dur=1s></svg>",
    "</pre></dialog><iframe srcdoc='<script>parent.ran=1</script>'></iframe>",
    "<a href='javascript:window.ran=1' autofocus onfocus='window.ran=1'>here</a>",
    f"<link rel=stylesheet href='{_AWAY}x.css'><style>@import '{_AWAY}y.css'; body {{ display: none }}</style>",
    "javascript:window.ran=1",
    "\u202egnp.exe {{constructor.constructor('window.ran=1')()}} ${window.ran=1}",
]
SVG = (
    "<svg xmlns='http://www.w3.org/2000/svg' onload='window.ran=1'>"
    f"<script>window.ran=1</script><image href='{_AWAY}'/></svg>"
)
HTML = f"<html><body onload='window.ran=1'><script>window.ran=1</script><img src='{_AWAY}'>basilisk page</body></html>"


@pytest.fixture(scope="module")
def hostile(desk: Served) -> list[str]:
    ids = [
        desk.remember(
            f"basilisk {number} {script}",
            title=script[:200],
            tags=["basilisk", script[:60].replace(",", ";")],
            session=script[:60],
            metadata={"key": script},
        )
        for number, script in enumerate(SCRIPTS)
    ]
    return [
        *ids,
        desk.remember("basilisk drawn", files={"<img src=x onerror=alert(1)>.svg": SVG.encode()}, tags=["basilisk"]),
        desk.remember("basilisk page", files={"<script>alert(1)</script>.html": HTML.encode()}, tags=["basilisk"]),
    ]


def _nothing_ran(page: Page) -> None:
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    assert page.locator("iframe, object, embed, main script, dialog script, main style, dialog style").count() == 0
    assert page.locator("a[href^='javascript:' i]").count() == 0


def test_hostile_notes_are_shown_as_what_they_say(desk: Served, hostile: list[str], look: Look) -> None:
    with look(desk, "#tags=basilisk") as page:
        expect(page.locator(".card")).to_have_count(len(hostile))
        _nothing_ran(page)
        expect(page.locator("#results")).to_contain_text("<script>window.ran = 1;")
        page.fill("#query", SCRIPTS[0])
        expect(page.locator(".card").first).to_be_visible()
        _nothing_ran(page)


def test_hostile_memories_are_opened_and_nothing_of_them_runs(desk: Served, hostile: list[str], look: Look) -> None:
    with look(desk) as page:
        for id_ in hostile:
            page.evaluate("id => { location.hash = `open=${id}`; }", id_)
            expect(page.locator("#memory dl code")).to_have_text(id_)
            _nothing_ran(page)


@pytest.mark.parametrize("view", ["map", "status"])
def test_hostile_notes_do_nothing_on_other_views(desk: Served, hostile: list[str], look: Look, view: str) -> None:
    assert hostile
    with look(desk, f"#view={view}&tags=basilisk") as page:
        expect(page.locator(f"#{view}-view > *").nth(1)).to_be_visible()
        _nothing_ran(page)


def test_a_hostile_address_does_nothing(desk: Served, look: Look) -> None:
    with look(
        desk, "#view=%3Cscript%3E&like=%3Cimg%20onerror%3D1%3E&likeName=%3Cimg%20src%3Dx%3E&since=%22%3E"
    ) as page:
        expect(page.locator(".chips")).to_contain_text("<img src=x>")
        expect(page.locator("#alert")).to_be_visible()
        _nothing_ran(page)


def test_files_that_a_browser_could_run_are_only_downloaded(desk: Served, hostile: list[str], look: Look) -> None:
    with look(desk) as page:
        for id_ in hostile[-2:]:
            answer = page.request.get(f"{desk.url}/media/{id_}/1")
            assert answer.headers["content-type"].split(";")[0] in ("text/plain", "application/octet-stream")
            assert "sandbox" in answer.headers["content-security-policy"]


def test_sources_are_links_only_where_they_are_https(look: Look, library: Served) -> None:
    with look(library) as page:
        told = page.evaluate(
            """async () => {
                const { source } = await import("/static/words.js");
                return ["https://a.example/x", "http://a.example", "javascript:alert(1)", "https://", " https://a.example",
                    "HTTPS://a.example", "upload"].map((text) => source(text).outerHTML);
            }"""
        )
        assert [one.startswith("<a ") for one in told] == [True, *[False] * 6]
        assert 'rel="noopener noreferrer"' in told[0]
