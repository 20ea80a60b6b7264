"""The installed server as a child process, spoken to in plain JSON-RPC lines, and what it cost.

A client library would add its own time; here only the server's is measured.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

ROOT = Path(__file__).parent.parent
LEGACY, MODERN = "2025-06-18", "2026-07-28"
Era = Literal["legacy", "auto"]
Message = dict[str, Any]

_CLIENT = {"name": "sensorium-benchmark", "version": "1"}
_MODERN_META: Message = {
    "_meta": {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": _CLIENT,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
}


class BenchmarkError(Exception):
    """The server did not answer as it must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What it took from spawn to the last answer.

    Attributes:
        wall_s: seconds on the clock.
        cpu_s: seconds of processor time in the child, user and system, all its threads.
    """

    wall_s: float
    cpu_s: float


@dataclass(slots=True)
class Child:
    """One server process. Kill it to learn its cost: nothing it does after its answer counts."""

    process: subprocess.Popen[bytes]
    started: float
    sent: int = field(default=0)

    def call(self, method: str, params: Message) -> Message:
        """Send a request and wait for its result.

        Raises:
            BenchmarkError: the server answered with an error, or ended.
        """
        self.sent += 1
        self._write({"jsonrpc": "2.0", "id": self.sent, "method": method, "params": params})
        for line in _pipe(self.process.stdout):
            answer: Message = json.loads(line)
            if answer.get("id") == self.sent:
                return _result(answer)
        raise BenchmarkError(f"the server ended before it answered {method!r}")

    def notify(self, method: str) -> None:
        """Send a notification."""
        self._write({"jsonrpc": "2.0", "method": method})

    def open(self, era: Era) -> Message:
        """Connect the way a client of this era does; returns the server's introduction."""
        if era == "auto":
            return self.call("server/discover", _MODERN_META)
        hello = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": _CLIENT}
        answer = self.call("initialize", hello)
        self.notify("notifications/initialized")
        return answer

    def tools(self, era: Era) -> list[Message]:
        """The tool definitions as they go over the wire."""
        return self.call("tools/list", _MODERN_META if era == "auto" else {})["tools"]

    def use(self, tool: str, arguments: Message) -> Message:
        """Call a tool in the handshake era.

        Raises:
            BenchmarkError: the tool reported an error.
        """
        result = self.call("tools/call", {"name": tool, "arguments": arguments})
        if result.get("isError"):
            raise BenchmarkError(f"{tool} answered {result['content']}")
        return result

    def kill(self) -> Cost:
        """End the process at once, and say what it cost up to now. POSIX only."""
        wall_s = time.perf_counter() - self.started
        self.process.kill()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return Cost(wall_s=wall_s, cpu_s=usage.ru_utime + usage.ru_stime)

    def finish(self) -> None:
        """Close its input and wait until it has ended by itself."""
        _pipe(self.process.stdin).close()
        self.process.wait(timeout=60)

    def _write(self, message: Message) -> None:
        pipe = _pipe(self.process.stdin)
        pipe.write(json.dumps(message).encode() + b"\n")
        pipe.flush()


def spawn(home: Path, log: Path, *, trace_imports: bool = False) -> Child:
    """Start the installed command on the store in `home`, with no key in its environment.

    Args:
        home: the store.
        log: file for what the process writes to stderr.
        trace_imports: as `python -X importtime` does, write each import to stderr when it is done.

    Raises:
        BenchmarkError: the command is not installed beside this Python.
    """
    command = shutil.which("sensorium", path=str(Path(sys.executable).parent))
    if command is None:
        raise BenchmarkError("no `sensorium` command beside this Python: run `make bench-start`")
    environment = {name: os.environ[name] for name in ("HOME", "PATH", "USER") if name in os.environ}
    environment |= {"SENSORIUM_HOME": str(home)}
    environment |= {"PYTHONPROFILEIMPORTTIME": "1"} if trace_imports else {}
    with log.open("wb") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            [command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, cwd=ROOT, env=environment
        )
    return Child(process, started)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise BenchmarkError("the process has no pipes")
    return pipe


def _result(answer: Message) -> Message:
    if "error" in answer:
        raise BenchmarkError(f"the server answered {answer['error']}")
    return answer["result"]
