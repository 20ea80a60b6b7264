"""Several server processes on one store, and processes that die: nothing is lost, nothing doubled."""

import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from harness import connected
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

COMMAND = Path(sys.executable).with_name("sensorium")


@asynccontextmanager
async def _process(home: Path) -> AsyncGenerator[Client]:
    environment = {**os.environ, "SENSORIUM_HOME": str(home), "SENSORIUM_EMBEDDER": "none"}
    async with Client(stdio_client(StdioServerParameters(command=str(COMMAND), env=environment))) as client:
        yield client


async def test_processes_that_write_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    home = tmp_path / "store"

    async def write(who: int) -> None:
        async with _process(home) as client:
            for n in range(8):
                for text in (f"writer {who} says {n}", f"everybody says {n}"):
                    done = await client.call_tool("remember", {"text": text})
                    assert not done.is_error, done.content

    with anyio.fail_after(180):
        async with anyio.create_task_group() as group:
            for who in range(3):
                group.start_soon(write, who)
    async with connected(home, absence="not needed") as tools:
        texts = sorted([hit["passage"] for hit in await tools.recall(limit=100, max_tokens=20_000)])
    assert texts == sorted(
        [f"everybody says {n}" for n in range(8)] + [f"writer {who} says {n}" for who in range(3) for n in range(8)]
    )


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
