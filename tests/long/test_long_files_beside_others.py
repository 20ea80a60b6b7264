"""Long files beside others: in turn, together in one memory, in the place of another."""

import re
from pathlib import Path

import pytest
from harness import Tools, picture, written
from long_files import PAGES, STEP, begun, book, knows, pages_of, prose, read_on
from media.office import docx, paragraph

from memory import reading


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
    for part in (1, 3):
        assert [int(segment.anchor.start) for segment in parts[part]] == list(range(1, PAGES + 1))
        assert all(segment.context.startswith("What the harbour master keeps") for segment in parts[part])
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
    assert len(await tools.segments(id_)) == PAGES
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
    assert (again["id"], again["status"], again["state"]) == (id_, "duplicate", "pending")
    await tools.service.upkeep()
    assert await pages_of(tools, id_) == list(range(1, PAGES + 1))


async def test_a_part_behind_one_that_was_read_on_is_reached_piece_by_piece(tools: Tools, tmp_path: Path) -> None:
    files = [
        written(tmp_path / "in", "a.txt", prose("ferry").encode()),
        written(tmp_path / "in", "b.txt", b"Of whales"),
    ]
    id_ = await begun(tools, text="A note", files=files)
    await tools.service.upkeep()
    wanted, said = id_, ""
    while wanted:
        facts = await tools.facts("recall", ids=[wanted], media="none", max_tokens=3000)
        said += facts["memories"][0]["text"]
        on = re.search(r'goes on: ids=\["([^"]+)"', str(facts["notes"]))
        wanted = on[1] if on else ""
    assert "Of whales" in said
