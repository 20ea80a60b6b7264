"""Memories that say or show nearly the same take one place in an answer, and are counted."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from harness import Tools, connected, picture, written

NOTE = "The heating engineer comes to look at the boiler in the basement, whose pressure keeps dropping every night"


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncGenerator[Tools]:
    async with connected(tmp_path / "store") as tools:
        yield tools


async def test_nearly_the_same_note_is_named_with_the_first_and_leaves_room_for_others(tools: Tools) -> None:
    twice = {await tools.remember(NOTE + "."), await tools.remember(NOTE + "!")}
    other = await tools.remember("The boiler was paid for in spring")
    first, second = await tools.recall("boiler pressure", limit=2)
    assert {first["id"], *first.get("same", [])} == twice
    assert second["id"] == other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It costs 180 euros.", "It costs 190 euros."),
        ("Alice owes Bob for it.", "Bob owes Alice for it."),
        ("It was approved.", "It was not approved."),
        ("The offset is -5.", "The offset is 5."),
        ("Only below if a < b.", "Only below if a > b."),
    ],
)
async def test_notes_that_differ_in_a_word_a_sign_or_their_order_are_never_the_same(
    tools: Tools, one: str, other: str
) -> None:
    await tools.remember(f"{NOTE}. {one}")
    await tools.remember(f"{NOTE}. {other}")
    hits = await tools.recall("boiler pressure")
    assert [hit.get("same", []) for hit in hits] == [[], []]


@pytest.mark.parametrize("place", [{"title": "Bicycle shed"}, {"namespace": "home"}, {"when": "2026-03-01"}])
async def test_notes_of_another_title_project_or_day_are_never_the_same(tools: Tools, place: dict[str, str]) -> None:
    await tools.remember(NOTE + ".")
    await tools.remember(NOTE + "!", **place)
    hits = await tools.recall("boiler pressure")
    assert [hit.get("same", []) for hit in hits] == [[], []]


async def test_the_same_screenshot_taken_twice_is_one_hit(tools: Tools, tmp_path: Path) -> None:
    files = [
        written(tmp_path / "in", "one.png", picture("grey", "cross", (320, 240))),
        written(tmp_path / "in", "two.png", picture("grey", "cross", (300, 225))),
        written(tmp_path / "in", "other.png", picture("grey", "circle", (320, 240))),
    ]
    one, two, other = [await tools.remember(files=[file]) for file in files]
    hits = await tools.recall("grey", mode="semantic")
    assert sorted(hit["id"] for hit in hits if hit.get("same", [])) in ([one], [two])
    assert len(hits) == 2
    assert other in {hit["id"] for hit in hits}


async def test_the_text_of_an_answer_names_what_is_the_same(tools: Tools) -> None:
    await tools.remember(NOTE + ".")
    await tools.remember(NOTE + "!")
    result = await tools.call("recall", query="boiler", media="none")
    assert result.structured_content is not None
    [hit] = result.structured_content["hits"]
    [same] = hit.get("same", [])
    assert f"the same in {same}" in result.content[0].text  # type: ignore[union-attr]
