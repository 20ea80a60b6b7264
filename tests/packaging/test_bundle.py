"""The .mcpb bundle: what it tells a host, what is in it, and that its entry serves a client.

Hosts start it by `uv`, which downloads what it needs; here its entry runs in this environment instead.
"""

import json
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import anyio
import pytest
from browser.serving import environment
from harness import Tools
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from server.settings import Settings, read_settings, variables


def _built(packaging: Path, bundle: Path) -> Path:
    subprocess.run([sys.executable, packaging / "mcpb" / "build.py", bundle], check=True)
    return bundle


@pytest.fixture(scope="module")
def bundle(packaging: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _built(packaging, tmp_path_factory.mktemp("bundle") / "dist" / "sensorium.mcpb")


@pytest.fixture(scope="module")
def manifest(bundle: Path) -> dict[str, Any]:
    with ZipFile(bundle) as archive:
        return json.loads(archive.read("manifest.json"))


def _configured(manifest: dict[str, Any], folder: Path, **given: str) -> dict[str, Any]:
    """How a host starts it: with what the user gave in its form, else with what stands there by default."""
    values = {name: option["default"] for name, option in manifest["user_config"].items()} | given
    text = json.dumps(manifest["server"]["mcp_config"]).replace("${__dirname}", str(folder))
    for name, value in values.items():
        text = text.replace(f"${{user_config.{name}}}", value)
    assert "${" not in text
    return json.loads(text)


def test_the_same_sources_make_the_same_bundle(packaging: Path, bundle: Path, tmp_path: Path) -> None:
    assert _built(packaging, tmp_path / "again.mcpb").read_bytes() == bundle.read_bytes()


def test_the_bundle_holds_the_code_of_the_wheel_and_what_builds_it(bundle: Path, wheel: Path) -> None:
    with ZipFile(bundle) as archive, ZipFile(wheel) as built:
        code = {name for name in built.namelist() if name.startswith(("memory/", "server/"))}
        extra = {"manifest.json", "main.py", "pyproject.toml", "LICENSE", "README.md"}
        assert set(archive.namelist()) == code | extra


def test_uv_installs_what_the_project_needs_and_nothing_for_developers(bundle: Path, root: Path) -> None:
    with ZipFile(bundle) as archive:
        bundled = tomllib.loads(archive.read("pyproject.toml").decode())
    assert bundled["tool"]["uv"] == {"default-groups": []}
    assert bundled["project"] == tomllib.loads((root / "pyproject.toml").read_text())["project"]


def test_the_manifest_says_what_the_project_says(manifest: dict[str, Any], root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert (manifest["manifest_version"], manifest["server"]["type"]) == ("0.4", "uv")
    for key in ("name", "version", "description", "license", "keywords"):
        assert manifest[key] == project[key]
    assert manifest["compatibility"]["runtimes"]["python"] == project["requires-python"]


async def test_the_manifest_lists_the_tools_as_the_server_does(manifest: dict[str, Any], tools: Tools) -> None:
    listed = (await tools.client.list_tools()).tools
    assert manifest["tools"] == [{"name": tool.name, "description": tool.description} for tool in listed]


def test_what_a_user_may_give_are_settings_and_only_the_key_is_hidden(manifest: dict[str, Any]) -> None:
    known = {name for field in Settings.model_fields for name in variables(field)}
    assert set(manifest["server"]["mcp_config"]["env"]) <= known
    form = manifest["user_config"]
    assert [name for name, option in form.items() if option.get("sensitive")] == ["gemini_api_key"]
    assert not [name for name, option in form.items() if option["required"]]


def test_a_form_left_empty_changes_no_setting(
    manifest: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SENSORIUM_HOME", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    before = read_settings()
    for name, value in _configured(manifest, tmp_path)["env"].items():
        monkeypatch.setenv(name, value)
    assert read_settings() == before


async def test_the_unpacked_bundle_serves_a_client_from_the_folder_the_user_chose(
    manifest: dict[str, Any], bundle: Path, tmp_path: Path
) -> None:
    folder, home = tmp_path / "unpacked", tmp_path / "chosen"
    with ZipFile(bundle) as archive:
        archive.extractall(folder)
    start = _configured(manifest, folder, home=str(home))
    entry = manifest["server"]["entry_point"]
    assert [start["command"], *start["args"]] == ["uv", "run", "--directory", str(folder), entry]
    env = {**environment(tmp_path / "elsewhere"), **start["env"]}
    parameters = StdioServerParameters(command=sys.executable, args=[entry], env=env, cwd=str(folder))
    with anyio.fail_after(120):
        async with Client(stdio_client(parameters)) as client:
            assert client.server_info
            assert client.server_info.version == version("sensorium")
            kept = await client.call_tool("remember", {"text": "A bundle of twigs."})
            assert not kept.is_error, kept.content
    assert home.is_dir()
    assert not (tmp_path / "elsewhere").exists()
