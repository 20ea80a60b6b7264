"""What an export leaves out, what it does not write over, and what is left of one that fails."""

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from anyio.from_thread import run as run_in_loop
from archives import (
    NOW,
    Clock,
    LeaptClock,
    command,
    exported,
    files,
    key_of,
    lines,
    made,
    names,
    note,
    restored,
    rows,
)
from harness import connected, open_service

from memory import archive_file, exporting
from memory.archive_file import ArchiveWriter, Row
from memory.errors import InvalidInputError, StoreError
from memory.exporting import Exporting
from memory.sources.spool import Spool


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


async def test_a_memory_whose_media_are_not_what_they_were_is_named(tmp_path: Path) -> None:
    blob = tmp_path / "blob"
    blob.write_bytes(b"a medium")
    key = key_of(blob)
    service = await open_service(tmp_path / "store")
    await restored(service, made(tmp_path / "a.zip", [[note(1, media=key)], [note(2)]], {key: blob}))
    rotten = service.store.media.path(key)
    rotten.unlink()
    rotten.write_bytes(b"a m3dium")
    told = await exported(service, tmp_path / "b.zip")
    assert (told.memories, told.media, told.lost) == (1, 0, (note(1).id,))
    assert files(tmp_path / "b.zip") == set()


@pytest.mark.parametrize("lost", [0, 1])
async def test_a_memory_of_which_rows_are_lost_is_named(tmp_path: Path, lost: int) -> None:
    service = await open_service(tmp_path / "store")
    await restored(service, made(tmp_path / "a.zip", [[note(1, index=index) for index in range(3)], [note(2)]]))
    await service.store.table.delete(f"id = '{note(1).id}' AND segment = {lost}")
    told = await exported(service, tmp_path / "b.zip")
    assert (told.memories, told.forgotten, told.lost) == (1, 0, (note(1).id,))


async def test_what_is_replaced_while_an_export_runs_is_in_it_and_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Exporting._counts  # pyright: ignore[reportPrivateUsage]
    async with connected(tmp_path / "store") as tools:
        old = await tools.remember("the ferry leaves at nine")

        async def counting(self: Exporting, namespace: str) -> tuple[dict[str, int], set[str]]:
            counted = await counts(self, namespace)
            await tools.remember("the ferry leaves at ten", replaces=old)
            return counted

        monkeypatch.setattr(Exporting, "_counts", counting)
        assert (await exported(tools.service, tmp_path / "a.zip")).memories == 1
    async with connected(tmp_path / "other") as tools:
        await restored(tools.service, tmp_path / "a.zip")
        assert await tools.found("ferry", mode="keyword") == [old]


async def test_what_was_replaced_stays_so_but_where_the_newer_version_is_left_out_alive(tmp_path: Path) -> None:
    service = await open_service(tmp_path / "store")
    newer = [note(11), note(12, namespace="else"), note(13, namespace="else", expires_at=NOW), note(14)]
    older = [note(n, superseded_by=note(10 + n).id) for n in range(1, 5)]
    await service.store.table.append([*newer[:3], *older], {})
    await exported(service, tmp_path / "a.zip", namespace="default")
    said = {line["memory"]: line["superseded_by"] for line in lines(tmp_path / "a.zip")}
    assert said == {note(11).id: "", **{one.id: one.superseded_by for one in older}, note(2).id: ""}


async def test_what_expired_by_a_clock_that_leapt_is_exported_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = await open_service(tmp_path / "store")
    soon = Clock.now() + timedelta(days=30)
    await restored(service, made(tmp_path / "a.zip", [[note(1, expires_at=soon)], [note(2)]]))
    monkeypatch.setattr(exporting, "datetime", LeaptClock)
    told = await exported(service, tmp_path / "b.zip")
    assert (told.memories, told.expired, told.doubted) == (2, 0, 1)


async def test_no_more_media_are_borrowed_together_than_the_limit_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = await open_service(tmp_path / "store")
    blobs = [service.spool.add([f"medium {number}".encode()]) for number in range(5)]
    kept = {key_of(blob.path): blob.path for blob in blobs}
    memories = [[note(number, media=key)] for number, key in enumerate(kept)]
    await restored(service, made(tmp_path / "a.zip", memories, kept))
    borrow, together = Exporting._borrow, list[int]()  # pyright: ignore[reportPrivateUsage]

    def borrowing(self: Exporting, memories: Collection[Sequence[Row]], folder: Path) -> dict[str, Path]:
        held = borrow(self, memories, folder)
        together.append(len(held))
        return held

    monkeypatch.setattr(Exporting, "_borrow", borrowing)
    monkeypatch.setattr(exporting, "MEDIA_BYTES_AT_ONCE", 2 * len(b"medium 0"))
    assert (await exported(service, tmp_path / "b.zip")).media == 5
    assert together == [2, 2, 1]


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


def never(*_: object) -> bool:
    return False


def without_links(*_: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize("link", [Path.hardlink_to, without_links])
def test_a_file_that_comes_while_an_export_runs_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: Callable[..., None]
) -> None:
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "a.zip"
    monkeypatch.setattr(Path, "hardlink_to", link)
    assert made(target, [[note(1)]]).is_file()
    target.unlink()
    writer = ArchiveWriter(target, tmp_path)
    target.write_bytes(b"precious")
    with pytest.raises(InvalidInputError, match="is there already"):
        writer.finish({})
    writer.discard()
    assert target.read_bytes() == b"precious"
    assert names(target.parent) == ["a.zip"]


def test_an_archive_that_is_whole_but_not_flushed_is_not_said_to_be_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(archive_file, "flush_folder", broken)
    with pytest.raises(StoreError, match=r"is whole, but its folder could not be flushed: Input/output error"):
        made(tmp_path / "a.zip", [[note(1)]])
    assert [line["memory"] for line in lines(tmp_path / "a.zip")] == [note(1).id]


def test_a_file_of_the_store_that_cannot_be_read_is_not_blamed_on_the_archive(tmp_path: Path) -> None:
    key = f"00/{0:064x}.txt"
    (tmp_path / "no-file").mkdir()
    with pytest.raises(StoreError, match="a file could not be read for the archive"):
        made(tmp_path / "a.zip", [[note(1, media=key)]], {key: tmp_path / "no-file"})
    assert names(tmp_path) == ["no-file"]


def test_an_export_from_a_folder_that_cannot_be_written_leaves_nothing_in_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "access", never)
    with closing(Spool.beside(tmp_path / "store")) as spool:
        assert spool.folder.is_relative_to(tmp_path)
    assert names(tmp_path) == []


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
