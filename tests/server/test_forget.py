from collections.abc import Sequence
from pathlib import Path

import pytest
from harness import Tools, connected, picture, text_of, written

from memory.model import Segment, SegmentKey


async def test_forgetting_by_id_takes_exactly_that_and_gives_a_receipt(tools: Tools, tmp_path: Path) -> None:
    kept = await tools.remember("keep me")
    gone = await tools.remember("drop me", files=[written(tmp_path / "in", "a.png", picture("red"))])
    receipt = await tools.forget(gone)
    assert receipt["status"] == "forgotten"
    assert (receipt["memories"], receipt["segments"], receipt["erased"]) == (1, 2, True)
    assert receipt["bytes"] > 0
    assert receipt["detail"].endswith("old table versions and 1 media file")
    assert await tools.found() == [kept]
    assert list(tools.service.store.media.keys()) == []
    assert "no memory" in await tools.error("recall", ids=[gone])


async def test_one_unknown_id_among_known_ones_forgets_nothing(tools: Tools) -> None:
    kept = await tools.remember("keep me")
    assert "nothing was forgotten" in await tools.error("forget", ids=[kept, "m" + "0" * 20])
    assert await tools.found() == [kept]


async def test_by_filter_it_first_shows_what_would_go(tools: Tools) -> None:
    ids = [await tools.remember(f"trip, day {n}", tags=["lisbon"], title=f"Day {n}") for n in range(7)]
    await tools.remember("not about it")
    proposal = await tools.facts("forget", tags=["lisbon"])
    assert (proposal["status"], proposal["memories"]) == ("confirm", 7)
    assert len(proposal["samples"]) == 5
    assert ids[6] in proposal["samples"][0]
    assert len(await tools.found(limit=50)) == 8
    receipt = await tools.facts("forget", tags=["lisbon"], confirm=proposal["confirm"])
    assert receipt["memories"] == 7
    assert len(await tools.found(limit=50)) == 1


async def test_a_code_is_valid_for_exactly_the_set_it_was_given_for(tools: Tools) -> None:
    await tools.remember("one", tags=["t"])
    code = (await tools.facts("forget", tags=["t"]))["confirm"]
    await tools.remember("two", tags=["t"])
    assert "nothing was forgotten" in await tools.error("forget", tags=["t"], confirm=code)
    assert len(await tools.found()) == 2


async def test_a_query_takes_memories_that_contain_every_word(tools: Tools) -> None:
    both = await tools.remember("Anna likes sailing")
    await tools.remember("Anna likes chess")
    await tools.remember("Ben likes sailing")
    proposal = await tools.facts("forget", query="Anna sailing")
    assert proposal["memories"] == 1
    assert both in proposal["samples"][0]


async def test_every_filter_narrows_what_would_go(tools: Tools) -> None:
    await tools.remember("a", namespace="n1", session="s1", tags=["t1"], when="2026-01-01")
    await tools.remember("b", namespace="n2", session="s2", tags=["t2"], when="2026-02-01")
    for filters in (
        {"namespace": "n1"},
        {"session": "s1"},
        {"tags": "t1"},
        {"until": "2026-01-15"},
        {"since": "2026-01-15"},
        {"query": "a", "modalities": ["text"]},
    ):
        assert (await tools.facts("forget", **filters))["memories"] == 1, filters
    assert (await tools.facts("forget", modalities=["image"]))["confirm"] == ""


async def test_by_filter_older_versions_go_too(tools: Tools) -> None:
    old = await tools.remember("secret 1", tags=["s"])
    await tools.remember("secret 2", tags=["s"], replaces=old)
    proposal = await tools.facts("forget", tags=["s"])
    assert proposal["memories"] == 2


async def test_media_that_another_memory_has_too_stay(tools: Tools, tmp_path: Path) -> None:
    file = written(tmp_path / "in", "a.png", picture("red"))
    first = await tools.remember("one", files=[file])
    second = await tools.remember("two", files=[file])
    receipt = await tools.forget(first)
    assert "1 media file stays, needed by another memory" in receipt["detail"]
    [key] = tools.service.store.media.keys()
    await tools.forget(second)
    assert not tools.service.store.media.path(key).exists()


async def test_an_emoji_can_be_found_and_forgotten(tools: Tools) -> None:
    cake = await tools.remember("party 🎂")
    await tools.remember("party 🎈")
    assert (await tools.found("🎂", mode="keyword")) == [cake]
    assert (await tools.facts("forget", query="🎂"))["memories"] == 1


async def test_a_receipt_does_not_take_a_missing_file_for_a_shared_one(tools: Tools, tmp_path: Path) -> None:
    id_ = await tools.remember(files=[written(tmp_path / "in", "a.png", picture("red"))])
    media = tools.service.store.media
    media.delete(next(media.keys()))
    assert "another memory" not in (await tools.forget(id_))["detail"]


async def test_what_is_forgotten_can_be_remembered_anew(tools: Tools) -> None:
    first = await tools.remember("again and again")
    await tools.forget(first)
    assert await tools.remember("again and again") != first


async def test_the_text_of_a_proposal_says_how_to_go_on(tools: Tools) -> None:
    await tools.remember("x", tags=["t"])
    text = text_of(await tools.call("forget", tags=["t"]))
    assert text.startswith("would forget 1 memory; nothing was forgotten yet")
    assert "confirm=" in text


async def test_a_memory_forgotten_while_it_is_recalled_is_left_out(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, kept = await tools.remember("the tide is out"), await tools.remember("the tide comes in")
    look_up = tools.service.store.segments

    async def overtaken(keys: Sequence[SegmentKey]) -> list[Segment]:
        await tools.service.store.erasure.erase([gone])
        return await look_up(keys)

    monkeypatch.setattr(tools.service.store, "segments", overtaken)
    assert await tools.found("tide") == [kept]


async def test_another_process_that_has_the_store_open_sees_it_gone(tmp_path: Path) -> None:
    async with connected(tmp_path / "store") as one, connected(tmp_path / "store") as other:
        id_ = await one.remember("seen by both")
        assert await other.found("seen by both") == [id_]
        await other.forget(id_)
        assert await one.found("seen by both") == []
        assert await one.found() == []
