"""The documents say what the code does."""

import re
from pathlib import Path

import pytest

from server.settings import Settings, variables
from server.tools import TOOLS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _variables(name: str) -> str:
    return ", ".join(f"`{variable}`" for variable in variables(name))


def test_the_settings_table_is_that_of_the_settings() -> None:
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \| (.*?) \|", README, re.MULTILINE)
    assert rows == [(_variables(name), field.description) for name, field in Settings.model_fields.items()]


@pytest.mark.parametrize("tool", TOOLS)
def test_the_tools_table_names_every_argument(tool: str) -> None:
    import inspect  # noqa: PLC0415  # only here

    [row] = re.findall(rf"^\| `{tool}` \|.*$", README, re.MULTILINE)
    arguments = [name for name in inspect.signature(TOOLS[tool]).parameters if name != "ctx"]
    if tool == "forget":
        arguments = ["ids", "query", "confirm"]  # its filters are recall's
    assert [name for name in arguments if f"`{name}`" not in row] == []


@pytest.mark.parametrize(
    "document", ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "docs/archive.md", "docs/http.md"]
)
def test_links_and_modules_named_in_the_documents_are_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    modules = re.findall(r"`((?:memory|server)/[\w/]+(?:\.py)?/?)`", text)
    here = (ROOT / document).parent
    assert [name for name in links if not (here / name).exists()] == []
    assert [name for name in modules if not (ROOT / name).exists()] == []


def test_the_documents_stay_readable_in_one_sitting() -> None:
    assert len(README.splitlines()) <= 250
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 150
