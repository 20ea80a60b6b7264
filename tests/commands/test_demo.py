"""`sensorium demo`: the whole product, tried by whoever has just installed it."""

from pathlib import Path

import pytest
from commands.running import Run, facts_of


def test_the_demo_recalls_what_an_earlier_server_kept_forgets_it_and_touches_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    found = facts_of(run("demo", "--json"))
    assert found["whole"]
    assert found["forgotten"]
    assert [one["query"] for one in found["recalled"] if one["expected"] not in one["passage"]] == []
    assert list(temporary.iterdir()) == []
    assert not (tmp_path / "store").exists()
