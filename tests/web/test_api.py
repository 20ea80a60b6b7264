"""What the page asks for beside the tools."""

from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from website import Visitor, Website, website


@pytest.fixture
async def site(tmp_path: Path) -> AsyncGenerator[Website]:
    async with website(tmp_path / "store") as site:
        yield site


async def _days(visitor: Visitor, **given: object) -> list[list[object]]:
    answer = await visitor.get(f"/api/timeline?{urlencode(given, doseq=True)}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_days_are_those_of_the_time_zone_that_is_asked_for(site: Website) -> None:
    alice = site.member("alice")
    await alice.remember("late in Vienna, early in Tokyo", when="2026-03-01T23:30:00Z")
    assert await _days(alice) == [["2026-03-01", 1]]
    assert await _days(alice, zone="Asia/Tokyo") == [["2026-03-02", 1]]
    assert await _days(alice, zone="America/Lima") == [["2026-03-01", 1]]


async def test_a_time_zone_that_is_none_is_refused_by_name(site: Website) -> None:
    for zone in ("Middle/Earth", "../../etc/passwd", "a" * 5000, "\0"):
        answer = await site.member("alice").get(f"/api/timeline?{urlencode({'zone': zone})}")
        assert (answer.status_code, "time zone" in answer.json()["error"]) == (422, True)


async def test_a_tag_may_hold_a_comma_and_several_are_given_one_by_one(site: Website) -> None:
    alice = site.member("alice")
    await alice.remember("both", tags=["salt, pepper", "kitchen"], when="2026-03-01")
    await alice.remember("one", tags=["kitchen"], when="2026-03-02")
    assert await _days(alice, tags="salt, pepper") == [["2026-03-01", 1]]
    assert await _days(alice, tags=["salt, pepper", "kitchen"]) == [["2026-03-01", 1]]
    assert await _days(alice, tags="kitchen") == [["2026-03-01", 1], ["2026-03-02", 1]]


async def test_a_kind_that_is_none_is_refused_by_name(site: Website) -> None:
    answer = await site.member("alice").get("/api/timeline?modalities=smell")
    assert (answer.status_code, answer.json()) == (422, {"error": 'there is no modality "smell"'})
