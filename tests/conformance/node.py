"""The official suite and the Inspector, as npm has them."""

from node import Packages

_SUITE = Packages(
    "conformance", ("@modelcontextprotocol/conformance@0.2.0-alpha.12", "@modelcontextprotocol/inspector@2.12.0")
)
_MODULES = _SUITE.modules / "@modelcontextprotocol"
FOLDER = _SUITE.folder
SUITE = (_SUITE.node, _MODULES / "conformance" / "dist" / "index.js")
INSPECTOR = (_SUITE.node, _MODULES / "inspector" / "clients" / "launcher" / "build" / "index.js", "--cli")
install = _SUITE.install
