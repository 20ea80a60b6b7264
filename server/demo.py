"""`sensorium demo`: remembered by one server process, recalled by the next, and forgotten, in a folder that goes."""

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult, TextContent
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from memory.errors import StoreError
from server.printing import print_facts

_NOTE = "The spare key to the house hangs behind the blue bicycle in the shed."
_SIGN = ("Platform 9", "Night train to Vienna", "departs 22:47")
_TABLE = "room,colour,litres\nkitchen,sage green,2.5\nbedroom,warm white,5\nhallway,slate blue,1.5\n"
_WAIT_S = 120.0
_COMMAND = ["-c", "from server.cli import main; main()"]
"""This installation, also where no script of it lies on the path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question of the second session, and what came first.

    Attributes:
        expected: the words that the answer must hold.
        took_ms: how long the recall took, through the client.
    """

    query: str
    expected: str
    score: float
    passage: str
    took_ms: float

    @property
    def is_answered(self) -> bool:
        """Whether what was asked for came first."""
        return self.expected.lower() in self.passage.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    result: CallToolResult
    took_ms: float

    @property
    def facts(self) -> dict[str, Any]:
        if self.result.is_error or self.result.structured_content is None:
            said = " ".join(block.text for block in self.result.content if isinstance(block, TextContent))
            raise StoreError(f"a tool answered {said!r}; 'sensorium doctor' says what is wrong here")
        return self.result.structured_content


_QUESTIONS = {
    "I am locked out. Where is the other key?": "blue bicycle",
    "when does the train to Austria leave?": "22:47",
    "how much paint did the bedroom take?": "warm white",
    "Où se trouve la clé de la maison ?": "blue bicycle",
}


def run_demo(*, as_json: bool) -> int:
    """Run both sessions; returns the exit code: 1 where something did not come back, or was not forgotten.

    Neither the store nor the settings of this machine are touched; no key reaches the servers, so nothing is sent.
    """
    console = Console(stderr=as_json)
    with TemporaryDirectory(prefix="sensorium-demo-") as folder:
        asked, is_gone = anyio.run(_both_sessions, Path(folder), console)
    is_well = is_gone and all(one.is_answered for one in asked)
    if as_json:
        print_facts({"recalled": [asdict(one) for one in asked], "forgotten": is_gone, "whole": is_well})
    elif is_well:
        console.print("All of it came back. `sensorium install CLIENT` gives it to your agent.", highlight=False)
    return int(not is_well)


async def _both_sessions(folder: Path, console: Console) -> tuple[list[Asked], bool]:
    given = {"note": {"text": _NOTE}, "picture": {"files": [_sign(folder)]}, "table": {"files": [_table(folder)]}}
    kept = await _session(folder, [("remember", arguments) for arguments in given.values()])
    for what, answer in zip(given, kept, strict=True):
        _say(console, f"remembered a {what}", f"{answer.facts['id']} in {answer.took_ms:,.0f} ms")
    _say(console, "that server has ended", "another one is asked, on the same folder")
    note = kept[0].facts["id"]
    *found, receipt, again = await _session(
        folder,
        [
            *(("recall", {"query": query, "limit": 1, "media": "none"}) for query in _QUESTIONS),
            ("forget", {"ids": [note]}),
            ("recall", {"query": _NOTE, "mode": "keyword", "media": "none"}),
        ],
    )
    asked = [_asked(query, answer) for query, answer in zip(_QUESTIONS, found, strict=True)]
    for one in asked:
        seen = f"{one.passage} (score {one.score:.2f}, {one.took_ms:,.0f} ms)"
        _say(console, one.query, seen, good=one.is_answered)
    is_gone = receipt.facts["erased"] and note not in {hit["id"] for hit in again.facts["hits"]}
    _say(console, "forgot the note", receipt.facts["detail"], good=is_gone)
    return asked, is_gone


def _asked(query: str, answer: _Answer) -> Asked:
    score, text = next(((hit["score"], hit["passage"]) for hit in answer.facts["hits"]), (0.0, "(nothing)"))
    passage = " · ".join(text.splitlines())
    return Asked(query=query, expected=_QUESTIONS[query], score=score, passage=passage, took_ms=answer.took_ms)


async def _session(folder: Path, calls: Sequence[tuple[str, dict[str, Any]]]) -> list[_Answer]:
    """What a server answers that is started for these calls, without the keys of this process's environment."""
    variables = {"SENSORIUM_HOME": str(folder / "store"), "SENSORIUM_EMBEDDER": "local"}
    with (folder / "server.log").open("a") as log:
        command = StdioServerParameters(command=sys.executable, args=_COMMAND, cwd=folder, env=variables)
        async with Client(stdio_client(command, errlog=log), read_timeout_seconds=_WAIT_S) as client:
            return [await _called(client, tool, arguments) for tool, arguments in calls]


async def _called(client: Client, tool: str, arguments: dict[str, Any]) -> _Answer:
    started = time.perf_counter()
    result = await client.call_tool(tool, arguments)
    return _Answer(result=result, took_ms=round((time.perf_counter() - started) * 1000, 1))


def _sign(folder: Path) -> str:
    picture = Image.new("RGB", (900, 320), "#16324f")
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(_SIGN):
        draw.text((40, 30 + 90 * number), line, "white", font=ImageFont.load_default(56))
    path = folder / "sign.png"
    picture.save(path)
    return str(path)


def _table(folder: Path) -> str:
    path = folder / "paint.csv"
    path.write_text(_TABLE, encoding="utf-8")
    return str(path)


def _say(console: Console, what: str, found: str, *, good: bool = True) -> None:
    console.print(Text("✓" if good else "✗", "green" if good else "red"), Text(what, "bold"))
    console.print(Padding(Text(found), (0, 0, 0, 2)))
