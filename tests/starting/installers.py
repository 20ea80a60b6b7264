"""The installers that the documents name, pip, pipx and uv, each in an empty place of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TOOLS = ("pipx==1.18.4", "uv==0.13.9")


@dataclass(frozen=True, slots=True)
class Installers:
    """pip, pipx and uv, which install into `place` and see nothing of this environment."""

    place: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """A home of its own, no keys, no settings; the caches stay, as downloads are not what is tested."""
        foreign = ("SENSORIUM_", "XDG_", "PIPX_", "VIRTUAL_ENV", "PYTHON", "SSL_CERT_FILE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign) and "KEY" not in name}
        return {
            **kept,
            "HOME": str(self.place),
            "PIP_CACHE_DIR": str(_cache("pip")),
            "UV_CACHE_DIR": str(_cache("uv")),
            "PIPX_HOME": str(self.place / "pipx"),
            "PIPX_BIN_DIR": str(self.place / "bin"),
            "UV_TOOL_DIR": str(self.place / "uv"),
            "UV_TOOL_BIN_DIR": str(self.place / "bin"),
        }

    def pip(self, wheel: Path) -> Sequence[str]:
        """`pip install`, into a new environment; the command that serves."""
        self.run(sys.executable, "-m", "venv", str(self.place / "venv"))
        self.run(str(self.place / "venv/bin/pip"), "install", "--quiet", str(wheel))
        return [str(self.place / "venv/bin/sensorium")]

    def pipx_install(self, wheel: Path) -> Sequence[str]:
        """`pipx install`."""
        self.run(_tool("pipx"), "install", "--python", sys.executable, str(wheel))
        return [str(self.place / "bin/sensorium")]

    def pipx_run(self, wheel: Path) -> Sequence[str]:
        """`pipx run`, which installs into a cache."""
        return [_tool("pipx"), "run", "--python", sys.executable, "--spec", str(wheel), "sensorium"]

    def uv_tool_install(self, wheel: Path) -> Sequence[str]:
        """`uv tool install`."""
        self.run(_tool("uv"), "tool", "install", "--quiet", "--python", sys.executable, str(wheel))
        return [str(self.place / "bin/sensorium")]

    def uvx(self, wheel: Path) -> Sequence[str]:
        """`uvx`, which installs into a cache."""
        return [_tool("uvx"), "--quiet", "--python", sys.executable, "--from", str(wheel), "sensorium"]

    def uv_run(self, manifest_arguments: Sequence[str]) -> Sequence[str]:
        """`uv` with the arguments of a bundle's manifest, as hosts start it."""
        return [_tool("uv"), *manifest_arguments]

    def run(self, *command: str, cwd: Path | None = None) -> None:
        """Run a command, which must succeed."""
        done = subprocess.run(
            command, cwd=cwd or self.place, env=self.environment, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _cache(name: str) -> Path:
    return Path(__file__).parents[2] / ".cache" / "starting" / name


def _tool(name: str) -> str:
    """A program of pipx or uv at the pinned version, installed once into a folder that git ignores."""
    folder = _cache("tools")
    installed = folder / "installed.txt"
    if not installed.is_file() or installed.read_text() != "\n".join(_TOOLS):
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        folder.parent.joinpath(".gitignore").write_text("*\n")
        subprocess.run([folder / "bin/pip", "install", "--quiet", *_TOOLS], check=True)
        installed.write_text("\n".join(_TOOLS))
    return str(folder / "bin" / name)
