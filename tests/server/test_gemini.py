"""The whole server with Gemini as its embedder, chosen by a key alone, against a server that speaks its wire."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from fakes.gemini_server import error_answer, gemini_server
from harness import Tools, picture, text_of, written
from mcp.client.client import Client
from pydantic import SecretStr

from memory.service import MemoryService
from server.app import build_server
from server.composition import open_backend
from server.settings import Settings
from server.warming import Backend


@asynccontextmanager
async def _connected(home: Path, base_url: str, key: str) -> AsyncGenerator[Tools]:
    settings = Settings(
        home=home, roots=(home.parent,), gemini_api_key=SecretStr(key), gemini_base_url=base_url, dimensions=256
    )
    opened: list[MemoryService] = []

    @asynccontextmanager
    async def open_() -> AsyncGenerator[Backend]:
        async with open_backend(settings, is_local=True) as backend:
            opened.append(backend.service)
            yield backend

    async with Client(build_server(open_)) as client:
        await client.call_tool("recall", {})
        yield Tools(client, opened[0])


async def test_a_key_alone_makes_pictures_findable_by_what_they_show(tmp_path: Path) -> None:
    with gemini_server() as gemini:
        async with _connected(tmp_path / "store", gemini.base_url, gemini.key) as tools:
            ids = {
                colour: await tools.remember(files=[written(tmp_path / "in", f"{n}.png", picture(colour))])
                for n, colour in enumerate(("red", "blue"))
            }
            note = await tools.remember("the ferry leaves at noon")
            assert (await tools.found("something blue", mode="semantic"))[0] == ids["blue"]
            assert (await tools.found("when does the ferry leave"))[0] == note
            example = written(tmp_path / "in", "example.png", picture("red", size=(100, 80)))
            assert (await tools.found(like=example))[0] == ids["red"]
            status = await tools.client.read_resource("memory://status")
            assert "gemini/gemini-embedding-2/ga/256/p1" in str(status.contents[0])


async def test_an_outage_keeps_memories_pending_and_a_later_upkeep_catches_up(tmp_path: Path) -> None:
    with gemini_server() as gemini:
        async with _connected(tmp_path / "store", gemini.base_url, gemini.key) as tools:
            gemini.answers.extend([error_answer(403, "the key may not do this")] * 9)
            facts = await tools.facts("remember", text="said while the key was refused")
            assert facts["state"] == "pending"
            assert "the key may not do this" in facts["warnings"][0]
            gemini.answers.clear()
            await tools.service.upkeep()
            assert [hit["pending"] for hit in await tools.recall("key was refused")] == [False]


async def test_another_embedder_on_the_same_store_never_mixes_vectors(tmp_path: Path) -> None:
    """Offline first, then with a key: found by words at once, by meaning once caught up."""
    from harness import connected  # noqa: PLC0415  # the first life of this store

    async with connected(tmp_path / "store") as tools:
        id_ = await tools.remember("the ferry leaves at noon")
    with gemini_server() as gemini:
        gemini.answers.extend([error_answer(503, "later")] * 3)
        async with _connected(tmp_path / "store", gemini.base_url, gemini.key) as tools:
            result = await tools.call("recall", query="ferry", media="none")
            assert id_ in text_of(result)
            gemini.answers.clear()
            await tools.service.upkeep()
            spaces = await tools.service.store.table.spaces()
            assert sorted(spaces.values()) == [256, 256]
            assert await tools.found("ferry", mode="semantic") == [id_]
