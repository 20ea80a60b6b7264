"""A tool called from the command line: by the server that agents have, with their arguments and its words."""

import re
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from mcp.client import Client
from mcp_types import CallToolResult, TextContent
from rich.console import Console
from rich.prompt import Confirm
from rich.text import Text

from server.app import build_server, log_to_stderr
from server.printing import print_facts
from server.settings import Settings
from server.warming import Warming, open_lazily

_PREFIX = re.compile(r"^Error executing tool \w+: ")
"""What the MCP SDK puts before the words of an error."""


def run_tool(settings: Settings, tool: str, arguments: Mapping[str, Any], *, as_json: bool) -> int:
    """Call a tool once and print its answer; returns the exit code: 1 where nothing was done."""
    return _told(anyio.run(_called, settings, tool, _said(arguments)), as_json=as_json)


def run_forget(settings: Settings, arguments: Mapping[str, Any], *, is_sure: bool, as_json: bool) -> int:
    """Erase by id at once; by filters after a look at what would go, and a yes.

    Returns:
        The exit code: 1 where nothing was erased.
    """
    return anyio.run(partial(_forgotten, settings, _said(arguments), is_sure=is_sure, as_json=as_json))


def _said(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Those that say something."""
    return {name: value for name, value in arguments.items() if value not in (None, "", [], {})}


async def _called(settings: Settings, tool: str, arguments: dict[str, Any]) -> CallToolResult:
    async with _client(settings, arguments) as client:
        return await client.call_tool(tool, arguments)


async def _forgotten(settings: Settings, arguments: dict[str, Any], *, is_sure: bool, as_json: bool) -> int:
    async with _client(settings, arguments) as client:
        result = await client.call_tool("forget", arguments)
        code = result.structured_content["confirm"] if result.structured_content else ""
        if result.is_error or not code:
            return _told(result, as_json=as_json)
        if not is_sure:
            if as_json or not sys.stdin.isatty():
                _told(result, as_json=as_json)
                sys.stderr.write("sensorium: nothing was forgotten; --yes erases them\n")
                return 1
            Console().print(Text(_text(result)))
            if not await anyio.to_thread.run_sync(Confirm.ask, "Erase them for good?"):
                return 1
        return _told(await client.call_tool("forget", {**arguments, "confirm": code}), as_json=as_json)


@asynccontextmanager
async def _client(settings: Settings, arguments: Mapping[str, Any]) -> AsyncGenerator[Client]:
    """A client of a server of its own; files that were named on the command line may be read."""
    named = [*arguments.get("files", ()), *arguments.get("like", ()), *arguments.get("unlike", ())]
    folders = tuple(Path(one).parent for one in named if Path(one).is_absolute())
    allowed = settings.model_copy(update={"roots": folders}) if folders else settings
    log_to_stderr(settings.log_level)
    memory = Warming(partial(open_lazily, allowed, is_local=True))
    async with Client(build_server(memory)) as client:
        yield client


def _told(result: CallToolResult, *, as_json: bool) -> int:
    if result.is_error:
        sys.stderr.write(f"sensorium: {_PREFIX.sub('', _text(result))}\n")
        return 1
    if as_json:
        print_facts(result.structured_content)
    else:
        sys.stdout.write(_text(result) + "\n")
    return 0


def _text(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))
