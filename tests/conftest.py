from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from harness import Tools, connected


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncGenerator[Tools]:
    async with connected(tmp_path / "store") as tools:
        yield tools
