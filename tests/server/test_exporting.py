"""What an export leaves out, what it does not write over, and what is left of one that fails."""

import os
import stat
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pytest
from anyio.from_thread import run as run_in_loop
from archives import (
    NOW,
    command,
    exported,
    files,
    key_of,
    lines,
    made,
    note,
    restored,
    rows,
)
from harness import open_service

from memory import exporting
from memory.archive_file import ArchiveWriter, Row
from memory.errors import InvalidInputError
from memory.exporting import Exporting


async def test_what_is_forgotten_while_an_export_runs_is_in_it_as_a_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = await open_service(tmp_path / "store")
    blobs = [service.spool.add([f"medium {number}".encode()]) for number in range(6)]
    keys = [key_of(blob.path) for blob in blobs]
    kept = dict(zip(keys, (blob.path for blob in blobs), strict=True))
    await restored(service, made(tmp_path / "a.zip", [[note(n, media=keys[n])] for n in range(6)], kept))

    def forget(number: int) -> None:
        run_in_loop(service.forget_ids, "local", [note(number).id])

    # The two moments at which a forget matters.
    borrow, write = Exporting._borrow, exporting._write  # pyright: ignore[reportPrivateUsage]

    def borrowing(self: Exporting, memories: Collection[Sequence[Row]], folder: Path) -> dict[str, Path]:
        held = borrow(self, memories, folder)
        if keys[1] in held:  # itself, whose file is borrowed, and one of a page to come
            forget(1)
            forget(5)
        return held

    def writing(archive: ArchiveWriter, memories: Sequence[Sequence[Row]], held: Mapping[str, Path]) -> None:
        if keys[3] in held:  # whose rows were still there a moment ago
            forget(3)
        write(archive, memories, held)

    monkeypatch.setattr(Exporting, "_borrow", borrowing)
    monkeypatch.setattr(exporting, "_write", writing)
    monkeypatch.setattr(exporting, "MEMORIES_AT_ONCE", 2)
    told = await exported(service, tmp_path / "b.zip")
    left = [0, 2, 3, 4]
    assert {one.id for one in await rows(service)} == {note(n).id for n in (0, 2, 4)}
    assert (told.memories, told.forgotten, told.lost) == (4, 2, ())
    assert [line["memory"] for line in lines(tmp_path / "b.zip")] == [note(n).id for n in left]
    assert files(tmp_path / "b.zip") == {keys[n] for n in left}


async def test_a_memory_whose_media_are_gone_is_named(tmp_path: Path) -> None:
    blob = tmp_path / "blob"
    blob.write_bytes(b"a medium")
    key = key_of(blob)
    service = await open_service(tmp_path / "store")
    await restored(service, made(tmp_path / "a.zip", [[note(1, media=key)], [note(2)]], {key: blob}))
    service.store.media.delete(key)
    told = await exported(service, tmp_path / "b.zip")
    assert (told.memories, told.lost) == (1, (note(1).id,))


async def test_an_export_of_one_namespace_leaves_out_the_others_and_what_expired(tmp_path: Path) -> None:
    service = await open_service(tmp_path / "store")
    await restored(service, made(tmp_path / "a.zip", [[note(1)], [note(2, namespace="it's")]]))
    await service.store.table.append([note(3, expires_at=NOW)], {})
    assert (await exported(service, tmp_path / "b.zip", namespace="it's")).memories == 1
    whole = await exported(service, tmp_path / "c.zip")
    assert (whole.memories, whole.expired) == (2, 1)
    assert [line["memory"] for line in lines(tmp_path / "b.zip")] == [note(2).id]


async def test_a_file_that_is_there_is_replaced_only_when_that_is_said(tmp_path: Path) -> None:
    service = await open_service(tmp_path / "store")
    target = tmp_path / "a.zip"
    target.write_bytes(b"precious")
    with pytest.raises(InvalidInputError, match="--force"):
        await exported(service, target)
    with pytest.raises(InvalidInputError, match="is there already"):
        await exported(service, tmp_path / "store", replaces=True)
    with pytest.raises(InvalidInputError, match="is not a folder"):
        await exported(service, tmp_path / "nowhere" / "a.zip")
    assert target.read_bytes() == b"precious"
    await exported(service, target, replaces=True)
    assert lines(target) == []
    if os.name == "posix":
        assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files by the shell")
async def test_a_full_disk_leaves_no_archive(tmp_path: Path) -> None:
    blob = tmp_path / "blob"
    blob.write_bytes(os.urandom(3_000_000))
    key = key_of(blob)
    service = await open_service(tmp_path / "store", absence="not needed")
    await restored(service, made(tmp_path / "a.zip", [[note(1, media=key)]], {key: blob}))
    (tmp_path / "out").mkdir()
    done = command(tmp_path / "store", "export", tmp_path / "out" / "b.zip", limit="2000")
    assert done.returncode == 1
    assert "the archive could not be written: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "out").iterdir()) == []
