"""A real server for a browser to look at, and what a test puts into it: by MCP over HTTP, as clients do."""

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

COMMAND = Path(sys.executable).with_name("sensorium")
_HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A server that listens.

    Attributes:
        url: its address, without a path.
        home: the folder of its store.
        token: what this client shows; empty where nobody asks.
    """

    url: str
    home: Path
    token: str = ""

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a tool answers, as facts."""
        result = self.rpc("tools/call", {"name": tool, "arguments": arguments})
        assert not result.get("isError"), result["content"]
        return result["structuredContent"]

    def rpc(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The result of one MCP request."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return self._ask("POST", "/mcp", json=body, headers=_HEADERS).json()["result"]

    def upload(self, data: bytes, name: str) -> str:
        """The ticket of a file that was sent ahead."""
        return self._ask("POST", "/upload", content=data, params={"name": name}).json()["upload"]

    def remember(self, text: str = "", *, files: dict[str, bytes] | None = None, **arguments: Any) -> str:
        """The id of what was remembered; files by name."""
        tickets = [self.upload(data, name) for name, data in (files or {}).items()]
        return self.call("remember", text=text, files=tickets, **arguments)["id"]

    def found(self, query: str = "", **arguments: Any) -> list[str]:
        """The ids that a recall finds."""
        return [hit["id"] for hit in self.call("recall", query=query, **arguments, media="none")["hits"]]

    def get(self, path: str) -> Any:
        """What a path answers, from JSON."""
        return self._ask("GET", path).json()

    def run(self, *arguments: str) -> str:
        """What a `sensorium` command prints about the same store."""
        return sensorium(self.home, *arguments)

    def _ask(self, method: str, path: str, **given: Any) -> httpx2.Response:
        shown = {"authorization": f"Bearer {self.token}"} if self.token else {}
        headers = {**given.pop("headers", {}), **shown}
        return httpx2.request(method, f"{self.url}{path}", headers=headers, timeout=120, **given).raise_for_status()


def environment(home: Path, **settings: str) -> dict[str, str]:
    """What a server of a test sees; by default it searches by words, and asks nobody."""
    kept = {name: value for name, value in os.environ.items() if "API_KEY" not in name}
    return {**kept, "SENSORIUM_HOME": str(home), "SENSORIUM_EMBEDDER": "none", **settings}


def sensorium(home: Path, *arguments: str) -> str:
    """What a `sensorium` command prints."""
    command = [COMMAND, *arguments]
    return subprocess.run(
        command, env=environment(home), capture_output=True, text=True, timeout=120, check=True
    ).stdout


@contextmanager
def served(home: Path, *options: str, token: str = "", **settings: str) -> Generator[Served]:
    """A server over the store in a folder, on a port of its own."""
    command = [COMMAND, "serve", "--http", "--port", "0", *options]
    log = home.with_suffix(".log")
    with (
        log.open("w") as written,
        subprocess.Popen(command, env=environment(home, **settings), stderr=subprocess.PIPE, text=True) as process,
    ):
        try:
            assert process.stderr is not None
            for line in process.stderr:
                written.write(line)
                if "running on" in line:
                    url = next(word for word in line.split() if word.startswith("http://"))
                    yield Served(url=url, home=home, token=token)
                    break
            else:
                pytest.fail("the server ended before it listened: " + log.read_text())
        finally:
            process.terminate()
            process.communicate(timeout=30)
