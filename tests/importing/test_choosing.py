"""Which files of a folder an import takes."""

from pathlib import Path

import pytest
from importing.running import Memory


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "store")


def tree(folder: Path, **texts: str) -> Path:
    """A folder of files; `__` in a name stands for a dot, `_in_` for a folder."""
    for name, text in texts.items():
        path = folder / name.replace("_in_", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def titles(memory: Memory) -> list[str]:
    return sorted(hit["title"] for hit in memory.ask("recall", "--limit=50")["hits"])


def test_patterns_choose_as_git_writes_them(memory: Memory, tmp_path: Path) -> None:
    given = tree(tmp_path / "given", a__md="one", b__txt="two", docs_in_c__md="three", docs_in_drafts_in_d__md="four")
    memory.ask("import", given, "--include", "*.md", "--exclude", "drafts/", "--exclude", "/a.md")
    assert titles(memory) == ["c.md"]


def test_ignore_files_hold_in_their_folder_and_below_and_the_nearest_has_the_last_word(
    memory: Memory, tmp_path: Path
) -> None:
    given = tree(
        tmp_path / "given",
        __gitignore="*.log\nbuild/\n",
        a__log="one",
        b__txt="two",
        build_in_c__txt="three",
        deep_in___gitignore="!kept.log\n",
        deep_in_kept__log="four",
        deep_in_other__log="five",
        own_in___sensoriumignore="private*\n",
        own_in_private__md="six",
    )
    memory.ask("import", given)
    assert titles(memory) == ["b.txt", "kept.log"]
    memory.ask("import", given, "--no-ignore")
    assert titles(memory) == ["a.log", "b.txt", "c.txt", "kept.log", "other.log", "private.md"]


def test_a_folder_of_a_repository_obeys_the_ignore_files_above_it(memory: Memory, tmp_path: Path) -> None:
    given = tree(tmp_path / "given", __gitignore="*.log\n", deep_in_a__log="one", deep_in_b__txt="two")
    (given / ".git").mkdir()
    memory.ask("import", given / "deep")
    assert titles(memory) == ["b.txt"]


def test_hidden_files_and_links_are_passed_over(memory: Memory, tmp_path: Path) -> None:
    given = tree(tmp_path / "given", __env="one", __git_in_config="two", __notes_in_a__md="three")
    (given / "link.md").symlink_to(given / ".env")
    facts = memory.ask("import", given)
    assert (facts["stored"], facts["links"]) == (0, 1)
    assert titles(memory) == []


def test_several_folders_and_files_are_one_import(memory: Memory, tmp_path: Path) -> None:
    given = tree(tmp_path / "given", a_in_a__md="one", b_in_b__md="two", c__md="three")
    facts = memory.ask("import", given / "a", given / "c.md", given / "a")
    assert facts["stored"] == 2
    assert titles(memory) == ["a.md", "c.md"]


def test_the_memory_does_not_import_itself(memory: Memory, tmp_path: Path) -> None:
    given = tree(tmp_path, a__md="one")
    assert memory.ask("import", given)["stored"] == 1
    assert memory.ask("import", given)["stored"] == 0
    refused = memory.run("import", memory.home / "media", code=1)
    assert "lies in the folder of the memory itself" in refused


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "is not a folder, nor a file"),
        ([".", "--include", "!"], "--include has a pattern that cannot be used"),
        ([".", "--include", "*.md"], "the patterns leave no file"),
        ([".", "--watch", "--dry-run"], "leave out --batch and --dry-run"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_stored(
    memory: Memory, arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree(tmp_path / "given", a__txt="one"))
    assert said in memory.run("import", *arguments, code=1)
    assert titles(memory) == []


def test_an_ignore_file_with_a_broken_pattern_is_named(memory: Memory, tmp_path: Path) -> None:
    given = tree(tmp_path / "given", __gitignore="!\n", a__md="one")
    assert "an ignore file in" in memory.run("import", given, code=1)
