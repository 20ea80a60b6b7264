"""The client of fastmcp."""
# pyright: basic, reportMissingImports=false
# Runs in an environment of its own: .cache/clients.

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from driving import TIMEOUT_S, Answer, Offered, Place, contents_of, drive, schema_of
from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from fastmcp.exceptions import ToolError
from mcp.shared.exceptions import MCPError


class FastMCP:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def offered(self) -> Offered:
        return {tool.name: schema_of(tool.description, tool.input_schema) for tool in await self._client.list_tools()}

    async def call(self, tool: str, arguments: dict[str, Any]) -> Answer:
        try:
            result = await self._client.call_tool(tool, arguments)
        except ToolError as error:
            return Answer(text=str(error), error="ToolError is raised")
        texts = [block.text for block in result.content if block.type == "text"]
        images = [block.data for block in result.content if block.type == "image"]
        sounds = [block.data for block in result.content if block.type == "audio"]
        return Answer(
            text="\n".join(texts), images=tuple(images), sounds=tuple(sounds), facts=result.structured_content
        )

    async def read(self, uri: str) -> Answer:
        try:
            return contents_of(await self._client.read_resource(uri))
        except MCPError as error:
            return Answer(text=str(error), error="MCPError is raised")


@asynccontextmanager
async def connect(place: Place) -> AsyncGenerator[FastMCP]:
    over_stdio = StdioTransport(place.command, [], env=dict(place.env)) if place.command else None
    transport = over_stdio or StreamableHttpTransport(place.url, headers=dict(place.headers))
    async with Client(transport, timeout=TIMEOUT_S) as client:
        yield FastMCP(client)


if __name__ == "__main__":
    drive(connect)
