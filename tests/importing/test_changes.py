"""An import run again: what is new, changed, moved and gone, and what it need not read."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from harness import picture
from importing.running import COMMAND, Memory, environment


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "store")


@pytest.fixture
def given(tmp_path: Path) -> Path:
    folder = tmp_path / "given"
    for name in ("ferry", "train", "deep/plane"):
        path = folder / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"the {path.stem} leaves at noon", encoding="utf-8")
    return folder


def _source(memory: Memory, query: str) -> str:
    [hit] = memory.ask("recall", query)["hits"]
    return hit["source"]


def test_what_did_not_change_is_not_read_again(memory: Memory, given: Path) -> None:
    assert memory.ask("import", given)["stored"] == 3
    stamps = {path: path.stat() for path in given.rglob("*.txt")}
    # Other words of the same length, and the time put back: who does not read is fooled.
    for path, stat in stamps.items():
        path.write_text("y" * stat.st_size, encoding="utf-8")
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    facts = memory.ask("import", given)
    assert (facts["known"], facts["changed"], facts["stored"]) == (3, 0, 0)


def test_a_file_that_changed_becomes_a_newer_version_of_its_memory(memory: Memory, given: Path) -> None:
    memory.ask("import", given)
    [old] = memory.ask("recall", "ferry")["hits"]
    (given / "ferry.txt").write_text("the ferry leaves at three", encoding="utf-8")
    facts = memory.ask("import", given)
    assert (facts["changed"], facts["known"]) == (1, 2)
    [new] = memory.ask("recall", "ferry")["hits"]
    assert new["passage"] == "the ferry leaves at three"
    [opened] = memory.ask("recall", "--id", new["id"])["memories"]
    assert opened["replaces"] == old["id"]


@pytest.mark.parametrize("to", ["elsewhere/ferry.txt", "steamer.txt"])
def test_a_file_that_was_moved_or_renamed_keeps_its_memory(memory: Memory, given: Path, to: str) -> None:
    memory.ask("import", given)
    [before] = memory.ask("recall", "ferry")["hits"]
    (given / to).parent.mkdir(exist_ok=True)
    (given / "ferry.txt").rename(given / to)
    facts = memory.ask("import", given, "--delete")
    assert (facts["moved"], facts["known"], facts["forgotten"], facts["stored"]) == (1, 2, 0, 0)
    [after] = memory.ask("recall", "ferry")["hits"]
    assert after["id"] == before["id"]
    assert after["source"] == str((given / to).resolve())
    assert memory.ask("import", given)["known"] == 3


def test_a_file_that_is_gone_is_told_and_forgotten_only_when_that_is_asked_for(memory: Memory, given: Path) -> None:
    memory.ask("import", given)
    (given / "ferry.txt").write_text("the ferry leaves at three", encoding="utf-8")
    memory.ask("import", given)
    (given / "ferry.txt").unlink()
    assert memory.ask("import", given)["deleted"] == 1
    assert "1 that were imported are gone" in memory.run("import", given)
    assert memory.found("ferry") == ["the ferry leaves at three"]
    assert memory.ask("import", given, "--delete")["forgotten"] == 1
    assert memory.found("ferry") == []
    stored = b"".join(path.read_bytes() for path in memory.home.rglob("*") if path.is_file())
    assert b"ferry" not in stored, "an older version, or the name of the file, is left"


def test_what_another_file_still_holds_is_not_forgotten(memory: Memory, given: Path) -> None:
    (given / "copy.txt").write_bytes((given / "ferry.txt").read_bytes())
    assert memory.ask("import", given)["known"] == 1
    (given / "ferry.txt").unlink()
    memory.ask("import", given, "--delete")
    assert memory.found("ferry") == ["the ferry leaves at noon"]
    (given / "copy.txt").unlink()
    memory.ask("import", given, "--delete")
    assert memory.found("ferry") == []


def test_a_file_that_is_only_no_longer_chosen_is_not_gone(memory: Memory, given: Path) -> None:
    memory.ask("import", given)
    facts = memory.ask("import", given, "--delete", "--exclude", "ferry.txt")
    assert (facts["deleted"], facts["forgotten"], facts["known"]) == (0, 0, 2)


def test_what_was_forgotten_leaves_no_trace_of_its_file_and_comes_back_with_the_next_import(
    memory: Memory, given: Path
) -> None:
    memory.ask("import", given)
    [hit] = memory.ask("recall", "ferry")["hits"]
    memory.run("forget", hit["id"])
    assert b"ferry" not in (memory.home / "imports.db").read_bytes()
    assert memory.ask("import", given)["stored"] == 1


def test_namespaces_are_imports_of_their_own(memory: Memory, given: Path) -> None:
    assert memory.ask("import", given)["stored"] == 3
    assert memory.ask("import", given, "--namespace", "travel")["stored"] == 3
    assert memory.ask("import", given, "--namespace", "travel")["known"] == 3


def test_a_lost_register_costs_a_reading_and_nothing_twice(memory: Memory, given: Path) -> None:
    memory.ask("import", given)
    (memory.home / "imports.db").write_bytes(b"no database" * 100)
    checks = memory.ask("doctor")["checks"]
    assert any("imports.db" in check["finding"] for check in checks)
    facts = memory.ask("import", given)
    assert (facts["stored"], facts["known"]) == (0, 3)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_import_that_was_stopped_goes_on_with_nothing_twice_and_nothing_lost(
    memory: Memory, tmp_path: Path, how: signal.Signals
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(300):
        (folder / f"{number}.txt").write_text(f"note {number} of the import", encoding="utf-8")
    with subprocess.Popen(
        [COMMAND, "import", folder], env=environment(memory.home), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        register = memory.home / "imports.db"
        while process.poll() is None and (not register.exists() or b"5.txt" not in register.read_bytes()):
            pass
        process.send_signal(how)
        said = process.communicate()[0].decode()
    assert process.returncode == (130 if how is signal.SIGINT else -9)
    assert ("run it again" in said) == (how is signal.SIGINT)
    memory.ask("import", folder)
    assert memory.ask("status")["memories"] == 300


def test_a_picture_that_was_moved_is_shown_from_where_it_is(memory: Memory, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a/red.png").write_bytes(picture("red"))
    memory.ask("import", tmp_path / "a", tmp_path / "b")
    (tmp_path / "a/red.png").rename(tmp_path / "b/red.png")
    assert memory.ask("import", tmp_path / "a", tmp_path / "b")["moved"] == 1
    assert _source(memory, "red") == str((tmp_path / "b/red.png").resolve())
