"""Another embedder: vectors never mix, recall goes on by words, and the old vectors go when all have new ones."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import anyio
import numpy as np
import pytest
from harness import Tools, connected

from memory.embedders.fake import FakeEmbedder
from memory.embedders.protocol import Content, Vectors
from memory.errors import EmbeddingRefusedError, EmbeddingUnavailableError

OLD, NEW = FakeEmbedder(dimensions=256), FakeEmbedder(dimensions=320)


async def _filled(home: Path) -> list[str]:
    async with connected(home, embedder=OLD) as tools:
        return [await tools.remember(f"note {n} of the ferry") for n in range(6)]


async def _vector(tools: Tools, id_: str, embedder: FakeEmbedder) -> bytes:
    rows = await tools.service.store.vectors_of(id_, embedder.space.column)
    assert rows is not None
    return rows[0].astype(np.float32).tobytes()


def _holders(home: Path, needle: bytes) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file() and needle in path.read_bytes()]


async def test_what_is_not_caught_up_is_found_by_words_and_that_is_said(tmp_path: Path) -> None:
    ids = await _filled(tmp_path / "store")
    new = FakeEmbedder(dimensions=320)
    new.failing = EmbeddingUnavailableError("it is down")
    async with connected(tmp_path / "store", embedder=new) as tools:
        recalled = await tools.facts("recall", query="note 3", media="none", limit=1)
        assert recalled["hits"][0]["id"] == ids[3]
        assert "by words only" in str(recalled)
        assert f"{len(ids)} pieces" in str(recalled)
        new.failing = None
        while await tools.service.store.pending(NEW.space.column):
            await tools.service.upkeep()
        assert set(await tools.service.store.table.spaces()) == {OLD.space.column, NEW.space.column}
        assert await tools.found("note 3", limit=1, mode="semantic") == [ids[3]]


async def test_the_old_vectors_leave_the_disk_when_all_have_new_ones(tmp_path: Path) -> None:
    home = tmp_path / "store"
    ids = await _filled(home)
    async with connected(home, embedder=OLD) as tools:
        vector = await _vector(tools, ids[3], OLD)
    assert _holders(home, vector)
    async with connected(home, embedder=NEW) as tools:
        await tools.service.upkeep()
        assert _holders(home, vector)
        assert await tools.service.drop_other_spaces() == [OLD.space.column]
        assert _holders(home, vector) == []
        assert set(await tools.service.store.table.spaces()) == {NEW.space.column}
        assert await tools.found("note 3", limit=1, mode="semantic") == [ids[3]]
        assert sorted(await tools.found(limit=10)) == sorted(ids)
        assert (await tools.forget(ids[3]))["erased"]


async def test_nothing_is_dropped_while_something_waits(tmp_path: Path) -> None:
    await _filled(tmp_path / "store")
    new = FakeEmbedder(dimensions=320)
    new.failing = EmbeddingRefusedError("not taken")
    async with connected(tmp_path / "store", embedder=new) as tools:
        assert await tools.service.store.pending(new.space.column)
        assert await tools.service.drop_other_spaces() == []
        assert OLD.space.column in await tools.service.store.table.spaces()


async def test_two_that_move_a_memory_at_once_leave_one_space_and_not_none(tmp_path: Path) -> None:
    await _filled(tmp_path / "store")
    dropped = list[str]()
    async with (
        connected(tmp_path / "store", embedder=OLD) as one,
        connected(tmp_path / "store", embedder=NEW) as other,
        anyio.create_task_group() as group,
    ):
        while await other.service.store.pending(NEW.space.column):
            await other.service.upkeep()

        async def drop(tools: Tools) -> None:
            dropped.extend(await tools.service.drop_other_spaces())

        group.start_soon(drop, one)
        group.start_soon(drop, other)
    assert len(dropped) == 1
    async with connected(tmp_path / "store", absence="not needed") as tools:
        assert len(await tools.service.store.table.spaces()) == 1


async def test_a_process_whose_vectors_were_dropped_goes_on_by_words_and_says_why(tmp_path: Path) -> None:
    home = tmp_path / "store"
    ids = await _filled(home)
    async with connected(home, embedder=OLD) as before:
        assert await before.found("note 3", limit=1, mode="semantic") == [ids[3]]
        async with connected(home, embedder=NEW) as after:
            while await after.service.store.pending(NEW.space.column):
                await after.service.upkeep()
            await after.service.drop_other_spaces()
        recalled = await before.facts("recall", query="note 3", media="none", limit=1)
        assert recalled["hits"][0]["id"] == ids[3]
        assert "moved to another embedder" in str(recalled)
        later = await before.remember("another note")
        await before.service.upkeep()
        assert OLD.space.column not in await before.service.store.table.spaces()
        assert "moved to another embedder" in await before.error("recall", query="note 3", mode="semantic")
    async with connected(home, embedder=NEW) as after:
        await after.service.upkeep()
        assert await after.found("another note", limit=1, mode="semantic") == [later]


@pytest.mark.parametrize("at", ["_rewrite", "_only_newest_left"])
async def test_dropping_that_died_half_way_is_finished_by_the_next_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    home = tmp_path / "store"
    ids = await _filled(home)
    async with connected(home, embedder=OLD) as tools:
        vector = await _vector(tools, ids[0], OLD)

    def die(location: str) -> bool:
        raise OSError(28, f"no space left for {location}")

    async with connected(home, embedder=NEW) as tools:
        while await tools.service.store.pending(NEW.space.column):
            await tools.service.upkeep()
        with monkeypatch.context() as dying:
            dying.setattr(f"memory.store.erasure.{at}", die)
            with pytest.raises(Exception, match="could not be written"):
                await tools.service.drop_other_spaces()
        assert _holders(home, vector)
    async with connected(home, embedder=NEW) as tools:
        await tools.service.upkeep()
        assert _holders(home, vector) == []
        assert sorted(await tools.found(limit=10)) == sorted(ids)


class LateEmbedder(FakeEmbedder):
    """Answers after something else has happened."""

    def __init__(self, before: Callable[[], Awaitable[object]]) -> None:
        super().__init__(dimensions=256)
        self._before = before

    async def embed_queries(self, contents: Sequence[Content]) -> Vectors:
        await self._before()
        return await super().embed_queries(contents)

    async def embed_documents(self, contents: Sequence[Content]) -> Vectors:
        await self._before()
        return await super().embed_documents(contents)


@pytest.mark.parametrize("tool", ["remember", "recall"])
async def test_a_call_whose_vectors_are_dropped_while_it_runs_goes_on_by_words(tmp_path: Path, tool: str) -> None:
    home = tmp_path / "store"
    ids = await _filled(home)
    async with connected(home, embedder=NEW) as after:

        async def drop() -> None:
            while await after.service.store.pending(NEW.space.column):
                await after.service.upkeep()
            await after.service.drop_other_spaces()

        async with connected(home, embedder=LateEmbedder(drop)) as before:
            if tool == "recall":
                assert await before.found("note 3", limit=1) == [ids[3]]
            else:
                remembered = await before.facts("remember", text="another note")
                assert "moved to another embedder" in str(remembered)
                await after.service.upkeep()
                assert await after.found("another note", limit=1, mode="semantic") == [remembered["id"]]
