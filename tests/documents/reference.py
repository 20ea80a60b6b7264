"""The tables of docs/reference.md as the code has them; as a program (`make reference`), they are written anew."""

import json
import re
from collections.abc import Iterator, Mapping
from enum import EnumType
from pathlib import Path
from typing import Any

import typer
from pydantic_core import PydanticUndefined

from server.cli import app
from server.clients.catalogue import CLIENTS
from server.settings import Settings, variables
from server.tools import TOOLS

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "reference.md"
_SCHEMAS = ROOT / "tests" / "server" / "schemas"
_BLOCK = re.compile(r"(<!-- (?!end)(\w+) -->\n).*?(?=<!-- end -->)", re.DOTALL)
_NOT_TOLD = {"--help", "--json"}


def rendered(document: str) -> str:
    """The document with each block between `<!-- name -->` and `<!-- end -->` as the code has it now."""
    blocks = {"settings": _settings, **{tool: _arguments_of(tool) for tool in TOOLS}, "commands": _commands}
    return _BLOCK.sub(lambda found: found[1] + "\n".join(blocks[found[2]]()) + "\n", document)


def setting_rows() -> list[str]:
    """A row of a table for each setting."""
    return [f"| {_quoted(*variables(name))} | {field.description} |" for name, field in Settings.model_fields.items()]


def client_names() -> list[str]:
    """What the clients are called that `install` knows."""
    return [str(name) for name in CLIENTS]


def commands() -> Mapping[str, Any]:
    """Every command by what is typed for it, groups unfolded."""
    return {
        " ".join(filter(None, (name, inner))): one
        for name, command in typer.main.get_group(app).commands.items()
        for inner, one in getattr(command, "commands", {"": command}).items()
    }


def _quoted(*names: str) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _settings() -> Iterator[str]:
    yield "| variable | what it sets | default |\n|---|---|---|"
    for row, field in zip(setting_rows(), Settings.model_fields.values(), strict=True):
        known = field.default not in (None, PydanticUndefined) and field.default is not False
        yield f"{row} {f'`{field.default}`' if known and str(field.default).strip('*') else ''} |"


def _arguments_of(tool: str) -> Any:
    def rows() -> Iterator[str]:
        yield "| argument | type | what it is |\n|---|---|---|"
        definition = json.loads((_SCHEMAS / f"{tool}.json").read_text(encoding="utf-8"))
        for name, schema in definition["inputSchema"]["properties"].items():
            default = schema.get("default")
            ending = f" Default: `{default}`." if default not in (None, "", [], {}) else ""
            yield f"| `{name}` | {_type(schema)} | {schema.get('description', '')}{ending} |".replace("  ", " ")

    return rows


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(f"`{one}`" for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"] if one.get("type") != "null")
    if schema["type"] == "array":
        return f"list of {_type(schema['items'])}"
    return str(schema["type"])


def _commands() -> Iterator[str]:
    for name, command in commands().items():
        yield f"\n### `sensorium {name}`\n"
        yield " ".join((command.help or "").split("\n\n")[0].split())
        told = [one for one in command.params if not _NOT_TOLD & set(one.opts)]
        if told:
            yield "\n| | |\n|---|---|"
        for one in told:
            yield f"| {_spelt(one)} | {getattr(one, 'help', '')}{_values(one)} |"
    yield ""


def _spelt(param: Any) -> str:
    if param.param_type_name == "argument":
        return _quoted(str(param.metavar or param.name).upper()).replace("|", "\\|")
    return _quoted(*param.opts)


def _values(param: Any) -> str:
    """What may be given, where that is a list, and what it is else."""
    kind, default = param.type_descriptor.annotation, param.default
    said = f" One of {_quoted(*map(str, kind))}." if isinstance(kind, EnumType) else ""
    return said if default in (None, "") or isinstance(default, bool) else f"{said} Default: `{default}`."


if __name__ == "__main__":
    DOCUMENT.write_text(rendered(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
