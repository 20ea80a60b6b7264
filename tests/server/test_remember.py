import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from harness import Tools, connected, picture, written

from memory import remembering
from memory.embedders.fake import FakeEmbedder
from memory.embedders.protocol import Content, Vectors
from memory.errors import EmbeddingRefusedError, EmbeddingUnavailableError
from memory.model import SearchFilter
from memory.requests import Question


async def test_a_note_is_stored_ready_and_found(tools: Tools) -> None:
    facts = await tools.facts("remember", text="The spare key hangs behind the ladder.")
    assert facts == {
        "id": facts["id"],
        "status": "stored",
        "state": "ready",
        "modalities": ["text"],
        "segments": 1,
        "similar": [],
        "warnings": [],
    }
    assert await tools.found("where is the spare key") == [facts["id"]]


async def test_text_and_files_of_one_call_are_one_memory(tools: Tools, tmp_path: Path) -> None:
    photo = written(tmp_path / "in", "a.png", picture("red"))
    code = written(tmp_path / "in", "b.py", b"def tide():\n    return 'ebb'\n")
    facts = await tools.facts("remember", text="Seen at the harbour", files=[photo, code])
    assert facts["modalities"] == ["text", "image", "code"]
    assert facts["segments"] == 3
    assert await tools.found("ebb tide", modalities=["code"]) == [facts["id"]]


async def test_a_note_is_found_with_the_picture_it_came_with(tools: Tools, tmp_path: Path) -> None:
    photo = written(tmp_path / "in", "a.png", picture("blue"))
    id_ = await tools.remember("Grandmother's allotment", files=[photo])
    [hit] = await tools.recall("allotment", modalities=["image"])
    assert (hit["id"], hit["modality"]) == (id_, "image")


async def test_title_tags_session_metadata_and_namespace_come_back(tools: Tools) -> None:
    id_ = await tools.remember(
        "Paint: RAL 7016",
        title="Front door",
        tags=["house", "colours"],
        session="s-1",
        namespace="renovation",
        metadata={"room": "hall", "coats": 2, "done": True},
    )
    result = await tools.facts("recall", ids=[id_], media="none")
    [memory] = result["memories"]
    assert memory["title"] == "Front door"
    assert memory["tags"] == ["house", "colours"]
    assert memory["session"] == "s-1"
    assert memory["namespace"] == "renovation"
    assert memory["metadata"] == {"room": "hall", "coats": 2, "done": True}


async def test_when_says_when_it_happened(tools: Tools) -> None:
    await tools.remember("First frost", when="2019-11-03T07:30:00+01:00")
    [hit] = await tools.recall("frost")
    assert hit["when"] == "2019-11-03T06:30:00Z"


async def test_an_expired_memory_is_not_found(tools: Tools) -> None:
    await tools.remember("Parcel code 4711", expires="1d")
    assert await tools.found("parcel code")
    later = SearchFilter(owner="local", now=datetime.now(UTC) + timedelta(days=2))
    assert (await tools.service.recall(Question(filters=later, query="parcel code"))).hits == ()
    assert (await tools.service.recall(Question(filters=later))).hits == ()


async def test_an_expired_memory_goes_with_the_next_upkeep(tools: Tools) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=3)
    await tools.remember("Parcel code 4711", expires=soon.isoformat())
    with anyio.fail_after(60):
        while await tools.service.store.table.count("true"):
            await tools.service.upkeep()
    assert datetime.now(UTC) >= soon


async def test_an_expiry_in_the_past_is_refused(tools: Tools) -> None:
    assert "give a later time" in await tools.error("remember", text="x", expires="2001-01-01")
    assert await tools.empty()


async def test_a_new_version_replaces_the_old_one_which_stays_as_history(tools: Tools) -> None:
    old = await tools.remember("The door code is 1111")
    new = await tools.remember("The door code is 2222", replaces=old)
    assert await tools.found("door code") == [new]
    assert await tools.found() == [new]
    opened = await tools.facts("recall", ids=[old, new], media="none")
    assert [memory["superseded_by"] for memory in opened["memories"]] == [new, ""]
    assert opened["memories"][1]["replaces"] == old


async def test_a_version_that_was_replaced_already_cannot_be_replaced_again(tools: Tools) -> None:
    first = await tools.remember("The door code is 1111")
    second = await tools.remember("The door code is 2222", replaces=first)
    assert second in await tools.error("remember", text="The door code is 3333", replaces=first)
    await tools.forget(second)
    third = await tools.remember("The door code is 3333", replaces=first)
    assert await tools.found("door code") == [third]


async def test_a_moment_long_ago_and_far_ahead_can_be_filtered_by(tools: Tools) -> None:
    id_ = await tools.remember("The flood", when="0800-03-01")
    assert await tools.found("flood", since="0700-01-01", until="0900-01-01") == [id_]
    assert await tools.found("flood", since="9000-01-01") == []


async def test_replacing_an_unknown_memory_is_refused(tools: Tools) -> None:
    assert "there is no memory" in await tools.error("remember", text="x", replaces="m" + "0" * 20)
    assert await tools.empty()


async def test_the_same_content_again_is_one_memory_and_said_so(tools: Tools, tmp_path: Path) -> None:
    photo = written(tmp_path / "in", "a.png", picture("red"))
    first = await tools.remember("Twice", files=[photo])
    again = await tools.facts("remember", text="Twice", files=[photo], tags=["other"])
    assert (again["status"], again["id"]) == ("duplicate", first)
    assert f"replaces={first}" in again["warnings"][0]
    assert await tools.found() == [first]


async def test_the_same_content_in_another_namespace_is_another_memory(tools: Tools) -> None:
    first = await tools.remember("Twice")
    assert await tools.remember("Twice", namespace="elsewhere") != first


async def test_the_same_content_replacing_itself_takes_new_tags(tools: Tools) -> None:
    first = await tools.remember("Tag me")
    second = await tools.remember("Tag me", tags=["tagged"], replaces=first)
    assert await tools.found("tag", tags=["tagged"]) == [second]


async def test_many_at_once_with_the_same_content_keep_one_memory(tools: Tools) -> None:
    ids: list[str] = []

    async def one() -> None:
        ids.append(await tools.remember("All at once"))

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(one)
    assert len(set(ids)) == 1
    assert await tools.service.store.table.count("true") == 1


async def test_close_neighbours_are_reported_and_kept(tools: Tools) -> None:
    first = await tools.remember("The boiler was serviced in May by Mr Huber")
    facts = await tools.facts("remember", text="The boiler was serviced in June by Mr Huber")
    assert [one["id"] for one in facts["similar"]] == [first]
    assert facts["status"] == "stored"


async def test_a_long_text_is_acknowledged_as_pending_found_by_words_and_caught_up(tools: Tools) -> None:
    sentences = [f"Paragraph {n} speaks of topic-{n} at some length, as reports do. " * 5 for n in range(40)]
    facts = await tools.facts("remember", text="\n\n".join(sentences))
    assert facts["state"] == "pending"
    [hit] = await tools.recall("topic-31")
    assert "topic-31" in hit["passage"]
    with anyio.fail_after(30):
        while await tools.service.store.pending(tools.service.embedding.column):
            await tools.service.upkeep()
    assert not (await tools.recall("topic-31"))[0].get("pending", False)


async def test_an_embedder_that_is_down_loses_nothing(tmp_path: Path) -> None:
    fake = FakeEmbedder()
    async with connected(tmp_path / "store", embedder=fake) as tools:
        fake.failing = EmbeddingUnavailableError("the embedder is down")
        facts = await tools.facts("remember", text="Said during an outage")
        assert (facts["state"], "embedder is down" in facts["warnings"][0]) == ("pending", True)
        during = await tools.facts("recall", query="outage", media="none")
        assert [hit.get("pending", False) for hit in during["hits"]] == [True]
        assert any("embedder is down" in note for note in during["notes"])
        fake.failing = None
        await tools.service.upkeep()
        assert [hit.get("pending", False) for hit in await tools.recall("outage")] == [False]


async def test_a_slow_embedder_does_not_keep_a_memory_from_being_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(FakeEmbedder):
        async def embed_documents(self, contents: Sequence[Content]) -> Vectors:
            await anyio.sleep_forever()
            return await super().embed_documents(contents)

    monkeypatch.setattr(remembering, "EMBEDDING_S", 0.05)
    async with connected(tmp_path / "store", embedder=Slow()) as tools:
        facts = await tools.facts("remember", text="patience is not a virtue of clients")
        assert (facts["state"], "goes on after this answer" in facts["warnings"][0]) == ("pending", True)
        assert await tools.found("patience", mode="keyword") == [facts["id"]]


async def test_what_is_embedded_is_never_called_pending(tmp_path: Path) -> None:
    fake = FakeEmbedder()
    async with connected(tmp_path / "store", embedder=fake) as tools:
        ready = await tools.remember("embedded already")
        fake.failing = EmbeddingUnavailableError("down")
        waiting = await tools.remember("not embedded yet")
        expected = {ready: False, waiting: True}
        for arguments in ({"query": "embedded"}, {"query": "embedded", "mode": "keyword"}, {}):
            assert {hit["id"]: hit.get("pending", False) for hit in await tools.recall(**arguments)} == expected


async def test_a_refusing_embedder_is_said_once_and_not_retried_in_a_loop(tmp_path: Path) -> None:
    fake = FakeEmbedder()
    async with connected(tmp_path / "store", embedder=fake) as tools:
        fake.failing = EmbeddingRefusedError("the key is not valid")
        facts = await tools.facts("remember", text="Said with a bad key")
        assert "the key is not valid" in facts["warnings"][0]
        with pytest.raises(EmbeddingRefusedError):
            await tools.service.upkeep()
        assert await tools.found("bad key")


async def test_without_an_embedder_memories_are_found_by_words_and_that_is_said(tmp_path: Path) -> None:
    async with connected(tmp_path / "store", absence="no engine runs here") as tools:
        facts = await tools.facts("remember", text="Only words here")
        assert "no engine runs here" in facts["warnings"][0]
        found = await tools.facts("recall", query="words", media="none")
        assert [hit["id"] for hit in found["hits"]] == [facts["id"]]
        assert any("no engine runs here" in note for note in found["notes"])
        assert "no engine runs here" in await tools.error("recall", query="words", mode="semantic")


@pytest.mark.parametrize(
    ("alias", "argument"), [("content", "a note"), ("note", "a note"), ("memory", "a note")], ids=str
)
async def test_other_names_for_the_text_are_understood(tools: Tools, alias: str, argument: str) -> None:
    facts = await tools.facts("remember", **{alias: argument})
    assert facts["warnings"] == []


async def test_comma_lists_nulls_and_single_files_are_understood(tools: Tools, tmp_path: Path) -> None:
    photo = written(tmp_path / "in", "a, b.png", picture("red"))
    await tools.facts("remember", text=None, path=photo, tag="one, two", metadata=None)
    [hit] = await tools.recall(tags="one,two")
    assert hit["tags"] == ["one", "two"]


async def test_an_unknown_argument_is_answered_with_a_warning(tools: Tools) -> None:
    facts = await tools.facts("remember", text="x", priority="high")
    assert "unknown argument 'priority'" in facts["warnings"][0]


@pytest.mark.parametrize("text", ['{"a": 1}', "null", "[1, 2]", "123", "true", '"quoted"'])
async def test_text_that_looks_like_json_stays_text(tools: Tools, text: str) -> None:
    await tools.remember(text)
    [hit] = await tools.recall()
    assert hit["passage"] == text


async def test_a_data_uri_is_a_file(tools: Tools) -> None:
    uri = "data:image/png;base64," + base64.b64encode(picture("green")).decode()
    facts = await tools.facts("remember", files=[uri])
    assert facts["modalities"] == ["image"]
