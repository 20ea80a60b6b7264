"""The server over HTTP: which hosts it answers, and what it says about itself."""

import os
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio
import httpx2
import pytest
from mcp.client.client import Client

from memory.errors import ConfigurationError
from server.warming import Backend
from server.web.access import Access
from server.web.app import Site, build_http_app
from server.web.pace import Pace
from server.web.signing import Links, Sessions

COMMAND = Path(sys.executable).with_name("sensorium")
HOSTS = ("127.0.0.1", "localhost", "[::1]")


def _environment(home: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "API_KEY" not in name}
    return {**kept, "SENSORIUM_HOME": str(home), **settings}


@contextmanager
def _http_server(home: Path, *options: str, said: list[str] | None = None, **settings: str) -> Generator[str]:
    """The address of a real server; when it has ended, `said` holds its stderr."""
    command = [COMMAND, "serve", "--http", "--port", "0", *options]
    lines = [] if said is None else said
    with subprocess.Popen(command, env=_environment(home, **settings), stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                lines.append(line)
                if "running on" in line:
                    yield next(word for word in line.split() if word.startswith("http://"))
                    break
            else:
                pytest.fail("the server ended before it listened: " + "".join(lines))
        finally:
            process.terminate()
            lines += (process.communicate(timeout=30)[1] or "").splitlines(keepends=True)


def _run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments],
        env=_environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _binds(host: str) -> bool:
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True


@asynccontextmanager
async def _never_opened() -> AsyncGenerator[Backend]:
    raise ConfigurationError("nothing is opened here")
    yield


async def _statuses(host: str, *, hosts: tuple[str, ...] = HOSTS, **headers: str) -> list[int]:
    """What `/healthz`, `/mcp` and a route that is not there answer to a request for `host`."""
    access = Access(tokens=None, issuer=None, sessions=Sessions(b"key"), pace=Pace(None))
    app = build_http_app(_never_opened, Site(hosts=hosts, access=access, links=Links(b"key")))
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1") as web,
    ):
        sent = {"host": host, "accept": "application/json, text/event-stream", **headers}
        listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        return [
            (await web.get("/healthz", headers=sent)).status_code,
            (await web.post("/mcp", json=listing, headers=sent)).status_code,
            (await web.get("/nowhere", headers=sent)).status_code,
        ]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:1", "[::1]", "[::1]:8000"])
async def test_its_own_names_are_answered_on_every_route(host: str) -> None:
    assert await _statuses(host) == [200, 200, 404]


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example:80", "[::2]:8000", ""],
)
async def test_other_hosts_are_refused_on_every_route(host: str) -> None:
    assert await _statuses(host) == [421, 421, 421]


async def test_pages_of_other_origins_are_refused_on_every_route() -> None:
    assert await _statuses("127.0.0.1:8000", origin="https://evil.example") == [403, 403, 403]
    assert await _statuses("[::1]:8000", origin="http://[::1]:8000") == [200, 200, 404]


async def test_without_a_list_of_hosts_every_host_is_answered() -> None:
    assert await _statuses("memory.example:80", hosts=()) == [200, 200, 404]


@pytest.mark.parametrize("host", ["127.0.0.2", "::1"])
async def test_it_answers_at_whatever_address_of_this_machine_it_listens_on(tmp_path: Path, host: str) -> None:
    if not _binds(host):
        pytest.skip(f"this machine has no {host}")
    with anyio.fail_after(120), _http_server(tmp_path / "store", "--host", host) as url:
        assert host in url
        async with httpx2.AsyncClient() as web:
            assert (await web.get(f"{url}/healthz")).json() == {"status": "ok"}
        async with Client(f"{url}/mcp") as client:
            assert len((await client.list_tools()).tools) == 3


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_over_http_it_serves_both_eras_and_reads_no_files_of_its_machine(tmp_path: Path, mode: str) -> None:
    with anyio.fail_after(120), _http_server(tmp_path / "store") as url:
        async with Client(f"{url}/mcp", mode=mode) as client:
            done = await client.call_tool("remember", {"text": f"over http, {mode}"})
            assert not done.is_error
            found = await client.call_tool("recall", {"query": f"over http {mode}"})
            assert f"over http, {mode}" in str(found.content)
            refused = await client.call_tool("remember", {"files": ["/etc/hostname"]})
            assert refused.is_error
            assert "data:" in str(refused.content)


@pytest.mark.parametrize(("level", "is_chatty"), [("ERROR", False), ("INFO", True)])
async def test_the_address_is_said_once_at_every_log_level_which_uvicorn_keeps_to(
    tmp_path: Path, level: str, *, is_chatty: bool
) -> None:
    said: list[str] = []
    with _http_server(tmp_path / "store", said=said, SENSORIUM_LOG_LEVEL=level) as url:
        async with httpx2.AsyncClient() as web:
            assert (await web.get(f"{url}/healthz")).status_code == 200
    assert sum("running on" in line for line in said) == 1
    assert any("Application startup complete" in line for line in said) is is_chatty


def test_a_wider_bind_without_authentication_is_refused(tmp_path: Path) -> None:
    done = _run(tmp_path / "store", "serve", "--http", "--host", "0.0.0.0")  # noqa: S104  # what must be refused
    assert done.returncode == 1
    assert "--insecure" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("options", [["--host", "127.0.0.1"], ["--port", "8000"], ["--insecure"]])
def test_options_of_http_are_refused_where_http_is_not_asked_for(tmp_path: Path, options: list[str]) -> None:
    done = _run(tmp_path / "store", "serve", *options)
    assert done.returncode == 1
    assert f"{options[0]} without --http has no effect" in done.stderr
