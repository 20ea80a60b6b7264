"""A home folder of its own for each test, and the command in it."""

from pathlib import Path

import pytest
from installing.lived_in import COMMAND, Run
from typer.testing import CliRunner, Result

from server.cli import app

VARIABLES = (
    *("XDG_CONFIG_HOME", "FLATPAK_XDG_CONFIG_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME"),
    *("GEMINI_CLI_HOME", "GOOSE_PATH_ROOT", "APPDATA", "LOCALAPPDATA"),
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    assert Path.home() == home

    def invoke(*arguments: str) -> Result:
        given = ("--command", COMMAND) if arguments[0] == "install" and "--command" not in arguments else ()
        result = CliRunner().invoke(app, [*arguments, *given])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result

    return invoke
