"""`sensorium remember`, `recall` and `forget`: what agents do, for people and scripts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import picture, written
from typer.testing import CliRunner, Result

from server.cli import app

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SENSORIUM_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("SENSORIUM_EMBEDDER", "none")

    def invoke(*arguments: str, given: str = "", code: int = 0) -> Result:
        result = CliRunner().invoke(app, arguments, input=given)
        assert result.exit_code == code, result.output
        return result

    return invoke


def _facts(result: Result) -> dict[str, Any]:
    return json.loads(result.stdout)


def test_what_is_remembered_is_recalled_and_forgotten(run: Run) -> None:
    id_ = _facts(run("remember", "the kettle is blue", "--tag", "kitchen", "--metadata", "room=3", "--json"))["id"]
    assert "> the kettle is blue" in run("recall", "kettle").stdout
    [hit] = _facts(run("recall", "--tag", "kitchen", "--metadata", "room=3", "--json"))["hits"]
    assert (hit["id"], hit["tags"]) == (id_, ["kitchen"])
    assert "> the kettle is blue" in run("recall", "--id", id_).stdout
    assert run("forget", id_).stdout.startswith("forgotten: 1 memory")
    assert _facts(run("recall", "--json"))["hits"] == []


def test_a_file_of_any_folder_and_a_note_from_standard_input_are_one_memory(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path / "elsewhere", "red.png", picture("red"))
    done = _facts(run("remember", "-", "--file", file, "--json", given="as seen from the pier"))
    assert sorted(done["modalities"]) == ["image", "text"]
    [hit] = _facts(run("recall", "--like", file, "--json"))["hits"]
    assert hit["id"] == done["id"]


def test_filters_erase_only_after_a_yes(run: Run) -> None:
    run("remember", "one", "--tag", "old")
    run("remember", "two", "--tag", "new")
    shown = run("forget", "--tag", "old", code=1)
    assert "would forget 1 memory" in shown.stdout
    assert "--yes" in shown.stderr
    assert len(_facts(run("recall", "--json"))["hits"]) == 2
    assert run("forget", "--tag", "old", "--yes").stdout.startswith("forgotten: 1 memory")
    assert [hit["passage"] for hit in _facts(run("recall", "--json"))["hits"]] == ["two"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("forget", "m00000000000000000000"), "sensorium: nothing was forgotten: there is no memory"),
        (("forget",), "sensorium: say what to forget"),
        (("remember",), "sensorium: "),
        (("remember", "a note", "--file", "nowhere.txt"), "nowhere.txt"),
        (("recall", "--since", "someday"), "since='someday' is not a point in time"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_1(run: Run, arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments, code=1)
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("arguments", [("recall", "--mode", "wild"), ("remember", "x", "--metadata", "bare")])
def test_what_no_option_takes_is_refused_with_exit_code_2(run: Run, arguments: tuple[str, ...]) -> None:
    assert "Invalid value" in run(*arguments, code=2).stderr
