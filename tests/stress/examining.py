"""What must be so of any store at rest, whoever wrote to it and however they died."""

import hashlib
from collections.abc import AsyncGenerator, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any, cast

import anyio
import lance
import numpy as np
from harness import open_service
from stress.journal import Examination, Found
from stress.notes import OWNER, Note, chance_of, drawn

from memory.embedders.fake import FakeEmbedder
from memory.model import Mode, SearchFilter, Segment
from memory.requests import Question
from memory.service import MemoryService

_SOUGHT = 12
"""Notes that are searched for by their words."""


def examine(home: Path, report: Path, *, seed: str) -> None:
    """Open the store as the next process does, let it recover, and write what is there; for a process of its own."""
    report.write_text(anyio.run(_examined, home, chance_of(seed)).model_dump_json())


async def _examined(home: Path, chance: Random) -> Examination:
    service = await open_service(home, embedder=FakeEmbedder())
    try:
        await service.upkeep()
        segments = await service.store.select("true")
        found, wrong = list[Found](), [*_left_over(home, service, segments), *_rows(home)]
        for id_, rows in groupby(segments, key=lambda segment: segment.id):
            memory = list(rows)
            note = Note.of(memory[0])
            found.append(Found(note=note, id=id_, is_old=bool(memory[0].superseded_by)))
            wrong += [f"{note.word} ({id_}): {what}" for what in _halves(service, note, memory)]
        wrong += [what async for what in _unfound(service, found, chance)]
    finally:
        service.spool.close()
    return Examination(found=found, wrong=wrong)


def _halves(service: MemoryService, note: Note, memory: Sequence[Segment]) -> Iterator[str]:
    """What a memory lacks, or has too much of, to be whole."""
    if [segment.index for segment in memory] != list(range(2 if note.picture else 1)):
        yield f"its segments are {[segment.index for segment in memory]}"
    if memory[0].text != note.text or any(Note.of(segment) != note for segment in memory):
        yield "it does not say what was given"
    if note.picture:
        path = service.store.media.path(memory[-1].media)
        if not memory[-1].media or not path.is_file() or path.read_bytes() != drawn(note.picture):
            yield "its picture is missing or other than what was given"


def _left_over(home: Path, service: MemoryService, segments: Sequence[Segment]) -> Iterator[str]:
    """Files that belong to nothing."""
    needed = {segment.media for segment in segments} - {""}
    for path in (home / "media").rglob("*"):
        key = path.relative_to(home / "media").as_posix().partition("~")[0]
        if path.is_file() and key not in needed:
            yield f"orphan: {path.relative_to(home)}"
        elif path.is_file() and key == path.name and path.stem != hashlib.sha256(path.read_bytes()).hexdigest():
            yield f"orphan: {path.relative_to(home)} has other bytes than its name says"
    yield from (f"orphan: {folder}" for folder in (home / "spool").glob("*/") if folder != service.spool.folder)
    if (home / "erasing").exists():
        yield "an erasure is not finished"


def _rows(home: Path) -> Iterator[str]:
    """What the table's own library finds: every row of every column is read."""
    dataset = cast("Any", lance).dataset(str(home / "table" / "segments.lance"))
    dataset.validate()
    table = dataset.to_table()
    if table.num_rows != dataset.count_rows():
        yield f"{table.num_rows} rows are read of {dataset.count_rows()}"
    keys = list(zip(table["id"].to_pylist(), table["segment"].to_pylist(), strict=True))
    if len(set(keys)) != len(keys):
        yield f"{len(keys) - len(set(keys))} rows are there twice"
    for field in table.schema:
        if str(field.type).startswith("fixed_size_list<item: float"):
            known = [row for row in table[field.name].to_pylist() if row is not None]
            lengths = np.linalg.norm(np.asarray(known, np.float32), axis=1) if known else np.ones(1)
            if not np.allclose(lengths, 1.0, atol=1e-3):
                yield f"{field.name} holds rows that are no vectors"


async def _unfound(service: MemoryService, found: Sequence[Found], chance: Random) -> AsyncGenerator[str]:
    """Notes that a search by their words, or by their vectors, does not bring first."""
    living = [one for one in found if not one.is_old]
    for one in chance.sample(living, min(_SOUGHT, len(living))):
        filters = SearchFilter(owner=OWNER, now=datetime.now(UTC))
        recollection = await service.recall(Question(filters=filters, query=one.note.word, limit=1))
        if [hit.segment.id for hit in recollection.hits] != [one.id]:
            yield f"{one.note.word} is not found by its word"
        if one.note.picture:
            continue  # its vector is of the picture, too: another note's text may be nearer to its own
        nearest = await service.recall(Question(filters=filters, query=one.note.text, limit=1, mode=Mode.SEMANTIC))
        if [hit.segment.id for hit in nearest.hits] != [one.id]:
            yield f"{one.note.word} is not found by its vector"
    if pending := await service.store.pending(service.embedding.column):
        yield f"{pending} segments have no vector after upkeep"
