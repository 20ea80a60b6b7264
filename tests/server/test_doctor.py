"""`sensorium doctor` on stores that are whole, damaged, and away."""

import shutil
from pathlib import Path

import anyio
import pytest
from harness import connected, picture, written

from memory.store.formats import FORMAT
from server.doctor import examine
from server.settings import Settings


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "2000")  # no line is broken


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "store"

    async def fill() -> None:
        async with connected(home, absence="none") as tools:
            await tools.remember("a picture", files=[written(tmp_path / "in", "a.png", picture("red"))])
            await tools.remember("a note")

    anyio.run(fill)
    return home


def _settings(home: Path) -> Settings:
    return Settings(home=home, embedder="none")


def _row(out: str, check: str) -> str:
    [line] = [line for line in out.splitlines() if f"│ {check} " in line]
    return line


def test_a_whole_store_is_said_to_be(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert examine(_settings(home)) == 0
    assert "ok" in _row(capsys.readouterr().out, "store files")


def test_damage_is_named_mended_and_told_again_later(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [image] = (home / "media").glob("??/*.png")
    image.write_bytes(b"other bytes")
    (home / "questions.db").write_bytes(b"no database at all" * 100)
    assert examine(_settings(home)) == 0
    out = capsys.readouterr().out
    assert all(words in _row(out, "media") for words in ("limited", image.name[:8], "memories: m"))
    assert all(words in _row(out, "database") for words in ("ok", "questions.db", "removed"))
    assert not image.exists()
    assert not (home / "questions.db").exists()
    assert examine(_settings(home)) == 1, "a file is missing now"
    out = capsys.readouterr().out
    assert "broken" in _row(out, "media")
    assert out.count("│   mended ") == 2


def test_a_store_of_a_later_format_is_left_alone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "format").write_text(f"{FORMAT + 1}\n")
    [image] = (home / "media").glob("??/*.png")
    image.write_bytes(b"what a later version may mean by it")
    assert examine(_settings(home)) == 1
    assert "update sensorium" in _row(capsys.readouterr().out, "store files")
    assert image.exists()
    assert not (home / "damaged").exists()


def test_a_table_that_is_away_is_broken_and_left_alone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.move(home / "table", home.parent)
    assert examine(_settings(home)) == 1
    assert "is its disk mounted" in _row(capsys.readouterr().out, "table")
    assert not (home / "table").exists()
    assert len(list((home / "media").glob("??/*"))) == 1
