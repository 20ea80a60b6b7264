"""The gallery that hosts show in a chat beside what `recall` answers: an MCP App, one document without outside parts.

It is made of the page's own modules, put into one: hosts show a single document, and let it ask for nothing.
"""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from mcp.server.apps import Apps

STATIC: Final = Path(__file__).with_name("static")
GALLERY_URI: Final = "ui://sensorium/gallery.html"
GALLERY_META: Final[dict[str, Any]] = {"ui": {"resourceUri": GALLERY_URI}}
"""What tells hosts that a tool's results are shown by the gallery. Source: MCP Apps, 2026-01-26."""
_STYLES = ("page.css", "cards.css", "gallery.css")
_MODULES = ("dom.js", "words.js", "cards.js", "bridge.js", "gallery.js")
"""Each after those that it uses."""
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./[a-z]+\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def gallery() -> Apps:
    """The extension that hosts read the gallery by."""
    apps = Apps()
    description = "What a recall brought back: pictures, players, pages and words, to be opened where they stand."
    apps.add_html_resource(
        GALLERY_URI, document(), name="gallery", title="Gallery", description=description, prefers_border=True
    )
    return apps


def document() -> str:
    """The gallery as one HTML document."""
    script = "".join(_EXPORT.sub("", _IMPORT.sub("", _read(name))) for name in _MODULES)
    parts = {"version": version("sensorium"), "styles": "".join(map(_read, _STYLES)), "script": script}
    return re.sub(r"\{(version|styles|script)\}", lambda found: parts[found[1]], _read("gallery.html"))


def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
