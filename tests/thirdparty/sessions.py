"""The clients at work, each as a process, on servers of their own or on one that they share."""

import base64
import json
import os
import re
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import IO, Any, Literal

from browser.serving import COMMAND, Served, sensorium, served
from thirdparty.clients import ThirdParty
from thirdparty.driving import Answer

Transport = Literal["stdio", "http"]
TRANSPORTS: tuple[Transport, ...] = ("stdio", "http")
_HANGS_AFTER_S = 120


class EndedError(Exception):
    """The client ended by itself, and this is what it wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A client that is connected to a server with a memory of its own.

    Attributes:
        folder: whose files a server on stdio may read: the home directory of its user.
        server: the one that listens; none on stdio, where the client starts it.
    """

    client: ThirdParty
    folder: Path
    process: subprocess.Popen[str] = field(repr=False)
    server: Served | None

    def offered(self) -> dict[str, tuple[str, list[str]]]:
        """The tools as the caller sees them: their descriptions and the names of their arguments."""
        return self._ask()

    def call(self, tool: str, **arguments: Any) -> Answer:
        """What the caller gets from a tool."""
        said = self._ask(tool=tool, arguments=arguments)
        return _answer(said)

    def calls(self, *calls: dict[str, Any]) -> list[Answer]:
        """The same for several calls that are made at once, each a dictionary of `tool` and `arguments`."""
        return [_answer(said) for said in self._ask(calls=calls)]

    def read(self, uri: str) -> Answer:
        """What the caller gets of a resource."""
        return _answer(self._ask(uri=uri))

    def give(self, name: str, data: bytes) -> str:
        """A file as `remember` takes it: its path, or over HTTP the ticket of an upload."""
        if self.server:
            return self.server.upload(data, name)
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    def log(self) -> str:
        """What the client wrote by now, and on stdio its server."""
        return _log(self.folder).read_text()

    def _ask(self, **asked: Any) -> Any:
        stdin, stdout = _pipes(self.process)
        timer = Timer(_HANGS_AFTER_S, self.process.kill)
        timer.start()
        try:
            stdin.write(f"{json.dumps(asked)}\n")
            stdin.flush()
            said = stdout.readline()
        except BrokenPipeError:
            said = ""
        finally:
            timer.cancel()
        if not said:
            raise EndedError(self.log())
        return json.loads(said)


@contextmanager
def connected(client: ThirdParty, transport: Transport, folder: Path) -> Generator[Session]:
    """A client at work on a memory of its own, which must end by itself when nothing more is asked of it."""
    if transport == "stdio":
        with over_stdio(client, folder / "store", folder) as session:
            yield session
        return
    with listening(folder / "store") as server, over_http(client, server, folder) as session:
        yield session


@contextmanager
def over_stdio(client: ThirdParty, home: Path, folder: Path, command: Path = COMMAND) -> Generator[Session]:
    """Likewise, on the memory in `home`, with a server that the client starts."""
    env = {"SENSORIUM_HOME": str(home), "SENSORIUM_EMBEDDER": "none"}
    with _running(client, folder, None, command=str(command), env=env) as session:
        yield session


@contextmanager
def over_http(client: ThirdParty, server: Served, folder: Path) -> Generator[Session]:
    """Likewise, on a server that listens, with its token."""
    headers = {"Authorization": f"Bearer {server.token}"}
    with _running(client, folder, server, url=f"{server.url}/mcp", headers=headers) as session:
        yield session


@contextmanager
def listening(home: Path) -> Generator[Served]:
    """A server over the memory in `home`, which asks for a token and knows one."""
    token = sensorium(home, "token", "add", "alice").strip()
    with served(home, token=token) as server:
        yield server


@contextmanager
def _running(client: ThirdParty, folder: Path, server: Served | None, **place: Any) -> Generator[Session]:
    with (
        _log(folder).open("w") as log,
        subprocess.Popen(
            [*client.command, json.dumps(place)],
            env={**_environment(folder), **client.variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            yield Session(client=client, folder=folder, process=process, server=server)
            _pipes(process)[0].close()
            assert process.wait(_HANGS_AFTER_S) == 0, _log(folder).read_text()
        finally:
            process.kill()


def _environment(folder: Path) -> dict[str, str]:
    """No keys and settings of whoever runs this, and a home of its own."""
    foreign = ("SENSORIUM_", "XDG_", "LANGSMITH_", "LANGCHAIN_", "OTEL_", "SSL_CERT_FILE")
    kept = {name: value for name, value in os.environ.items() if "API_KEY" not in name}
    return {**{name: kept[name] for name in kept if not name.startswith(foreign)}, "HOME": str(folder)}


def _answer(said: dict[str, Any]) -> Answer:
    return Answer(
        text=said["text"],
        images=tuple(said.get("images", ())),
        sounds=tuple(said.get("sounds", ())),
        facts=said.get("facts"),
        error=said.get("error", ""),
    )


def _log(folder: Path) -> Path:
    return folder / "client.log"


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def code_in(proposal: Answer) -> str:
    """The code by which a forget that was proposed is confirmed."""
    [code] = set(re.findall(r'confirm"?[=:] ?"?([\w-]+)', proposal.text))
    return code


def data_uri(data: bytes, media_type: str) -> str:
    """A file within an argument."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
