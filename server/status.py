"""`sensorium status`: what is stored, how it fares, and how far long files are read."""

from collections.abc import Sequence

import anyio
from rich.console import Console
from rich.filesize import decimal
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from memory.media.anchors import reached
from memory.model import Amount
from memory.requests import Status
from server.composition import open_backend
from server.extras import missing
from server.principals import LOCAL
from server.printing import print_facts
from server.reporting import by_size, facts, progress_of, report
from server.settings import Settings


def show(settings: Settings, *, as_json: bool) -> None:
    """Print the status of the memory in the settings' folder; nothing in it is changed."""
    status = anyio.run(_status, settings)
    console = Console()
    if as_json:
        extras = [extra.name for extra in missing()]
        print_facts({**facts(status, shows_paths=True), "missing_extras": extras})
        return
    console.print(Text(report(status, shows_paths=True)))
    for extra in missing():
        console.print(Text(f"not installed: {extra.gives}: {extra.mend}"))
    if status.unread:
        console.print(_bars(status))
    if status.holdings.total.memories:
        console.print(_parts("modality", by_size(status.holdings.modalities)))
        console.print(_parts("namespace", by_size(status.holdings.namespaces)))


async def _status(settings: Settings) -> Status:
    async with open_backend(settings, is_local=True) as backend:
        return await backend.service.status(LOCAL)


def _parts(kind: str, parts: Sequence[tuple[str, Amount]]) -> Table:
    table = Table(kind, box=None, pad_edge=False, title_justify="left")
    for heading in ("memories", "pieces", "size"):
        table.add_column(heading, justify="right")
    for name, part in parts:
        # Text, as a namespace may be called what Rich takes for markup.
        table.add_row(Text(name), f"{part.memories:,}", f"{part.pieces:,}", decimal(part.bytes))
    return table


def _bars(status: Status) -> Table:
    table = Table.grid(padding=(0, 1))
    for segment in status.unread:
        done, total = progress_of(segment)
        place = reached(segment.unread.progress) if segment.unread else ""
        table.add_row(Text(segment.name or segment.title), ProgressBar(total or 1, done, width=40), Text(place))
    return table
