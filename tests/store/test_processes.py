"""A server process that dies, and one that holds on: nothing answered is lost, nothing forgotten is kept."""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import anyio
import pytest
from harness import connected
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

COMMAND = Path(sys.executable).with_name("sensorium")


async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """The server is killed right after its answer, without a chance to tidy up."""
    home, pids = tmp_path / "store", tmp_path / "pids"
    script = f'echo $$ >> "{pids}"; exec "{COMMAND}"'
    environment = {**os.environ, "SENSORIUM_HOME": str(home), "SENSORIUM_EMBEDDER": "none"}
    parameters = StdioServerParameters(command="sh", args=["-c", script], env=environment)
    with anyio.fail_after(120):
        async with Client(stdio_client(parameters)) as client:
            done = await client.call_tool("remember", {"text": "said just before the end"})
            assert not done.is_error
            os.kill(int(await anyio.Path(pids).read_text()), signal.SIGKILL)
    async with connected(home) as tools:
        assert [hit["passage"] for hit in await tools.recall("before the end")] == ["said just before the end"]
        assert await tools.remember("and after it")


def _open(pid: int | str, home: Path) -> list[str]:
    """Files of the table that a process has open; the bytes of those that were removed are still on the disk."""
    found = list[str]()
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed in between
            found.append(str(one.readlink()))
    return [path for path in found if path.startswith(f"{home}/table")]


def _removed(pid: int | str, home: Path) -> list[str]:
    return [path for path in _open(pid, home) if path.endswith("(deleted)")]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks up open files in /proc")
async def test_every_process_lets_go_of_what_was_forgotten_and_the_receipt_says_so(tmp_path: Path) -> None:
    home, pids = tmp_path / "store", tmp_path / "pids"
    script = f'echo $$ >> "{pids}"; exec "{COMMAND}"'
    environment = {**os.environ, "SENSORIUM_HOME": str(home), "SENSORIUM_EMBEDDER": "none"}
    parameters = StdioServerParameters(command="sh", args=["-c", script], env=environment)
    with anyio.fail_after(120):
        async with connected(home) as tools, Client(stdio_client(parameters)) as other:
            gone = await tools.remember("the ferry leaves at noon")
            await tools.remember("\n\n".join(f"Paragraph {n} is of ferry {n * 37 % 1009}. " * 30 for n in range(150)))
            async with tools.service.store.exclusively():
                await tools.service.store.indexes.make("terms")
            found = await other.call_tool("recall", {"query": "ferry"})
            assert not found.is_error
            assert await tools.found("ferry")
            pid = int(await anyio.Path(pids).read_text())
            assert _open(pid, home), "or nothing is shown by what follows"

            receipt = await tools.forget(gone)

            assert receipt["erased"]
            assert "1 other server process lets go of removed files within 5 s" in str(receipt)
            assert _removed("self", home) == []
            while _removed(pid, home):  # noqa: ASYNC110  # no event tells of another process's files
                await anyio.sleep(0.2)
            assert not (await other.call_tool("recall", {"query": "ferry"})).is_error
