"""What comes back is the piece that matched: the crop, the page, the seconds, the slide."""

import base64
import io
import re
from email.message import EmailMessage
from pathlib import Path

import anyio
import av
import numpy as np
import pytest
from harness import Tools, connected, in_thread, pictures_of, text_of, written
from mcp_types import AudioContent, BlobResourceContents, CallToolResult
from media.drawing import ASSETS, page, pdf, photo, saved, scene
from media.filming import film, slide
from PIL import Image

from memory.embedders.fake import FakeEmbedder
from memory.media.reader import MediaReader
from memory.pieces import Modality

VOICE = ASSETS / "voice-01.ogg"


def _shown(result: CallToolResult) -> list[Image.Image]:
    return [Image.open(io.BytesIO(base64.b64decode(one.data))) for one in pictures_of(result)]


def _files(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


async def test_a_hit_in_a_screenshot_shows_the_crop_it_matched(tmp_path: Path) -> None:
    lines = [f"Line {number} of the log says nothing" for number in range(20)]
    lines[14] = "The password of the router is hidden"
    async with connected(tmp_path / "store", reads_media=True) as tools:
        id_ = await tools.remember(files=[written(tmp_path / "in", "log.png", saved(page(lines)))])
        [crop] = _shown(await tools.call("recall", query="router password"))
        [whole] = _shown(await tools.call("recall", ids=[id_]))
        assert crop.height < whole.height / 3
        words = await MediaReader(run=in_thread).step(tools.service.spool.add([saved(crop)]), "crop.png", {}, "answer")
        assert "router" in " ".join(piece.text for piece in words.pieces)


async def test_a_hit_in_a_pdf_shows_its_page(tools: Tools, tmp_path: Path) -> None:
    file = written(tmp_path / "in", "house.pdf", pdf(["The lease ends in May.", scene(1), "The boiler is old."]))
    id_ = await tools.remember(files=[file])
    result = await tools.call("recall", query="lease ends")
    assert "page 1" in text_of(result)
    [shown] = _shown(result)
    assert max(shown.size) == 768
    [opened] = _shown(await tools.call("recall", ids=[f"{id_}#1"]))
    assert max(opened.size) == 1568
    assert "The boiler is old." in text_of(await tools.call("recall", ids=[f"{id_}#1"]))


async def test_seconds_of_a_film_come_with_a_frame_and_can_be_opened_as_a_clip(tmp_path: Path) -> None:
    pictures = [slide("FERRY AT NOON", "white")] * 60 + [slide("BOILER REPAIR", "yellow")] * 60
    deep = tmp_path / "0123456789-abcdefghij-0123456789" / "0123456789-abcdefghij-0123456789"
    async with connected(deep / "store", reads_media=True) as tools:
        id_ = await tools.remember(files=[written(deep, "film.mp4", film("mp4", pictures))])
        await tools.service.upkeep()
        [hit] = await tools.recall("boiler repair", mode="keyword")
        assert (hit["modality"], hit["piece"]) == ("video", f"{id_}#1")
        result = await tools.call("recall", query="boiler repair", mode="keyword")
        [frame] = _shown(result)
        assert frame.convert("RGB").getpixel((frame.width - 5, 5))[2] < 100  # pyright: ignore[reportOptionalSubscript, reportIndexIssue, reportOperatorIssue, reportArgumentType]  # yellow
        opened = text_of(await tools.call("recall", ids=[f"{id_}#1"]))
        clip = re.search(r"clip of 0:\d\d-0:24: (\S+)", opened)
        assert clip, opened
        with av.open(clip[1]) as container:
            assert float(container.duration or 0) / av.time_base < 16


@pytest.mark.skipif(not VOICE.exists(), reason="the voice note is drawn by examples/")
async def test_a_recording_is_heard_only_when_asked_for_in_full(tmp_path: Path) -> None:
    async with connected(tmp_path / "store", reads_media=True) as tools:
        id_ = await tools.remember(files=[written(tmp_path / "in", "voice.ogg", VOICE.read_bytes())])
        quiet = await tools.call("recall", query="heating engineer")
        heard = await tools.call("recall", query="heating engineer", media="full")
        assert [block for block in quiet.content if isinstance(block, AudioContent)] == []
        [sound] = [block for block in heard.content if isinstance(block, AudioContent)]
        assert sound.mime_type == "audio/ogg"
        [piece] = (await tools.client.read_resource(f"memory://{id_}/0/0")).contents
        assert isinstance(piece, BlobResourceContents)
        assert (piece.blob, piece.mime_type) == (sound.data, "audio/ogg")


async def test_views_are_made_once_and_are_erased_with_their_memory(tools: Tools, tmp_path: Path) -> None:
    id_ = await tools.remember(files=[written(tmp_path / "in", "a.pdf", pdf(["A note.", "Another."]))])
    first = await tools.call("recall", query="note")
    made = set(_files(tools.service.home / "media"))
    assert len(made) == 2
    assert pictures_of(await tools.call("recall", query="note")) == pictures_of(first)
    assert set(_files(tools.service.home / "media")) == made
    await tools.forget(id_)
    assert _files(tools.service.home / "media") == []


async def test_a_note_is_fused_with_its_pictures_where_the_embedder_sees(tmp_path: Path) -> None:
    async with connected(tmp_path / "store", embedder=FakeEmbedder()) as tools:
        red = saved(Image.new("RGB", (80, 60), (220, 20, 20)))
        id_ = await tools.remember("our garden", files=[written(tmp_path / "in", "a.png", red)])
        await tools.remember("our garden gate")
        assert await tools.found("something red", mode="semantic", modalities=["text"]) == [id_]


async def test_a_memory_of_many_media_anchors_each_part(tools: Tools, tmp_path: Path) -> None:
    files = [
        written(tmp_path / "in", "plan.md", b"# Plan\n\n" + b"Dig the pond before the frost comes. " * 60),
        written(tmp_path / "in", "lease.pdf", pdf(["The lease ends in May.", "The deposit is one rent."])),
        written(tmp_path / "in", "pond.png", saved(scene(3))),
    ]
    id_ = await tools.remember("Garden meeting", files=files)
    segments = await tools.segments(id_)
    parts = {segment.part: segment.modality for segment in segments}
    assert list(parts.values()) == [Modality.TEXT, Modality.TEXT, Modality.DOCUMENT, Modality.IMAGE]
    [hit] = await tools.recall("one rent deposit", mode="keyword")
    assert (hit["anchor"], hit["resource"]) == ("page 2", f"memory://{id_}/2")
    [hit] = await tools.recall("frost pond", mode="keyword")
    assert hit["heading"] == "Plan"


async def test_what_is_attached_to_a_mail_is_a_part_of_its_memory(tools: Tools, tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ana@example.org", "bo@example.org", "The lease"
    mail["Date"] = "Tue, 03 Mar 2026 09:00:00 +0000"
    mail.set_content("Please find the lease attached.")
    lease = pdf(["The deposit is one rent."])
    mail.add_attachment(lease, maintype="application", subtype="pdf", filename="lease.pdf")
    mail.add_attachment(b"PK\x03\x04" + bytes(60), maintype="application", subtype="zip", filename="all.zip")
    facts = await tools.facts("remember", files=[written(tmp_path / "in", "lease.eml", mail.as_bytes())])
    assert any("'all.zip' is an archive" in warning for warning in facts["warnings"])
    [hit] = await tools.recall("one rent deposit", mode="keyword")
    assert (hit["id"], hit["anchor"], hit["when"]) == (facts["id"], "page 1", "2026-03-03T09:00:00Z")
    assert await anyio.Path(hit["medium"]).read_bytes() == lease
    [hit] = await tools.recall("from ana about the lease", mode="keyword", limit=1)
    assert "ana@example.org" in hit["passage"]
    assert [path for path in _files(tools.service.home / "spool") if "in-use" not in path.name] == [
        tools.service.home / "spool" / "making"
    ]


async def test_where_a_photo_was_taken_is_kept_only_when_asked(tmp_path: Path) -> None:
    file = written(tmp_path / "in", "a.jpg", photo("2024:05:06 07:08:09"))
    async with connected(tmp_path / "store") as tools:
        await tools.remember(files=[file])
        assert (await tools.recall())[0]["when"] == "2024-05-06T07:08:09Z"
        assert (await tools.segments((await tools.found())[0]))[0].metadata == {}


@pytest.mark.parametrize("number", ["7", "-1", "x"])
async def test_a_piece_that_is_not_there_is_said_so(tools: Tools, number: str) -> None:
    id_ = await tools.remember("a short note")
    assert id_ in await tools.error("recall", ids=[f"{id_}#{number}"])


async def test_an_answer_that_runs_over_a_page_break_is_found(tools: Tools, tmp_path: Path) -> None:
    pages = ["Much is told here of the garden. The code of the safe", "is 7741, and nobody else knows.", "The end."]
    await tools.remember(files=[written(tmp_path / "in", "house.pdf", pdf(pages))])
    [hit] = await tools.recall("code of the safe 7741", mode="keyword")
    assert (hit["anchor"], hit["passage"]) == ("page 2", "is 7741, and nobody else knows.")


async def test_no_result_is_over_700_kb(tools: Tools, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (3, 1600, 1600, 3), dtype=np.uint8)
    files = [written(tmp_path / "in", f"{n}.png", saved(Image.fromarray(one))) for n, one in enumerate(noise)]
    id_ = await tools.remember("鯨の歌。" * 10_000, files=files)
    for arguments in ({"ids": [id_]}, {"query": "鯨", "media": "full"}, {"query": "鯨"}):
        result = await tools.call("recall", max_tokens=20_000, limit=100, **arguments)
        assert 20_000 < len(result.model_dump_json().encode()) < 700_000
    assert pictures_of(await tools.call("recall", ids=[id_]))
