"""A server process that dies: nothing it answered is lost."""

import os
import signal
import sys
from pathlib import Path

import anyio
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
