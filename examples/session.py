"""One session with the installed server: a process of its own, spoken to over stdio."""

import shutil
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult, ImageContent, TextContent, TextResourceContents
from pydantic import BaseModel, ValidationError
from story import ROOT

CALL_TIMEOUT_S = 180.0

Answer = TypeVar("Answer", bound=BaseModel)


class DemoError(Exception):
    """The server answered what the demo cannot go on with."""


@dataclass(frozen=True, slots=True)
class Session:
    """Calls the tools and reads what they answer."""

    client: Client

    async def ask(self, tool: str, arguments: dict[str, object], answer: type[Answer]) -> tuple[Answer, float]:
        """The tool's structured answer, and the milliseconds it took.

        Raises:
            DemoError: the tool reported an error, or answered with other fields.
        """
        started = time.perf_counter()
        result = await self.client.call_tool(tool, arguments)
        took_ms = (time.perf_counter() - started) * 1000
        if result.is_error or result.structured_content is None:
            raise DemoError(f"{tool} answered: {text_of(result)}")
        try:
            return answer.model_validate(result.structured_content), took_ms
        except ValidationError as error:
            raise DemoError(f"{tool} answered other fields than expected: {error}") from error

    async def look(self, arguments: dict[str, object]) -> tuple[str, list[ImageContent]]:
        """A recall as a model sees it: its text, and its thumbnails."""
        result = await self.client.call_tool("recall", arguments)
        if result.is_error:
            raise DemoError(f"recall answered: {text_of(result)}")
        return text_of(result), [part for part in result.content if isinstance(part, ImageContent)]

    async def status(self) -> str:
        """What `memory://status` says."""
        result = await self.client.read_resource("memory://status")
        return "\n".join(part.text for part in result.contents if isinstance(part, TextResourceContents))


def text_of(result: CallToolResult) -> str:
    """The text parts of a result."""
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


def server_command() -> str:
    """The installed command beside this Python.

    Raises:
        DemoError: it is not installed here.
    """
    command = shutil.which("sensorium", path=str(Path(sys.executable).parent))
    if command is None:
        raise DemoError("no `sensorium` command beside this Python: run `make setup`, or `make demo`")
    return command


@asynccontextmanager
async def session(home: Path, log: Path) -> AsyncGenerator[Session]:
    """Start a server on the store in `home`; its process ends with the block.

    The client hands on only a few variables of the environment, so no API key reaches the server.
    """
    server = StdioServerParameters(command=server_command(), cwd=ROOT, env={"SENSORIUM_HOME": str(home)})
    with log.open("a", encoding="utf-8") as errors:
        transport = stdio_client(server, errlog=errors)
        async with Client(transport, read_timeout_seconds=CALL_TIMEOUT_S) as client:
            yield Session(client)
