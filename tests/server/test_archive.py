"""Export and restore: what is remembered leaves as one file and comes back, whole, once, and counted."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from anyio.to_thread import run_sync  # the command has an event loop of its own
from archives import (
    exported,
    files,
    first_line,
    key_of,
    kill_in_restore,
    lines,
    made,
    media,
    note,
    restored,
    rewritten,
    rows,
)
from fakes.samples import film, page, sound
from harness import Tools, connected, open_service, picture, written
from media.office import docx, paragraph

from memory.archive import line_of, record_of
from memory.archive_file import ArchiveWriter, opened
from memory.embedders.fake import FakeEmbedder
from memory.errors import EmbeddingRefusedError, UndecodableError
from memory.exporting import Export
from memory.model import MediaPart, Segment, TextPart
from memory.pieces import LOOK_BYTES, Anchor, Modality
from memory.requests import Remembrance
from memory.service import MemoryService
from server.archiving import run_export, run_restore
from server.settings import Settings


async def remembered_of_every_kind(tools: Tools, folder: Path) -> None:
    """A memory of each kind, with everything that can be said of one."""
    given = {
        "a.md": b"# Ferry\n\nIt leaves at noon.\n",
        "b.png": picture("red"),
        "c.wav": sound(4.0).data,
        "d.mp4": film(3).data,
        "e.pdf": page("words on a page", "and on another").data,
        "f.docx": docx(paragraph("The ferry", "H1") + paragraph("leaves at nine")),
        "g.py": b'def ferry(hour: int) -> str:\n    """When it leaves."""\n    return f"at {hour}"\n',
    }
    for name, data in given.items():
        await tools.remember(files=[written(folder, name, data)])
    await tools.remember("two files, both of them known", files=[str(folder / "b.png"), str(folder / "g.py")])
    soon = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    old = await tools.remember("Paint: RAL 7016", title="Front door", tags=["house"], when="2020-02-29T10:00:00+02:00")
    await tools.remember("Paint: RAL 9010", replaces=old, expires=soon, session="s-1", namespace="renovation")
    await tools.remember(
        "of facts", metadata={"room": "hall", "coats": 2, "high": 2.5, "done": True, "ü": "\u2028 '\""}
    )
    await tools.remember("Paint: RAL 7016")  # the same content as the replaced one


async def remembered_in_every_state(service: MemoryService, embedder: FakeEmbedder) -> None:
    """A memory that is pending, and one that is still to be read; nothing in the background goes on with them."""
    embedder.failing = EmbeddingRefusedError("not this one")
    await service.remember(Remembrance(owner="local", parts=(TextPart(text="refused"),)))
    sections = b"\n\n".join(b"# %d\n\n%s" % (number, b"the tide comes and goes " * 20) for number in range(600))
    long = MediaPart(file=service.spool.add([sections], "long.md"), name="long.md", source="long.md")
    await service.remember(Remembrance(owner="local", parts=(long,)))
    embedder.failing = None


async def test_every_kind_and_state_comes_back_as_it_was(tmp_path: Path) -> None:
    async with connected(tmp_path / "a") as tools:
        await remembered_of_every_kind(tools, tmp_path / "in")
    embedder = FakeEmbedder()
    service = await open_service(tmp_path / "a", embedder=embedder)
    await remembered_in_every_state(service, embedder)
    before, kept, column = await rows(service), media(service), service.embedding.column
    waiting = await service.store.pending(column)
    assert {one.modality for one in before} == set(Modality)
    assert any(one.unread for one in before)
    assert waiting
    told = await exported(service, tmp_path / "all.zip", with_vectors=True)
    assert (told.memories, told.segments, told.media) == (len({one.id for one in before}), len(before), len(kept))
    other = await open_service(tmp_path / "b")
    outcome = await restored(other, tmp_path / "all.zip")
    assert (outcome.restored, outcome.refused, outcome.missing) == (told.memories, [], 0)
    assert await rows(other) == before
    assert media(other) == kept
    assert await other.store.pending(column) == waiting
    assert [path.name for path in other.spool.folder.iterdir()] == ["in-use"]


async def test_what_came_back_is_found_and_read_on_as_before(tmp_path: Path) -> None:
    service = await open_service(tmp_path / "a")
    await remembered_in_every_state(service, FakeEmbedder())
    await exported(service, tmp_path / "all.zip", with_vectors=True)
    for each in (service, other := await open_service(tmp_path / "b")):
        await restored(each, tmp_path / "all.zip")
        await each.read_all()
    assert [one.text for one in await rows(other)] == [one.text for one in await rows(service)]
    async with connected(tmp_path / "b") as tools:
        assert await tools.found("refused", mode="keyword")


async def test_what_came_back_without_vectors_is_pending_and_caught_up(tmp_path: Path) -> None:
    async with connected(tmp_path / "a") as tools:
        await tools.remember("the spare key hangs behind the ladder")
        await exported(tools.service, tmp_path / "all.zip")
    async with connected(tmp_path / "b") as tools:
        await restored(tools.service, tmp_path / "all.zip")
        assert (await tools.service.backlog()).pending == 1
        await tools.service.upkeep()
        assert len(await tools.found("spare key", mode="semantic")) == 1


def unit(width: int, at: int) -> list[float]:
    return [float(number == at % width) for number in range(width)]


def packed(vector: list[float]) -> bytes:
    return np.asarray(vector, "<f4").tobytes()


@pytest.mark.parametrize(
    "vector",
    [unit(255, 0), [2.0, *unit(255, 300)], [float("nan"), *unit(255, 0)], [float("inf"), *unit(255, 0)], [0.0] * 256],
)
async def test_a_vector_that_is_none_is_left_out(tmp_path: Path, vector: list[float]) -> None:
    service = await open_service(tmp_path / "a")
    column = service.embedding.column or ""
    writer = ArchiveWriter(tmp_path / "a.zip", tmp_path)
    writer.add([(note(1), {column: packed(vector), "vector_of_nobody": packed(unit(8, 1))})], {})
    writer.add([(note(2), {column: packed(unit(256, 3))})], {})
    writer.finish({})
    writer.discard()
    assert (await restored(service, tmp_path / "a.zip")).restored == 2
    assert await service.store.vectors_of(note(1).id, column) is None
    assert await service.store.vectors_of(note(2).id, column) == pytest.approx(np.asarray([unit(256, 3)]))
    assert list(await service.store.table.spaces()) == [column]


def memory_of(number: int, keys: Sequence[str]) -> list[Segment]:
    """One of ten thousand: of any kind, some with several segments, some replaced."""
    kind = list(Modality)[number % 6]
    is_note = kind is Modality.TEXT
    first = note(
        number,
        modality=kind,
        mime="text/plain" if is_note else f"{kind}/x-kind",
        media="" if is_note else keys[number % len(keys)],
        name="" if is_note else f"{number}.bin",
        tags=("all", f"kind {kind}"),
        metadata={"number": number, "half": number / 2, "is_even": number % 2 == 0},
        superseded_by=f"m{number + 6:020x}" if number % 12 == 6 else "",
        replaces=f"m{number - 6:020x}" if number % 12 == 0 and number else "",
        look=number.to_bytes(LOOK_BYTES, "big") if kind is Modality.IMAGE else None,
        boxes=((1, 2, 3, number),) if kind is Modality.IMAGE else (),
        expires_at=datetime.now(UTC) + timedelta(days=number) if number % 5 == 4 else None,
    )
    count = 2 if kind is Modality.DOCUMENT else 1
    return [replace(first, index=index, anchor=Anchor(unit="page", start=index, end=index)) for index in range(count)]


async def test_ten_thousand_memories_of_all_kinds_make_the_round(tmp_path: Path) -> None:
    count = 10_000
    service = await open_service(tmp_path / "store")
    blobs = [service.spool.add([f"medium {number}".encode()]) for number in range(40)]
    kept = {f"{blob.sha256[:2]}/{blob.sha256}.bin": blob.path for blob in blobs}
    memories = [memory_of(number, list(kept)) for number in range(count)]
    first = made(tmp_path / "first.zip", memories, kept)
    outcome = await restored(service, first)
    segments = sum(map(len, memories))
    assert (outcome.restored, outcome.segments, outcome.done) == (count, segments, count)
    assert not outcome.refused
    told = await exported(service, tmp_path / "second.zip")
    assert (told.memories, told.segments, told.media) == (count, segments, len(kept))
    assert lines(tmp_path / "second.zip") == lines(first)
    assert files(tmp_path / "second.zip") == set(kept)
    again = await restored(service, tmp_path / "second.zip")
    assert (again.restored, again.there, again.missing) == (0, count, 0)
    assert await service.store.table.count("true") == segments


async def test_a_restore_that_is_killed_goes_on_when_run_again(tmp_path: Path) -> None:
    home, count = tmp_path / "store", 4_000
    blob = tmp_path / "blob"
    blob.write_bytes(b"a medium")
    key = key_of(blob)
    archive = made(tmp_path / "all.zip", [[note(number, media=key)] for number in range(count)], {key: blob})
    kill_in_restore(home, archive)
    service = await open_service(home, absence="not needed")
    before = await service.store.table.count("true")
    assert 0 < before < count
    outcome = await restored(service, archive)
    assert (outcome.there, outcome.restored) == (before, count - before)
    assert await rows(service) == [note(number, media=key) for number in range(count)]
    assert media(service) == {key: b"a medium"}


async def test_the_commands_say_what_they_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def run(function: Callable[..., int], home: str, *given: Path | Export, as_json: bool) -> tuple[int, str]:
        settings = Settings(home=tmp_path / home, embedder="none")
        code = await run_sync(partial(function, settings, *given, as_json=as_json))
        return code, capsys.readouterr().out

    service = await open_service(tmp_path / "a", absence="not needed")
    await restored(service, made(tmp_path / "a.zip", [[note(1)], [note(2)]]))
    archive = tmp_path / "b.zip"
    code, said = await run(run_export, "a", Export(target=archive), as_json=False)
    assert (code, "2 memories: 2 pieces and 0 media files" in said) == (0, True)
    code, said = await run(run_export, "a", Export(target=archive, replaces=True, with_vectors=True), as_json=True)
    assert (code, json.loads(said)["memories"]) == (0, 2)
    rewritten(archive, first_line(lambda _: b"{\n"))
    code, said = await run(run_restore, "b", archive, as_json=True)
    facts = json.loads(said)
    assert (code, facts["restored"], facts["missing"], facts["refused"][0]["line"]) == (1, 1, 1, 1)
    code, said = await run(run_restore, "b", archive, as_json=False)
    assert code == 1
    assert "line 1: refused: Invalid JSON" in said
    assert "1 memories that the archive says it holds are not in it" in said
    assert "1 were here already" in said


def test_a_line_says_what_its_segment_is() -> None:
    segment = memory_of(2, ["00/" + "0" * 64 + ".bin"])[0]
    record = record_of(line_of(segment, 1, {"vector_x": packed([1.0, 0.5])}))
    assert record.segment == segment
    assert np.frombuffer(record.vectors["vector_x"], "<f4").tolist() == [1.0, 0.5]


def test_an_archive_is_read_without_trust_in_its_names(tmp_path: Path) -> None:
    archive = made(tmp_path / "a.zip", [[note(1)]])
    with opened(archive) as reader, pytest.raises(UndecodableError, match="is not in the archive"):
        list(reader.blocks("../segments.jsonl"))
