"""A browser that looks at the page, and what it must never see there."""

import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from browser.serving import Served
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, ViewportSize, expect

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--disable-quic", "--use-fake-device-for-media-stream"),
)
"""For a browser that may run as root, asks nobody for anything, and hears a beep where it may listen."""
expect.set_options(timeout=20_000)  # a server that has just begun opens its store first
WIDE: ViewportSize = {"width": 1280, "height": 860}
_REFUSED_FILES = re.compile(r"Failed to load resource: the server responded with a status of (4\d\d|503)")


def chromium() -> str | None:
    """Where the browser lies; None where there is none."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass  # not slotted: Playwright keeps attributes of its own on what listens
class Watch:
    """What happened on a page that a person would not see.

    Attributes:
        allowed: the only address that anything may be asked of.
    """

    allowed: str
    outside: list[str] = field(default_factory=list[str])
    errors: list[str] = field(default_factory=list[str])
    dialogs: list[str] = field(default_factory=list[str])

    def begin(self, page: Page) -> None:
        """Watch a page from now on."""
        page.on("request", self._requested)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", self._asked)

    def check(self) -> None:
        """See that nothing ran that was not ours, nothing was asked of others, and no policy was broken."""
        assert (self.errors, self.outside, self.dialogs) == ([], [], [])

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((f"{self.allowed}/", f"blob:{self.allowed}/", "data:")):
            self.outside.append(request.url)

    def _asked(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _REFUSED_FILES.search(message.text):
            self.errors.append(message.text)


@contextmanager
def looking(
    browser: Browser,
    served: Served,
    fragment: str = "",
    *,
    theme: Literal["light", "dark"] = "light",
    viewport: ViewportSize = WIDE,
    microphone: bool = False,
    zone: str | None = None,
) -> Generator[Page]:
    """The page of a server in a browser of its own; at the end nothing untoward has happened on it."""
    permissions = ["microphone"] if microphone else []
    with browser.new_context(
        color_scheme=theme,
        viewport=viewport,
        permissions=permissions,
        locale="en-GB",
        timezone_id=zone,
        reduced_motion="reduce",
    ) as context:
        context.set_default_timeout(20_000)
        page, watch = context.new_page(), Watch(served.url)
        watch.begin(page)
        page.goto(f"{served.url}/{fragment}")
        yield page
        watch.check()


def until(page: Page, expression: str) -> None:
    """Wait until something holds: Playwright's own way to do so evaluates strings on the page, which may not."""
    for _ in range(200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"it never held: {expression}")


def dropped(page: Page, target: str, name: str, mime: str, data: bytes) -> None:
    """Drag a file onto the page, and drop it on a place of it."""
    transfer = page.evaluate_handle(
        """([name, type, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
            return transfer;
        }""",
        [name, mime, list(data)],
    )
    page.dispatch_event("body", "dragenter", {"dataTransfer": transfer})
    page.dispatch_event(target, "dragover", {"dataTransfer": transfer})
    page.dispatch_event(target, "drop", {"dataTransfer": transfer})


def pasted(page: Page, name: str, mime: str, data: bytes) -> None:
    """Paste a file where the focus is."""
    page.evaluate(
        """([name, type, bytes]) => {
            const clipboardData = new DataTransfer();
            clipboardData.items.add(new File([new Uint8Array(bytes)], name, { type }));
            const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(event);
        }""",
        [name, mime, list(data)],
    )


def file(name: str, mime: str, data: bytes) -> Any:
    """A file as `set_input_files` takes it."""
    return {"name": name, "mimeType": mime, "buffer": data}
