from collections.abc import AsyncGenerator, Generator

import pytest
from fakes.gemini_server import GeminiServer, gemini_server

from memory.embedders.gemini import GeminiEmbedder


@pytest.fixture
def server() -> Generator[GeminiServer]:
    with gemini_server() as running:
        yield running


@pytest.fixture
async def embedder(server: GeminiServer) -> AsyncGenerator[GeminiEmbedder]:
    made = GeminiEmbedder(server.key, base_url=server.base_url)
    yield made
    await made.aclose()
