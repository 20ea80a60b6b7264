"""The stress harness for some seconds; `make stress` runs it for minutes."""

import os
from pathlib import Path

import pytest
from stress.crashing import kill_many
from stress.erasing import forget_beside_writers
from stress.writing import write_at_once

_SEED = 5


@pytest.fixture(autouse=True)
def _found_by_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that are forked find these modules, as they are found here."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]), prepend=os.pathsep)


def test_processes_that_write_at_once_lose_and_double_nothing_and_see_each_other(tmp_path: Path) -> None:
    writing = write_at_once(tmp_path / "store", processes=3, seconds=1.5, seed=_SEED, embedder="none")
    assert writing.expected.wrong == []
    assert writing.expected.ids
    assert writing.sights_s


def test_nothing_is_left_of_what_is_forgotten_beside_writers(tmp_path: Path) -> None:
    erasure = forget_beside_writers(tmp_path / "erased", processes=3, seconds=6, seed=_SEED, reads_words=False)
    assert erasure.wrong == []
    assert erasure.sought
    assert erasure.seen == erasure.kept > 0


def test_a_store_survives_kills_at_any_moment(tmp_path: Path) -> None:
    kills = kill_many(tmp_path, kills=8, seed=_SEED)
    assert kills.wrong == []
    assert kills.survived.total() == 8
    assert kills.acknowledged
