"""Whatever is remembered, a result stays within the tokens asked for, and shows something."""

import json
import re
import string
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from harness import Tools, connected, text_of, written
from hypothesis import given
from hypothesis import strategies as st
from media.drawing import pdf

from server.budget import excerpt, fitted, lines_cost, shares, tokens
from server.rendering import label, quoted, quoted_cost

BUDGETS = [100, 300, 2000]
LETTERS = string.ascii_letters
KINDS: dict[str, dict[str, Any]] = {
    "prose": {"text": "The whale surfaced again and again near the ship. " * 40},
    "one short word": {"text": "whale"},
    "short lines": {"text": "whale\n\na\n\n" * 150},
    "blank lines": {"text": "whale" + "\n" * 900 + "ship"},
    "other line ends": {"text": "whale\x0b\x0c\x1c\u2028" * 200},
    "CJK": {"text": "鯨がまた船の近くに浮上した。" * 60},
    "ASCII, then CJK": {"text": "whale " * 120 + "鯨" * 400},
    "many long tags": {"text": "whale", "tags": [f"{n:03}" + LETTERS * 5 for n in range(64)]},
    "CJK title and tags": {"text": "whale", "title": "鯨" * 300, "tags": [f"{n}" + "船" * 290 for n in range(20)]},
    "what grows when quoted": {"text": 'whale "\\\x01' * 100, "title": '\\"\x01' * 100},
    "long metadata": {"text": "whale", "metadata": {f"{n:03}" + LETTERS * 4: "鯨" * 290 for n in range(40)}},
    "namespace and session": {"text": "whale", "namespace": "鯨" * 300, "session": LETTERS * 5},
}


@pytest.fixture
async def stored(tools: Tools) -> list[str]:
    return [await tools.remember(**kind) for kind in KINDS.values()]


@pytest.mark.parametrize("max_tokens", BUDGETS)
async def test_a_recall_over_all_kinds_stays_within_its_tokens(
    tools: Tools, stored: list[str], max_tokens: int
) -> None:
    for query, limit in (("whale ship", 1), ("whale ship", 5), ("whale ship", 50), ("鯨", 50), ("", len(stored))):
        result = await tools.call("recall", query=query, limit=limit, max_tokens=max_tokens, nonsense="x" * 500)
        assert tokens(text_of(result)) <= max_tokens
        assert "\n1. m" in text_of(result)
        assert result.structured_content is not None
        passages = [hit["passage"] for hit in result.structured_content["hits"]]
        assert sum(map(tokens, passages)) <= max_tokens


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_of_memory_is_found_and_opened_within_its_tokens(tools: Tools, kind: str) -> None:
    id_ = await tools.remember(**KINDS[kind])
    for max_tokens in BUDGETS:
        for arguments in ({}, {"query": "whale 鯨"}, {"ids": id_}):
            text = text_of(await tools.call("recall", **arguments, max_tokens=max_tokens, media="none"))
            assert tokens(text) <= max_tokens
            assert id_ in text
            assert "\n>" in text


async def test_many_ids_are_opened_while_they_fit_and_the_rest_is_counted(tools: Tools) -> None:
    ids = [await tools.remember(f"short note {n}") for n in range(30)]
    for max_tokens in BUDGETS:
        result = await tools.call("recall", ids=ids, max_tokens=max_tokens)
        assert tokens(text_of(result)) <= max_tokens
        assert result.structured_content is not None
        facts = result.structured_content
        shown = [memory["id"] for memory in facts["memories"]]
        assert shown
        assert shown == ids[: len(shown)]
        assert all(id_ in text_of(result) for id_ in shown)
        more = "raise max_tokens or open them in another call"
        expected = [f"{30 - len(shown)} more ids did not fit: {more}"] if max_tokens < 2000 else []
        assert facts["notes"] == expected


@pytest.mark.parametrize("max_tokens", BUDGETS)
async def test_all_kinds_opened_at_once_stay_within_the_tokens(
    tools: Tools, stored: list[str], max_tokens: int
) -> None:
    result = await tools.call("recall", ids=stored, max_tokens=max_tokens, nonsense="x" * 500)
    assert result.structured_content is not None
    assert tokens(text_of(result)) <= max_tokens
    assert sum(tokens(one["text"]) for one in result.structured_content["memories"]) <= max_tokens


@pytest.mark.parametrize("max_tokens", BUDGETS)
async def test_the_path_and_source_of_a_medium_are_counted(deep: Tools, tmp_path: Path, max_tokens: int) -> None:
    folder = tmp_path / ("深" * 60)
    ids = [
        await deep.remember("whale", files=[written(folder, f"{n}.pdf", pdf([f"The whale of page {n}."]))])
        for n in range(4)
    ]
    for arguments in ({"query": "whale"}, {"ids": ids}):
        text = text_of(await deep.call("recall", **arguments, max_tokens=max_tokens, media="none"))
        assert tokens(text) <= max_tokens
    assert str(tmp_path) in text_of(await deep.call("recall", query="whale", max_tokens=2000))


@pytest.fixture
async def deep(tmp_path: Path) -> AsyncGenerator[Tools]:
    """A memory in a folder with a long name."""
    async with connected(tmp_path / ("倉" * 50)) as tools:
        yield tools


async def test_a_head_lists_a_few_tags_and_metadata_and_counts_the_rest(tools: Tools) -> None:
    metadata = {f"key{n}": n for n in range(9)}
    id_ = await tools.remember("whale", title="t" * 300, tags=[f"tag{n}" for n in range(9)], metadata=metadata)
    hit = text_of(await tools.call("recall", query="whale"))
    assert 'tags "tag0", "tag1", "tag2", "tag3", "tag4", "tag5", +3 more' in hit
    assert f'"{"t" * 79}…"' in hit
    opened = text_of(await tools.call("recall", ids=id_))
    assert '"key5"="5" · +3 more' in opened


async def test_an_opened_memory_has_all_its_metadata_in_facts_and_long_values_cut(tools: Tools) -> None:
    id_ = await tools.remember("whale", metadata={"long": "v" * 300, "short": "v", "number": 7})
    facts = await tools.facts("recall", ids=id_)
    assert facts["memories"][0]["metadata"] == {"long": "v" * 199 + "…", "short": "v", "number": 7}
    assert facts["notes"] == ["metadata values are shown up to 200 characters"]


async def test_what_is_cut_shows_the_words_asked_for(tools: Tools) -> None:
    filler = "Nothing happens in this sentence at all. " * 12
    await tools.remember(filler + "The treasure lies under the third palm. " + filler)
    [hit] = await tools.recall("treasure palm", max_tokens=200)
    assert "treasure" in hit["passage"]
    assert hit["passage"].startswith("…")


async def test_opening_more_than_the_budget_says_so(tools: Tools) -> None:
    id_ = await tools.remember("A sentence that is repeated. " * 300)
    facts = await tools.facts("recall", ids=id_, max_tokens=200)
    assert facts["notes"] == [f"{id_}#0 is shortened: raise max_tokens"]
    facts = await tools.facts("recall", ids=id_, max_tokens=800)
    assert facts["notes"] == [f'{id_} goes on: ids=["{id_}#2-"], or raise max_tokens']


async def test_a_long_memory_is_read_to_its_end_piece_by_piece(tools: Tools) -> None:
    text = "".join(f"Sentence {number} of a long note. " for number in range(900)).strip()
    id_ = await tools.remember(text)
    told, asked = "", id_
    while asked:
        facts = await tools.facts("recall", ids=[asked], max_tokens=2_000)
        told += facts["memories"][0]["text"] + "\n"
        found = re.search(r'ids=\["(.*)"\]', facts["notes"][0]) if facts["notes"] else None
        asked = found[1] if found else ""
    assert [int(number) for number in dict.fromkeys(re.findall(r"Sentence (\d+) of", told))] == list(range(900))


TEXTS = st.text(st.sampled_from('ab \n\r\u2028"\\…鯨é'), max_size=400)


@given(TEXTS, st.integers(0, 120))
def test_an_excerpt_costs_no_more_than_it_may_as_it_is_printed(text: str, max_tokens: int) -> None:
    for cost in (tokens, quoted_cost):
        cut = excerpt(text, "a鯨", max_tokens, cost)
        assert cost(cut) <= max_tokens
        assert cut == text.rstrip() or cost(text.rstrip()) > max_tokens


@given(st.lists(TEXTS, max_size=8), st.integers(0, 120))
def test_remarks_are_cut_to_what_is_left(lines: list[str], room: int) -> None:
    assert lines_cost(fitted(lines, room)) <= room


@pytest.mark.parametrize("wants", [[900, 5], [5, 900], [60, 900, 60, 900]])
def test_what_the_short_ones_leave_goes_to_the_long_ones(wants: list[int]) -> None:
    given_each = shares(wants, 500)
    assert sum(given_each) == 500
    assert all(some == want for some, want in zip(given_each, wants, strict=True) if want < 100)


@given(st.lists(TEXTS, max_size=8))
def test_lines_together_cost_no_more_than_each_alone(lines: list[str]) -> None:
    assert tokens("\n".join(lines)) <= lines_cost(lines) <= sum(lines_cost([line]) for line in lines)


@given(TEXTS)
def test_quoted_lines_are_marked_and_lose_nothing(text: str) -> None:
    assert all(line == ">" or line.startswith("> ") for line in quoted(text))
    assert [line.removeprefix(">").removeprefix(" ") for line in quoted(text)] == text.splitlines()


@given(st.text(max_size=400))
def test_a_label_is_one_short_line(text: str) -> None:
    assert len(label(text).splitlines()) == 1
    assert len(label("x" * 10 + text.replace("\\", "").replace('"', ""))) <= 6 * 80


@pytest.mark.parametrize("max_tokens", [500, 2000])
async def test_the_facts_of_many_hits_stay_within_the_tokens_as_well(tools: Tools, max_tokens: int) -> None:
    for number in range(40):
        await tools.remember(f"Whale {number} was seen from the pier at low tide, beside the red buoy.")
    facts = await tools.facts("recall", query="whale", limit=40, max_tokens=max_tokens)
    assert 2 <= len(facts["hits"]) < 40
    assert tokens(json.dumps(facts)) <= max_tokens


def test_ids_paths_and_tables_are_not_taken_for_prose() -> None:
    prose = "The whale surfaced again and again near the ship, and nobody on the pier said a word about it."
    dense = "m44710a4caea81f23ce0d c44936bc1d8cf34fb3d3ab472f6320d8941477713bb607fa94ba66effbd6d6eb 14:22:07 5,432"
    assert tokens(dense) > 1.5 * tokens(prose)
    russian = "Кит вынырнул около корабля"
    assert tokens(russian) < len(russian)
