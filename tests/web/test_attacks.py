"""Owners are strangers to each other: a table of what one may try to reach another's memory, and what comes of it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from harness import picture
from website import Visitor, Website, website

from memory.model import Quota

SAFE = "the safe opens with 4711 at the harbour office"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Alice has a note, a picture and an upload; Mallory has a token of her own."""

    site: Website
    alice: Visitor
    mallory: Visitor
    note: str
    photo: str
    ticket: str


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene]:
    async with website(tmp_path / "store") as site:
        alice, mallory = site.member("alice"), site.member("mallory")
        ticket = await alice.upload(picture("red", "harbour"), "harbour.png")
        photo = (await alice.facts("remember", text="the harbour", files=[ticket]))["id"]
        yield Scene(
            site=site,
            alice=alice,
            mallory=mallory,
            note=await alice.remember(SAFE, title="safe", tags=["keys"], namespace="home", session="s1"),
            photo=photo,
            ticket=await alice.upload(b"not remembered yet: 4711", "draft.txt"),
        )


Try = Callable[[Scene], Awaitable[str]]


async def _text(answer: Awaitable[dict[str, object]]) -> str:
    return str(await answer)


async def _body(visitor: Visitor, path: str) -> str:
    answer = await visitor.get(path)
    assert answer.status_code == 404, (path, answer.status_code)
    return answer.text


async def _link_of_another(scene: Scene) -> str:
    facts = await scene.alice.facts("recall", ids=[scene.photo], media="links")
    link = urlsplit(str(facts["memories"][0]["media"][0]))
    answer = await scene.mallory.get(f"{link.path}?{link.query.replace('for=alice', 'for=mallory')}")
    assert answer.status_code == 403
    return answer.text


READS: dict[str, Try] = {
    "recall by words": lambda s: _text(s.mallory.call("recall", query="safe harbour office")),
    "recall of the newest": lambda s: _text(s.mallory.call("recall")),
    "recall by namespace": lambda s: _text(s.mallory.call("recall", namespace="home")),
    "recall by session": lambda s: _text(s.mallory.call("recall", session="s1")),
    "recall by tag": lambda s: _text(s.mallory.call("recall", tags=["keys"])),
    "recall by phrase": lambda s: _text(s.mallory.call("recall", query='"opens with"')),
    "an argument that names an owner": lambda s: _text(s.mallory.call("recall", query="safe", owner="alice")),
    "a filter that breaks out": lambda s: _text(s.mallory.call("recall", namespace="x' OR owner = 'alice")),
    "a tag that breaks out": lambda s: _text(s.mallory.call("recall", tags=["x') OR true OR array_has(tags, 'x"])),
    "metadata that break out": lambda s: _text(s.mallory.call("recall", metadata={"owner": "alice"})),
    "ids": lambda s: _text(s.mallory.call("recall", ids=[s.note])),
    "a piece": lambda s: _text(s.mallory.call("recall", ids=[f"{s.note}#0"])),
    "like an id": lambda s: _text(s.mallory.call("recall", like=[s.note])),
    "unlike an id": lambda s: _text(s.mallory.call("recall", query="harbour", unlike=[s.note])),
    "like an upload": lambda s: _text(s.mallory.call("recall", like=[s.ticket])),
    "an upload": lambda s: _text(s.mallory.call("remember", files=[s.ticket])),
    "an upload by another's path": lambda s: _text(s.mallory.call("remember", files=["upload:../../tokens.json"])),
    "what is to be replaced": lambda s: _text(s.mallory.call("remember", text="new", replaces=s.note)),
    "the resource": lambda s: _read(s.mallory, f"memory://{s.note}"),
    "its part": lambda s: _read(s.mallory, f"memory://{s.photo}/1"),
    "its piece": lambda s: _read(s.mallory, f"memory://{s.photo}/1/1"),
    "the status": lambda s: _read(s.mallory, "memory://status"),
    "the topics": lambda s: _read(s.mallory, "memory://topics"),
    "media": lambda s: _body(s.mallory, f"/media/{s.photo}/1"),
    "a piece of media": lambda s: _body(s.mallory, f"/media/{s.photo}/1/1"),
    "a still": lambda s: _body(s.mallory, f"/media/{s.photo}/1/1?still=small"),
    "a link for someone else": _link_of_another,
    "what a forget would take": lambda s: _text(s.mallory.call("forget", query="safe")),
    "the timeline": lambda s: _get(s.mallory, "/api/timeline"),
    "the map": lambda s: _get(s.mallory, "/api/map"),
    "what waits": lambda s: _get(s.mallory, "/api/waiting"),
    "the page's status": lambda s: _get(s.mallory, "/api/status"),
    "the metrics": lambda s: _get(s.mallory, "/metrics"),
}


async def _read(visitor: Visitor, uri: str) -> str:
    return (await visitor.rpc("resources/read", {"uri": uri})).text


async def _get(visitor: Visitor, path: str) -> str:
    answer = await visitor.get(path)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("name", READS)
async def test_nothing_of_another_is_read(scene: Scene, name: str) -> None:
    said = await READS[name](scene)
    for secret in ("4711", "harbour office", "opens with 4711", "harbour.png", "draft.txt"):
        assert secret not in said
    assert await scene.alice.found("safe harbour office")


@pytest.mark.parametrize("name", ["note", "photo", "ticket"])
async def test_an_id_of_another_is_answered_as_one_that_was_never_there(scene: Scene, name: str) -> None:
    given = {"note": scene.note, "photo": scene.photo, "ticket": scene.ticket}[name]
    never = "upload:" + "A" * 22 if name == "ticket" else "m" + "0" * 20
    arguments = {"like": [given]}, {"like": [never]}
    mine, none = [await scene.mallory.error("recall", **some) for some in arguments]
    assert mine.replace(given.removeprefix("upload:"), "X") == none.replace(never.removeprefix("upload:"), "X")


async def test_nothing_of_another_is_forgotten(scene: Scene) -> None:
    assert "no memory" in await scene.mallory.error("forget", ids=[scene.note])
    proposal = await scene.mallory.facts("forget", query="safe")
    assert (proposal["memories"], proposal["samples"]) == (0, [])
    code = (await scene.alice.facts("forget", query="safe"))["confirm"]
    await scene.mallory.call("forget", query="safe", confirm=code)
    assert scene.note in await scene.alice.found("safe")


async def test_the_same_content_of_two_owners_is_two_memories_and_neither_knows(scene: Scene) -> None:
    again = await scene.mallory.facts("remember", text=SAFE, title="safe")
    assert again["status"] == "stored"
    assert again["similar"] == []
    assert again["id"] != scene.note
    data = picture("red", "harbour")
    stored = await scene.mallory.facts("remember", text="the harbour", files=[await scene.mallory.upload(data)])
    assert stored["status"] == "stored"
    assert (await scene.alice.facts("forget", ids=[scene.photo]))["erased"]
    assert (await scene.mallory.get(f"/media/{stored['id']}/1")).content == data


async def test_what_another_remembers_takes_nothing_of_ones_quota(tmp_path: Path) -> None:
    async with website(tmp_path / "store", quota=Quota(max_memories=1)) as site:
        alice, mallory = site.member("alice"), site.member("mallory")
        await alice.remember("one")
        assert "1 may be" in await alice.error("remember", text="two")
        await mallory.remember("one")


async def test_retries_touch_only_ones_own(scene: Scene) -> None:
    store = scene.site.service.store
    await store.mark_failed([(scene.note, 0)], "refused")
    assert (await scene.mallory.post("/api/retry")).status_code == 200
    [row] = await store.segments([(scene.note, 0)])
    assert row.error == "refused"
    assert (await scene.alice.post("/api/retry")).status_code == 200
    [row] = await store.segments([(scene.note, 0)])
    assert row.error == ""


async def test_an_issuers_subject_never_is_a_token_of_that_name(tmp_path: Path) -> None:
    async with website(tmp_path / "store") as site:
        for name in ("https://id.example#alice", "a:b", "Alice", "", "a" * 65, "alice\n"):
            with pytest.raises(Exception, match="cannot name a token"):
                site.token(name)
