"""The Claude Code plugin and the AGENTS.md snippet: what they tell agents to call is what the server has."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import Tools

_SKILL = "claude-plugin/skills/memory/SKILL.md"
_GUIDES = ["AGENTS.md", _SKILL]


@pytest.fixture
async def schemas(tools: Tools) -> dict[str, dict[str, Any]]:
    """Of each tool, its arguments."""
    listed = (await tools.client.list_tools()).tools
    return {tool.name: tool.input_schema["properties"] for tool in listed}


def _calls(guide: str) -> list[tuple[str, dict[str, str]]]:
    """The calls in a text: tool, and its arguments as they are written."""
    calls = re.findall(r"\b(\w+)\(((?:\w+=[^()]*)?)\)", guide)
    return [(tool, dict(re.findall(r"(\w+)=(\[[^]]*\]|\"[^\"]*\")", given))) for tool, given in calls]


def _choices(schema: dict[str, Any]) -> set[str]:
    return set(schema.get("items", {}).get("enum", schema.get("enum", ())))


@pytest.mark.parametrize("name", _GUIDES)
async def test_each_call_names_a_tool_and_arguments_that_the_server_has(
    name: str, packaging: Path, schemas: dict[str, dict[str, Any]]
) -> None:
    calls = _calls((packaging / name).read_text())
    assert {tool for tool, _ in calls} == set(schemas)
    for tool, given in calls:
        assert given, f"{tool} is called without arguments"
        assert set(given) <= set(schemas[tool])
        for argument, written in given.items():
            choices = _choices(schemas[tool][argument])
            values = json.loads(written)
            assert isinstance(values, list) == (schemas[tool][argument].get("type") == "array")
            assert not choices or set(values) <= choices


@pytest.mark.parametrize("name", _GUIDES)
async def test_each_word_in_code_type_is_a_tool_an_argument_or_the_command(
    name: str, packaging: Path, schemas: dict[str, dict[str, Any]]
) -> None:
    known = {"sensorium", *schemas, *(argument for schema in schemas.values() for argument in schema)}
    words = re.findall(r"`([a-z_]+)(?:=[^`]*)?`", (packaging / name).read_text())
    assert set(words) <= known


def test_the_skill_says_when_it_is_for_in_what_hosts_show_of_it(packaging: Path) -> None:
    _, head, body = (packaging / _SKILL).read_text().split("---\n", 2)
    front = yaml.safe_load(head)
    assert set(front) == {"name", "description"}
    assert front["name"] == (packaging / _SKILL).parent.name
    assert len(front["description"]) <= 1024
    for phrase in ("remember", "last time", "what did we decide", "forget"):
        assert phrase in front["description"]
    assert len(body.splitlines()) < 60


def test_the_snippet_is_short_enough_to_be_pasted(packaging: Path) -> None:
    assert len((packaging / "AGENTS.md").read_text().splitlines()) <= 25


def test_the_plugin_is_the_project_and_starts_its_command(packaging: Path, root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    plugin = json.loads((packaging / "claude-plugin/.claude-plugin/plugin.json").read_text())
    assert [plugin[key] for key in ("name", "version", "license")] == [
        project[key] for key in ("name", "version", "license")
    ]
    servers = json.loads((packaging / "claude-plugin/.mcp.json").read_text())["mcpServers"]
    assert {name: server["command"] for name, server in servers.items()} == {"sensorium": "sensorium"}
    assert "sensorium" in project["scripts"]
