from pathlib import Path

import pytest
from commands.running import Run
from typer.testing import CliRunner, Result

from server.cli import app


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SENSORIUM_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("SENSORIUM_EMBEDDER", "none")
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments: str, given: str = "", code: int = 0) -> Result:
        result = CliRunner().invoke(app, arguments, input=given)
        assert result.exit_code == code, result.output
        return result

    return invoke
