"""The whole server with Gemini as its embedder, chosen by a key alone, against a server that speaks its wire."""

from pathlib import Path
from typing import Any

import pytest
from fakes.gemini_http import error_answer
from fakes.gemini_server import GeminiServer, gemini_server
from fakes.samples import film, page, sound
from harness import connected, picture, text_of, written
from paying import connected_to, settled

pytestmark = pytest.mark.anyio


def parts_sent(gemini: GeminiServer) -> list[list[Any]]:
    """The parts of every content that was sent, each a text or its mime type."""
    return [
        [part.get("text") or part["inline_data"]["mime_type"] for part in request["content"]["parts"]]
        for received in gemini.embeds
        for request in received.body["requests"]
    ]


async def test_a_key_alone_makes_pictures_findable_by_what_they_show(tmp_path: Path) -> None:
    with gemini_server() as gemini:
        async with connected_to(gemini, tmp_path / "store") as tools:
            ids = {
                colour: await tools.remember(files=[written(tmp_path / "in", f"{n}.png", picture(colour))])
                for n, colour in enumerate(("red", "blue"))
            }
            note = await tools.remember("the ferry leaves at noon")
            assert (await tools.found("something blue", mode="semantic"))[0] == ids["blue"]
            assert (await tools.found("when does the ferry leave"))[0] == note
            example = written(tmp_path / "in", "example.png", picture("red", size=(100, 80)))
            assert (await tools.found(like=example))[0] == ids["red"]
            status = await tools.client.read_resource("memory://status")
            assert "gemini/gemini-embedding-2/ga/256/p2" in str(status.contents[0])


async def test_each_medium_is_sent_as_itself_with_what_is_said_in_it(tmp_path: Path) -> None:
    with gemini_server() as gemini:
        async with connected_to(gemini, tmp_path / "store") as tools:
            for name, medium in (("a.wav", sound(3.0)), ("b.mp4", film(4)), ("c.pdf", page("the words on this page"))):
                await tools.remember(files=[written(tmp_path / "in", name, medium.data)])
            await settled(tools)
        sent = parts_sent(gemini)
        assert ["audio/wav"] in sent
        assert ["video/mp4"] in sent
        [fused] = [parts for parts in sent if "application/pdf" in parts]
        assert "the words on this page" in fused[0]


async def test_a_film_is_found_by_another_and_a_recording_by_another(tmp_path: Path) -> None:
    with gemini_server() as gemini:
        async with connected_to(gemini, tmp_path / "store") as tools:
            ids = {
                name: await tools.remember(files=[written(tmp_path / "in", name, medium.data)])
                for name, medium in (
                    ("blue.mp4", film(4, colour="blue")),
                    ("red.mp4", film(4, colour="red")),
                    ("tone.wav", sound(3.0)),
                )
            }
            await settled(tools)
            other = written(tmp_path / "in", "other.mp4", film(3, colour="red").data)
            assert (await tools.found(like=other, mode="semantic"))[0] == ids["red.mp4"]
            heard = written(tmp_path / "in", "heard.wav", sound(2.0).data)
            assert (await tools.found(like=heard, mode="semantic"))[0] == ids["tone.wav"]
        examples = parts_sent(gemini)[-2:]
        assert examples == [["video/mp4"], ["audio/wav"]]


async def test_a_note_and_its_pictures_are_one_vector_and_each_picture_its_own(tmp_path: Path) -> None:
    with gemini_server() as gemini:
        async with connected_to(gemini, tmp_path / "store") as tools:
            files = [written(tmp_path / "in", f"{n}.png", picture("red", str(n))) for n in range(7)]
            await tools.remember("the door of our house", files=files)
            await settled(tools)
        sent = parts_sent(gemini)
        notes = [parts for parts in sent if len(parts) > 2]
        assert len(notes) == 1
        assert notes[0][0].endswith("the door of our house")
        assert len(notes[0]) == 1 + 6
        assert sum(len(parts) == 2 for parts in sent) == 7


@pytest.mark.parametrize(
    ("query", "task"),
    [
        ("ferry times", "search result"),
        ("when does the ferry leave?", "question answering"),
        ("parse_line(text)", "code retrieval"),
    ],
)
async def test_a_question_says_what_it_is_for(tmp_path: Path, query: str, task: str) -> None:
    with gemini_server() as gemini:
        async with connected_to(gemini, tmp_path / "store") as tools:
            await tools.remember("the ferry leaves at noon")
            await tools.recall(query)
        assert parts_sent(gemini)[-1] == [f"task: {task} | query: {query}"]


async def test_words_and_a_file_to_search_by_are_one_content(tmp_path: Path) -> None:
    with gemini_server() as gemini:
        async with connected_to(gemini, tmp_path / "store") as tools:
            await tools.remember("the ferry leaves at noon")
            example = written(tmp_path / "in", "example.png", picture("red"))
            await tools.found("at the harbour", like=example)
        assert parts_sent(gemini)[-1] == ["task: search result | query: at the harbour", "image/png"]


async def test_an_outage_keeps_memories_pending_and_a_later_upkeep_catches_up(tmp_path: Path) -> None:
    with gemini_server() as gemini:
        gemini.answers.extend([error_answer(503, "overloaded, come back later")] * 99)
        async with connected_to(gemini, tmp_path / "store") as tools:
            facts = await tools.facts("remember", text="said while nothing answered")
            assert facts["state"] == "pending"
            assert "overloaded" in facts["warnings"][0]
            assert [hit.get("pending", False) for hit in await tools.recall("nothing answered")] == [True]
        gemini.answers.clear()
        async with connected_to(gemini, tmp_path / "store") as tools:
            await settled(tools)
            assert [hit.get("pending", False) for hit in await tools.recall("nothing answered")] == [False]


async def test_another_embedder_on_the_same_store_never_mixes_vectors(tmp_path: Path) -> None:
    """Offline first, then with a key: found by words at once, by meaning once caught up."""
    async with connected(tmp_path / "store") as tools:
        id_ = await tools.remember("the ferry leaves at noon")
    with gemini_server() as gemini:
        gemini.answers.extend([error_answer(503, "later")] * 99)
        async with connected_to(gemini, tmp_path / "store") as tools:
            result = await tools.call("recall", query="ferry", media="none")
            assert id_ in text_of(result)
        gemini.answers.clear()
        async with connected_to(gemini, tmp_path / "store") as tools:
            await settled(tools)
            spaces = await tools.service.store.table.spaces()
            assert sorted(spaces.values()) == [256, 256]
            assert await tools.found("ferry", mode="semantic") == [id_]


async def test_one_content_that_is_refused_does_not_keep_the_others_from_their_vectors(tmp_path: Path) -> None:
    with gemini_server() as gemini:
        gemini.answers.extend([error_answer(503, "later")] * 99)
        async with connected_to(gemini, tmp_path / "store") as tools:
            for number in range(6):
                await tools.remember(f"note number {number}")
        gemini.answers.clear()
        gemini.refuses = "number 3"
        async with connected_to(gemini, tmp_path / "store") as tools:
            await settled(tools)
            status = await tools.service.status("local")
            assert (status.pending, status.failed) == (1, 1)
            assert {hit["id"]: hit.get("pending", False) for hit in await tools.recall("number 3")} == {
                id_: id_ in await tools.found("3", mode="keyword") for id_ in await tools.found("number 3")
            }
