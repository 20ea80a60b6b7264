"""From the environment to settings, and from settings to an open backend."""

import os
from contextlib import closing
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from pydantic import SecretStr

from memory.embedders.gemini import GeminiEmbedder
from memory.errors import ConfigurationError, StoreError
from memory.service import MemoryService
from memory.sources.sources import MAX_BYTES, default_roots
from memory.sources.spool import Spool
from server.composition import open_backend, places, sources
from server.settings import Settings, read_settings, variables


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment in which nothing is set."""
    for field in Settings.model_fields:
        for variable in variables(field):
            monkeypatch.delenv(variable, raising=False)
    return monkeypatch


def test_every_variable_left_empty_counts_as_not_set(environment: pytest.MonkeyPatch) -> None:
    default = read_settings()
    for field in Settings.model_fields:
        for variable in variables(field):
            environment.setenv(variable, "")
    assert read_settings() == default


def test_an_empty_name_of_the_key_does_not_hide_the_other(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("GOOGLE_API_KEY", "")
    environment.setenv("GEMINI_API_KEY", "k-1")
    key = read_settings().gemini_api_key
    assert key
    assert key.get_secret_value() == "k-1"


def test_folders_are_joined_like_path_and_a_tilde_is_the_home(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("SENSORIUM_ROOTS", os.pathsep.join([str(tmp_path), "", "~/pictures"]))
    assert read_settings().roots == (tmp_path, Path.home() / "pictures")


@pytest.mark.parametrize(("value", "roots"), [("", default_roots()), ("none", ())])
def test_empty_means_the_default_folders_and_none_means_no_folder(
    environment: pytest.MonkeyPatch, value: str, roots: tuple[Path, ...]
) -> None:
    environment.setenv("SENSORIUM_ROOTS", value)
    assert places(read_settings(), is_local=True)[0] == roots


@pytest.mark.parametrize(("variable", "field"), [("SENSORIUM_ROOTS", "roots"), ("SENSORIUM_HOME", "home")])
@pytest.mark.parametrize("value", ["pictures", "../x", "~nobody-of-this-name/x"])
def test_a_folder_that_is_not_a_full_path_is_refused(
    environment: pytest.MonkeyPatch, variable: str, field: str, value: str
) -> None:
    environment.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=rf"{field}.*{value}.*give a full path"):
        read_settings()


def test_the_largest_file_is_the_same_with_and_without_settings(tmp_path: Path) -> None:
    with closing(Spool(tmp_path)) as spool:
        assert sources(read_settings(), spool, None).max_bytes == MAX_BYTES


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows when a Gemini client has been closed, which takes a turn of the event loop."""
    found: list[str] = []

    async def aclose(_: GeminiEmbedder) -> None:
        await anyio.lowlevel.checkpoint()
        found.append("closed")

    monkeypatch.setattr(GeminiEmbedder, "aclose", aclose)
    return found


async def test_the_gemini_client_is_closed_where_the_memory_does_not_open(
    tmp_path: Path, closed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> MemoryService:
        raise StoreError("no room for another column")

    monkeypatch.setattr(MemoryService, "open", fails)
    with pytest.raises(StoreError, match="no room"):
        async with open_backend(Settings(home=tmp_path, gemini_api_key=SecretStr("k")), is_local=True):
            pass
    assert closed == ["closed"]


async def test_the_gemini_client_is_closed_also_by_cancelling(tmp_path: Path, closed: list[str]) -> None:
    with anyio.CancelScope() as scope:
        async with open_backend(Settings(home=tmp_path, gemini_api_key=SecretStr("k")), is_local=True):
            scope.cancel()
            await anyio.lowlevel.checkpoint()
    assert closed == ["closed"]
