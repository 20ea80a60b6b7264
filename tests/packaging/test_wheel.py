"""The wheel: what is in it, what it says of itself, and that it works where nothing else of the project is."""

import subprocess
import sys
import tarfile
import tomllib
from email import message_from_string
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

import anyio
from browser.serving import environment
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

_LEFTOVERS = {".pyc", ".log", ".tmp"}


def _names(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_the_two_packages_and_nothing_else(wheel: Path) -> None:
    names = _names(wheel)
    assert {name.split("/")[0] for name in names} == {"memory", "server", f"sensorium-{version('sensorium')}.dist-info"}
    assert not [name for name in names if Path(name).suffix in _LEFTOVERS]


def test_the_wheel_holds_every_module_and_every_file_of_the_page(wheel: Path, root: Path) -> None:
    modules = {str(path.relative_to(root)) for top in ("memory", "server") for path in (root / top).rglob("*.py")}
    page = {str(path.relative_to(root)) for path in (root / "server/static").iterdir() if path.is_file()}
    assert modules
    assert page
    assert modules | page | {"memory/py.typed"} <= _names(wheel)


def test_the_wheel_says_what_the_project_says(wheel: Path, root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    with ZipFile(wheel) as archive:
        [folder] = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
        said = message_from_string(archive.read(f"{folder}/METADATA").decode())
        commands = archive.read(f"{folder}/entry_points.txt").decode()
        licences = [name for name in archive.namelist() if name.startswith(f"{folder}/licenses/")]
    assert (said["Name"], said["Version"]) == (project["name"], project["version"])
    assert (said["Summary"], said["License-Expression"]) == (project["description"], project["license"])
    assert said["Requires-Python"] == project["requires-python"]
    needed = [needs for needs in said.get_all("Requires-Dist", []) if "extra ==" not in needs]
    assert len(needed) == len(project["dependencies"])
    assert set(said.get_all("Provides-Extra", [])) == set(project["optional-dependencies"])
    assert "sensorium = server.cli:main" in commands
    assert {name.split("/licenses/")[1] for name in licences} == set(project["license-files"])


def test_the_source_archive_is_enough_to_build_the_same_wheel(wheel: Path, root: Path, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-d", tmp_path]
    subprocess.run([*build, "-t", "sdist"], cwd=root, check=True)
    [archive] = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
    [source] = (tmp_path / "unpacked").iterdir()
    subprocess.run([*build, "-t", "wheel"], cwd=source, check=True)
    [again] = tmp_path.glob("*.whl")
    assert _names(again) == _names(wheel)


def test_the_installed_command_is_that_of_the_wheel(installed: Path, tmp_path: Path) -> None:
    where = [installed / "python", "-c", "import memory, server; print(memory.__file__); print(server.__file__)"]
    found = subprocess.run(where, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.split()
    assert [Path(path).is_relative_to(installed.parent) for path in found] == [True, True]
    asked = [installed / "sensorium", "--version"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert said == f"sensorium {version('sensorium')}\n"


async def test_the_installed_command_serves_a_client_over_stdio(installed: Path, tmp_path: Path) -> None:
    parameters = StdioServerParameters(
        command=str(installed / "sensorium"), env=environment(tmp_path / "store"), cwd=str(tmp_path)
    )
    with anyio.fail_after(120):
        async with Client(stdio_client(parameters)) as client:
            kept = await client.call_tool("remember", {"text": "The wheel turns."})
            assert not kept.is_error, kept.content
            result = await client.call_tool("recall", {"query": "wheel", "media": "none"})
    assert result.structured_content
    assert [hit["passage"] for hit in result.structured_content["hits"]] == ["The wheel turns."]
