"""Where a store cannot be is told at start, with what to do instead."""

from pathlib import Path

import pytest

from memory.errors import StoreError
from memory.store.places import addresses
from memory.store.store import Store


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("db://team", "nothing could be forgotten for good"),
        ("gs://bucket/folder", "names no place for a store: s3://bucket/folder does"),
        ("/a/folder", "names no place for a store"),
        ("s3://", "SENSORIUM_URI='s3://' cannot be used"),
    ],
)
async def test_what_names_no_place_is_refused_and_nothing_is_made(tmp_path: Path, uri: str, told: str) -> None:
    with pytest.raises(StoreError, match=told):
        await Store.open(tmp_path / "home", uri)
    assert not (tmp_path / "home").exists()


async def test_a_bucket_without_its_extra_says_how_to_get_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def finds_none(_: str) -> None:
        return None

    monkeypatch.setattr(addresses, "find_spec", finds_none)
    with pytest.raises(StoreError, match=r"pip install 'sensorium\[s3\]'"):
        await Store.open(tmp_path / "home", "s3://bucket/folder")
