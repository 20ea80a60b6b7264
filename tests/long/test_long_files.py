"""Long files: acknowledged before they are read, read on in the background, and whole in the end."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import anyio
import pytest
from harness import Tools, connected, open_service, written
from long_files import PAGES, STEP, begun, book, knows, one_that_reads, pages_of, prose, read_on, unattended

from memory.media.text import texts
from memory.model import Segment
from memory.store.keeping import Keeping
from server.opening import whole_text


async def test_what_is_read_is_found_at_once_and_the_rest_when_it_is_read(tools: Tools, tmp_path: Path) -> None:
    id_ = await begun(tools, files=[book(tmp_path)])
    assert await knows(tools, "cargoferry03")
    assert not await knows(tools, "cargoferry39")
    await tools.service.upkeep()
    assert await knows(tools, "cargoferry39")
    assert await pages_of(tools, id_) == list(range(1, PAGES + 1))
    assert whole_text(await tools.segments(id_)).count("carried over") == PAGES
    [hit] = await tools.recall("cargoferry39", mode="keyword", limit=1)
    assert (hit["anchor"], hit.get("pending", False)) == ("page 39", False)


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
    notes = (await tools.facts("recall", ids=[id_], media="none", max_tokens=500))["notes"]
    assert json.dumps(remark, ensure_ascii=False) in notes


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
    grow = Keeping.grow

    async def too_late(keeping: Keeping, before: Segment, further: Callable[[Segment], Sequence[Segment]]) -> bool:
        await tools.service.store.erasure.erase([id_])
        return await grow(keeping, before, further)

    with monkeypatch.context() as forgetting:
        forgetting.setattr(Keeping, "grow", too_late)
        await read_on(tools.service)
    assert await tools.empty()
    assert not await one_that_reads(tools.service).step()


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
        dying.setattr(Keeping, "grow", never)
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
            for service in (tools.service, other):
                group.start_soon(one_that_reads(service).step)
    other.spool.close()
    assert await pages_of(tools, id_) == list(range(1, PAGES + 1))


async def test_reading_goes_on_where_nothing_embeds(tmp_path: Path) -> None:
    async with unattended(tmp_path / "store", absence="no embedder here") as tools:
        id_ = await begun(tools, files=[book(tmp_path)])
        await tools.service.upkeep()
        assert await pages_of(tools, id_) == list(range(1, PAGES + 1))
        assert await knows(tools, "cargoferry39")


async def test_a_server_reads_on_by_itself(tmp_path: Path) -> None:
    async with connected(tmp_path / "store") as tools:
        id_ = await begun(tools, files=[book(tmp_path)])
        with anyio.fail_after(60):
            while (await tools.service.status("local")).unread:
                await tools.recall("ferry")
        assert await pages_of(tools, id_) == list(range(1, PAGES + 1))
