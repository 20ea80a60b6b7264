"""`sensorium status` and `doctor`: what there is, for people and for programs."""

from pathlib import Path

import pytest
from commands.running import Run, facts_of
from harness import picture, written

from server import extras
from server.extras import EXTRAS, Extra

ABSENT = Extra(name="moon", packages=("no_package_of_this_name",), gives="vectors from the moon")


def test_status_tells_what_is_stored_by_modality_and_namespace(run: Run, tmp_path: Path) -> None:
    shot = picture("red")
    file = written(tmp_path / "in", "a.png", shot)
    run("remember", "the kettle is blue", "--namespace", "kitchen")
    run("remember", "as seen", "--file", file)
    run("remember", "from elsewhere", "--file", file, "--namespace", "kitchen")
    facts = facts_of(run("status", "--json"))
    text = {"memories": 3, "pieces": 3, "bytes": len("the kettle is blueas seenfrom elsewhere")}
    assert facts["modalities"] == {"image": {"memories": 2, "pieces": 2, "bytes": len(shot)}, "text": text}
    assert facts["namespaces"] == {
        "default": {"memories": 1, "pieces": 2, "bytes": len("as seen") + len(shot)},
        "kitchen": {"memories": 2, "pieces": 3, "bytes": len("the kettle is bluefrom elsewhere") + len(shot)},
    }
    assert facts["memories"] == 3
    assert facts["bytes"] == text["bytes"] + len(shot), "a file that two memories share takes its place once"
    assert facts["disk_bytes"] > facts["bytes"]


def test_status_shows_people_the_same_as_tables(run: Run) -> None:
    run("remember", "the kettle is blue", "--namespace", "[red]kitchen[/red]")
    said = [line.split() for line in run("status").stdout.splitlines()]
    assert ["modality", "memories", "pieces", "size"] in said
    assert ["text", "1", "1", "18", "bytes"] in said
    assert ["[red]kitchen[/red]", "1", "1", "18", "bytes"] in said


def test_status_of_an_empty_store_has_no_tables(run: Run) -> None:
    assert "memories: 0 (pieces: none)" in run("status").stdout
    assert facts_of(run("status", "--json"))["namespaces"] == {}


def test_a_missing_extra_is_named_with_what_brings_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("server.extras", "server.doctor"):
        monkeypatch.setattr(f"{module}.EXTRAS", (*EXTRAS, ABSENT))
    assert "not installed: vectors from the moon: pip install 'sensorium[moon]'" in run("status").stdout
    assert "moon" in facts_of(run("status", "--json"))["missing_extras"]
    checks = {check["name"]: check for check in facts_of(run("doctor", "--json"))["checks"]}
    assert checks["extra moon"]["verdict"] == "absent"
    assert "pip install 'sensorium[moon]'" in checks["extra moon"]["finding"]
    assert checks["extra openai"]["verdict"] == "ok"


def test_the_extras_are_those_of_the_package() -> None:
    from importlib.metadata import metadata  # noqa: PLC0415  # beside its one use

    assert sorted(extra.name for extra in extras.EXTRAS) == sorted(metadata("sensorium").get_all("Provides-Extra", []))


def test_doctor_tells_a_program_its_verdicts_and_no_key(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "a-secret-key")
    run("remember", "the kettle is blue")
    printed = run("doctor", "--json")
    found = facts_of(printed)
    assert found["whole"]
    assert found["settings"]["embedder"] == "none"
    assert {check["verdict"] for check in found["checks"]} <= {"ok", "limited", "absent"}
    assert "a-secret-key" not in printed.stdout


def test_doctor_ends_with_1_where_something_is_broken(run: Run, tmp_path: Path) -> None:
    run("remember", "as seen", "--file", written(tmp_path / "in", "a.png", picture("red")))
    [kept] = (tmp_path / "store" / "media").glob("??/*.png")
    kept.unlink()
    found = facts_of(run("doctor", "--json", code=1))
    assert not found["whole"]
    assert [check["name"] for check in found["checks"] if check["verdict"] == "broken"] == ["media"]
