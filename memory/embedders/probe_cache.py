"""Which engines have worked here before, so that no child process is started to ask again."""

import hashlib
import json
import platform
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast


class ProbeCache:
    """Names of engines that worked, each under a key, in a small JSON file.

    Only successes are kept. A file that is absent, unreadable or of another form counts as
    empty; one that cannot be written costs a probe at the next start, nothing else.

    Args:
        path: the file, or None to remember nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def knows(self, name: str, key: str) -> bool:
        """Whether the engine `name` worked under exactly this `key`."""
        return self._read().get(name) == key

    def add(self, name: str, key: str) -> None:
        """Keep that the engine `name` worked under `key`; other engines' entries stay."""
        if self._path is None:
            return
        text = json.dumps(self._read() | {name: key}, indent=1)
        try:
            _write(self._path, text)
        except OSError:
            # A read-only disk must not keep a working engine from being used.
            return

    def _read(self) -> dict[str, Any]:
        if self._path is None:
            return {}
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
        file.write(text)
    written = Path(file.name)
    try:
        written.replace(path)
    finally:
        written.unlink(missing_ok=True)


def key_of(distributions: tuple[str, ...], weights: Path) -> str:
    """Return what a success depends on, as one short text.

    It changes with the version of any of `distributions`, the weights file (place, size and time
    of change), the platform and the processor's abilities: a home directory may be shared by
    unlike machines.
    """
    stat = weights.stat()
    facts = [_version(name) for name in distributions]
    facts += [str(weights), str(stat.st_size), str(stat.st_mtime_ns)]
    facts += [platform.platform(), platform.machine(), platform.python_version(), _processor()]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _version(distribution: str) -> str:
    try:
        return f"{distribution} {version(distribution)}"
    except PackageNotFoundError:
        return f"{distribution} absent"


def _processor() -> str:
    """The processor's name and, on Linux, its instruction sets."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    said = ("model name", "flags", "Features", "CPU part")
    return "\n".join(sorted({line for line in lines if line.startswith(said)}))
