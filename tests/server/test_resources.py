"""`memory://…`: status, memories and their parts, as text or bytes of their own type."""

import base64
from collections.abc import Sequence
from pathlib import Path

import pytest
from harness import Tools, connected, picture, written
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, BlobResourceContents, TextResourceContents
from media.drawing import pdf

from memory.model import Amount, Holdings
from memory.pieces import Modality
from memory.requests import Status
from server.reporting import report


async def _text(tools: Tools, address: str) -> TextResourceContents:
    [content] = (await tools.client.read_resource(address)).contents
    assert isinstance(content, TextResourceContents)
    return content


async def test_a_note_is_a_text_and_a_whole_memory_is_quoted(tools: Tools, tmp_path: Path) -> None:
    file = written(tmp_path / "in", "a.png", picture("red"))
    id_ = await tools.remember("Seen from the pier\n\n  at dusk", files=[file], title="Pier")
    note = await _text(tools, f"memory://{id_}/0")
    assert (note.text, note.mime_type) == ("Seen from the pier\n\n  at dusk", "text/plain")
    whole = await _text(tools, f"memory://{id_}")
    assert "> Seen from the pier\n>\n>   at dusk" in whole.text
    assert whole.mime_type == "text/plain"


@pytest.mark.parametrize(
    ("name", "mime", "text"),
    [
        ("steps.py", "text/x-python", "    def wanted():\r\n        return 1\n\n\n" * 100),
        ("notes.md", "text/markdown", "# Nötes\n\n- one\n" * 200),
        ("facts.json", "application/json", '{"tide": "high"}\n'),
        ("plain.txt", "text/plain", "The tide is high.\n"),
    ],
)
async def test_a_text_or_source_file_is_text_of_its_own_type(
    tools: Tools, tmp_path: Path, name: str, mime: str, text: str
) -> None:
    id_ = await tools.remember("its note", files=[written(tmp_path / "in", name, text.encode())])
    part = await _text(tools, f"memory://{id_}/1")
    assert (part.text, part.mime_type) == (text, mime)


@pytest.mark.parametrize(
    ("name", "mime", "data"),
    [
        ("a.pdf", "application/pdf", pdf(["The first page."])),
        ("a.png", "image/png", picture("red")),
    ],
)
async def test_a_document_or_picture_is_bytes_of_its_own_type(
    tools: Tools, tmp_path: Path, name: str, mime: str, data: bytes
) -> None:
    id_ = await tools.remember(files=[written(tmp_path / "in", name, data)])
    [part] = (await tools.client.read_resource(f"memory://{id_}/0")).contents
    assert isinstance(part, BlobResourceContents)
    assert (base64.b64decode(part.blob), part.mime_type) == (data, mime)


async def test_the_type_of_one_part_does_not_stick_to_what_is_read_next(tools: Tools, tmp_path: Path) -> None:
    id_ = await tools.remember(files=[written(tmp_path / "in", "a.md", b"# Tide")])
    types = [(await _text(tools, f"memory://{place}")).mime_type for place in (f"{id_}/0", id_, "status")]
    assert types == ["text/markdown", "text/plain", "text/plain"]


async def test_an_unknown_memory_or_part_is_named(tools: Tools) -> None:
    id_ = await tools.remember("one part")
    with pytest.raises(MCPError, match="no part '7'"):
        await tools.client.read_resource(f"memory://{id_}/7")
    with pytest.raises(MCPError, match="no memory"):
        await tools.client.read_resource("memory://" + "m" + "0" * 20)


@pytest.mark.parametrize("part", ["1", "00", "-1", "x", "\u0660", "9" * 30])
async def test_what_is_no_number_of_a_part_is_no_part(tools: Tools, part: str) -> None:
    id_ = await tools.remember("one part")
    with pytest.raises(MCPError, match=f"memory '{id_}' has no part"):
        await tools.client.read_resource(f"memory://{id_}/{part}")
    with pytest.raises(MCPError, match="no memory"):
        await tools.client.read_resource(f"memory://{'m' + '0' * 20}/{part}")


async def test_a_part_is_read_however_much_stands_before_it_and_a_note_to_its_end(tools: Tools, tmp_path: Path) -> None:
    note = "潮は高い。" * 200_000
    id_ = await tools.remember(note, files=[written(tmp_path / "in", "a.md", b"# Tide")])
    assert (await _text(tools, f"memory://{id_}/0")).text == note
    part = await _text(tools, f"memory://{id_}/1")
    assert (part.text, part.mime_type) == ("# Tide", "text/markdown")


async def test_memories_and_parts_are_listed_as_templates(tools: Tools) -> None:
    listed = (await tools.client.list_resource_templates()).resource_templates
    assert [one.uri_template for one in listed] == [
        "memory://{id}",
        "memory://{id}/{part}",
        "memory://{id}/{part}/{piece}",
    ]


async def test_status_counts_what_is_stored_and_names_the_embedder(tools: Tools, tmp_path: Path) -> None:
    await tools.remember("Pier", files=[written(tmp_path / "in", "a.png", picture("red"))])
    status = (await _text(tools, "memory://status")).text.splitlines()
    assert "memories: 1 (pieces: 1 text, 1 image)" in status
    assert "embedder: fake/hashing/1/256/p1" in status
    assert f"store: {tmp_path / 'store'}" in status


async def test_status_names_no_folder_to_a_client_elsewhere(tmp_path: Path) -> None:
    async with connected(tmp_path / "store", is_local=False) as tools:
        status = (await _text(tools, "memory://status")).text
    assert str(tmp_path) not in status
    assert "memories: 0" in status


_BUCKET = "team/memories"
ONE = Amount(memories=1, pieces=9, bytes=400)


def _report(home: Path, *, failed: int = 0, trouble: str = "", shows_paths: bool = True) -> Sequence[str]:
    status = Status(
        home=home,
        place=f"s3://{_BUCKET}",
        disk_bytes=0,
        holdings=Holdings(total=ONE, modalities={Modality.TEXT: ONE}, namespaces={"default": ONE}),
        pending=5,
        unread=(),
        failed=failed,
        embedder="fake",
        spaces=(),
        reads=(),
        spending=None,
        trouble=trouble,
    )
    return report(status, shows_paths=shows_paths).splitlines()


def test_status_counts_the_pieces_that_were_given_up_on(tmp_path: Path) -> None:
    assert "failed: 3 pieces could not be embedded" in _report(tmp_path, failed=3)
    assert not [line for line in _report(tmp_path) if line.startswith("failed")]


def test_trouble_with_the_folder_does_not_name_it_to_a_client_elsewhere(tmp_path: Path) -> None:
    for place in (str(tmp_path), f"s3://{_BUCKET}"):
        told = _report(tmp_path, trouble=f"{place}/memories is full", shows_paths=False)
        assert [line for line in told if "full" in line] == ["upkeep stopped: the store/memories is full"]


async def test_a_prompt_that_is_not_there_is_answered_with_those_that_are(tools: Tools) -> None:
    with pytest.raises(MCPError, match="there is no prompt 'nope'; there are what_do_you_know") as caught:
        await tools.client.get_prompt("nope")
    assert caught.value.error.code == INVALID_PARAMS
