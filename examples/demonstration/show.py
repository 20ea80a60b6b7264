"""How the demo looks: tables, a block for each recall, and pictures where a terminal can."""

import base64
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from answers import Forgotten, Hit, Remembered
from demonstration.story import Keepsake, Question
from mcp_types import ImageContent
from PIL import Image
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text
from rich_pixels import Pixels

PASSAGE_CHARS = 300
PICTURE_COLUMNS = 64
LOG_LINES = 25


def heading(console: Console, words: str, below: str = "") -> None:
    """A rule that opens a part of the demo."""
    console.print()
    console.print(Rule(Text(words, style="bold cyan"), align="left", style="cyan"))
    if below:
        console.print(Text(below, style="dim"))


def lines_about(console: Console, status: str, *subjects: str) -> None:
    """The lines of `memory://status` that begin with one of these words."""
    for line in status.splitlines():
        if line.split(":")[0] in subjects:
            console.print(Text(line, style="dim"))
    console.print()


def memories_table() -> Table:
    """The empty table of what was remembered; `add_memory` adds a row."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("", "what", "status", "state", "modality"):
        table.add_column(name, no_wrap=name != "what")
    for name in ("segments", "ms", "warnings"):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def add_memory(table: Table, keepsake: Keepsake, kept: Remembered, took_ms: float, *, good: bool) -> None:
    """One remembered thing as a row."""
    what = Text.assemble(keepsake.what, (f" {keepsake.file}", "dim"))
    state = Text(kept.state, style="green" if kept.state == "ready" else "yellow")
    status = Text(kept.status, style="" if kept.status == "stored" else "magenta")
    figures = (str(kept.segments), f"{took_ms:,.0f}", str(len(kept.warnings) or "-"))
    table.add_row(mark(good=good), what, status, state, ", ".join(kept.modalities), *figures)


def notices(console: Console, lines: Sequence[str]) -> None:
    """Warnings, a line each."""
    for line in lines:
        console.print(Text(f"! {line}", style="yellow"))


def mark(*, good: bool) -> Text:
    """A green tick or a red cross."""
    return Text("✓", style="bold green") if good else Text("✗", style="bold red")


def score_bar(score: float | None) -> Text:
    """A score between 0 and 1 as a short bar with its figure."""
    if score is None:
        return Text("no score", style="dim")
    full = round(min(1.0, max(0.0, score)) * 10)
    bar = (("━" * full, "green"), ("━" * (10 - full), "bright_black"))
    return Text.assemble(*bar, (f" {score:.2f}", "bold"))


def recalled(question: Question, hit: Hit | None, took_ms: float, *, good: bool) -> RenderableType:
    """One recall: what was asked, how sure, what came first, and the passage that matched."""
    top = Table.grid(expand=True, padding=(0, 1))
    top.add_column(width=1)
    top.add_column(ratio=1)
    top.add_column(justify="right", no_wrap=True)
    asked = Text(question.title, style="bold")
    if question.remark:
        asked.append(f"  {question.remark}", style="magenta")
    top.add_row(mark(good=good), asked, score_bar(hit.score if hit else None))
    if hit is None:
        return Group(top, Padding(Text("nothing came back", style="red"), (0, 0, 1, 2)))
    facts = " · ".join(fact for fact in (hit.title, hit.modality, hit.anchor) if fact)
    how = f" · by {', '.join(hit.why)} · {took_ms:,.0f} ms"
    found = Text.assemble((facts, "cyan"), (how, "dim"))
    return Group(top, Padding(Group(found, _quoted(hit.passage)), (0, 0, 1, 2)))


def _quoted(passage: str) -> RenderableType:
    words = " ".join(passage.split())
    cut = words if len(words) <= PASSAGE_CHARS else words[:PASSAGE_CHARS].rsplit(" ", 1)[0] + " …"
    bordered = Table.grid(padding=(0, 1))
    bordered.add_column(width=1)
    bordered.add_column()
    bordered.add_row(Text("│", style="bright_black"), Text(cut or "(no words in it)", style="italic"))
    return bordered


def picture(console: Console, image: ImageContent) -> None:
    """A thumbnail as half blocks, two pixels a character, where the terminal has the colours."""
    with Image.open(BytesIO(base64.b64decode(image.data))) as opened:
        size, kind = opened.size, image.mime_type
        columns = min(PICTURE_COLUMNS, console.width - 4)
        rows = round(opened.height * columns / opened.width / 2) * 2
        small = opened.convert("RGB").resize((columns, rows), Image.Resampling.LANCZOS)
    console.print(Text(f"{kind}, {size[0]} x {size[1]} pixels", style="dim"))
    if console.is_terminal and console.color_system in {"256", "truecolor"}:
        console.print(Padding(Pixels.from_image(small), (1, 0, 0, 2)))


def receipt(console: Console, taken: Forgotten, took_ms: float, *, files: tuple[int, int], gone: bool) -> None:
    """What forgetting took away, and whether it is really gone."""
    table = Table.grid(padding=(0, 2))
    rows = {
        "memories": str(taken.memories),
        "segments": str(taken.segments),
        "bytes": f"{taken.bytes:,}",
        "erased": "yes" if taken.erased else "not yet",
        "detail": taken.detail,
        "took": f"{took_ms:,.0f} ms",
        "its bytes on disk": f"in {files[0]} file before, in {files[1]} after",
        "asked again": "it does not come back" if gone else "it still comes back",
    }
    for name, value in rows.items():
        table.add_row(Text(name, style="dim"), Text(value))
    console.print(Panel(table, title="receipt", title_align="left", border_style="yellow", expand=False))


def log_tail(console: Console, log: Path) -> None:
    """The end of what the server wrote to stderr."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    console.print(Text("\n".join(lines[-LOG_LINES:]), style="dim"))


def summary(console: Console, *, checked: int, failures: Sequence[str]) -> None:
    """The last line, after one for each failure."""
    console.print()
    for failure in failures:
        console.print(Text.assemble(mark(good=False), f" {failure}"))
    if failures:
        console.print(Text(f"the demo failed: {len(failures)} of its expectations", style="bold red"))
    else:
        console.print(Text.assemble(mark(good=True), (f" all {checked} expectations hold", "bold")))
