"""Long files: acknowledged before they are read, read on in the background, and whole in the end."""

import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from harness import Tools, connected, open_service, picture, written
from media.drawing import pdf
from media.office import docx, paragraph

from memory import reading
from memory.embedders.fake import FakeEmbedder
from memory.media.documents import pdf as pdf_reader
from memory.media.text import texts
from memory.model import Segment, State
from memory.service import MemoryService
from memory.store.lock import ProcessLock
from memory.store.store import Store
from server.opening import whole_text

PAGES = 40
STEP = 8
"""Pages, or pieces of text, that one step reads here."""


@pytest.fixture(autouse=True)
def haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step is read before the answer, and steps are small."""
    monkeypatch.setattr(reading, "INLINE_PIECES", 1)
    monkeypatch.setattr(pdf_reader, "_STEP_PIECES", STEP)
    monkeypatch.setattr(texts, "_PIECES_A_STEP", STEP)


@asynccontextmanager
async def unattended(home: Path, **options: Any) -> AsyncGenerator[Tools]:
    """A memory that nothing keeps up in the background: a test says when it is read on."""
    home.mkdir(exist_ok=True)
    async with ProcessLock(home / "upkeep.lock").hold(), connected(home, **options) as tools:
        yield tools


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncGenerator[Tools]:
    async with unattended(tmp_path / "store") as tools:
        yield tools


def log(name: str, pages: int = PAGES) -> list[str]:
    return [f"Day {n} on the {name}: cargo{name}{n:02} was carried over to Harwich." for n in range(1, pages + 1)]


def book(folder: Path, name: str = "ferry", pages: int = PAGES) -> str:
    return written(folder / "in", f"{name}.pdf", pdf(log(name, pages)))


def prose(name: str, paragraphs: int = 60) -> str:
    return "\n\n".join(
        f"{said} {'The tide was high and the wind from the west. ' * 12}" for said in log(name, paragraphs)
    )


async def begun(tools: Tools, **arguments: Any) -> str:
    facts = await tools.facts("remember", **arguments)
    assert (facts["status"], facts["state"]) == ("stored", "pending")
    return facts["id"]


async def knows(tools: Tools, word: str) -> bool:
    return bool(await tools.found(word, mode="keyword"))


async def pages_of(tools: Tools, id_: str) -> list[int]:
    segments = await tools.segments(id_)
    assert [segment.index for segment in sorted(segments, key=lambda one: one.index)] == list(range(len(segments)))
    return [int(segment.anchor.start) for segment in segments if segment.anchor.unit == "page"]


async def read_on(service: MemoryService, steps: int = 1) -> None:
    for _ in range(steps):
        assert await service._read_on.step()


async def test_what_is_read_is_found_at_once_and_the_rest_when_it_is_read(tools: Tools, tmp_path: Path) -> None:
    id_ = await begun(tools, files=[book(tmp_path)])
    assert await knows(tools, "cargoferry03")
    assert not await knows(tools, "cargoferry39")
    await tools.service.upkeep()
    assert await knows(tools, "cargoferry39")
    assert await pages_of(tools, id_) == list(range(1, PAGES + 1))
    assert whole_text(await tools.segments(id_)).count("carried over") == PAGES
    [hit] = await tools.recall("cargoferry39", mode="keyword", limit=1)
    assert (hit["anchor"], hit["pending"]) == ("page 39", False)


async def test_it_is_said_how_far_a_file_is_read(tools: Tools, tmp_path: Path) -> None:
    id_ = await begun(tools, files=[book(tmp_path)])
    said = f'{id_} "ferry.pdf" is still being read: 8 of 40 pages'
    for arguments in ({"query": "ferry"}, {"ids": [id_]}):
        assert said in (await tools.facts("recall", media="none", **arguments))["notes"]
    [content] = (await tools.client.read_resource("memory://status")).contents
    assert "8 of 40 pages" in str(content)
    await read_on(tools.service)
    notes = (await tools.facts("recall", query="ferry", media="none"))["notes"]
    assert f'{id_} "ferry.pdf" is still being read: 16 of 40 pages' in notes
    await tools.service.upkeep()
    assert "still being read" not in str(await tools.facts("recall", query="ferry", media="none"))
    status = await tools.service.status("local")
    assert (status.unread, status.pending) == ((), 0)


async def test_a_file_is_embedded_to_its_end(tools: Tools, tmp_path: Path) -> None:
    id_ = await begun(tools, files=[book(tmp_path)])
    await tools.service.upkeep()
    assert tools.service.embedding.column
    vectors = await tools.service.store.vectors_of(id_, tools.service.embedding.column)
    assert vectors is not None
    assert vectors.shape[0] == PAGES


async def test_a_long_text_opens_whole_piece_by_piece(tools: Tools, tmp_path: Path) -> None:
    text = prose("ferry")
    id_ = await begun(tools, files=[written(tmp_path / "in", "log.txt", text.encode())])
    await tools.service.upkeep()
    assert whole_text(await tools.segments(id_)) == text.rstrip()
    assert "".join(await opened_piecewise(tools, id_, text)) == text.rstrip()


async def opened_piecewise(tools: Tools, id_: str, text: str) -> list[str]:
    """What each opening adds to those before, as long as one says that the memory goes on."""
    wanted, end, added = id_, 0, list[str]()
    while wanted:
        facts = await tools.facts("recall", ids=[wanted], media="none", max_tokens=3000)
        said = facts["memories"][0]["text"]
        start = text.index(said)
        assert start <= end
        added.append(text[end : start + len(said)])
        end = start + len(said)
        on = re.search(r'goes on: ids=\["([^"]+)"', str(facts["notes"]))
        wanted = on[1] if on else ""
    assert len(added) > 3
    return added


async def test_what_cannot_be_read_later_is_remarked(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "SAMPLE_BYTES", 1_000)
    data = f"Naïve. {prose('ferry')}".encode() + b"\n\nThe end \xff\xfe of it."
    id_ = await begun(tools, files=[written(tmp_path / "in", "log.txt", data)])
    assert (await tools.segments(id_))[0].remarks == ()
    await tools.service.upkeep()
    [remark] = (await tools.segments(id_))[0].remarks
    assert remark.startswith("'log.txt': ")
    assert remark in str((await tools.facts("recall", ids=[id_], media="none", max_tokens=200))["notes"])


async def test_a_file_that_turns_bad_keeps_what_was_read_and_says_so(tools: Tools, tmp_path: Path) -> None:
    id_ = await begun(tools, files=[book(tmp_path)])
    await read_on(tools.service)
    path = tools.service.path_of((await tools.segments(id_))[0])
    path.write_bytes(path.read_bytes()[:2_000])
    await tools.service.upkeep()
    first, *_ = segments = await tools.segments(id_)
    assert len(segments) == 2 * STEP
    assert first.unread is None
    [remark] = first.remarks
    assert re.fullmatch(r"'ferry.pdf': The PDF is damaged .*reading stopped at 16 of 40 pages\)", remark)
    assert await knows(tools, "cargoferry16")


async def test_a_file_that_is_lost_keeps_what_was_read_and_says_so(tools: Tools, tmp_path: Path) -> None:
    id_ = await begun(tools, files=[book(tmp_path)])
    tools.service.path_of((await tools.segments(id_))[0]).unlink()
    await tools.service.upkeep()
    [remark] = (await tools.segments(id_))[0].remarks
    assert "no longer in the store" in remark
    assert await pages_of(tools, id_) == list(range(1, STEP + 1))


async def test_a_memory_forgotten_while_it_waits_leaves_nothing(tools: Tools, tmp_path: Path) -> None:
    id_ = await begun(tools, files=[book(tmp_path)])
    await read_on(tools.service)
    await tools.forget(id_)
    await tools.service.upkeep()
    assert await tools.empty()


async def test_a_memory_forgotten_while_it_is_read_leaves_nothing(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = await begun(tools, files=[book(tmp_path)])
    grow = Store.grow

    async def too_late(store: Store, before: Segment, further: Callable[[Segment], Sequence[Segment]]) -> bool:
        await store.erase([id_])
        return await grow(store, before, further)

    with monkeypatch.context() as forgetting:
        forgetting.setattr(Store, "grow", too_late)
        await read_on(tools.service)
    assert await tools.empty()
    assert not await tools.service._read_on.step()


async def test_the_next_process_goes_on_where_one_stopped(tmp_path: Path) -> None:
    home = tmp_path / "store"
    async with unattended(home) as tools:
        id_ = await begun(tools, files=[book(tmp_path)])
        await read_on(tools.service, 2)
    async with unattended(home) as tools:
        assert await pages_of(tools, id_) == list(range(1, 3 * STEP + 1))
        await tools.service.upkeep()
        assert await pages_of(tools, id_) == list(range(1, PAGES + 1))


async def test_a_step_that_was_cut_off_is_done_again(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = await begun(tools, files=[book(tmp_path)])

    async def never(*_: object) -> bool:
        await anyio.sleep_forever()
        return False

    with monkeypatch.context() as dying, anyio.move_on_after(1) as scope:
        dying.setattr(Store, "grow", never)
        await tools.service.upkeep()
    assert scope.cancelled_caught
    assert await pages_of(tools, id_) == list(range(1, STEP + 1))
    await tools.service.upkeep()
    assert await pages_of(tools, id_) == list(range(1, PAGES + 1))


async def test_two_that_read_the_same_file_double_nothing(tools: Tools, tmp_path: Path) -> None:
    id_ = await begun(tools, files=[book(tmp_path)])
    other = await open_service(tools.service.home)
    while await other.store.unread():
        async with anyio.create_task_group() as group:
            group.start_soon(tools.service._read_on.step)
            group.start_soon(other._read_on.step)
    other.spool.close()
    assert await pages_of(tools, id_) == list(range(1, PAGES + 1))


async def test_files_that_wait_are_read_in_turn(tools: Tools, tmp_path: Path) -> None:
    ids = [await begun(tools, files=[book(tmp_path, name)]) for name in ("ferry", "barge", "tug")]
    for steps in (2, 3):
        await read_on(tools.service, len(ids))
        assert [len(await tools.segments(id_)) for id_ in ids] == [steps * STEP] * len(ids)
    short = await begun(tools, files=[book(tmp_path, "raft", 2 * STEP)])
    await read_on(tools.service, len(ids) + 1)
    assert await pages_of(tools, short) == list(range(1, 2 * STEP + 1))


async def test_parts_given_together_stay_apart(tools: Tools, tmp_path: Path) -> None:
    files = [book(tmp_path), written(tmp_path / "in", "a.png", picture("red")), book(tmp_path, "barge")]
    id_ = await begun(tools, text="What the harbour master keeps", files=files)
    await tools.service.upkeep()
    segments = await tools.segments(id_)
    parts = {part: [segment for segment in segments if segment.part == part] for part in range(4)}
    assert [(len(some), {one.name for one in some}) for some in parts.values()] == [
        (1, {""}),
        (PAGES, {"ferry.pdf"}),
        (1, {"a.png"}),
        (PAGES, {"barge.pdf"}),
    ]
    assert [segment.part for segment in segments] == sorted(segment.part for segment in segments)
    for part in (1, 3):
        assert [int(segment.anchor.start) for segment in parts[part]] == list(range(1, PAGES + 1))
        assert {segment.context for segment in parts[part]} == {"What the harbour master keeps"}
    [hit] = await tools.recall("cargobarge33", mode="keyword", limit=1)
    assert (hit["anchor"], hit["source"]) == ("page 33", files[2])


async def test_a_file_for_which_there_was_no_time_is_found_by_its_name_and_then_by_its_words(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "INLINE_S", -1)
    id_ = await begun(tools, files=[book(tmp_path)])
    [blank] = await tools.segments(id_)
    assert (blank.text, blank.anchor.unit) == ("", "whole")
    assert await knows(tools, "ferry.pdf")
    await tools.service.upkeep()
    assert await pages_of(tools, id_) == list(range(1, PAGES + 1))
    assert await knows(tools, "cargoferry01")
    assert (await tools.service.status("local")).pending == 0


async def test_a_file_that_proves_bad_after_the_answer_keeps_its_place_and_says_so(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "INLINE_S", -1)
    damaged = written(tmp_path / "in", "bad.docx", docx(paragraph("The ferry"))[:-20])
    id_ = await begun(tools, text="The log of the ferry", files=[damaged])
    await tools.service.upkeep()
    first, blank = await tools.segments(id_)
    assert (first.text, first.unread) == ("The log of the ferry", None)
    assert (blank.text, blank.unread) == ("", None)
    assert "is damaged" in str(blank.remarks)


async def test_one_that_is_still_read_can_be_replaced(tools: Tools, tmp_path: Path) -> None:
    old = await begun(tools, files=[book(tmp_path)])
    new = await tools.remember("The log is closed.", replaces=old)
    await tools.service.upkeep()
    assert not await knows(tools, "cargoferry03")
    assert not await knows(tools, "cargoferry39")
    assert await pages_of(tools, old) == list(range(1, PAGES + 1))
    assert {segment.superseded_by for segment in await tools.segments(old)} == {new}


async def test_a_long_file_replaces_what_was_remembered_before(tools: Tools, tmp_path: Path) -> None:
    old = await tools.remember("The log will follow.")
    new = await begun(tools, files=[book(tmp_path)], replaces=old)
    await tools.service.upkeep()
    assert await tools.found("log") == [new]
    assert {segment.replaces for segment in await tools.segments(new)} == {old}
    assert (await tools.segments(old))[0].superseded_by == new
    assert (await tools.service.status("local")).pending == 0


async def test_a_long_text_replaces_what_was_remembered_before(tools: Tools) -> None:
    old = await tools.remember("The log will follow.")
    new = await begun(tools, text=prose("ferry"), replaces=old)
    assert (await tools.segments(old))[0].superseded_by == new
    assert await knows(tools, "cargoferry39")


async def test_the_same_file_given_again_while_it_is_read_is_no_second_memory(tools: Tools, tmp_path: Path) -> None:
    path = book(tmp_path)
    id_ = await begun(tools, files=[path])
    again = await tools.facts("remember", files=[path])
    assert (again["id"], again["status"], again["state"]) == (id_, "duplicate", State.PENDING)
    await tools.service.upkeep()
    assert await pages_of(tools, id_) == list(range(1, PAGES + 1))


async def test_reading_goes_on_where_nothing_embeds(tmp_path: Path) -> None:
    async with unattended(tmp_path / "store", absence="no embedder here") as tools:
        id_ = await begun(tools, files=[book(tmp_path)])
        await tools.service.upkeep()
        assert await pages_of(tools, id_) == list(range(1, PAGES + 1))
        assert await knows(tools, "cargoferry39")


async def test_a_server_reads_on_by_itself(tmp_path: Path) -> None:
    async with connected(tmp_path / "store", embedder=FakeEmbedder()) as tools:
        id_ = await begun(tools, files=[book(tmp_path)])
        with anyio.fail_after(60):
            while (await tools.service.status("local")).unread:
                await tools.recall("ferry")
        assert await pages_of(tools, id_) == list(range(1, PAGES + 1))
