"""A server as a process of its own, over stdio, and its tools as methods: what the examples share."""

import base64
import shutil
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, TypeVar

from answers import Hit, Recalled, Remembered
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import BlobResourceContents, CallToolResult, ImageContent, TextContent
from pydantic import BaseModel, ValidationError

CALL_TIMEOUT_S = 180.0

Answer = TypeVar("Answer", bound=BaseModel)


class AnswerError(Exception):
    """The server answered what the example cannot go on with."""


@dataclass(frozen=True, slots=True)
class Session:
    """Calls the tools and reads what they answer.

    Each method raises `AnswerError` where the tool reports an error or answers with other fields.
    """

    client: Client

    async def remember(self, text: str = "", **arguments: object) -> Remembered:
        """Keep a note, files, or both."""
        return await self.ask("remember", {"text": text, **arguments}, Remembered)

    async def recall(self, query: str = "", **arguments: object) -> list[Hit]:
        """What is found, the best first; without pictures, so that the facts come structured."""
        return (await self.ask("recall", {"query": query, "media": "none", **arguments}, Recalled)).hits

    async def look(self, query: str = "", **arguments: object) -> tuple[str, list[ImageContent]]:
        """A recall as a model sees it: its text, and its thumbnails."""
        result = await self._called("recall", {"query": query, **arguments})
        return text_of(result), [part for part in result.content if isinstance(part, ImageContent)]

    async def ask(self, tool: str, arguments: dict[str, object], answer: type[Answer]) -> Answer:
        """The structured answer of a tool."""
        result = await self._called(tool, arguments)
        try:
            return answer.model_validate(result.structured_content)
        except ValidationError as error:
            raise AnswerError(f"{tool} answered other fields than expected: {error}") from error

    async def content(self, uri: str) -> bytes:
        """The bytes of a resource, such as the file that `memory://{id}/{part}` names."""
        result = await self.client.read_resource(uri)
        return b"".join(
            base64.b64decode(part.blob) if isinstance(part, BlobResourceContents) else part.text.encode()
            for part in result.contents
        )

    async def status(self) -> str:
        """What `memory://status` says."""
        return (await self.content("memory://status")).decode()

    async def _called(self, tool: str, arguments: dict[str, object]) -> CallToolResult:
        result = await self.client.call_tool(tool, arguments)
        if result.is_error:
            raise AnswerError(f"{tool} answered: {text_of(result)}")
        return result


def text_of(result: CallToolResult) -> str:
    """The text parts of a result."""
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


def server_command() -> str:
    """The installed command: beside this Python, or else on the path.

    Raises:
        AnswerError: it is not installed here.
    """
    command = shutil.which("sensorium", path=str(Path(sys.executable).parent)) or shutil.which("sensorium")
    if command is None:
        raise AnswerError("no `sensorium` command beside this Python or on the path: run `make setup`")
    return command


@asynccontextmanager
async def session(
    home: Path, *, folder: Path | None = None, log: TextIO = sys.stderr, **settings: str
) -> AsyncGenerator[Session]:
    """Start a server on the store in `home`; its process ends with the block.

    The client hands on only a few variables of the environment, so no API key reaches the server but by `settings`.

    Args:
        home: folder of the store.
        folder: where the server works, so that `files` may name what is in it.
        log: where the server's stderr goes.
        settings: more variables of its environment.
    """
    environment = {"SENSORIUM_HOME": str(home), **settings}
    server = StdioServerParameters(command=server_command(), cwd=folder, env=environment)
    async with Client(stdio_client(server, errlog=log), read_timeout_seconds=CALL_TIMEOUT_S) as client:
        yield Session(client)
