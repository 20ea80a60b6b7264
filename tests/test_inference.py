"""Inference on this machine stays on this machine."""

import os
import subprocess
import sys
from pathlib import Path

from harness import picture, written


def _environment(folder: Path) -> dict[str, str]:
    """One in which a program sees only folders of its own, and no choice about reports."""
    settings = {name for name in os.environ if name.startswith(("SENSORIUM_", "XDG_", "ORT_"))}
    kept = {name: value for name, value in os.environ.items() if name not in settings}
    return {**kept, "HOME": str(folder), "TMPDIR": str(folder), "SENSORIUM_HOME": str(folder.with_name("store"))}


def test_reading_a_picture_and_embedding_it_writes_nothing_beside_the_store(tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    file = written(tmp_path / "in", "red.png", picture("red", "EXIT"))
    run = subprocess.run(
        [Path(sys.executable).with_name("sensorium"), "remember", "the way out", "--file", file],
        env=_environment(alone),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "ready" in run.stdout, run.stdout + run.stderr
    assert [path for path in alone.rglob("*") if path.is_file()] == []
