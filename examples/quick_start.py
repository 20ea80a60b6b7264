"""Remember a note, end the server, start another one, recall the note: the shortest complete program.

Run it: `python examples/quick_start.py`. It needs the official `mcp` package, and `sensorium` installed beside it.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

COMMAND = str(Path(sys.executable).with_name("sensorium"))  # on the path, "sensorium" is enough
NOTE = "The spare key to the house hangs behind the blue bicycle in the shed."
QUESTION = "I have locked myself out of the house. Where is the other key?"


async def call(home: str, tool: str, **arguments: object) -> str:
    """Start a server on the store in `home`, call one of its tools, and end it; what a model reads of the answer."""
    server = StdioServerParameters(command=COMMAND, env={"SENSORIUM_HOME": home})
    async with Client(stdio_client(server)) as client:
        result = await client.call_tool(tool, arguments)
    return "\n".join(part.text for part in result.content if part.type == "text")


async def main() -> None:
    """Two sessions on one store."""
    with TemporaryDirectory() as home:  # leave SENSORIUM_HOME out, and it is kept for good
        print(await call(home, "remember", text=NOTE))
        print(answer := await call(home, "recall", query=QUESTION))
    assert NOTE in answer, "the note did not come back"


if __name__ == "__main__":
    anyio.run(main)
