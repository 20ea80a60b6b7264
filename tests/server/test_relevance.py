"""What a recall makes of what it found: scores that mean something, the time asked for, several examples."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from harness import Tools, connected, text_of

from memory.gathering import CANDIDATES

NOTES = (
    "The heating engineer comes on Thursday to look at the boiler.",
    "Anna takes her coffee without sugar.",
    "The deploy key of the staging server lies in the blue vault.",
    "Our flat is on the third floor; the lift is broken.",
    "The cat was at the vet and weighs five kilos.",
    "Quarterly numbers go to Priya before the ninth.",
)


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncGenerator[Tools]:
    async with connected(tmp_path / "store") as tools:
        yield tools


def _ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


@pytest.mark.parametrize("mode", ["hybrid", "semantic", "keyword"])
async def test_a_good_match_is_sure_and_one_that_is_none_is_told_to_be_none(tools: Tools, mode: str) -> None:
    for note in NOTES:
        await tools.remember(note)
    good = await tools.facts("recall", query="boiler heating engineer Thursday", mode=mode, media="none")
    assert not good["unsure"]
    assert good["hits"][0]["score"] > 0.5
    bad = await tools.facts("recall", query="zygote chromosome meiosis telomere", mode=mode, media="none")
    assert bad["unsure"]
    assert all(hit["score"] < 0.5 for hit in bad["hits"])


async def test_that_nothing_matches_well_is_the_first_remark_a_model_reads(tools: Tools) -> None:
    for note in NOTES:
        await tools.remember(note)
    said = text_of(await tools.call("recall", query="zygote chromosome telomere meiosis engineer", media="none"))
    assert "Nothing matches well" in said
    assert "Nothing matches well" not in text_of(await tools.call("recall", query="boiler engineer", media="none"))


async def test_a_least_score_leaves_out_what_is_none_and_says_how_many(tools: Tools) -> None:
    for note in NOTES:
        await tools.remember(note)
    query = "zygote chromosome telomere meiosis engineer"
    facts = await tools.facts("recall", query=query, min_score=0.5, media="none")
    assert facts["hits"] == []
    assert any("under min_score" in note for note in facts["notes"])


@pytest.mark.parametrize("mode", ["hybrid", "semantic", "keyword"])
async def test_what_is_of_the_time_asked_for_comes_first_and_says_so(tools: Tools, mode: str) -> None:
    days = {
        day: await tools.remember(f"Lunch with Priya at the harbour, table {day}.", when=_ago(day))
        for day in range(1, 9)
    }
    [first, *others] = await tools.recall("lunch with Priya three days ago", mode=mode, limit=10)
    assert first["id"] == days[3]
    assert "time" in first["why"]
    assert others
    assert all("time" not in hit["why"] for hit in others)


async def test_the_time_asked_for_is_a_wish_and_no_filter(tools: Tools) -> None:
    old = await tools.remember("The boiler was repaired by the heating engineer.", when=_ago(400))
    await tools.remember("Lunch at the harbour.", when=_ago(1))
    assert (await tools.found("boiler repaired heating engineer yesterday"))[0] == old


async def test_to_be_of_the_time_asked_for_does_not_make_sure(tools: Tools) -> None:
    for note in NOTES:
        await tools.remember(note)
    assert (await tools.facts("recall", query="zygote chromosome telomere meiosis today", media="none"))["unsure"]
    assert not (await tools.facts("recall", query="what was there today?", media="none"))["unsure"]


@pytest.mark.parametrize("mode", ["hybrid", "keyword"])
async def test_a_long_memory_full_of_what_is_asked_for_hides_no_other(tools: Tools, mode: str) -> None:
    chapters = "\n\n".join(f"# Chapter {number}\n\n" + "zebra " * 200 for number in range(CANDIDATES + 50))
    book = await tools.remember(chapters, title="all about zebras")
    notes = {await tools.remember(f"a zebra, and {thing}") for thing in ("a gate", "a fence", "a far hill at dusk")}
    assert {book, *notes} == set(await tools.found("zebra", mode=mode, limit=10))


async def test_an_expired_memory_is_no_example(tools: Tools) -> None:
    await tools.remember("wheat bread with sesame")
    gone = await tools.remember(
        "rye bread with caraway", expires=(datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    )
    await anyio.sleep(1.1)
    assert "no memory" in await tools.error("recall", like=[gone])


async def test_several_liked_memories_find_what_they_have_in_common(tools: Tools) -> None:
    rye = await tools.remember("rye bread with caraway, baked at dawn")
    oat = await tools.remember("oat bread with honey, baked at dusk")
    kin = await tools.remember("wheat bread with sesame, baked at noon")
    await tools.remember("the tram to the airport")
    await tools.remember("honey from the hills, a present")
    found = await tools.found(like=[rye, oat])
    assert found[0] == kin
    assert not {rye, oat} & set(found)


async def test_words_and_several_examples_go_together_and_what_is_unlike_stays_away(tools: Tools) -> None:
    await tools.remember("apple cake with sugar and cream")
    sweet = [await tools.remember(f"{fruit} cake with sugar and cream") for fruit in ("plum", "pear")]
    plain = await tools.remember("apple cake with rye and salt")
    assert (await tools.found("apple cake", unlike=sweet))[0] == plain


async def test_one_example_may_be_a_file_and_another_a_memory(tools: Tools, tmp_path: Path) -> None:
    sample = tmp_path / "in" / "sample.txt"
    sample.parent.mkdir()
    sample.write_text("rye bread with caraway", encoding="utf-8")
    oat = await tools.remember("oat bread with honey")
    kin = await tools.remember("wheat bread with sesame")
    await tools.remember("the tram to the airport")
    assert (await tools.found(like=[str(sample), oat]))[0] == kin


async def test_too_many_examples_are_refused(tools: Tools) -> None:
    id_ = await tools.remember("bread")
    assert "at most" in await tools.error("recall", like=[id_] * 21)
