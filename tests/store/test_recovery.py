"""What a process leaves behind when it dies, or fails, half-way; and what is finished all the same."""

from pathlib import Path

import anyio
import pytest
from harness import Tools, connected, open_service, picture, text_of, written

from memory.catching_up import MAX_ATTEMPTS
from memory.embedders.fake import FakeEmbedder
from memory.embedders.protocol import Content, Vectors
from memory.errors import (
    EmbeddingError,
    EmbeddingRefusedError,
    EmbeddingUnavailableError,
    SpoiltAnswerError,
    StoreError,
)
from memory.model import MediaPart, TextPart
from memory.requests import Remembrance
from memory.store.erasure import Erasure
from memory.store.table import SegmentTable


async def _broken(*_: object, **__: object) -> None:
    raise StoreError("the disk is full")


async def test_an_erasure_that_died_half_way_is_finished_by_the_next_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "store"
    async with connected(home) as tools:
        for n in range(20):
            await tools.remember(f"memory {n} of a few")
        gone = await tools.remember("the secret word", files=[written(tmp_path / "in", "a.png", picture("red"))])
        column = tools.service.embedding.column or ""
        vectors = await tools.service.store.vectors_of(gone, column)
        assert vectors is not None
        with monkeypatch.context() as dying:
            dying.setattr(Erasure, "_purge", _broken)
            assert "disk is full" in await tools.error("forget", ids=[gone])
        assert _holders(home, vectors[0].tobytes())
    async with connected(home) as tools:
        await tools.service.upkeep()
        assert _holders(home, vectors[0].tobytes()) == []
        assert list(tools.service.store.media.keys()) == []
        assert len(await tools.found(limit=50)) == 20


async def test_files_that_belong_to_no_memory_are_swept(tmp_path: Path) -> None:
    async with connected(tmp_path / "store") as tools:
        kept = await tools.remember("kept", files=[written(tmp_path / "in", "a.png", picture("red"))])
        media = tools.service.store.media
        half = tools.service.spool.add([b"written, and then the process died"])
        media.adopt(half)
        stray = media.path(next(media.keys())).with_name(".writing-half")
        stray.write_bytes(b"half")
        assert len(list(media.keys())) == 2
        await tools.service.store.erasure.recover()
        assert len(list(media.keys())) == 1
        assert not stray.exists()
        assert (await tools.recall(modalities=["image"]))[0]["id"] == kept


async def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with connected(tmp_path / "store") as tools:
        monkeypatch.setattr(SegmentTable, "append", _broken)
        file = written(tmp_path / "in", "a.png", picture("red"))
        assert "disk is full" in await tools.error("remember", text="x", files=[file])
        assert await tools.empty()


async def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async with connected(tmp_path / "store") as tools:
        file = written(tmp_path / "in", "a.png", picture("red"))
        with monkeypatch.context() as disk:
            disk.setattr("os.fsync", full)
            assert "No space left on device" in await tools.error("remember", text="x", files=[file])
        assert await tools.empty()
        assert not list((tmp_path / "store" / "media").rglob(".writing-*"))


async def test_a_forget_whose_client_goes_away_is_finished(tmp_path: Path) -> None:
    async with connected(tmp_path / "store") as tools:
        id_ = await tools.remember("goes")
        with anyio.CancelScope() as impatient:
            impatient.cancel()
            await tools.service.store.erasure.erase([id_])
        with anyio.move_on_after(0.001):
            await tools.service.forget_ids("local", [id_])
        await tools.service.store.erasure.recover()
        assert not (tmp_path / "store" / "erasing").exists()


async def test_of_many_that_replace_one_version_only_one_succeeds(tools: Tools) -> None:
    old = await tools.remember("version 0")
    results: list[bool] = []

    async def replace(n: int) -> None:
        result = await tools.call("remember", text=f"version {n}", replaces=old)
        assert not result.is_error or "newer version already" in text_of(result)
        results.append(not result.is_error)

    async with anyio.create_task_group() as group:
        for n in range(1, 5):
            group.start_soon(replace, n)
    assert results.count(True) == 1
    assert len(await tools.found("version")) == 1


async def test_repeating_a_replacement_is_the_same_memory(tools: Tools) -> None:
    old = await tools.remember("the old one")
    new = await tools.remember("the new one", replaces=old)
    again = await tools.facts("remember", text="the new one", replaces=old)
    assert (again["status"], again["id"], len(again["warnings"])) == ("duplicate", new, 1)


async def test_a_duplicate_that_was_to_replace_another_says_what_was_not_done(tools: Tools) -> None:
    first, other = await tools.remember("already here"), await tools.remember("to be replaced")
    facts = await tools.facts("remember", text="already here", replaces=other)
    assert facts["id"] == first
    assert f"{other} was not replaced" in facts["warnings"][1]


async def test_a_receipt_names_the_older_versions_that_stay(tools: Tools) -> None:
    old = await tools.remember("version 1")
    new = await tools.remember("version 2", replaces=old)
    assert old in (await tools.forget(new))["detail"]


class _Refusing(FakeEmbedder):
    """Gives no vector for one content, and answers all others."""

    error: EmbeddingError = EmbeddingRefusedError("this content is not embedded")

    def vectors(self, contents: "list[Content] | tuple[Content, ...]") -> Vectors:  # pyright: ignore[reportIncompatibleMethodOverride]  # narrower, as called
        if any("poison" in content.text for content in contents):
            raise self.error
        return super().vectors(contents)


@pytest.mark.parametrize(
    "error", [EmbeddingRefusedError("no"), EmbeddingUnavailableError("500"), SpoiltAnswerError("0")]
)
async def test_a_content_that_gets_no_vector_does_not_keep_others_waiting(
    tmp_path: Path, error: EmbeddingError
) -> None:
    embedder = _Refusing()
    embedder.error = error
    async with connected(tmp_path / "store", embedder=embedder) as tools:
        poison = await tools.remember("a poison text")
        embedder.failing = EmbeddingUnavailableError("down")
        for number in range(5):
            await tools.remember(f"a harmless text {number}")
        embedder.failing = None
        store, column = tools.service.store, tools.service.embedding.column
        for _ in range(4):
            await tools.service.upkeep()
        assert await store.pending(column) == 1
        assert await store.failed(3, column) == 1
        assert (await tools.found("poison"))[0] == poison


async def test_a_missing_media_file_does_not_stop_catch_up(tmp_path: Path) -> None:
    fake = FakeEmbedder()
    service = await open_service(tmp_path / "store", embedder=fake)
    fake.failing = EmbeddingRefusedError("not now")
    file = MediaPart(file=service.spool.add([picture("red")]))
    for part in (file, TextPart(text="a note of its own")):
        await service.remember(Remembrance(owner="local", parts=(part,)))
    service.store.media.delete(next(service.store.media.keys()))
    fake.failing = None
    await service.upkeep()
    # What is lost is tried again, as its disk may be away, and in the end found by its words.
    assert await service.store.pending(service.embedding.column) == 1
    for _ in range(MAX_ATTEMPTS):
        await service.upkeep()
    backlog = await service.backlog()
    assert (backlog.pending, backlog.failed) == (0, 1)


async def test_another_embedder_tries_what_one_refused(tmp_path: Path) -> None:
    async with connected(tmp_path / "store", embedder=_Refusing()) as tools:
        await tools.remember("a poison text")
        for _ in range(4):
            await tools.service.upkeep()
    async with connected(tmp_path / "store", embedder=FakeEmbedder(dimensions=128)) as tools:
        await tools.service.upkeep()
        assert await tools.service.store.pending(tools.service.embedding.column) == 0


async def test_a_bug_in_upkeep_is_seen_in_the_status_and_the_tools_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def buggy(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Erasure, "recover", buggy)
    async with connected(tmp_path / "store") as tools:
        await tools.remember("goes on")
        assert await tools.found("goes on")
        status = await tools.client.read_resource("memory://status")
        assert "upkeep stopped: a bug stopped it" in str(status.contents[0])


def _holders(home: Path, needle: bytes) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file() and needle in path.read_bytes()]
