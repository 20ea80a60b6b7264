"""`sensorium install` and `uninstall`: what becomes of the settings of nine clients."""

from pathlib import Path
from typing import Any

import pytest
from installing.lived_in import COMMAND, Run, lived_in, names, settings_file, state, told, written

from memory.errors import ConfigurationError
from server.clients.catalogue import CLIENTS, ClientName


@pytest.mark.parametrize(
    ("client", "section", "entry"),
    [
        ("claude-code", "mcpServers", {"type": "stdio", "command": COMMAND, "args": [], "env": {"A": "b=c"}}),
        ("claude-desktop", "mcpServers", {"command": COMMAND, "args": [], "env": {"A": "b=c"}}),
        ("cursor", "mcpServers", {"type": "stdio", "command": COMMAND, "args": [], "env": {"A": "b=c"}}),
        ("vscode", "servers", {"type": "stdio", "command": COMMAND, "args": [], "env": {"A": "b=c"}}),
        ("codex", "mcp_servers", {"command": COMMAND, "args": [], "env": {"A": "b=c"}}),
        ("gemini", "mcpServers", {"command": COMMAND, "args": [], "env": {"A": "b=c"}}),
        (
            "goose",
            "extensions",
            {
                "name": "sensorium",
                "description": "One memory for everything an agent reads, sees and hears",
                "type": "stdio",
                "enabled": True,
                "cmd": COMMAND,
                "args": [],
                "timeout": 300,
                "envs": {"A": "b=c"},
            },
        ),
        ("windsurf", "mcpServers", {"command": COMMAND, "args": [], "env": {"A": "b=c"}}),
        ("zed", "context_servers", {"command": COMMAND, "args": [], "env": {"A": "b=c"}}),
    ],
)
def test_a_client_without_settings_gets_a_file_with_the_entry_it_reads(
    run: Run, home: Path, client: str, section: str, entry: dict[str, Any]
) -> None:
    name = ClientName(client)
    shown = run("install", client, "--env", "A=b=c").stdout
    assert told(settings_file(name, home).read_text(), name) == {section: {"sensorium": entry}}
    assert CLIENTS[name].next_step in shown
    assert len(names(home)) == 1
    run("uninstall", client)
    assert told(settings_file(name, home).read_text(), name) in ({}, None)


@pytest.mark.parametrize("client", list(ClientName))
def test_lived_in_settings_gain_only_the_entry_and_come_back_byte_for_byte(
    run: Run, home: Path, client: ClientName
) -> None:
    before = lived_in(client)
    file = written(client, home, before)
    shown = run("install", client).stdout
    after = file.read_text()
    kept = [line.rstrip(", ") for line in before.splitlines()]
    assert [line for line in kept if line not in [it.rstrip(", ") for it in after.splitlines()]] == []
    assert set(told(after, client)[CLIENTS[client].section]) == {"other", "sensorium"}
    added = [line[1:] for line in shown.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert all(line in after.splitlines() for line in added)
    run("uninstall", client)
    assert file.read_text() == before


@pytest.mark.parametrize("client", list(ClientName))
def test_settings_without_servers_come_back_byte_for_byte(run: Run, home: Path, client: ClientName) -> None:
    before = {"json": '{\n\t"a": 1\n}', "toml": "# mine\na = 1\n", "yaml": "# mine\na: 1\n"}[CLIENTS[client].format]
    file = written(client, home, before)
    run("install", client)
    assert told(file.read_text(), client)["a"] == 1
    run("uninstall", client)
    assert file.read_text() == before


@pytest.mark.parametrize("client", list(ClientName))
def test_what_is_there_already_is_not_written_again(run: Run, home: Path, client: ClientName) -> None:
    file = written(client, home, lived_in(client))
    run("install", client, "--env", "A=1")
    before = state(file)
    assert "already" in run("install", client).stdout
    run("uninstall", client, "--name", "absent")
    assert state(file) == before


@pytest.mark.parametrize("client", list(ClientName))
@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_broken_settings_are_refused_and_left_alone(run: Run, home: Path, client: ClientName, command: str) -> None:
    for broken in ('{"a": [', "[1, 2]\n= {", "\x00", "\udcff"):
        file = settings_file(client, home)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(broken.encode(errors="surrogateescape"))
        with pytest.raises(ConfigurationError, match="left as it is"):
            run(command, client)
        assert file.read_bytes() == broken.encode(errors="surrogateescape")
        assert len(names(home)) == 1


@pytest.mark.parametrize("client", list(ClientName))
def test_a_dry_run_shows_the_change_and_writes_nothing(run: Run, home: Path, client: ClientName) -> None:
    shown = run("install", client, "--dry-run").stdout
    assert COMMAND in shown
    assert "Nothing was written" in shown
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("client", list(ClientName))
def test_another_server_of_that_name_gives_way_only_to_force(run: Run, home: Path, client: ClientName) -> None:
    before = lived_in(client)
    file = written(client, home, before)
    for command in ("install", "uninstall"):
        with pytest.raises(ConfigurationError, match="for something else"):
            run(command, client, "--name", "other")
    assert file.read_text() == before
    run("install", client, "--name", "other", "--force")
    entry = told(file.read_text(), client)[CLIENTS[client].section]["other"]
    assert entry.get("command", entry.get("cmd")) == COMMAND
    assert "-x" not in entry["args"]
    run("uninstall", client, "--name", "other")
    assert "other" not in told(file.read_text(), client).get(CLIENTS[client].section, {})
