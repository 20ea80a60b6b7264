"""Exact phrases: what a question puts in quotation marks is honoured, in every mode and script."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from harness import Tools, connected

MODES = ("hybrid", "semantic", "keyword")


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncGenerator[Tools]:
    async with connected(tmp_path / "store") as tools:
        yield tools


@pytest.mark.parametrize("mode", MODES)
async def test_only_what_says_a_quoted_phrase_is_found(tools: Tools, mode: str) -> None:
    exact = await tools.remember("The release train leaves on Thursday, whoever is late waits.")
    await tools.remember("Leaves of the tree by the train station; a release of balloons on Thursday.")
    assert await tools.found('"release train leaves"', mode=mode) == [exact]


async def test_a_phrase_is_found_in_any_case_across_line_ends_and_as_whole_words_only(tools: Tools) -> None:
    broken = await tools.remember("We chose the Blue\n  Harbour for the party.")
    await tools.remember("We chose blue harbours for the party.")
    assert await tools.found('"blue harbour" party') == [broken]


@pytest.mark.parametrize(
    "query",
    ['"blue harbour"', "“blue harbour”", "„blue harbour“", "«blue harbour»", "「blue harbour」", "『blue harbour』"],
)
async def test_quotation_marks_of_any_kind_count(tools: Tools, query: str) -> None:
    right = await tools.remember("the blue harbour")
    await tools.remember("the harbour, blue")
    assert await tools.found(query) == [right]


async def test_several_phrases_must_all_be_said(tools: Tools) -> None:
    both = await tools.remember("green tea before noon and black coffee after lunch")
    await tools.remember("green tea after lunch")
    await tools.remember("black coffee before noon")
    assert await tools.found('"green tea" "black coffee"') == [both]


async def test_a_phrase_within_a_script_without_spaces_is_found(tools: Tools) -> None:
    tower = await tools.remember("昨日は東京タワーに登った")
    await tools.remember("京都と東のタワー")
    assert await tools.found("「東京タワー」") == [tower]


async def test_a_phrase_that_nothing_says_is_told_and_its_words_are_searched_for(tools: Tools) -> None:
    near = await tools.remember("the harbour was blue and cold")
    facts = await tools.facts("recall", query='"cold blue harbour"', media="none")
    assert [hit["id"] for hit in facts["hits"]] == [near]
    assert any("cold blue harbour" in note for note in facts["notes"])


async def test_a_phrase_may_hold_what_would_mean_something_to_a_search_engine(tools: Tools) -> None:
    right = await tools.remember("the pattern (a|b)* isn't [it]? 100% $5")
    await tools.remember("a b it 100 5")
    assert await tools.found('"(a|b)* isn\'t [it]? 100% $5"') == [right]


async def test_inches_and_lone_marks_are_no_phrases(tools: Tools) -> None:
    disk = await tools.remember('a 5" disk and a 3" floppy')
    for query in ('5" disk and 3" floppy', 'floppy "', '"', '""', '"…" floppy'):
        facts = await tools.facts("recall", query=query, media="none")
        assert not any("as it stands" in note for note in facts["notes"])
        if "floppy" in query:
            assert facts["hits"][0]["id"] == disk


async def test_a_phrase_is_found_in_a_title_too(tools: Tools) -> None:
    titled = await tools.remember("nothing else", title="Minutes of the harbour board")
    await tools.remember("board of minutes, harbour of the")
    assert await tools.found('"harbour board"') == [titled]


async def test_phrases_that_no_memory_says_together_are_searched_for_one_by_one_and_that_is_told(tools: Tools) -> None:
    fox = await tools.remember("a red fox at the gate")
    heron = await tools.remember("a blue heron by the weir")
    await tools.remember("a red heron and a blue fox")
    facts = await tools.facts("recall", query='"red fox" or "blue heron"', media="none")
    assert {hit["id"] for hit in facts["hits"]} == {fox, heron}
    assert facts["notes"] == ["no memory says all of these phrases: those that say one were searched"]


async def test_a_phrase_is_found_however_its_accents_and_apostrophes_were_typed(tools: Tools) -> None:
    coffee = await tools.remember("a cafe\u0301 noir at noon")
    deploy = await tools.remember("we don\u2019t deploy on Fridays")
    assert await tools.found('"caf\u00e9 noir"') == [coffee]
    assert await tools.found('"don\'t deploy"') == [deploy]


async def test_a_phrase_is_found_in_a_tag(tools: Tools) -> None:
    tagged = await tools.remember("the minutes", tags=["project-x one"])
    await tools.remember("one project, x times")
    assert await tools.found('"project-x one"') == [tagged]


async def test_a_long_phrase_that_nothing_says_is_told_in_short(tools: Tools) -> None:
    await tools.remember("harbour")
    facts = await tools.facts("recall", query='"' + "harbour \u0007bell " * 400 + '"', media="none")
    assert max(len(note) for note in facts["notes"]) < 200
    assert "\u0007" not in "".join(facts["notes"])


async def test_a_forget_takes_only_what_says_its_phrase(tools: Tools) -> None:
    await tools.remember("blue error somewhere, code is 404")
    assert (await tools.facts("forget", query='"error 404"'))["memories"] == 0
    await tools.remember("error 404 on the harbour page")
    assert (await tools.facts("forget", query='"error 404"'))["memories"] == 1


async def test_a_forget_by_more_words_than_can_be_asked_for_is_refused(tools: Tools) -> None:
    await tools.remember("harbour")
    assert "name fewer" in await tools.error("forget", query=" ".join(f"word{n}" for n in range(40)))
