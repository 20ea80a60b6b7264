"""A chat that shows the gallery: the official bridge of MCP Apps, a sandboxed frame, the policy that hosts must set."""

import os
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from browser.looking import Watch
from browser.serving import Served
from node import Packages
from playwright.sync_api import Browser, FrameLocator, Page, ViewportSize

from server.gallery import GALLERY_URI

ALL: Final[Mapping[str, Any]] = {"serverTools": {}, "serverResources": {}}
"""What a host can do that lets an app ask the server."""
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "media-src 'self' data:; connect-src 'none'"
)
"""Source: MCP Apps, 2026-01-26: what a host must use where an app names no addresses."""
_PACKAGES = Packages(
    "gallery",
    (
        "@modelcontextprotocol/ext-apps@2.0.4",
        "@modelcontextprotocol/client@2.4.0",
        "@modelcontextprotocol/core@2.4.0",
        "zod@4.6.7",
        "esbuild@0.28.2",
    ),
)
_SIZE: ViewportSize = {"width": 760, "height": 900}


def built() -> str:
    """The host's script with the packages it needs, from npm.

    Raises:
        subprocess.CalledProcessError: the packages cannot be had.
    """
    _PACKAGES.install()
    script = _PACKAGES.folder / "host.js"
    build = (_PACKAGES.node, _PACKAGES.modules / "esbuild" / "bin" / "esbuild", Path(__file__).with_name("host.js"))
    options = ("--bundle", "--format=iife", "--log-level=error", f"--outfile={script}")
    subprocess.run([*build, *options], env={**os.environ, "NODE_PATH": str(_PACKAGES.modules)}, check=True)
    return script.read_text(encoding="utf-8")


@contextmanager
def hosted(
    browser: Browser,
    script: str,
    served: Served,
    *,
    can: Mapping[str, Any] = ALL,
    theme: Literal["light", "dark"] = "light",
    **arguments: Any,
) -> Generator[tuple[Page, FrameLocator]]:
    """A chat after a recall with these arguments, and the gallery in it; at the end nothing untoward has happened."""
    with browser.new_context(viewport=_SIZE, reduced_motion="reduce", locale="en-GB") as context:
        context.set_default_timeout(20_000)
        page, watch = context.new_page(), Watch("about:blank")
        watch.begin(page)
        page.expose_function("forward", partial(Served.rpc, served))  # pyright: ignore[reportUnknownMemberType]  # typed in part
        page.add_script_tag(content=script)
        [document] = served.rpc("resources/read", {"uri": GALLERY_URI})["contents"]
        policy = f'<head><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        html = document["text"].replace("<head>", policy)
        page.evaluate("([html, can, context]) => showApp(html, can, context)", [html, dict(can), {"theme": theme}])
        result = served.rpc("tools/call", {"name": "recall", "arguments": arguments})
        page.evaluate(
            """([input, result]) => {
                bridge.sendToolInput({ arguments: input });
                bridge.sendToolResult(result);
            }""",
            [arguments, result],
        )
        yield page, page.frame_locator("iframe")
        watch.check()
