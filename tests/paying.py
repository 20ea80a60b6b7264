"""A whole server whose embedder is paid for, at a service on this machine."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from fakes.gemini_server import GeminiServer
from harness import Tools
from mcp.client.client import Client
from pydantic import SecretStr

from memory.service import MemoryService
from server.app import build_server
from server.composition import open_backend
from server.settings import Settings
from server.warming import Backend, Warming


def settings_for(gemini: GeminiServer, home: Path, **changed: Any) -> Settings:
    """The settings of a user with a key, files beside the store allowed."""
    given: dict[str, Any] = {
        "home": home,
        "roots": (home.parent,),
        "gemini_api_key": SecretStr(gemini.key),
        "gemini_base_url": gemini.base_url,
        "dimensions": 256,
    }
    return Settings(**{**given, **changed})


async def settled(tools: Tools) -> None:
    """Wait until everything is read and embedded, by whoever has the turn."""
    with anyio.fail_after(60):
        while not (await tools.service.backlog()).is_empty:
            await tools.service.take_a_turn()


@asynccontextmanager
async def connected_by(settings: Settings) -> AsyncGenerator[Tools]:
    """A client of a server with these settings, as the composition root makes it."""
    opened: list[MemoryService] = []

    @asynccontextmanager
    async def open_() -> AsyncGenerator[Backend]:
        async with open_backend(settings, is_local=True) as backend:
            opened.append(backend.service)
            yield backend

    async with Client(build_server(Warming(open_))) as client:
        await client.call_tool("recall", {})
        yield Tools(client, opened[0])


@asynccontextmanager
async def connected_to(gemini: GeminiServer, home: Path, **changed: Any) -> AsyncGenerator[Tools]:
    """A client of a server that has Gemini embed."""
    async with connected_by(settings_for(gemini, home, **changed)) as tools:
        yield tools
