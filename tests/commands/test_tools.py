"""`sensorium remember`, `recall` and `forget`: what agents do, for people and scripts."""

from pathlib import Path

import pytest
from commands.running import Run, facts_of
from harness import picture, written


def test_what_is_remembered_is_recalled_and_forgotten(run: Run) -> None:
    id_ = facts_of(run("remember", "the kettle is blue", "--tag", "kitchen", "--metadata", "room=3", "--json"))["id"]
    assert "> the kettle is blue" in run("recall", "kettle").stdout
    [hit] = facts_of(run("recall", "--tag", "kitchen", "--metadata", "room=3", "--json"))["hits"]
    assert (hit["id"], hit["tags"]) == (id_, ["kitchen"])
    assert "> the kettle is blue" in run("recall", "--id", id_).stdout
    assert run("forget", id_).stdout.startswith("forgotten: 1 memory")
    assert facts_of(run("recall", "--json"))["hits"] == []


def test_a_file_of_any_folder_and_a_note_from_standard_input_are_one_memory(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path / "elsewhere", "red.png", picture("red"))
    done = facts_of(run("remember", "-", "--file", file, "--json", given="as seen from the pier"))
    assert sorted(done["modalities"]) == ["image", "text"]
    [hit] = facts_of(run("recall", "--like", file, "--json"))["hits"]
    assert hit["id"] == done["id"]


def test_filters_erase_only_after_a_yes(run: Run) -> None:
    run("remember", "one", "--tag", "old")
    run("remember", "two", "--tag", "new")
    shown = run("forget", "--tag", "old", code=1)
    assert "would forget 1 memory" in shown.stdout
    assert "--yes" in shown.stderr
    assert len(facts_of(run("recall", "--json"))["hits"]) == 2
    assert run("forget", "--tag", "old", "--yes").stdout.startswith("forgotten: 1 memory")
    assert [hit["passage"] for hit in facts_of(run("recall", "--json"))["hits"]] == ["two"]


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
