"""`sensorium import --watch`: the memory follows a folder."""

from pathlib import Path

import pytest
from importing.running import Memory


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "store")


def test_what_is_added_changed_moved_and_deleted_is_followed(memory: Memory, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text("the ferry leaves at noon", encoding="utf-8")
    with memory.watching(folder, "--delete") as watcher:
        (folder / "b.txt").write_text("the train leaves at nine", encoding="utf-8")
        stored = watcher.next()
        assert (stored["event"], Path(stored["path"]).name) == ("stored", "b.txt")
        (folder / "a.txt").write_text("the ferry leaves at three", encoding="utf-8")
        assert watcher.next()["event"] == "changed"
        (folder / "b.txt").rename(folder / "deep/b.txt")
        moved = watcher.next()
        assert (moved["event"], moved["id"]) == ("moved", stored["id"])
        (folder / "a.txt").unlink()
        assert watcher.next()["event"] == "forgotten"
        assert memory.found() == ["the train leaves at nine"]


def test_without_delete_what_is_gone_is_told_and_kept(memory: Memory, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "a.txt").write_text("the ferry leaves at noon", encoding="utf-8")
    with memory.watching(folder) as watcher:
        (folder / "a.txt").unlink()
        assert watcher.next()["event"] == "deleted"
        assert memory.found() == ["the ferry leaves at noon"]


def test_a_folder_that_comes_whole_and_one_that_goes_whole_are_followed(memory: Memory, tmp_path: Path) -> None:
    folder, other = tmp_path / "given", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    (other / "a.txt").write_text("the ferry leaves at noon", encoding="utf-8")
    (other / "b.txt").write_text("the train leaves at nine", encoding="utf-8")
    with memory.watching(folder, "--delete") as watcher:
        other.rename(folder / "inside")
        assert {watcher.next()["event"] for _ in range(2)} == {"stored"}
        (folder / "inside").rename(other)
        assert {watcher.next()["event"] for _ in range(2)} == {"forgotten"}
        assert memory.found() == []


def test_an_ignore_file_that_changes_is_obeyed_at_once(memory: Memory, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / ".gitignore").write_text("*.log\n", encoding="utf-8")
    with memory.watching(folder) as watcher:
        (folder / "a.log").write_text("the ferry is late", encoding="utf-8")
        (folder / "b.txt").write_text("the train is late", encoding="utf-8")
        assert Path(watcher.next()["path"]).name == "b.txt"
        (folder / ".gitignore").write_text("", encoding="utf-8")
        assert Path(watcher.next()["path"]).name == "a.log"
