"""Settings laid out in many ways, and entries written by others, through `sensorium install` and `uninstall`."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from installing.lived_in import COMMAND, Run, lived_in, settings_file, written

from memory.errors import ConfigurationError
from server.clients.catalogue import ClientName


def test_a_table_written_by_hand_is_known_and_taken_out_of_the_middle(run: Run, home: Path) -> None:
    ours = f"[ mcp_servers . 'sensorium' ]\ncommand = '{COMMAND}'\nargs = []\n\n"
    before = "a = 1\n\n%s# about b\n[b]\nc = 1\n"
    file = written(ClientName.CODEX, home, before % ours)
    assert "already" in run("install", "codex").stdout
    assert file.read_text() == before % ours
    run("uninstall", "codex")
    assert file.read_text() == before % ""


def test_what_users_set_in_our_entry_stays_when_it_is_renewed(run: Run, home: Path) -> None:
    run("install", "codex", "--env", "A=1")
    file = settings_file(ClientName.CODEX, home)
    file.write_text(
        file.read_text() + "tool_timeout_sec = 60.0\n[mcp_servers.sensorium.tools.recall]\napproval = true\n"
    )
    run("install", "codex", "--env", "B=\u007f2", "--command", "uvx", "--arg", "sensorium")
    assert tomllib.loads(file.read_text())["mcp_servers"]["sensorium"] == {
        "command": "uvx",
        "args": ["sensorium"],
        "env": {"A": "1", "B": "\u007f2"},
        "tool_timeout_sec": 60.0,
        "tools": {"recall": {"approval": True}},
    }
    run("uninstall", "codex")
    assert tomllib.loads(file.read_text()) == {}


def test_line_ends_and_a_byte_order_mark_stay(run: Run, home: Path) -> None:
    for client in (ClientName.VSCODE, ClientName.CODEX, ClientName.GOOSE):
        before = "\ufeff" + lived_in(client).replace("\n", "\r\n")
        file = written(client, home, before)
        run("install", client)
        after = file.read_bytes()
        assert after.startswith(b"\xef\xbb\xbf")
        assert after.count(b"\n") == after.count(b"\r\n")
        run("uninstall", client)
        assert file.read_bytes() == before.encode()


@pytest.mark.parametrize(
    "before",
    [
        '{"mcpServers": {"other": {"command": "x"}}}',
        '{"a": 1}\n',
        "{}",
        '{\n  "mcpServers": {\n    "other": {} // one\n  } // two\n}\n',
        '{\n  "mcpServers": {\n    "other": {}, // one\n    // two\n  },\n}\n',
        '{\n  "a": "//, }", /* , } */\n}\n',
        '{\n  "a": "\\"/*" , "b": {}\n}\n',
    ],
)
def test_json_of_any_layout_comes_back_byte_for_byte(run: Run, home: Path, before: str) -> None:
    file = written(ClientName.ZED, home, before.replace("mcpServers", "context_servers"))
    run("install", "zed")
    assert COMMAND in file.read_text()
    run("uninstall", "zed")
    assert file.read_text() == before.replace("mcpServers", "context_servers")


@pytest.mark.parametrize(
    "before",
    [
        "extensions: {}  # none yet\nlast: 1\n",
        "extensions:\nlast: 1\n",
        "extensions: {other: {cmd: x}}\n",
        "extensions:\n    other: &x\n        cmd: |\n            x\n    third: *x\n",
        "{a: 1, extensions: {other: {cmd: x}}}",
        "# only a comment",
        "",
    ],
)
def test_yaml_of_any_layout_keeps_what_it_says(run: Run, home: Path, before: str) -> None:
    remaining: list[dict[str, Any]] = []
    file = written(ClientName.GOOSE, home, before)
    run("install", "goose")
    assert yaml.safe_load(file.read_text())["extensions"]["sensorium"]["cmd"] == COMMAND
    run("uninstall", "goose")
    for text in (file.read_text(), before):
        told: dict[str, Any] = yaml.safe_load(text) or {}
        remaining.append({**told, "extensions": told.get("extensions") or {}})
    assert remaining[0] == remaining[1]


def test_what_cannot_be_changed_safely_is_left_alone(run: Run, home: Path) -> None:
    for client, before in ((ClientName.CODEX, "mcp_servers = {}\n"), (ClientName.GOOSE, "{a: 1}\n")):
        file = written(client, home, before)
        with pytest.raises(ConfigurationError, match="by hand"):
            run("install", client)
        assert file.read_text() == before


@pytest.mark.parametrize(
    "entry",
    [
        {"command": "uvx", "args": ["sensorium"]},
        {"command": "uvx", "args": ["--from", "x", "sensorium[gemma]@latest"]},
        {"command": r"C:\Users\me\Scripts\sensorium.exe"},
        {"command": {"path": "/old/sensorium", "args": []}},
        {"command": COMMAND, "args": None},
    ],
)
def test_an_entry_that_starts_this_server_in_any_way_is_ours(run: Run, home: Path, entry: dict[str, Any]) -> None:
    file = written(ClientName.ZED, home, json.dumps({"context_servers": {"sensorium": entry}}))
    before = file.read_text()
    run("install", "zed")
    assert json.loads(file.read_text())["context_servers"]["sensorium"] == {"command": COMMAND, "args": []}
    file.write_text(before)
    run("uninstall", "zed")
    assert json.loads(file.read_text()) == {}
