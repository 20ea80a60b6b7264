"""Settings of clients as people have them, and what the tests of installing ask of them."""

import json
import os
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from typer.testing import Result

from server.clients.catalogue import CLIENTS, ClientName, Surroundings

COMMAND = "/opt/sensorium/bin/sensorium"
Run = Callable[..., Result]

JSON = """\
// settings of mine
{
    "theme": "dark", // never light
    "%s": {
        /* the first one */
        "other": { "command": "other", "args": ["-x"] }, // stays
    },
    "last": [1, 2,]
}
"""
TOML = """\
# settings of mine
model = "o9"  # the best

[mcp_servers.other]  # stays
command = "other"
args = ["-x"]

# for this project
[projects."/home/me"]
trust_level = "trusted"
"""
YAML = """\
# settings of mine
GOOSE_MODEL: gpt-9   # the best
extensions:
  # the first one
  other:
    cmd: other   # stays
    args: [-x]
    enabled: true
# below
last: |
  one
  two
"""


def settings_file(client: ClientName, home: Path) -> Path:
    return CLIENTS[client].file(Surroundings(platform=sys.platform, home=home, variables=os.environ))


def written(client: ClientName, home: Path, text: str) -> Path:
    file = settings_file(client, home)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())
    return file


def lived_in(client: ClientName) -> str:
    return {"json": JSON % CLIENTS[client].section, "toml": TOML, "yaml": YAML}[CLIENTS[client].format]


def told(text: str, client: ClientName) -> Any:
    """What the text says, read without the product's parts; comments and commas of JSON as in the texts above."""
    match CLIENTS[client].format:
        case "toml":
            return tomllib.loads(text)
        case "yaml":
            return yaml.safe_load(text)
        case "json":
            bare = (line.split("// ")[0].split("/* ")[0] for line in text.splitlines())
            return json.loads("".join("".join(bare).split()).replace(",}", "}").replace(",]", "]"))


def state(file: Path) -> tuple[int, int, bytes]:
    return file.stat().st_ino, file.stat().st_mtime_ns, file.read_bytes()


def names(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
