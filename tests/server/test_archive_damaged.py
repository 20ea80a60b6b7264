"""Archives that are damaged, hostile, or at odds with what is here: each line is accounted for."""

import base64
import json
import random
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from archives import LINES, NOW, Contents, first_line, key_of, made, media, names, note, restored, rewritten, rows
from harness import connected, open_service

from memory import archive_file
from memory.archive import MAX_LINE_BYTES, line_of
from memory.errors import InvalidInputError, StoreError, UndecodableError
from memory.store.table import SegmentTable


def with_manifest(**changed: Any) -> Callable[[Contents], object]:
    def change(contents: Contents) -> None:
        contents["manifest.json"] = json.dumps({**json.loads(contents["manifest.json"]), **changed}).encode()

    return change


def without(name: str) -> Callable[[Contents], object]:
    return lambda contents: contents.pop(next(one for one in contents if one.startswith(name)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (with_manifest(version=2), "reads up to 1"),
        (with_manifest(format="another"), "no archive of Sensorium"),
        (with_manifest(memories="many"), "no archive of Sensorium: its manifest.json: memories"),
        (without("manifest.json"), "manifest.json is not in the archive"),
    ],
)
async def test_a_file_that_is_no_archive_of_ours_is_refused_as_a_whole(
    tmp_path: Path, change: Callable[[Contents], object], said: str
) -> None:
    archive = rewritten(made(tmp_path / "a.zip", [[note(1)]]), change)
    service = await open_service(tmp_path / "store")
    with pytest.raises(InvalidInputError, match=said):
        await restored(service, archive)


@pytest.mark.parametrize("size", [0, 10, 400, -1])
async def test_an_archive_that_is_cut_off_is_refused_as_a_whole(tmp_path: Path, size: int) -> None:
    data = made(tmp_path / "a.zip", [[note(number)] for number in range(20)]).read_bytes()
    (tmp_path / "a.zip").write_bytes(data[:size])
    service = await open_service(tmp_path / "store")
    with pytest.raises(UndecodableError, match="is no archive of Sensorium, or is cut off"):
        await restored(service, tmp_path / "a.zip")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        await restored(service, tmp_path / "nowhere.zip")


def saying(**changed: Any) -> Callable[[Contents], object]:
    return first_line(lambda line: json.dumps({**json.loads(line), **changed}).encode() + b"\n")


def media_holding(data: bytes) -> Callable[[Contents], object]:
    def change(contents: Contents) -> None:
        contents[next(name for name in contents if name.startswith("media/"))] = data

    return change


def split(**changed: Any) -> Callable[[Contents], object]:
    """Memory 1 has a second segment, which says something else of the memory."""
    second = line_of(note(1, index=1, **changed), 2, {})
    return first_line(lambda line: line.replace(b'"of":1', b'"of":2') + second)


DAMAGED: dict[str, tuple[Callable[[Contents], object], int, str]] = {
    "not JSON": (first_line(lambda _: b"{\n"), 1, "Invalid JSON"),
    "not UTF-8": (first_line(lambda line: line.replace(b"ferry", b"\xff\xfe")), 1, "Invalid JSON"),
    "half a character": (first_line(lambda line: line.replace(b"ferry", b"\\ud800")), 1, "Invalid JSON"),
    "empty": (first_line(lambda _: b"\n"), 1, "Invalid JSON"),
    "huge": (first_line(lambda line: line[:-1] + b" " * MAX_LINE_BYTES + b"\n"), 1, "over 16 MB"),
    "twice": (first_line(lambda line: line + line), 1, "more than once"),
    "a path as an id": (saying(memory="../../m1"), 1, "memory"),
    "a path as a key": (saying(media="../../secret"), 1, "media"),
    "an absolute path as a key": (saying(media="/etc/passwd"), 1, "media"),
    "no digest": (saying(digest="x"), 1, "digest"),
    "a time of no zone": (saying(created_at="2026-01-01T00:00:00"), 1, "created_at"),
    "a time out of the calendar": (saying(occurred_at="0001-01-01T00:00:00+14:00"), 1, "occurred_at"),
    "a number that is none": (saying(metadata={"n": float("nan")}), 1, "metadata"),
    "a hash of another width": (saying(look=base64.b64encode(b"short").decode()), 1, "look"),
    "a field of a later version": (saying(mood="calm"), 1, "mood"),
    "one of two": (saying(of=2), 1, "1 of its 2 segments"),
    "lines of two memories mixed": (
        lambda contents: contents.update({LINES: contents[LINES] + line_of(note(1), 1, {})}),
        4,
        "came before, and others between",
    ),
    "a memory of two minds": (
        first_line(lambda line: line.replace(b'"of":1', b'"of":2') + line_of(note(1, index=1, owner="eve"), 2, {})),
        1,
        "contradict",
    ),
    "a memory of two ends": (split(expires_at=NOW + timedelta(days=99_999)), 1, "contradict"),
    "a memory of two sessions": (split(session="another"), 1, "contradict"),
    "a memory of two beginnings": (split(created_at=NOW), 1, "contradict"),
    "more lines of a memory than it has": (
        first_line(lambda line: line + b"".join(line_of(note(1, index=n), 1, {}) for n in range(1, 99))),
        1,
        "2 of its 1 segments",
    ),
    "media missing": (without("media/"), 3, "is not in the archive"),
    "media of other bytes": (media_holding(b"other bytes"), 3, "other bytes than"),
}


@pytest.mark.parametrize("case", DAMAGED)
async def test_what_is_damaged_is_named_and_does_not_keep_the_rest_out(tmp_path: Path, case: str) -> None:
    change, line, why = DAMAGED[case]
    blob = tmp_path / "blob"
    blob.write_bytes(b"a medium")
    key = key_of(blob)
    memories = [[note(1)], [note(2)], [note(3, media=key)]]
    archive = rewritten(made(tmp_path / "a.zip", memories, {key: blob}), change)
    service = await open_service(tmp_path / "store")
    outcome = await restored(service, archive)
    [refusal] = outcome.refused
    assert refusal.line == line
    assert why in refusal.why
    assert outcome.restored in (2, 3)
    assert outcome.missing == 3 - outcome.restored - bool(refusal.id)
    here = {one.id for one in await rows(service)}
    assert len(here) == outcome.restored
    assert here <= {note(number).id for number in (1, 2, 3)}
    assert set(media(service)) == ({key} if note(3).id in here else set())
    assert names(tmp_path) == ["a.zip", "blob", "store"]


@pytest.mark.parametrize("flipped", [1, 1 << 6])
async def test_one_flipped_bit_costs_what_stands_with_it_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flipped: int
) -> None:
    monkeypatch.setattr(archive_file, "LINES_BYTES", 2_500_000)  # more than is read at once
    given = [note(number, remarks=(random.Random(number).randbytes(50_000).hex(),)) for number in range(60)]  # noqa: S311
    archive = made(tmp_path / "a.zip", [[one] for one in given])
    with zipfile.ZipFile(archive) as file:
        entry = file.getinfo("segments/000002.jsonl")
        lost = len(file.read(entry).splitlines())
    data = bytearray(archive.read_bytes())
    data[entry.header_offset + entry.compress_size * 3 // 4] ^= flipped
    archive.write_bytes(data)
    service = await open_service(tmp_path / "store")
    outcome = await restored(service, archive)
    [refusal] = outcome.refused
    assert refusal.why.startswith("segments/000002.jsonl is damaged")
    assert (outcome.restored, outcome.missing) == (60 - lost, lost)
    assert 0 < lost < 60
    assert all(one in given for one in await rows(service))


async def test_media_that_are_compressed_are_not_unpacked(tmp_path: Path) -> None:
    blob = tmp_path / "blob"
    blob.write_bytes(bytes(100_000))
    key = key_of(blob)
    archive = made(tmp_path / "a.zip", [[note(1, media=key)]], {key: blob})
    with zipfile.ZipFile(archive) as file:
        contents = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in contents.items():
            file.writestr(name, data)
    service = await open_service(tmp_path / "store")
    [refusal] = (await restored(service, archive)).refused
    assert "is compressed" in refusal.why


async def test_what_is_not_taken_in_is_told_with_its_reason(tmp_path: Path) -> None:
    service = await open_service(tmp_path / "store")
    await restored(service, made(tmp_path / "a.zip", [[note(1)], [note(2)], [note(3)]]))
    given = [
        note(1),
        note(11, digest=note(2).digest),
        note(12, digest=note(2).digest, namespace="another"),
        note(13, digest=note(2).digest, superseded_by=note(14).id),
        note(3, digest=note(99).digest),
        note(15, expires_at=NOW),
        note(16),
        note(17, digest=note(16).digest),
    ]
    outcome = await restored(service, made(tmp_path / "b.zip", [[one] for one in given]))
    assert outcome.there == 1
    assert outcome.known == {note(11).id: note(2).id, note(17).id: note(16).id}
    assert [(one.line, one.id) for one in outcome.refused] == [(5, note(3).id)]
    assert outcome.expired == [note(15).id]
    assert (outcome.restored, outcome.missing) == (3, 0)
    assert {one.id for one in await rows(service)} == {note(n).id for n in (1, 2, 3, 12, 13, 16)}


async def test_a_newer_version_takes_the_place_of_one_that_is_here(tmp_path: Path) -> None:
    async with connected(tmp_path / "store") as tools:
        old = await tools.remember("the ferry leaves at nine")
        [here] = await tools.service.store.select("true")
        newer = note(1, text="the ferry leaves at ten", replaces=old)
        retitled = note(2, text=here.text, digest=here.digest, title="of another owner", replaces=old, owner="eve")
        await restored(tools.service, made(tmp_path / "a.zip", [[newer], [retitled]]))
        assert await tools.found("ferry", mode="keyword") == [newer.id]


async def test_the_same_content_under_another_title_replaces_itself(tmp_path: Path) -> None:
    async with connected(tmp_path / "store") as tools:
        old = await tools.remember("the ferry leaves at nine")
        [here] = await tools.service.store.select("true")
        titled = replace(here, id=note(1).id, title="Ferry", replaces=old)
        await restored(tools.service, made(tmp_path / "a.zip", [[titled]]))
        assert await tools.found("ferry", mode="keyword") == [titled.id]


async def test_a_restore_that_cannot_be_written_leaves_no_media(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    blob = tmp_path / "blob"
    blob.write_bytes(b"a medium")
    archive = made(tmp_path / "a.zip", [[note(1, media=key_of(blob))]], {key_of(blob): blob})
    service = await open_service(tmp_path / "store")
    monkeypatch.setattr(SegmentTable, "append", broken)
    with pytest.raises(StoreError, match="disk is full"):
        await restored(service, archive)
    assert not media(service)
    assert [path.name for path in service.spool.folder.iterdir()] == ["in-use"]
