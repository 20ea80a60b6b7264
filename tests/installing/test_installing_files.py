"""`sensorium install` as it deals with files, with other programs, and with what it is given."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from installing.lived_in import COMMAND, Run, names, written
from typer.testing import CliRunner

from memory.errors import ConfigurationError, InvalidInputError
from server.cli import app
from server.clients.catalogue import CLIENTS, ClientName, Surroundings
from server.clients.entries import Launch
from server.clients.files import replace_file
from server.clients.installing import plan_install


def test_the_first_state_is_kept_beside_the_file_and_no_later_one(run: Run, home: Path) -> None:
    file = written(ClientName.CURSOR, home, '{"a": 1}')
    file.chmod(0o640)
    run("install", "cursor")
    run("uninstall", "cursor")
    backup = file.with_name("mcp.json.sensorium-backup")
    assert backup.read_text() == '{"a": 1}'
    assert (file.stat().st_mode & 0o777, backup.stat().st_mode & 0o777) == (0o640, 0o640)
    assert names(home) == {".cursor/mcp.json", ".cursor/mcp.json.sensorium-backup"}


def test_a_link_stays_a_link_and_what_it_leads_to_changes(run: Run, home: Path) -> None:
    real = home / "dotfiles" / "mcp.json"
    real.parent.mkdir()
    real.write_text("{}\n")
    (home / ".cursor").mkdir()
    (home / ".cursor/mcp.json").symlink_to(real)
    run("install", "cursor")
    assert (home / ".cursor/mcp.json").is_symlink()
    assert "sensorium" in json.loads(real.read_text())["mcpServers"]
    run("uninstall", "cursor")
    assert real.read_text() == "{}\n"


def test_a_folder_that_cannot_be_written_is_told(run: Run, home: Path) -> None:
    (home / ".cursor").write_text("a file, not a folder")
    with pytest.raises(ConfigurationError, match=r"mcp\.json cannot be"):
        run("install", "cursor")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_told_and_the_file_stays(run: Run, home: Path) -> None:
    file = written(ClientName.CURSOR, home, "{}")
    file.parent.chmod(0o500)
    with pytest.raises(ConfigurationError, match="is as it was"):
        run("install", "cursor")
    file.parent.chmod(0o700)
    assert file.read_text() == "{}"


def test_what_another_program_wrote_meanwhile_is_not_lost(home: Path) -> None:
    file = written(ClientName.CLAUDE_CODE, home, "{}")
    around = Surroundings(platform=sys.platform, home=home, variables={})
    change = plan_install(CLIENTS[ClientName.CLAUDE_CODE], around, "x", Launch(command=COMMAND), force=False)
    file.write_text('{"written": "meanwhile"}')
    with pytest.raises(ConfigurationError, match="try again"):
        replace_file(change.file, change.text)
    assert file.read_text() == '{"written": "meanwhile"}'


def test_a_refusal_tells_no_keys_of_other_servers(run: Run, home: Path) -> None:
    entry = {"command": "other", "env": {"KEY": "secret-key"}}
    written(ClientName.CURSOR, home, json.dumps({"mcpServers": {"sensorium": entry}}))
    with pytest.raises(ConfigurationError, match="'command': 'other'") as refused:
        run("install", "cursor")
    assert "secret-key" not in str(refused.value)


@pytest.mark.parametrize("prefix", ["/home/me/.cache/uv/archive-v0/Ab", "/home/me/.local/pipx/.cache/Ab"])
def test_a_script_in_a_cache_is_not_installed(home: Path, monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    monkeypatch.setattr(sys, "prefix", prefix)
    with pytest.raises(ConfigurationError, match="uv tool install"):
        CliRunner().invoke(app, ["install", "cursor"], catch_exceptions=False)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("arguments", [("--name", "a b"), ("--name", ""), ("--env", "KEY"), ("--env", "1A=x")])
def test_names_and_variables_that_no_client_takes_are_refused(run: Run, home: Path, arguments: tuple[str, str]) -> None:
    with pytest.raises(InvalidInputError):
        run("install", "cursor", *arguments)
    assert list(home.iterdir()) == []


def test_as_a_process_the_entry_names_the_installed_script_and_no_key(home: Path) -> None:
    script = Path(sys.executable).with_name("sensorium")
    environment = {**os.environ, "GEMINI_API_KEY": "secret-key", "OPENAI_API_KEY": "secret-key"}
    done = subprocess.run([script, "install", "gemini"], env=environment, capture_output=True, text=True, check=True)
    assert "secret-key" not in done.stdout + (home / ".gemini/settings.json").read_text()
    entry = json.loads((home / ".gemini/settings.json").read_text())["mcpServers"]["sensorium"]
    assert entry == {"command": str(script), "args": []}
    told = subprocess.run([entry["command"], "--version"], capture_output=True, text=True, check=True)
    assert told.stdout.startswith("sensorium ")
    (home / ".gemini/settings.json").write_text("{")
    refused = subprocess.run(
        [script, "install", "gemini"], env=environment, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("sensorium: ")
    assert "left as it is" in refused.stderr
