"""Each documented start, from an empty directory: a server that a client can use. `make starts`; needs PyPI."""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import anyio
import httpx2
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from starting.image import ROOT, Dockerfile, Image
from starting.installers import Installers
from wheels import built_wheel

pytestmark = pytest.mark.starts
NOTE = "The spare key hangs behind the blue bicycle."
QUESTION = "where is the other key?"
WAIT_S = 600
"""For a start that downloads everything first."""

Start = Callable[[Installers, Path], Sequence[str]]
STARTS: dict[str, Start] = {
    "pip install": Installers.pip,
    "pipx install": Installers.pipx_install,
    "pipx run": Installers.pipx_run,
    "uv tool install": Installers.uv_tool_install,
    "uvx": Installers.uvx,
}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def installers(tmp_path: Path) -> Installers:
    place = tmp_path / "empty"
    place.mkdir()
    return Installers(place)


async def _used(client: Client, *, remembers: bool) -> None:
    listed = {tool.name for tool in (await client.list_tools()).tools}
    assert listed == {"remember", "recall", "forget"}
    if remembers:
        kept = await client.call_tool("remember", {"text": NOTE})
        assert not kept.is_error, kept.content
    found = await client.call_tool("recall", {"query": QUESTION, "media": "none"})
    assert found.structured_content, found.content
    assert [(hit["passage"], "meaning" in hit["why"]) for hit in found.structured_content["hits"]] == [(NOTE, True)]


async def _used_over_http(url: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=120) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        await _used(client, remembers=True)


async def _serves(command: Sequence[str], installers: Installers, cwd: Path | None = None) -> None:
    """Remembered by one process, and recalled by the next, by meaning."""
    env = {**installers.environment, "SENSORIUM_HOME": str(installers.place / "store")}
    server = StdioServerParameters(command=command[0], args=list(command[1:]), env=env, cwd=cwd or installers.place)
    for remembers in (True, False):
        with anyio.fail_after(WAIT_S):
            async with Client(stdio_client(server), read_timeout_seconds=WAIT_S) as client:
                await _used(client, remembers=remembers)


@pytest.mark.parametrize("name", list(STARTS))
def test_an_installer_brings_up_a_server_that_a_client_can_use(name: str, installers: Installers, wheel: Path) -> None:
    command = STARTS[name](installers, wheel)
    anyio.run(_serves, command, installers)
    told = subprocess.run(
        [*command, "doctor", "--json"],
        env={**installers.environment, "SENSORIUM_HOME": str(installers.place / "store")},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    checks = {check["name"]: check["verdict"] for check in json.loads(told.stdout)["checks"]}
    assert {checks[name] for name in ("store", "embedder", "pictures", "recordings", "films", "documents")} == {"ok"}
    assert checks["extra gemma"] == checks["extra openai"] == "absent"
    assert not list(installers.place.glob(".cache/Microsoft*")), "a library reports to its vendor"


def test_the_unpacked_bundle_is_started_by_uv_as_hosts_start_it(installers: Installers) -> None:
    bundle, folder = installers.place / "sensorium.mcpb", installers.place / "unpacked"
    subprocess.run([sys.executable, ROOT / "packaging/mcpb/build.py", bundle], check=True)
    with ZipFile(bundle) as archive:
        archive.extractall(folder)
        manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
    started = manifest["server"]["mcp_config"]
    assert started["command"] == "uv"
    arguments = [one.replace("${__dirname}", str(folder)) for one in started["args"]]
    anyio.run(_serves, installers.uv_run(arguments), installers, folder)


@pytest.fixture(scope="module")
def image() -> Generator[Image]:
    """The image's files, in a folder that its user may read."""
    folder = Path(tempfile.mkdtemp(prefix="sensorium-image-"))
    folder.chmod(0o755)
    image = Image(file=Dockerfile.read(ROOT / "Dockerfile"), root=folder)
    image.build()
    (folder / "data").mkdir()
    shutil.chown(folder / "data", image.file.user, image.file.user)
    yield image
    shutil.rmtree(folder)


def _await_listening(process: "subprocess.Popen[str]") -> None:
    """Wait until a server says that it listens; it fails where the server ends before."""
    assert process.stderr is not None
    said: list[str] = []
    for line in process.stderr:
        said.append(line)
        if "running on" in line:
            return
    pytest.fail("".join(said))


def test_the_steps_of_the_dockerfile_make_a_server_for_whoever_has_a_token(image: Image) -> None:
    with image.started(["sensorium", "token", "add", "anna", "--print-only", "--json"], 0) as made:
        facts = json.loads(made.communicate()[0])
    port = 18473
    with image.started(image.file.command, port, SENSORIUM_TOKENS=facts["variable"]) as process:
        try:
            _await_listening(process)
            with image.started(image.file.health, port) as health:
                assert health.wait(30) == 0
            anyio.run(_used_over_http, f"http://127.0.0.1:{port}/mcp", facts["token"])
            assert httpx2.post(f"http://127.0.0.1:{port}/mcp", json={}).status_code == 401
        finally:
            process.terminate()
            process.communicate(timeout=60)
    assert process.returncode in {0, -signal.SIGTERM}, "it did not end when it was told to"
    data = image.root / "data"
    assert {path.stat().st_uid for path in data.rglob("*")} == {data.stat().st_uid}
