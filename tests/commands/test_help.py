"""What `--help` says of every command."""

import pytest
import typer
from commands.running import Run, facts_of

from server.cli import app

GROUP = typer.main.get_group(app)


def _commands() -> list[list[str]]:
    groups = {name: getattr(command, "commands", None) for name, command in GROUP.commands.items()}
    return [f"{name} {one}".split() for name, inner in groups.items() for one in inner or [""]]


@pytest.mark.parametrize("command", _commands(), ids=" ".join)
def test_each_command_says_what_it_does_with_examples_of_itself(run: Run, command: list[str]) -> None:
    said = run(*command, "--help").stdout
    assert f"Usage: sensorium {' '.join(command)}" in said.replace("Usage: root", "Usage: sensorium")
    assert "Examples" in said
    assert f"sensorium {' '.join(command)}" in said.split("Examples")[1]


def test_the_help_names_every_command_settings_completion_and_codes(run: Run) -> None:
    said = run("--help").stdout
    assert [name for name in GROUP.commands if f" {name} " not in said] == []
    assert "--install-completion" in said
    assert "ends with 0" in said


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_there_for_common_shells(run: Run, shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    assert "SENSORIUM_COMPLETE" in run("--show-completion", shell).stdout.upper()


def test_tokens_are_made_listed_and_revoked_as_json(run: Run) -> None:
    made = facts_of(run("token", "add", "anna", "--scope", "read", "--json"))
    assert made["token"]
    [listed] = facts_of(run("token", "list", "--json"))
    assert (listed["name"], listed["scopes"], listed["id"]) == ("anna", ["memory:read"], made["id"])
    assert facts_of(run("token", "revoke", "anna", "--json")) == [{"name": "anna", "id": made["id"]}]
    assert facts_of(run("token", "list", "--json")) == []


def test_reembed_tells_a_program_what_is_left(run: Run) -> None:
    run("remember", "the kettle is blue")
    facts = facts_of(run("reembed", "--json"))
    assert facts["erased"] == []
    assert facts["embedder"].startswith("none")
