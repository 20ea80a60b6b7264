"""The documents say what the code does."""

import inspect
import json
import re
import shlex
from pathlib import Path
from urllib.parse import unquote

import pytest
from documents.reference import DOCUMENT, ROOT, client_names, commands, rendered, setting_rows
from thirdparty.clients import CLIENTS as LIBRARIES

from server.clients.catalogue import CLIENTS, Surroundings
from server.tools import TOOLS

README = (ROOT / "README.md").read_text(encoding="utf-8")
ON_CLIENTS = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(
    str(path.relative_to(ROOT))
    for folder in (ROOT, ROOT / "docs", ROOT / "examples", ROOT / "packaging", ROOT / "benchmarks")
    for path in folder.glob("*.md")
)


def _rows(document: str, start: str) -> list[str]:
    return re.findall(rf"^\| {start}.*$", document, re.MULTILINE)


def _anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_reference_is_what_the_code_has() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert document == rendered(document)


def test_the_reference_tells_of_every_setting_tool_and_command() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert [row for row in setting_rows() if row not in document] == []
    assert [tool for tool in TOOLS if f"### `{tool}`" not in document] == []
    assert [name for name in commands() if f"### `sensorium {name}`" not in document] == []


def test_the_settings_in_the_readme_are_some_of_the_references() -> None:
    rows = re.findall(r"^\| (?:`[A-Z_`, ]+`) \| .*? \|", README, re.MULTILINE)
    assert rows
    assert [row for row in rows if row not in setting_rows()] == []


@pytest.mark.parametrize("tool", TOOLS)
def test_the_tools_table_names_every_argument(tool: str) -> None:
    [row] = _rows(README, f"`{tool}` \\|")
    arguments = [name for name in inspect.signature(TOOLS[tool]).parameters if name != "ctx"]
    if tool == "forget":
        arguments = ["ids", "query", "confirm"]  # its filters are recall's
    assert [name for name in arguments if f"`{name}`" not in row] == []


def test_the_commands_table_names_every_command_and_no_other() -> None:
    [table] = re.findall(r"\| command \| what it does \|\n(.*?)\n\n", README, re.DOTALL)
    cells = [line.split("|")[1] for line in table.splitlines()[1:]]
    named = {words.split()[-1] if words.startswith("sensorium") else words.split()[0] for words in _spelt(cells)}
    assert named == {name.split()[0] for name in commands()}


def _spelt(cells: list[str]) -> list[str]:
    """What stands in code marks, without what stands for arguments."""
    return [re.sub(r" [A-Z…]+$", "", words) for cell in cells for words in re.findall(r"`([^`]+)`", cell)]


def test_every_client_is_named_where_clients_are() -> None:
    assert [name for name in client_names() if not _rows(ON_CLIENTS, f"`{name}` \\|")] == []
    [installing] = re.findall(r"^sensorium install .*$", README, re.MULTILINE)
    assert [name for name in client_names() if name not in installing] == []


def test_the_files_of_clients_are_those_that_are_edited() -> None:
    around = Surroundings(platform="linux", home=Path("~"), variables={})
    rows = {name: _rows(ON_CLIENTS, f"`{name}` \\|")[0] for name in CLIENTS}
    assert [row for name, row in rows.items() if f"`{CLIENTS[name].file(around).as_posix()}`" not in row] == []
    assert [row for name, row in rows.items() if CLIENTS[name].title not in row] == []


def test_every_library_that_is_driven_is_told_of_as_it_behaves() -> None:
    [table] = re.findall(r"(\| library \|.*?)\n\n", ON_CLIENTS, re.DOTALL)
    rows = {one.name: next(row for row in table.splitlines() if f"`{one.name}`" in row) for one in LIBRARIES}
    assert len(rows) == len(table.splitlines()) - 2
    assert [one.name for one in LIBRARIES if one.sees_pictures != ("as pictures" in rows[one.name])] == []
    assert [one.name for one in LIBRARIES if (one.sound == "heard") != ("| heard |" in rows[one.name])] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_and_modules_named_in_the_documents_are_there(document: str) -> None:
    text, here = (ROOT / document).read_text(encoding="utf-8"), (ROOT / document).parent
    links = [unquote(link) for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    modules = re.findall(r"`((?:memory|server|tests|benchmarks|packaging)/[\w/.-]+)`", text)
    parted = [link.partition("#") for link in links]
    assert [name for name, _, _ in parted if not (here / name).exists()] == []
    assert [
        end for name, mark, end in parted if mark and end not in _anchors(here / name if name else ROOT / document)
    ] == []
    assert [name for name in modules if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_targets_and_commands_that_documents_name_are_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([\w-]+)", text)) <= targets
    names = {name.split()[0] for name in commands()}
    typed = re.findall(r"(?:`|^)sensorium ([a-z]+)\b", text, re.MULTILINE)
    assert set(typed) <= names


@pytest.mark.parametrize("document", DOCUMENTS)
def test_options_that_documents_show_are_those_of_the_command(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    shown = re.findall(r"`sensorium ([a-z][^`\n]*)`", text)
    wrong = [line for line in shown for option in _options(line) if option not in _known(line)]
    assert wrong == []


def _options(line: str) -> list[str]:
    return [word.partition("=")[0] for word in shlex.split(line.replace("…", "")) if word.startswith("--")]


def _known(line: str) -> set[str]:
    words = line.split()
    name = next(known for known in (" ".join(words[:2]), words[0]) if known in commands() or known == words[0])
    group = [command for known, command in commands().items() if known == name or known.startswith(f"{name} ")]
    return {option for command in group for param in command.params for option in param.opts} | {"--help"}


def test_the_name_in_the_registry_stands_in_the_readme() -> None:
    entry = json.loads((ROOT / "packaging" / "server.json").read_text(encoding="utf-8"))
    assert f"<!-- mcp-name: {entry['name']} -->" in README


def test_the_documents_stay_readable_in_one_sitting() -> None:
    assert len(README.splitlines()) <= 250
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 150
