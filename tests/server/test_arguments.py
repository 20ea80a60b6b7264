"""Arguments as models send them: other names, and points in time."""

import inspect
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from harness import Tools, picture, text_of, written

from memory.model import Segment
from server.arguments import ALIASES, moment
from server.tools import TOOLS

PAIRS = [(tool, alias, target) for tool, aliases in ALIASES.items() for alias, target in aliases.items()]


def _of(tool: str) -> list[tuple[str, str]]:
    return [(alias, target) for name, alias, target in PAIRS if name == tool]


@pytest.mark.parametrize(("tool", "alias", "target"), PAIRS)
def test_an_alias_stands_for_a_parameter_and_shadows_none(tool: str, alias: str, target: str) -> None:
    parameters = inspect.signature(TOOLS[tool]).parameters
    assert target in parameters
    assert alias not in parameters


def _kept(segment: Segment) -> dict[str, Any]:
    return {
        "text": segment.text,
        "files": segment.name,
        "tags": segment.tags,
        "namespace": segment.namespace,
        "when": segment.occurred_at,
        "expires": segment.expires_at,
    }


@pytest.mark.parametrize(("alias", "target"), _of("remember"))
async def test_remember_takes_each_alias_for_its_argument(
    tools: Tools, tmp_path: Path, alias: str, target: str
) -> None:
    day = datetime(2099, 5, 6, tzinfo=UTC)
    given: dict[str, tuple[object, object]] = {
        "text": ("bees swarm", "bees swarm"),
        "files": (written(tmp_path / "in", "bees.txt", b"bees swarm"), "bees.txt"),
        "tags": ("garden, bees", ("garden", "bees")),
        "namespace": ("orchard", "orchard"),
        "when": ("2099-05-06", day),
        "expires": ("2099-05-06", day),
    }
    value, expected = given[target]
    facts = await tools.facts(
        "remember", **({} if target in ("text", "files") else {"text": "a note"}), **{alias: value}
    )
    assert not any("unknown argument" in warning for warning in facts["warnings"])
    [segment] = await tools.segments(facts["id"])
    assert _kept(segment)[target] == expected


async def _three(tools: Tools, folder: Path) -> dict[str, object]:
    """Three memories, and for each argument a value that tells them apart."""
    red = written(folder, "red.png", picture("red"))
    first = await tools.remember("bees", tags=["garden"], namespace="orchard", when="2020-01-02", files=[red])
    await tools.remember("a ferry", when="2021-01-02")
    await tools.remember("a lighthouse", when="2022-01-02")
    return {
        "query": "bees",
        "like": red,
        "ids": first,
        "modalities": "image",
        "tags": "garden",
        "since": "2021-06-01",
        "until": "2020-06-01",
        "namespace": "orchard",
        "limit": 1,
        "min_score": 0.9,
    }


@pytest.mark.parametrize(("alias", "target"), _of("recall"))
async def test_recall_takes_each_alias_for_its_argument(tools: Tools, tmp_path: Path, alias: str, target: str) -> None:
    value = (await _three(tools, tmp_path / "in"))[target]
    base = {"query": "bees"} if target == "min_score" else {}
    by_alias = await tools.call("recall", media="none", **base, **{alias: value})
    by_name = await tools.call("recall", media="none", **base, **{target: value})
    without = await tools.call("recall", media="none", **base)
    assert not by_alias.is_error
    assert by_alias.structured_content == by_name.structured_content != without.structured_content
    assert "unknown argument" not in text_of(by_alias)


@pytest.mark.parametrize(("alias", "target"), [pair for pair in _of("forget") if pair[1] not in ("ids", "confirm")])
async def test_forget_takes_each_alias_of_a_filter_for_its_argument(
    tools: Tools, tmp_path: Path, alias: str, target: str
) -> None:
    value = (await _three(tools, tmp_path / "in"))[target]
    by_alias = await tools.facts("forget", **{alias: value})
    assert by_alias == await tools.facts("forget", **{target: value})
    assert len(await tools.found()) == 3


async def test_forget_takes_the_aliases_of_an_id_and_of_the_code(tools: Tools, tmp_path: Path) -> None:
    given = await _three(tools, tmp_path / "in")
    assert (await tools.facts("forget", id=given["ids"]))["erased"]
    assert given["ids"] not in await tools.found()
    proposed = await tools.facts("forget", query="ferry")
    assert (await tools.facts("forget", query="ferry", code=proposed["confirm"]))["erased"]
    assert len(await tools.found()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems take UTF-8 only")
@pytest.mark.parametrize("reference", ["{folder}/caf\udce9.txt", "file://{folder}/caf%E9.txt"])
async def test_a_file_whose_name_is_not_utf_8_is_stored(tools: Tools, tmp_path: Path, reference: str) -> None:
    written(tmp_path / "in", "caf\udce9.txt", b"the old menu")
    await tools.remember(files=[reference.format(folder=tmp_path / "in")])
    [hit] = await tools.recall("the old menu")
    assert hit["title"] == "caf\ufffd.txt"


@pytest.mark.parametrize("written_", ["2026-01-31", "20260131", " 2026-01-31 ", "2026-W05-6", "2026W056"])
def test_until_a_date_includes_that_day_however_it_is_written(written_: str) -> None:
    assert moment(written_, "until", day_end=True) == datetime(2026, 2, 1, tzinfo=UTC)
    assert moment(written_, "since") == datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize("written_", ["2026-01-31T18", "20260131T18", "2026-01-31T18:00Z", "2026-01-31T19:00+01:00"])
def test_until_an_hour_ends_at_that_hour(written_: str) -> None:
    assert moment(written_, "until", day_end=True) == datetime(2026, 1, 31, 18, tzinfo=UTC)


async def test_an_argument_that_is_null_is_not_there(tools: Tools) -> None:
    await tools.remember("null and void")
    everything = ["query", "like", "ids", "modalities", "tags", "since", "namespace", "metadata", "limit", "max_tokens"]
    nulls: dict[str, Any] = dict.fromkeys([*everything, "min_score", "mode"])
    assert len((await tools.facts("recall", media="none", **nulls))["hits"]) == 1


async def test_entries_of_lists_are_stripped_and_empty_ones_dropped(tools: Tools) -> None:
    id_ = await tools.remember("x", tags=["", " a ", 2026])
    assert await tools.found(tags=["a", "2026"]) == [id_]
    assert (await tools.recall())[0]["tags"] == ["a", "2026"]


async def test_until_the_last_day_there_is(tools: Tools) -> None:
    id_ = await tools.remember("x")
    assert await tools.found(until="9999-12-31") == [id_]


async def test_many_unknown_arguments_are_answered_briefly(tools: Tools) -> None:
    facts = await tools.facts("remember", text="x", **{f"unheard_of_{n}" * 9: n for n in range(300)})
    [warning] = facts["warnings"]
    assert len(warning) < 500
