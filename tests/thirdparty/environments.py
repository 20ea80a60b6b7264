"""Virtual environments for clients whose packages do not go with ours, in folders that git ignores; made once."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Environment:
    """The packages of one `requirements-….txt` beside this file.

    Attributes:
        name: of that file, and of the folder.
    """

    name: str

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self._folder / "bin" / "python"

    def install(self) -> None:
        """See that the pinned versions are there.

        Raises:
            subprocess.CalledProcessError: they cannot be had.
        """
        requirements = Path(__file__).with_name(f"requirements-{self.name}.txt")
        installed = self._folder / "installed.txt"
        if installed.is_file() and installed.read_text() == requirements.read_text():
            return
        subprocess.run([sys.executable, "-m", "venv", "--clear", self._folder], check=True)
        (self._folder / ".gitignore").write_text("*\n")
        subprocess.run([self.python, "-m", "pip", "install", "--quiet", "--requirement", requirements], check=True)
        installed.write_text(requirements.read_text())

    @property
    def _folder(self) -> Path:
        return Path(__file__).parents[2] / ".cache" / "clients" / self.name
