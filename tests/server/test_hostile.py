"""Damaged, odd and malicious files: each ends as a memory that can be opened, or in an error that names it."""

import io
import json
import os
import random
import zipfile
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from harness import Tools, connected, text_of, written
from mcp_types import CallToolResult
from media.drawing import page, pdf, photo, png_claiming, saved, tone, wav
from media.filming import film, recording, rising, slide
from media.heic import heic
from media.office import docx, epub, paragraph, pptx, row, shape, xlsx
from PIL import Image

from memory.media.isolation import in_child
from memory.model import Segment

HANG_S = 60
"""When a file that hangs is given up."""
SHARED = Path(__file__).parents[3] / "shared" / "data" / "hostile"
"""Files that broke other programs; not part of the sources."""
SAMPLE = 60
TRUTHS = "The ferry to Harwich leaves at nine.\nBring the blue umbrella, and the letter for Ana."
MAIL = f"From: ana@example.com\nTo: rui@example.com\nSubject: The ferry\nMIME-Version: 1.0\n\n{TRUTHS}\n"
SOURCE = 'def ferry(hour: int) -> str:\n    """When it leaves."""\n    return f"at {hour}"\n'
WEB = f"<html><head><title>The ferry</title></head><body><h1>Harwich</h1><p>{TRUTHS}</p></body></html>"


def _drawn() -> Image.Image:
    return page(["Ferry at nine"], width=320)


def _slides() -> list[Image.Image]:
    return [slide("Ferry", paper, (160, 90)) for paper in ("white", "white", "yellow", "yellow")]


GOOD: dict[str, Callable[[], bytes]] = {
    "png": lambda: saved(_drawn()),
    "jpg": lambda: photo("2024:05:06 07:08:09"),
    "webp": lambda: saved(_drawn(), "WEBP"),
    "gif": lambda: saved(_drawn(), "GIF"),
    "bmp": lambda: saved(_drawn().resize((80, 30)), "BMP"),
    "tiff": lambda: saved(_drawn(), "TIFF", compression="tiff_lzw"),
    "heic": lambda: heic(_drawn()),
    "wav": lambda: wav(tone(0.5)),
    "mp3": lambda: recording("mp3", rising(1)),
    "flac": lambda: recording("flac", rising(1)),
    "ogg": lambda: recording("ogg", rising(1)),
    "mp4": lambda: film("mp4", _slides(), sound=rising(0.8)),
    "webm": lambda: film("webm", _slides(), sound=rising(0.8)),
    "pdf": lambda: pdf([TRUTHS, "Page two"]),
    "docx": lambda: docx(paragraph("The ferry", "H1") + paragraph(TRUTHS)),
    "pptx": lambda: pptx([shape("The ferry", "title") + shape(TRUTHS)]),
    "xlsx": lambda: xlsx({"Ferries": row(1, "to", "leaves") + row(2, "Harwich", 9)}),
    "epub": lambda: epub([f"<h1>The ferry</h1><p>{TRUTHS}</p>"]),
    "rtf": lambda: rb"{\rtf1\ansi{\fonttbl\f0 Helvetica;}\f0 " + TRUTHS.encode() + rb"\par}",
    "eml": MAIL.encode,
    "html": WEB.encode,
    "csv": lambda: b"to,leaves\nHarwich,9\nDieppe,11\n",
    "json": lambda: json.dumps({"ferry": {"to": "Harwich", "stops": [1, 2, {"at": TRUTHS}]}}).encode(),
    "py": SOURCE.encode,
}


def damaged(data: bytes, chance: random.Random) -> dict[str, bytes]:
    """Two of: cut early, cut late, bytes changed anywhere, one bit changed behind the beginning."""
    anywhere = bytearray(data)
    for _ in range(8):
        anywhere[chance.randrange(len(data))] = chance.randrange(256)
    behind = bytearray(data)
    behind[chance.randrange(min(64, len(data) // 2), len(data))] ^= 1 << chance.randrange(8)
    cuts = {f"cut-{share}": data[: len(data) * share // 100] for share in (chance.randrange(10, 50), 95)}
    every = {**cuts, "changed": bytes(anywhere), "flipped": bytes(behind)}
    return {how: every[how] for how in chance.sample(sorted(every), 2)}


class Ordeal:
    """Gives files to a memory, and gathers what must not be."""

    def __init__(self, tools: Tools, home: Path) -> None:
        self.tools = tools
        self.spool = home / "spool"
        self.kept: set[str] = set()
        self.stored = 0
        self.refused = 0
        self.faults: list[str] = []

    async def give(self, path: str) -> str:
        """Returns the memory it has become, or nothing."""
        name = Path(path).name
        with anyio.fail_after(HANG_S):
            result = await self.tools.call("remember", files=[path])
            if result.is_error:
                id_, self.refused = "", self.refused + 1
                faults = list(_faults_of_error(text_of(result), name))
            else:
                id_, self.stored = _id_of(result), self.stored + 1
                faults = [fault async for fault in self._faults_of(id_)]
        self.faults += [f"{name}: {fault}" for fault in (*faults, *self._left_over())]
        return id_

    async def _faults_of(self, id_: str) -> AsyncGenerator[str]:
        segments = await self.tools.segments(id_)
        self.kept |= {segment.media for segment in segments if segment.media}
        for arguments in ({"ids": [id_]}, {"ids": [id_], "media": "none", "max_tokens": 20_000}):
            opened = await self.tools.call("recall", **arguments)
            if opened.is_error:
                yield f"cannot be opened: {text_of(opened)}"
        for fault in _faults_of_pieces(segments):
            yield fault
        if words := " ".join(segment.text for segment in segments).split():
            found = await self.tools.call("recall", query=" ".join(words[:3]), media="none")
            if found.is_error:
                yield f"cannot be looked for: {text_of(found)}"

    def _left_over(self) -> Iterable[str]:
        if stray := set(self.tools.service.store.media.keys()) - self.kept:
            yield f"left {stray} in the store"
        if waiting := [file.name for file in self.spool.glob("*/*") if file.name != "in-use"]:
            yield f"left {waiting} in the spool"


def _id_of(result: CallToolResult) -> str:
    return cast("dict[str, Any]", result.structured_content)["id"]


def _faults_of_pieces(segments: Sequence[Segment]) -> Iterable[str]:
    if [segment.index for segment in segments] != list(range(len(segments))):
        yield f"is numbered {[segment.index for segment in segments]}"
    for segment in segments:
        if not 0 <= segment.anchor.start <= segment.anchor.end:
            yield f"has a piece at {segment.anchor}"
        if "\0" in segment.text or len(segment.boxes) not in (0, len(segment.text.split("\n"))):
            yield f"has a broken piece: {segment.text!r}, {len(segment.boxes)} boxes"


def _faults_of_error(said: str, name: str) -> Iterable[str]:
    if not said.startswith("Error executing tool remember: "):
        yield f"an unforeseen error: {said}"
    if name not in said:
        yield f"an error that does not name it: {said}"
    if "Traceback" in said or "decoder" in said:
        yield f"an error of the machinery: {said}"


async def test_damaged_files_end_as_memories_or_in_errors_that_name_them(tmp_path: Path) -> None:
    chance = random.Random(20240506)  # noqa: S311  # damage that is the same every time
    async with connected(tmp_path / "store", reads_media=True, run=in_child) as tools:
        ordeal = Ordeal(tools, tmp_path / "store")
        for ending, make in GOOD.items():
            good = make()
            assert await ordeal.give(written(tmp_path / "in", f"good.{ending}", good)), ending
            for how, data in damaged(good, chance).items():
                await ordeal.give(written(tmp_path / "in", f"{how}.{ending}", data))
        assert ordeal.faults == []
        assert ordeal.stored > len(GOOD)
        assert ordeal.refused > len(GOOD) // 2


def _swollen_docx() -> bytes:
    return docx(paragraph("0" * 60_000_000))


def _laughing_docx() -> bytes:
    """Entities that grow to 10 to the power of 9 words."""
    laughs = '<!ENTITY a0 "ha ">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx(paragraph("MARK")))) as archive, zipfile.ZipFile(buffer, "w") as target:
        for name in archive.namelist():
            text = archive.read(name).decode()
            if name == "word/document.xml":
                text = f"<!DOCTYPE lolz [{laughs}]>{text}".replace("MARK", "Before &a9; after")
            target.writestr(name, text)
    return buffer.getvalue()


def _endless_pdf(pages: int) -> bytes:
    """A page tree that is its own child, and claims to have so many pages."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count %d >>" % pages,
    ]
    body, places = b"%PDF-1.4\n", list[int]()
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 3\n0000000000 65535 f \n" + table
    return body + head + b"trailer\n<< /Size 3 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(body)


def _vast_bmp() -> bytes:
    data = bytearray(saved(Image.new("RGB", (2, 2)), "BMP"))
    data[18:26] = (60_000).to_bytes(4, "little") * 2
    return bytes(data)


def _deep_docx() -> bytes:
    return docx("<w:sdt><w:sdtContent>" * 5_000 + paragraph("The ferry") + "</w:sdtContent></w:sdt>" * 5_000)


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "vast.png": (lambda: png_claiming(60_000, 60_000), "megapixels"),
    "vast.bmp": (_vast_bmp, "megapixels"),
    "swollen.docx": (_swollen_docx, "grows more than 200 times"),
    "laughing.docx": (_laughing_docx, ""),
    "deep.html": (lambda: b"<div>" * 200_000 + b"the ferry", ""),
    "deep.json": (lambda: b'{"a":[' * 100_000 + b"1" + b"]}" * 100_000, ""),
    "deep.docx": (_deep_docx, ""),
    "deep.py": (lambda: b"(" * 100_000 + b")" * 100_000, ""),
    "deep.rtf": (lambda: b"{\\rtf1 " + b"{" * 100_000 + b"the ferry" + b"}" * 100_000, ""),
    "endless.pdf": (lambda: _endless_pdf(5), "none of its pages can be read"),
    "vast.pdf": (lambda: _endless_pdf(1_000_000), "over the limit of 10000"),
}
"""What they are, and what the error says; nothing where being read harmlessly will do as well."""


async def test_bombs_do_not_go_off(tmp_path: Path) -> None:
    async with connected(tmp_path / "store", reads_media=True, run=in_child) as tools:
        ordeal = Ordeal(tools, tmp_path / "store")
        for name, (make, says) in BOMBS.items():
            path = written(tmp_path / "in", name, make())
            await ordeal.give(path)
            if says:
                assert says in await tools.error("remember", files=[path])
        assert ordeal.faults == []
        sizes = [len(segment.text) async for segment in _all_segments(tools)]
        assert max(sizes, default=0) < 10_000
        await tools.remember(files=[written(tmp_path / "in", "good.pdf", pdf([TRUTHS]))])
        assert len(await tools.found("umbrella", mode="keyword")) == 1


async def _all_segments(tools: Tools) -> AsyncGenerator[Segment]:
    for id_ in await tools.found(limit=50):
        for segment in await tools.segments(id_):
            yield segment


@pytest.mark.skipif(not SHARED.exists(), reason="the evaluation data are not here")
async def test_files_that_broke_other_programs_are_read_or_refused(tmp_path: Path) -> None:
    lines = (SHARED / "memories.jsonl").read_text(encoding="utf-8").splitlines()
    paths = [SHARED / json.loads(line)["path"] for line in lines]
    if not os.environ.get("SENSORIUM_TEST_ALL"):
        paths = random.Random(7).sample(paths, SAMPLE)  # noqa: S311  # a sample that is the same every time
    async with connected(tmp_path / "store", reads_media=True, roots=(SHARED,), run=in_child) as tools:
        ordeal = Ordeal(tools, tmp_path / "store")
        for path in paths:
            await ordeal.give(str(path))
        assert ordeal.faults == []
        assert ordeal.stored + ordeal.refused == len(paths)
