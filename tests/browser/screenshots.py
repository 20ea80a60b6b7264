"""The pictures of the page in `examples/page`, of things made up for them: `make screenshots`."""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from browser.hosting import built, hosted
from browser.looking import FLAGS, WIDE, chromium, looking
from browser.serving import Served, served
from media.drawing import ASSETS
from media.filming import film
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

TARGET = ASSETS.parent / "page"
MAX_BYTES = 250_000
NARROW: ViewportSize = {"width": 390, "height": 800}
NOTES: dict[str, tuple[str, ...]] = {
    "pottery": (
        "Glaze test 12: celadon over iron slip, fired to 1240 degrees, held for twenty minutes.",
        "The kiln's lower shelf runs twenty degrees cold; put the tall vases on top.",
        "Bisque firing: one hundred degrees an hour up to six hundred, then as fast as the kiln goes.",
        "Ask Tomas for the wood ash glaze recipe before the next firing.",
        "Clay from the river bank cracks unless a fifth of it is sand.",
    ),
    "garden": (
        "The quince under the south wall needs half the water that the pear does.",
        "Sow broad beans in February, under fleece; slugs took every one of the April row.",
        "The compost heap reached sixty degrees after the lawn was mowed.",
        "Prune the pear in January, never the plum: silver leaf.",
        "Tomatoes in the greenhouse: pinch the side shoots out each Sunday.",
    ),
    "deployment": (
        "The rollout of ledger-api stops when replicas fail their health check twice.",
        "Deploy on Tuesdays: the on-call engineer for ledger-api is in the office then.",
        "Rolling back the deployment takes four minutes; the migration has to go back first.",
        "The health check times out since the connection pool was halved.",
        "Decision: canary replicas get five percent of the traffic for an hour before a rollout.",
    ),
    "hiking": (
        "The hut above the lake opens in June; bring cash, there is no network.",
        "From the jetty to the ridge it is three hours, two of them in the shade in the morning.",
        "The ridge path is closed after heavy rain: the bridge below the hut washes out.",
        "New boots: wear them on the lake path before the ridge.",
        "Sunset from the jetty on 6 September, the peaks mirrored in the lake.",
    ),
}


def main() -> None:
    """Fill a store, look at it, and keep what is seen."""
    path = chromium()
    if path is None:
        sys.exit("there is no Chromium here: apt-get install chromium, or say CHROMIUM=where it lies")
    TARGET.mkdir(exist_ok=True)
    with (
        TemporaryDirectory() as folder,
        served(Path(folder, "store"), SENSORIUM_EMBEDDER="local") as server,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=FLAGS) as browser,
    ):
        _fill(server)
        _look(browser, server)


def _fill(server: Served) -> None:
    for number, (tag, notes) in enumerate(NOTES.items()):
        for day, note in enumerate(notes):
            when = f"2026-{9 + (day + number) % 3:02}-{1 + (7 * day + 5 * number) % 27:02}T09:00:00Z"
            server.remember(note, tags=[tag], when=when, namespace="home" if number % 2 else "studio")
    # Softened, as sharp firs are read as letters.
    photo = ImageOps.exif_transpose(Image.open(ASSETS / "photo-01.jpg")).filter(ImageFilter.GaussianBlur(2))
    for name, title, day, taken in (
        ("ridges.jpg", "The far ridges", 3, photo.crop((0, 150, 700, 520))),
        ("water.jpg", "Reflections in the lake", 9, photo.crop((500, 400, 1200, 800))),
        ("night.jpg", "After sunset", 12, _tinted(photo)),
    ):
        server.remember(files={name: _encoded(taken)}, title=title, tags=["hiking"], when=f"2026-11-{day:02}T18:00:00Z")
    server.remember(files={"walk.mp4": _walk(photo)}, title="A walk along the lake", tags=["hiking"], when="2026-11-14")
    for name, title, when in (
        ("photo-01.jpg", "The jetty at dusk", "2026-11-15T19:14:00Z"),
        ("shot-01.png", "Failed rollout of ledger-api", "2026-11-16T08:40:00Z"),
        ("voice-01.ogg", "Voice message from Anna", "2026-11-17T17:05:00Z"),
        ("source-01.py", "Token bucket", "2026-11-18T10:00:00Z"),
        ("paper-01.pdf", "Household insurance", "2026-11-19T09:30:00Z"),
    ):
        server.remember(files={name: (ASSETS / name).read_bytes()}, title=title, when=when)


def _tinted(photo: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(ImageOps.colorize(ImageOps.grayscale(photo), "#05070f", "#9db4e8")).enhance(0.8)


def _encoded(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    return file.getvalue()


def _walk(photo: Image.Image) -> bytes:
    """A film that pans over the photo, and then shows the way."""
    wide = [photo.crop((step * 4, 120, step * 4 + 640, 480)) for step in range(80)]
    sign = Image.new("RGB", (640, 360), "#24513a")
    ImageDraw.Draw(sign).text((60, 120), "Ridge path\nHut 3 h", fill="white", font_size=64)
    return film("mp4", [*wide, *[sign] * 40], fps=4)


def _look(browser: Browser, server: Served) -> None:
    def shoot(
        name: str,
        fragment: str,
        ready: str,
        act: Callable[[Page], object] = lambda page: page,
        *,
        theme: Literal["light", "dark"] = "light",
        viewport: ViewportSize = WIDE,
    ) -> None:
        with looking(browser, server, fragment, theme=theme, viewport=viewport) as page:
            page.locator(ready).first.wait_for()
            act(page)
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(1_500)
            _keep(name, page.screenshot())

    opened = "#memory .actions"
    shoot("search", "", ".card")
    shoot("found", "#q=the lake in the evening", ".card", theme="dark")
    shoot("film", "#q=ridge+path+hut+sign&modalities=video", ".card", lambda page: _opened(page, opened))
    shoot(
        "page", "#q=bicycles+stolen+outside+the+home&modalities=document", ".card", lambda page: _opened(page, opened)
    )
    shoot("map", "#view=map", "#map-view a.point", lambda page: page.locator("a.point").nth(3).focus(), theme="dark")
    shoot("status", "#view=status", ".tiles")
    shoot("narrow", "", ".card", viewport=NARROW)
    with hosted(browser, built(), server, query="the lake in the evening", limit=6) as (page, chat):
        chat.locator(".card img[src^='data:']").first.wait_for()
        page.wait_for_timeout(1_500)
        _keep("gallery", page.locator("iframe").screenshot())


def _opened(page: Page, ready: str) -> None:
    page.click(".card .opens >> nth=0")
    page.locator(ready).wait_for()


def _keep(name: str, shot: bytes) -> None:
    """The shot in as many colours as its size allows."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    for colours in (256, 128, 64):
        file = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        if len(file.getvalue()) < MAX_BYTES:
            break
    (TARGET / f"{name}.png").write_bytes(file.getvalue())


if __name__ == "__main__":
    main()
