"""The server's entry put into a client's settings, and taken out: nothing else in them changes."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, cast

from memory.errors import ConfigurationError, InvalidInputError
from server.clients import json_text, toml_text, yaml_text
from server.clients.catalogue import Client, Surroundings
from server.clients.entries import Launch, entry_for, is_ours
from server.clients.files import SettingsFile, read_file

_FORMATS: dict[str, ModuleType] = {"json": json_text, "toml": toml_text, "yaml": yaml_text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to become of a settings file.

    Attributes:
        file: the file as it was read.
        text: its new text; the same where nothing has to change.
    """

    file: SettingsFile
    text: str

    @property
    def lines(self) -> Sequence[str]:
        """The change as a unified diff; no lines where there is none."""
        before, after = self.file.text.splitlines(), self.text.splitlines()
        name = str(self.file.path)
        return list(difflib.unified_diff(before, after, name, name, lineterm=""))


def plan_install(client: Client, around: Surroundings, name: str, launch: Launch, *, force: bool) -> Change:
    """How the client's settings become such that it starts the server.

    Raises:
        ConfigurationError: the file is broken, or the name is another server's and `force` is not given.
        InvalidInputError: the name is none that all clients take.
    """
    _check_name(name)
    file = read_file(client.file(around))
    servers = _servers(client, file)
    there = servers.get(name)
    wanted = entry_for(client, name, launch)
    if there is not None and not _starts_alike(there, wanted) and not is_ours(there):
        _refuse_foreign(file, name, there, force=force)
        there = None
    entry = entry_for(client, name, launch, there)
    if servers.get(name) == entry:
        return Change(file=file, text=file.text)
    text = _FORMATS[client.format].put(file.text, client.section, name, entry)
    return _checked(client, file, text, {**servers, name: entry})


def plan_uninstall(client: Client, around: Surroundings, name: str, *, force: bool) -> Change:
    """How the client's settings become such that it no longer starts the server.

    Raises:
        ConfigurationError: the file is broken, or the name is another server's and `force` is not given.
        InvalidInputError: the name is none that all clients take.
    """
    _check_name(name)
    file = read_file(client.file(around))
    servers = _servers(client, file)
    if name not in servers:
        return Change(file=file, text=file.text)
    there = servers.pop(name)
    if not is_ours(there):
        _refuse_foreign(file, name, there, force=force)
    text = _FORMATS[client.format].drop(file.text, client.section, name)
    return _checked(client, file, text, servers)


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        raise InvalidInputError(f"A server cannot be named {name!r}: take up to 64 letters, digits, '-' and '_'.")


def _starts_alike(there: object, wanted: dict[str, Any]) -> bool:
    keys = ("command", "cmd", "args")
    return isinstance(there, dict) and all(cast("dict[str, Any]", there).get(key) == wanted.get(key) for key in keys)


def _refuse_foreign(file: SettingsFile, name: str, there: object, *, force: bool) -> None:
    if force:
        return
    told = cast("dict[str, Any]", there) if isinstance(there, dict) else {}
    start = {key: told[key] for key in ("command", "cmd", "args", "url") if key in told}  # no keys of other servers
    raise ConfigurationError(
        f"{file.path} has {name!r} for something else: {start!r}. Give --force to have it replaced or removed, "
        "or --name for another name."
    )


def _settings(client: Client, file: SettingsFile, text: str) -> dict[str, Any]:
    try:
        data = _FORMATS[client.format].read(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{file.path} is not valid {client.format.upper()}, and is left as it is: {error}. Mend it and try again."
        ) from error
    if not isinstance(data, dict):
        raise ConfigurationError(f"{file.path} does not hold settings by name, and is left as it is.")
    return cast("dict[str, Any]", data)


def _servers(client: Client, file: SettingsFile) -> dict[str, Any]:
    section = _settings(client, file, file.text).get(client.section)
    if section is None:
        return {}
    if not isinstance(section, dict):
        raise ConfigurationError(f"{file.path} has no servers by name in {client.section!r}, and is left as it is.")
    return dict(cast("dict[str, Any]", section))


def _checked(client: Client, file: SettingsFile, text: str, servers: dict[str, Any]) -> Change:
    """The change, once the new text is known to say all that the old one did, and the new servers."""
    wanted = {**_settings(client, file, file.text), client.section: servers}
    try:
        told = _settings(client, file, text)
    except ConfigurationError:
        told = {}
    if {**told, client.section: told.get(client.section) or {}} != wanted:
        raise ConfigurationError(
            f"{file.path} is written in a way that cannot be changed safely, and is left as it is: "
            f"change {client.section!r} in it by hand."
        )
    return Change(file=file, text=text)
