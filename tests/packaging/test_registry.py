"""`server.json`, by which the MCP registry and clients know how to start the server, against the code."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any, Literal, cast, get_args, get_origin

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from server.settings import Settings, variables

_ONLY_OVER_HTTP = {"tokens"}


@pytest.fixture(scope="module")
def entry(packaging: Path) -> dict[str, Any]:
    return json.loads((packaging / "server.json").read_text())


@pytest.fixture(scope="module")
def package(entry: dict[str, Any]) -> dict[str, Any]:
    [package] = entry["packages"]
    return package


def _variable(name: str, field: FieldInfo) -> dict[str, Any]:
    """What the registry is told of one setting."""
    kinds = {field.annotation, *get_args(field.annotation)}
    said: dict[str, Any] = {"name": variables(name)[0], "description": (field.description or "").replace("`", "")}
    if field.is_required():
        said["isRequired"] = True
    if kinds & {int, float}:
        said["format"] = "number"
    elif bool in kinds:
        said["format"] = "boolean"
    elif Path in kinds:
        said["format"] = "filepath"
    if SecretStr in kinds:
        said["isSecret"] = True
    if get_origin(field.annotation) is Literal:
        said |= {"choices": list(get_args(field.annotation)), "default": field.default}
    return said


def test_the_entry_has_what_the_registry_asks_for(entry: dict[str, Any]) -> None:
    assert set(entry) == {"$schema", "name", "title", "description", "version", "packages"}
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", entry["name"])
    assert 0 < len(entry["description"]) <= 100


def test_the_entry_names_the_project_and_its_version(
    entry: dict[str, Any], package: dict[str, Any], root: Path
) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert entry["description"] == project["description"]
    assert entry["version"] == package["version"] == project["version"]
    assert package["identifier"] == project["name"]
    assert package["identifier"] in project["scripts"], "uvx starts the command that is named as its package"


def test_the_package_is_started_by_uvx_and_speaks_on_stdio(package: dict[str, Any]) -> None:
    assert (package["registryType"], package["runtimeHint"]) == ("pypi", "uvx")
    assert package["transport"] == {"type": "stdio"}


def test_the_entry_lists_every_setting_as_the_code_has_it(package: dict[str, Any]) -> None:
    settings = Settings.model_fields.items()
    assert package["environmentVariables"] == [
        _variable(name, field) for name, field in settings if name not in _ONLY_OVER_HTTP
    ]


def test_the_keys_are_secret_and_nothing_has_to_be_set(package: dict[str, Any]) -> None:
    listed = cast("list[dict[str, Any]]", package["environmentVariables"])
    assert {one["name"] for one in listed if one.get("isSecret")} == {"GOOGLE_API_KEY", "OPENAI_API_KEY"}
    assert not [one["name"] for one in listed if one.get("isRequired")]


def test_the_readme_claims_the_name_of_the_entry_and_no_other(entry: dict[str, Any], root: Path) -> None:
    claimed = re.findall(r"<!-- mcp-name: (\S+) -->", (root / "README.md").read_text())
    assert set(claimed) <= {entry["name"]}
