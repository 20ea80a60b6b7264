"""What other programs remembered: the official memory server's file, and Markdown with front matter."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from anyio.to_thread import run_sync
from harness import connected

from memory.errors import InvalidInputError
from server.importing.foreign import Matter, front_matter
from server.importing.orders import Order
from server.importing.running import run_import
from server.settings import Settings

ENTITIES: list[dict[str, Any]] = [
    {"name": "Ana_Lima", "entityType": "person", "observations": ["plays the cello", "lives in Porto"]},
    {"name": "Quartet", "entityType": "ensemble", "observations": []},
]
RELATIONS = [
    {"from": "Ana_Lima", "to": "Quartet", "relationType": "plays_in"},
    {"from": "Nobody", "to": "Nowhere", "relationType": "lives_in"},
]
GRAPH: list[object] = [
    *({"type": "entity", **entity} for entity in ENTITIES),
    *({"type": "relation", **relation} for relation in RELATIONS),
]


def as_lines(folder: Path, items: Sequence[object]) -> Path:
    path = folder / "memory.jsonl"
    path.write_text("\n".join(item if isinstance(item, str) else json.dumps(item) for item in items) + "\n", "utf-8")
    return path


def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "store", embedder="none")


async def imported(tmp_path: Path, path: Path, **order: Any) -> int:
    return await run_sync(lambda: run_import(settings(tmp_path), Order(paths=(path,), as_json=True, **order)))


@pytest.mark.parametrize("is_one_object", [False, True])
async def test_the_official_server_s_graph_becomes_a_memory_an_entity(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, is_one_object: bool
) -> None:
    if is_one_object:
        path = tmp_path / "graph.json"
        path.write_text(json.dumps({"entities": ENTITIES, "relations": RELATIONS}, indent=2), "utf-8")
    else:
        path = as_lines(tmp_path, GRAPH)
    assert await imported(tmp_path, path, namespace="music", tags=("old",)) == 0
    first = json.loads(capsys.readouterr().out)
    assert await imported(tmp_path, path, namespace="music", tags=("old",)) == 0
    again = json.loads(capsys.readouterr().out)
    assert [(told["stored"], told["known"], told["refused"]) for told in (first, again)] == [(3, 0, []), (0, 3, [])]
    async with connected(tmp_path / "store", absence="not needed") as tools:
        hits = {hit["title"]: hit for hit in await tools.recall(namespace="music", tags=["old"])}
        ana = await tools.segments(hits["Ana_Lima"]["id"])
        quartet = await tools.segments(hits["Quartet"]["id"])
        [nobody] = await tools.recall("Nowhere", namespace="music")
    assert [one.text for one in ana] == ["Ana_Lima\nplays the cello\nlives in Porto\nAna_Lima plays in Quartet"]
    assert [(one.text, one.tags) for one in quartet] == [("Quartet\nAna_Lima plays in Quartet", ("old", "ensemble"))]
    assert nobody["title"] == "Nobody lives in Nowhere"


async def test_damaged_lines_are_named_and_the_rest_is_remembered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = ["{not json", "[1, 2]", {"type": "thing"}, {"type": "entity", "name": "no more"}, '{"type": "\\ud800"}']
    path = as_lines(tmp_path, [*GRAPH, "", *damaged, {"type": "entity", **ENTITIES[0], "name": "\0"}])
    assert await imported(tmp_path, path, dry_run=True) == 1
    looked = json.loads(capsys.readouterr().out)
    assert await imported(tmp_path, path) == 1
    done = json.loads(capsys.readouterr().out)
    assert (looked["memories"], done["stored"]) == (4, 3)
    places = [refusal["why"].partition(":")[0] for refusal in done["refused"]]
    assert places == ["line 6", "line 7", "line 8", "line 9", "line 10", "line 11"]
    assert [refusal["why"].partition(":")[0] for refusal in looked["refused"]] == places[:-1]


async def test_a_file_that_is_no_graph_is_a_clear_error(tmp_path: Path) -> None:
    for name, text in (("a.json", "[1]"), ("b.jsonl", "{\n"), ("d.json", "\ufeff{}")):
        (tmp_path / name).write_text(text, "utf-8")
        with pytest.raises(InvalidInputError):
            await imported(tmp_path, tmp_path / name)
    (tmp_path / "e.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInputError, match="not text in UTF-8"):
        await imported(tmp_path, tmp_path / "e.jsonl")
    assert not list((tmp_path / "store").glob("table/*"))


async def test_front_matter_titles_tags_and_dates_what_is_imported(tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    matter = "---\ntitle: The ferry\ntags: [travel, '#sea']\ndate: 2024-05-06\n---\n# Harbour\n\nIt leaves at noon.\n"
    (folder / "a.md").write_text(matter, "utf-8")
    (folder / "b.md").write_text("---\ntitle: [\n---\nof damaged matter\n", "utf-8")
    assert await imported(tmp_path, folder, tags=("notes",)) == 0
    async with connected(tmp_path / "store", absence="not needed") as tools:
        [hit] = await tools.recall("leaves", tags=["notes", "travel", "sea"], until="2024-06-01")
        assert hit["title"] == "The ferry"
        [other] = await tools.recall("damaged", tags=["notes"])
        assert other["title"] == "b.md"


@pytest.mark.parametrize(
    ("said", "matter"),
    [
        ("title: 2024", Matter(title="2024")),
        ("tags: a, b c", Matter(tags=("a", "b c"))),
        ("tags: '#a #b'", Matter(tags=("a", "b"))),
        ("Tags:\n- a\n- a\n- 3\n- {b: c}", Matter(tags=("a", "3"))),
        ("title: [x]\ntags: {a: b}\ndate: soon", Matter()),
        ('title: "\\uD800"\ntags: ["\\0", b]', Matter(tags=("b",))),
        ("a: &a [x]\nb: *a\ntitle: an alias makes little much", Matter()),
        ("- no\n- mapping", Matter()),
        ("[" * 2_000, Matter()),
        ("date: 0001-01-01T00:00:00+14:00", Matter()),
    ],
)
def test_front_matter_is_read_as_far_as_it_can_be_used(tmp_path: Path, said: str, matter: Matter) -> None:
    path = tmp_path / "a.md"
    path.write_text(f"---\n{said}\n---\ntext\n", "utf-8")
    assert front_matter(path) == matter


def test_a_date_is_that_moment_in_utc(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    told = {
        "date: 2024-05-06T10:00:00+02:00": "2024-05-06T08:00:00+00:00",
        "created: '2024-05-06'": "2024-05-06T00:00:00+00:00",
        "date: unknown\ncreated: 2024-05-06 07:08:09": "2024-05-06T07:08:09+00:00",
    }
    for said, moment in told.items():
        path.write_text(f"---\n{said}\n---\n", "utf-8")
        when = front_matter(path).when
        assert when is not None
        assert when.isoformat() == moment
