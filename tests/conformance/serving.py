"""Servers to test: real processes on this machine, each with a memory of its own."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

PRODUCT = (Path(sys.executable).with_name("sensorium"), "serve", "--http", "--port", "0")
WITH_FIXTURES = (sys.executable, "-m", "conformance.fixtures")
_START_S = 60


@contextmanager
def serving(command: Sequence[str | Path], log: Path) -> Generator[str]:
    """Where the server answers; what it writes to stderr goes to `log`.

    Raises:
        RuntimeError: it does not come up.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, log.open("w") as stderr:
        process = subprocess.Popen(command, env=_environment(home), stdin=subprocess.DEVNULL, stderr=stderr)
        try:
            yield f"{_address(process, log)}/mcp"
        finally:
            process.terminate()
            process.wait(30)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(_START_S * 10):
        said = log.read_text()
        if "running on" in said and said.endswith("\n"):
            return next(word for word in said.split() if word.startswith("http://"))
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"the server does not come up: {log.read_text()}")


def _environment(home: str) -> dict[str, str]:
    """No settings and no keys of whoever runs this: an empty memory, with the offline embedder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SENSORIUM_")}
    tests = str(Path(__file__).parents[1])
    return {**kept, "SENSORIUM_HOME": home, "SENSORIUM_EMBEDDER": "local", "PYTHONPATH": tests}
