"""The MCP server: tools, resources and prompts over a memory that opens in the background."""

import logging
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from mcp.server.context import ServerMiddleware
from mcp.server.mcpserver import MCPServer

from server.arguments import accept_aliases
from server.descriptions import INSTRUCTIONS
from server.gallery import gallery
from server.resources import MemoryServer, add_prompts, add_resources
from server.tools import build_tools
from server.warming import Warming


def build_server(memory: Warming, middleware: Sequence[ServerMiddleware[Any]] = ()) -> MemoryServer:
    """The one server object, for every transport and both protocol eras.

    Tools are listed at once; a call waits until the memory is open.

    Args:
        memory: opens when the server starts.
        middleware: stands around every request, the first outermost.
    """

    @asynccontextmanager
    async def lifespan(_: MCPServer[Warming]) -> AsyncGenerator[Warming]:
        async with memory.running():
            yield memory

    server = MemoryServer(
        name="sensorium",
        title="Sensorium",
        description="One memory for everything an agent reads, sees and hears.",
        instructions=INSTRUCTIONS,
        version=version("sensorium"),
        tools=build_tools(),
        extensions=[gallery()],
        lifespan=lifespan,
        middleware=[*middleware, accept_aliases],
    )
    add_resources(server, memory)
    add_prompts(server)
    return server


def log_to_stderr(level: str) -> None:
    """Send logs to stderr; stdout belongs to the protocol. To be called before a server is built."""
    logging.basicConfig(stream=sys.stderr, level=level, format="sensorium %(levelname)s %(name)s: %(message)s")
