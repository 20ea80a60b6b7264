"""What the memory takes of an agent's context, in tokens and characters: `make bench-context`.

Tokens are those of o200k_base, counted by the `gpt-tokenizer` of npm: other models come within some percent of it for
English, and further off elsewhere. The definitions are set beside those of the official memory server.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult, ImageContent, TextContent, Tool
from node import Packages
from recallnotes import agent, languages
from rich import box
from rich.console import Console
from rich.table import Table

from server.budget import tokens

PACKAGES = Packages("context", ("gpt-tokenizer@4.0.0", "@modelcontextprotocol/server-memory@2026.8.31"))
ASSETS = Path(__file__).parents[1] / "examples" / "assets"
COUNT = """
const { encode } = require("gpt-tokenizer/encoding/o200k_base");
let text = "";
process.stdin.on("data", chunk => { text += chunk; });
process.stdin.on("end", () => {
  const options = { disallowedSpecial: new Set() };
  console.log(JSON.stringify(JSON.parse(text).map(one => encode(one, options).length)));
});
"""
LIMITS = {
    "Codex, models it does not know": 12_000,
    "Gemini CLI": 40_000,
    "Claude Code, before it goes to a file": 50_000,
}
"""Characters of a tool's answer that a host hands on whole. Source: the clients' sources and threads, read 2026-11."""
DESCRIPTION_LIMIT = 2048
"""Bytes of a description or of instructions. Source: Claude Code, read 2026-11."""
RECALLS: dict[str, dict[str, Any]] = {
    "as it is (limit 5, max_tokens 2000)": {},
    "limit 1": {"limit": 1},
    "max_tokens 500": {"max_tokens": 500},
    "limit 100, max_tokens 20000": {"limit": 100, "max_tokens": 20_000},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model gets of one recall.

    Attributes:
        text: the text block; the structured facts say the same once more, and a host hands on one of the two.
        facts: those facts as JSON; empty where a picture came along.
    """

    text: str
    facts: str
    pictures: int
    bytes: int


def counted(texts: Sequence[str]) -> list[int]:
    """The tokens of each text."""
    told = subprocess.run(
        [PACKAGES.node, "-e", COUNT],
        input=json.dumps(texts),
        env={"NODE_PATH": str(PACKAGES.modules)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return json.loads(told.stdout)


@asynccontextmanager
async def connected(command: str | Path, *arguments: str | Path, **environment: str) -> AsyncGenerator[Client]:
    """A client of a server that is started for it."""
    server = StdioServerParameters(command=str(command), args=list(map(str, arguments)), env=environment)
    async with Client(stdio_client(server), read_timeout_seconds=300.0) as client:
        yield client


def definition(tool: Tool) -> str:
    """A tool as hosts give it to a model: name, description and arguments."""
    return json.dumps({"name": tool.name, "description": tool.description, "parameters": tool.input_schema})


def answer_of(result: CallToolResult) -> Answer:
    """What came back, as it is counted here."""
    pictures = [block for block in result.content if isinstance(block, ImageContent)]
    return Answer(
        text="\n".join(block.text for block in result.content if isinstance(block, TextContent)),
        facts=json.dumps(result.structured_content, ensure_ascii=False) if result.structured_content else "",
        pictures=len(pictures),
        bytes=len(result.model_dump_json(by_alias=True, exclude_none=True).encode()),
    )


def definitions_table(ours: Sequence[Tool], instructions: str, theirs: Sequence[Tool]) -> Table:
    """What is in the context from the first turn on."""
    table = Table(title="Before the first call", box=box.MARKDOWN, title_justify="left")
    for heading in ("", "tokens", "longest description, bytes"):
        table.add_column(heading, justify="right" if heading else "left")
    rows = {f"`{tool.name}`": [tool] for tool in ours} | {
        "three tools": list(ours),
        f"the official memory server, {len(theirs)} tools": list(theirs),
    }
    for name, tools in rows.items():
        longest = max(len((tool.description or "").encode()) for tool in tools)
        table.add_row(
            name, str(sum(counted([definition(tool) for tool in tools]))), f"{longest} of {DESCRIPTION_LIMIT}"
        )
    [count] = counted([instructions])
    table.add_row("instructions", str(count), f"{len(instructions.encode())} of {DESCRIPTION_LIMIT}")
    return table


def answers_table(title: str, answers: dict[str, list[Answer]]) -> Table:
    """What each way of asking takes, as median and longest."""
    table = Table(title=title, box=box.MARKDOWN, title_justify="left")
    for heading in ("recall", "tokens", "longest", "estimated", "as facts", "characters", "kB with pictures"):
        table.add_column(heading, justify="left" if heading == "recall" else "right")
    for name, given in answers.items():
        counts, facts = counted([one.text for one in given]), counted([one.facts for one in given])
        table.add_row(
            name,
            f"{statistics.median(counts):.0f}",
            str(max(counts)),
            f"{statistics.median(tokens(one.text) for one in given):.0f}",
            f"{statistics.median(facts):.0f}",
            f"{max(len(one.text) for one in given):,}",
            f"{max(one.bytes for one in given) / 1000:,.0f}",
        )
    return table


async def remember(client: Client, arguments: dict[str, Any]) -> None:
    """Keep one thing.

    Raises:
        RuntimeError: the server refuses it.
    """
    result = await client.call_tool("remember", arguments)
    if result.is_error:
        raise RuntimeError(answer_of(result).text)


async def asked(client: Client, questions: Sequence[str], more: dict[str, Any]) -> list[Answer]:
    """What all questions bring."""
    return [answer_of(await client.call_tool("recall", {"query": query, **more})) for query in questions]


async def measure(home: Path, console: Console) -> None:
    """Remember notebooks and files, ask, and print the tables."""
    books = {"English": agent(), "German": languages()["de"], "Chinese": languages()["zh"]}
    server = PACKAGES.modules / "@modelcontextprotocol" / "server-memory" / "dist" / "index.js"
    async with connected(PACKAGES.node, server, MEMORY_FILE_PATH=str(home / "memory.json")) as peer:
        theirs = (await peer.list_tools()).tools
    command = Path(sys.executable).with_name("sensorium")
    roots = {"SENSORIUM_ROOTS": str(ASSETS), "SENSORIUM_EMBEDDER": "local"}
    async with connected(command, SENSORIUM_HOME=str(home / "store"), **roots) as client:
        tools = (await client.list_tools()).tools
        console.print(definitions_table(tools, client.instructions or "", theirs))
        for book in books.values():
            for note in book.notes:
                await remember(client, {"text": note.text})
        for path in sorted(ASSETS.glob("*-01.*")):
            await remember(client, {"files": [str(path)]})
        questions = [question.query for question in books["English"].questions]
        ways = {name: await asked(client, questions, more) for name, more in RECALLS.items()}
        console.print(answers_table(f"{len(questions)} English questions", ways))
        tongues = {
            language: await asked(client, [one.query for one in book.questions], {}) for language, book in books.items()
        }
        console.print(answers_table("As it is, by language", tongues))
    console.print(limits_table([one for given in ways.values() for one in given]))


def limits_table(answers: Sequence[Answer]) -> Table:
    """How many of the answers are longer than what hosts hand on whole."""
    table = Table(
        "host", "characters", "answers over it", title="Limits of hosts", box=box.MARKDOWN, title_justify="left"
    )
    for host, limit in LIMITS.items():
        over = sum(len(one.text) > limit for one in answers)
        table.add_row(host, f"{limit:,}", f"{over} of {len(answers)}")
    return table


def main() -> None:
    """Measure, and print."""
    PACKAGES.install()
    console = Console(width=140)
    console.print(f"{datetime.now(UTC):%Y-%m-%d}, o200k_base")
    with TemporaryDirectory() as folder:
        anyio.run(measure, Path(folder), console)


if __name__ == "__main__":
    main()
