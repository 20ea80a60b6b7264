"""A clock that leaps erases nothing before it has gone on for a while."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from harness import connected

from memory import upkeep as upkeep_module
from memory.store.clock import LEAP, PROBATION, is_believed
from memory.store.marks import FolderMarks

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def marks(tmp_path: Path) -> FolderMarks:
    return FolderMarks(tmp_path)


def test_a_clock_that_goes_on_is_believed(marks: FolderMarks) -> None:
    assert all(is_believed(marks, NOON + timedelta(minutes=n)) for n in range(0, 3_000, 7))


def test_a_clock_that_leapt_is_believed_when_it_has_gone_on_for_long_enough(marks: FolderMarks) -> None:
    later = NOON + LEAP * 30
    assert is_believed(marks, NOON)
    looks = [is_believed(marks, later + timedelta(minutes=n)) for n in range(0, 90, 5)]
    assert looks == [False] * 12 + [True] * 6


def test_what_nobody_saw_the_clock_do_does_not_count(marks: FolderMarks) -> None:
    later = NOON + LEAP * 30
    assert is_believed(marks, NOON)
    assert not is_believed(marks, later)
    assert not is_believed(marks, later + PROBATION * 3)


def test_a_server_that_runs_for_less_than_that_each_time_believes_the_clock_in_the_end(marks: FolderMarks) -> None:
    assert is_believed(marks, NOON)
    sessions = [
        [is_believed(marks, NOON + LEAP * 2 * day + timedelta(minutes=n)) for n in range(0, 45, 5)]
        for day in range(1, 4)
    ]
    assert [session[-1] for session in sessions] == [False, True, False]


def test_a_clock_that_was_set_back_is_believed_at_once(marks: FolderMarks) -> None:
    assert is_believed(marks, NOON)
    assert not is_believed(marks, NOON + LEAP * 5_000)
    assert is_believed(marks, NOON + timedelta(minutes=3))
    assert is_believed(marks, NOON + timedelta(minutes=20))


@pytest.mark.parametrize(
    "damage", [b"", b"\xff\xfe", b"[]", b'{"seen": 3}', b'{"seen": "2026-06-01T12:00:00", "doubted_s": 0}']
)
def test_a_mark_that_cannot_be_read_counts_as_none(marks: FolderMarks, damage: bytes, tmp_path: Path) -> None:
    (tmp_path / "clock").write_bytes(damage)
    assert is_believed(marks, NOON)
    assert not is_believed(marks, NOON + LEAP * 2)


async def test_what_expires_by_a_clock_that_leapt_is_out_of_sight_but_kept_until_it_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        ahead = timedelta(0)

        @classmethod
        def now(cls, tz: object = None) -> "Clock":  # noqa: ARG003  # as datetime's
            return cls.fromtimestamp(datetime.now(UTC).timestamp(), UTC) + cls.ahead

    monkeypatch.setattr(upkeep_module, "datetime", Clock)
    async with connected(tmp_path / "store") as tools:
        await tools.remember("the parcel code is 4711", expires="30d")
        await tools.service.upkeep()
        Clock.ahead = timedelta(days=3_650)
        await tools.service.upkeep()
        assert await tools.service.store.table.count("true") == 1
        Clock.ahead = timedelta(0)
        await tools.service.upkeep()
        assert [hit["passage"] for hit in await tools.recall("parcel code")] == ["the parcel code is 4711"]
        Clock.ahead = timedelta(days=3_650)
        await tools.service.upkeep()
        for _ in range(13):
            Clock.ahead += timedelta(minutes=5)
            await tools.service.upkeep()
        assert await tools.service.store.table.count("true") == 0
