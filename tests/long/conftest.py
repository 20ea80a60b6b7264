from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from harness import Tools
from long_files import hasten, unattended


@pytest.fixture(autouse=True)
def haste(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncGenerator[Tools]:
    async with unattended(tmp_path / "store") as tools:
        yield tools
