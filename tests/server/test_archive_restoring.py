"""What a restore does about a store that is damaged, a clock that is wrong, and an archive that is hostile."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from archives import (
    LINES,
    Clock,
    Contents,
    LeaptClock,
    key_of,
    made,
    media,
    note,
    restored,
    rewritten,
    rows,
)
from harness import connected, open_service

from memory import restoring
from memory.archive import Record, line_of, require_whole
from memory.errors import UndecodableError


@pytest.mark.parametrize("lost", ["segment = 0", "segment = 1", "segment < 3"])
async def test_a_memory_of_which_rows_are_lost_is_made_whole_and_no_row_is_doubled(tmp_path: Path, lost: str) -> None:
    blob = tmp_path / "blob"
    blob.write_bytes(b"a medium")
    key = key_of(blob)
    memories = [[note(1, index=index, text=f"piece {index}", media=key) for index in range(4)], [note(2)]]
    archive = made(tmp_path / "a.zip", memories, {key: blob})
    service = await open_service(tmp_path / "store")
    await restored(service, archive)
    await service.store.table.delete(f"id = '{note(1).id}' AND {lost}")
    service.store.media.delete(key)
    outcome = await restored(service, archive)
    assert (outcome.restored, outcome.completed, outcome.there, outcome.missing) == (1, 1, 1, 0)
    assert await rows(service) == [one for memory in memories for one in memory]
    assert media(service) == {key: b"a medium"}


async def test_a_memory_that_was_replaced_since_stays_so_when_it_is_made_whole(tmp_path: Path) -> None:
    archive = made(tmp_path / "a.zip", [[note(1, index=index) for index in range(3)]])
    service = await open_service(tmp_path / "store")
    here = [note(1, index=index, superseded_by=note(2).id) for index in range(5)]
    await service.store.table.append([here[1], here[4], note(2, replaces=note(1).id)], {})
    assert (await restored(service, archive)).completed == 1
    assert await rows(service) == [*here[:3], note(2, replaces=note(1).id)]


@pytest.mark.parametrize("here", [1, 2, 4])
async def test_a_memory_that_is_read_on_is_left_as_it_is(tmp_path: Path, here: int) -> None:
    service = await open_service(tmp_path / "store")
    memory = [note(1, index=index) for index in range(4)]
    await service.store.table.append(memory[:here], {})
    outcome = await restored(service, made(tmp_path / "a.zip", [memory[:3]]))
    assert (outcome.there, outcome.restored) == (1, 0)
    assert await rows(service) == memory[:here]


async def test_two_versions_that_were_made_apart_are_both_kept(tmp_path: Path) -> None:
    async with connected(tmp_path / "store") as tools:
        old = await tools.remember("the ferry leaves at nine")
        here = await tools.remember("the ferry leaves at ten", replaces=old)
        await restored(tools.service, made(tmp_path / "a.zip", [[note(1, replaces=old)]]))
        assert set(await tools.found("ferry", mode="keyword")) == {here, note(1).id}


async def test_nothing_is_left_out_by_a_clock_that_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = Clock.now() + timedelta(days=30)
    archive = made(tmp_path / "a.zip", [[note(1, expires_at=soon)], [note(2)]])
    known = await open_service(tmp_path / "known")
    await restored(known, made(tmp_path / "b.zip", [[note(3)]]))
    monkeypatch.setattr(restoring, "datetime", LeaptClock)
    for service in (known, await open_service(tmp_path / "new")):
        outcome = await restored(service, archive)
        assert (outcome.restored, outcome.doubted, outcome.expired) == (2, 1, [])


async def test_an_archive_of_nothing_but_damage_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(contents: Contents) -> None:
        contents[LINES] += b"\n" * 100_000

    monkeypatch.setattr(restoring, "MAX_NAMELESS", 20)
    service = await open_service(tmp_path / "store")
    with pytest.raises(UndecodableError, match=r"too much .* over 20 lines .* the last, 22: "):
        await restored(service, rewritten(made(tmp_path / "a.zip", [[note(1)]]), change))


async def test_of_one_memory_no_more_lines_are_held_than_it_says_and_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []

    def change(contents: Contents) -> None:
        contents[LINES] += line_of(note(1), 1, {}) * 500 + line_of(note(2), 1, {})

    def looked_at(records: Sequence[Record]) -> None:
        held.append(len(records))
        require_whole(records)

    monkeypatch.setattr(restoring, "require_whole", looked_at)
    service = await open_service(tmp_path / "store")
    outcome = await restored(service, rewritten(made(tmp_path / "a.zip", [[note(1)]]), change))
    assert held == [2, 1]
    assert [(one.id, outcome.restored) for one in outcome.refused] == [(note(1).id, 1)]


async def test_a_memory_that_was_taken_is_not_counted_as_refused_too(tmp_path: Path) -> None:
    def change(contents: Contents) -> None:
        contents[LINES] += line_of(note(1), 1, {})

    service = await open_service(tmp_path / "store")
    outcome = await restored(service, rewritten(made(tmp_path / "a.zip", [[note(1)], [note(2)]]), change))
    [refusal] = outcome.refused
    assert note(1).id in refusal.why
    assert (outcome.restored, outcome.done, outcome.missing) == (2, 2, 0)


async def test_a_long_restore_tidies_as_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restoring, "MEMORIES_AT_ONCE", 1)
    service = await open_service(tmp_path / "store", absence="not needed")
    count = 60
    await restored(service, made(tmp_path / "a.zip", [[note(number)] for number in range(count)]))
    assert len(list((tmp_path / "store").glob("table/segments.lance/_versions/*"))) < count
    assert await rows(service) == [note(number) for number in range(count)]
