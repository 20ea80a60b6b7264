"""What a client is told about the server: how to start it, in the client's own words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from server.clients.catalogue import Client

Entry = dict[str, Any]

_OUR_WORD = re.compile(r"sensorium(\.exe|\.cmd)?|sensorium[@\[=<>~].*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How the server is started.

    Attributes:
        command: the program, best with its absolute path, as clients with windows do not search the user's.
        arguments: what it is given.
        variables: its environment, beside what the client passes on by itself.
    """

    command: str
    arguments: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict[str, str])


def entry_for(client: Client, name: str, launch: Launch, there: Entry | None = None) -> Entry:
    """The entry that starts the server; what else users have set in the one that is there stays as it is."""
    wanted = _worded(client, name, launch)
    variables = _variables_key(client)
    before = dict(there or {})
    kept = before.get(variables)
    if isinstance(kept, dict):
        wanted[variables] = {**cast("Entry", kept), **wanted.get(variables, {})}
    return {**before, **wanted}


def is_ours(entry: object) -> bool:
    """Whether an entry starts this server, by its script or through a runner such as uvx."""
    if not isinstance(entry, dict):
        return False
    told = cast("Entry", entry)
    command: object = told.get("command", told.get("cmd"))
    if isinstance(command, dict):  # as Zed had it before 2025
        told = cast("Entry", command)
        command = told.get("path")
    words: list[object] = [command, *cast("list[object]", told.get("args") or [])]
    return any(isinstance(word, str) and _OUR_WORD.fullmatch(re.split(r"[/\\]", word)[-1]) for word in words)


def _worded(client: Client, name: str, launch: Launch) -> Entry:
    arguments = list(launch.arguments)
    variables = {_variables_key(client): dict(launch.variables)} if launch.variables else {}
    match client.dialect:
        case "plain":
            return {"command": launch.command, "args": arguments, **variables}
        case "typed":
            return {"type": "stdio", "command": launch.command, "args": arguments, **variables}
        case "goose":
            about = {"name": name, "description": "One memory for everything an agent reads, sees and hears"}
            start = {"type": "stdio", "enabled": True, "cmd": launch.command, "args": arguments, "timeout": 300}
            return {**about, **start, **variables}


def _variables_key(client: Client) -> str:
    return "envs" if client.dialect == "goose" else "env"
