"""Files sent ahead: streamed to disk, checked, good once and for an hour, for their owner."""

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from harness import picture
from starlette.requests import ClientDisconnect
from website import website

from memory.errors import InvalidInputError, NotFoundError, TooLargeError
from memory.sources import uploads as uploading
from memory.sources.uploads import MAX_WAITING, Uploads

NO_HEADERS: dict[str, str] = {}


async def _blocks(*blocks: bytes) -> AsyncIterator[bytes]:
    for block in blocks:
        yield block


def _left(root: Path) -> list[str]:
    return [path.name for path in root.rglob("*") if path.is_file()] if root.exists() else []


async def test_an_upload_is_remembered_by_its_ticket_and_is_gone_then(tmp_path: Path) -> None:
    data = picture("red", "harbour")
    async with website(tmp_path / "store") as site:
        alice = site.member("alice")
        ticket = await alice.upload(data, "Hafen%20im%20M%C3%A4rz.png")
        done = await alice.facts("remember", files=[ticket])
        assert done["modalities"] == ["image"]
        opened = (await alice.facts("recall", ids=[done["id"]], media="none"))["memories"][0]
        assert opened["sources"] == ["upload"]
        answer = await alice.get(f"/media/{done['id']}/0")
        assert answer.content == data
        assert "Hafen%20im%20M%C3%A4rz.png" in answer.headers["content-disposition"]
        assert "no upload" in await alice.error("remember", files=[ticket])
        assert not _left(tmp_path / "store" / "uploads")


async def test_an_upload_that_was_remembered_before_is_a_duplicate_and_gone_too(tmp_path: Path) -> None:
    async with website(tmp_path / "store") as site:
        alice, data = site.member("alice"), picture("red", "harbour")
        first, second = await alice.upload(data), await alice.upload(data)
        kept = await alice.facts("remember", files=[first])
        again = await alice.facts("remember", files=[second])
        assert (again["status"], again["id"]) == ("duplicate", kept["id"])
        assert not _left(tmp_path / "store" / "uploads")


async def test_an_upload_may_be_looked_for_and_then_remembered(tmp_path: Path) -> None:
    async with website(tmp_path / "store") as site:
        alice, data = site.member("alice"), picture("red", "harbour")
        kept = await alice.facts("remember", files=[await alice.upload(data)])
        ticket = await alice.upload(data)
        assert await alice.found(like=[ticket]) == [kept["id"]]
        assert (await alice.facts("remember", files=[ticket]))["status"] == "duplicate"


async def test_a_forget_erases_uploads_of_the_same_file(tmp_path: Path) -> None:
    async with website(tmp_path / "store") as site:
        alice, data = site.member("alice"), picture("red", "harbour")
        kept = await alice.facts("remember", files=[await alice.upload(data)])
        await alice.upload(data)
        other = await alice.upload(b"something else")
        assert (await alice.facts("forget", ids=[kept["id"]]))["erased"]
        assert all(data not in path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file())
        await alice.facts("remember", files=[other])


@pytest.mark.parametrize("header", ["query", "content-digest"])
async def test_a_digest_is_checked_and_what_does_not_match_leaves_nothing(tmp_path: Path, header: str) -> None:
    async with website(tmp_path / "store") as site:
        alice, data = site.member("alice"), b"as it should be"
        right = hashlib.sha256(data)
        told = base64.b64encode(right.digest()).decode()
        query = f"?sha256={right.hexdigest()}" if header == "query" else ""
        headers: dict[str, str] = {}
        if not query:
            headers[header] = f"sha-256=:{told}:"
        assert (await alice.post(f"/upload{query}", data, **headers)).json()["sha256"] == right.hexdigest()
        refused = await alice.post(f"/upload{query}", data + b"!", **headers)
        assert refused.status_code == 422
        assert "send again" in refused.json()["error"]
        assert len(_left(tmp_path / "store" / "uploads")) == 2


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (("/upload", b"", NO_HEADERS), (422, "empty")),
        (("/upload?sha256=123", b"x", NO_HEADERS), (422, "64 hexadecimal")),
        (("/upload", b"x", {"content-digest": "md5=:eA==:"}), (201, "")),
        (("/upload", b"x", {"content-digest": "sha-256=:eA=:"}), (422, "base64")),
        (("/upload", b"x", {"content-type": "multipart/form-data; boundary=x"}), (415, "--data-binary")),
        (("/upload", b"x" * 2_000, NO_HEADERS), (413, "1,000")),
    ],
)
async def test_what_cannot_be_taken_is_said(
    tmp_path: Path, sent: tuple[str, bytes, dict[str, str]], answered: tuple[int, str]
) -> None:
    (path, body, headers), (status, said) = sent, answered
    async with website(tmp_path / "store", max_bytes=1_000) as site:
        answer = await site.member("alice").post(path, body, **headers)
        assert answer.status_code == status
        assert said in answer.text
        assert bool(_left(tmp_path / "store" / "uploads")) is (status == 201)


async def test_a_body_that_is_longer_than_it_says_is_cut_off(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads", max_bytes=1_000)
    with pytest.raises(TooLargeError):
        await uploads.receive("alice", _blocks(*[b"x" * 400] * 5))
    assert not _left(tmp_path / "uploads")


async def test_a_connection_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 100
        raise ClientDisconnect

    uploads = Uploads(tmp_path / "uploads")
    with pytest.raises(ClientDisconnect):
        await uploads.receive("alice", broken())
    assert not list((tmp_path / "uploads").iterdir())


async def test_names_are_names_only_whatever_they_say(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    ticket = await uploads.receive("alice", _blocks(b"x"), name="../../etc/passwd")
    assert ticket.name == "passwd"
    for reference in ("upload:../uploads", "upload:", f"upload:{'A' * 22}", "upload:.receiving-1"):
        with pytest.raises(NotFoundError):
            uploads.read("alice", reference)


async def test_what_has_expired_is_gone_and_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads = Uploads(tmp_path / "uploads")
    monkeypatch.setattr(uploading, "LIFE", -uploading.LIFE)
    old = await uploads.receive("alice", _blocks(b"old"))
    monkeypatch.undo()
    with pytest.raises(NotFoundError, match="send it again"):
        uploads.read("alice", old.reference)
    kept = await uploads.receive("alice", _blocks(b"new"))
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == [kept.ticket]


async def test_no_owner_fills_the_disk_with_what_waits(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads", max_bytes=10)
    for _ in range(5):
        await uploads.receive("alice", _blocks(b"x" * 9))
    with pytest.raises(TooLargeError, match="wait already"):
        await uploads.receive("alice", _blocks(b"x"))
    await uploads.receive("bob", _blocks(b"x"))
    many = Uploads(tmp_path / "many")
    for number in range(MAX_WAITING):
        await many.receive("alice", _blocks(str(number).encode()))
    with pytest.raises(TooLargeError, match="wait already"):
        await many.receive("alice", _blocks(b"x"))


async def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="empty"):
        await Uploads(tmp_path / "uploads").receive("alice", _blocks())
