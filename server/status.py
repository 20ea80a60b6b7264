"""`sensorium status`: what is stored, how it fares, and how far long files are read."""

import json

import anyio
from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from memory.media.anchors import reached
from memory.requests import Status
from server.composition import open_backend
from server.principals import LOCAL
from server.reporting import facts, progress_of, report
from server.settings import Settings


def show(settings: Settings, *, as_json: bool) -> None:
    """Print the status of the memory in the settings' folder; nothing in it is changed."""
    status = anyio.run(_status, settings)
    console = Console()
    if as_json:
        console.print_json(json.dumps(facts(status, shows_paths=True)))
        return
    console.print(Text(report(status, shows_paths=True)))
    if status.unread:
        console.print(_bars(status))


async def _status(settings: Settings) -> Status:
    async with open_backend(settings, is_local=True) as backend:
        return await backend.service.status(LOCAL)


def _bars(status: Status) -> Table:
    table = Table.grid(padding=(0, 1))
    for segment in status.unread:
        done, total = progress_of(segment)
        place = reached(segment.unread.progress) if segment.unread else ""
        table.add_row(Text(segment.name or segment.title), ProgressBar(total or 1, done, width=40), Text(place))
    return table
