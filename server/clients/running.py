"""`sensorium install` and `uninstall` as they run: the change shown, then made."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from server.clients.catalogue import CLIENTS, ClientName, Surroundings
from server.clients.entries import Launch
from server.clients.files import replace_file
from server.clients.installing import Change, plan_install, plan_uninstall
from server.printing import print_facts

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for.

    Attributes:
        client: whose settings change.
        name: what it calls the server.
        dry_run: the change is shown and not made.
        force: an entry that does not start this server gives way as well.
        as_json: print facts for a program.
    """

    client: ClientName
    name: str
    dry_run: bool
    force: bool
    as_json: bool = False


def run_install(order: Order, launch: Launch) -> None:
    """Put the server into a client's settings, and say what is left to do."""
    client = CLIENTS[order.client]
    change = plan_install(client, _surroundings(), order.name, launch, force=order.force)
    if order.as_json:
        _tell_facts(change, order, client.next_step)
    elif not change.lines:
        _say(f"{client.title} has {order.name!r} already, in {change.file.path}.")
    elif _shown_and_made(change, order):
        _say(f"{client.title} starts {order.name!r} from now on. {client.next_step}")


def run_uninstall(order: Order) -> None:
    """Take the server out of a client's settings."""
    client = CLIENTS[order.client]
    change = plan_uninstall(client, _surroundings(), order.name, force=order.force)
    if order.as_json:
        _tell_facts(change, order, f"Restart {client.title}.")
    elif not change.lines:
        _say(f"{client.title} has no {order.name!r}, in {change.file.path}.")
    elif _shown_and_made(change, order):
        _say(f"{client.title} starts {order.name!r} no more, once it is restarted. What is remembered stays.")


def _surroundings() -> Surroundings:
    return Surroundings(platform=sys.platform, home=Path.home(), variables=os.environ)


def _tell_facts(change: Change, order: Order, next_step: str) -> None:
    is_made = _made(change, order)
    backup = str(change.file.backup) if change.file.backup.exists() else ""
    shown = {"client": order.client, "name": order.name, "file": str(change.file.path), "backup": backup}
    print_facts({**shown, "change": change.lines, "written": is_made, "next_step": next_step if is_made else ""})


def _made(change: Change, order: Order) -> bool:
    if order.dry_run or not change.lines:
        return False
    replace_file(change.file, change.text)
    return True


def _shown_and_made(change: Change, order: Order) -> bool:
    for line in change.lines:
        _say(line, _STYLES.get(line[0], ""))
    if not _made(change, order):
        _say("Nothing was written: --dry-run.")
        return False
    if change.file.backup.exists():
        _say(f"As it was at first: {change.file.backup}")
    return True


def _say(line: str, style: str = "") -> None:
    Console(highlight=False).print(Text(line, style), soft_wrap=True)
