"""Processes that remember what can be told apart in any file, look at it, and forget most of it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import anyio
from harness import in_thread
from media.drawing import page, saved
from pydantic import BaseModel
from stress.eager import tidy_eagerly
from stress.notes import OWNER, chance_of, drawn, new_word, noise
from stress.traces import Indexed, words_in

from memory.embedders.batched import Batched
from memory.embedders.cached import QUESTIONS, Cached, QueryCache
from memory.embedders.fake import FakeEmbedder
from memory.embedders.protocol import Content, Vectors
from memory.embedding import Embedding
from memory.media.decoding import Engines
from memory.media.reader import MediaReader
from memory.model import MediaPart, SearchFilter, Segment, TextPart
from memory.requests import Question, Remembrance
from memory.service import MemoryService
from memory.store.store import Store

_NOWHERE = Path("nowhere")
_THUMBNAIL_PX = 320
_NEEDLE_BYTES = 48
QUESTION = "question"
"""The needle that goes with whatever is forgotten next."""


class Mark(BaseModel):
    """What one memory would be found by in the store's files.

    Attributes:
        words: in its texts, titles, tags, names, and the names of its media files.
        needles: bytes of its vectors, its pictures, its views and the question asked about it, hexadecimal, by what
            they are.
    """

    words: list[str]
    needles: dict[str, str]
    is_forgotten: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """One process to be.

    Attributes:
        marks: where it writes what it remembered, a line each.
        until: what the monotonic clock shows when it ends.
        reads_words: whether its pictures show words, and are read.
    """

    home: Path
    marks: Path
    seed: str
    until: float
    reads_words: bool = False


class _Asked(FakeEmbedder):
    """Knows the vectors of what it was asked last."""

    last: Vectors

    async def embed_queries(self, contents: Sequence[Content]) -> Vectors:
        self.last = await super().embed_queries(contents)
        return self.last


@dataclass(slots=True)
class _Desk:
    """An open memory, and what its marks are made with."""

    service: MemoryService
    embedder: _Asked
    chance: Random
    reads_words: bool

    async def remember(self, *, replaces: str = "") -> str:
        """Remember a new word in every column a memory has: its note, a file of text and a picture."""
        word, add = new_word(self.chance), self.service.spool.add
        picture = _page(word) if self.reads_words else drawn(word)
        parts = (
            TextPart(text=f"the note {word}"),
            MediaPart(file=add([f"the file {word}".encode()], "a.txt"), name=f"{word}.txt", source=f"/{word}.txt"),
            MediaPart(file=add([picture]), name=f"{word}.png", source=f"/{word}.png"),
        )
        request = Remembrance(
            owner=OWNER,
            parts=parts,
            title=word,
            tags=(word,),
            session=word,
            metadata={word: word},
            replaces=replaces,
            defers=self.chance.random() < 0.3,
        )
        return (await self.service.remember(request)).id

    async def mark(self, id_: str, *, is_forgotten: bool) -> Mark:
        """Look at a memory in every way there is, and return what it would be found by."""
        segments, needles = await self.service.store.memory(OWNER, id_), dict[str, bytes]()
        filters = SearchFilter(owner=OWNER, now=datetime.now(UTC), history=True)
        await self.service.recall(Question(filters=filters, query=f"what of {segments[0].title}"))
        needles[QUESTION] = self.embedder.last.tobytes()
        vectors = await self.service.store.vectors_of(id_, self.service.embedding.column or "")
        needles |= {
            f"vector {place}": vector.tobytes() for place, vector in enumerate(() if vectors is None else vectors)
        }
        for picture in [segment for segment in segments if segment.is_picture]:
            needles["picture"] = _middle((await self.service.medium_of(picture)).data)
            view = await self.service.views.picture(picture, _THUMBNAIL_PX)
            if view is not None:
                needles["view"] = _middle((await self.service.views.load(view)).data)
        return Mark(
            words=sorted({word for segment in segments for word in _words(segment)}),
            needles={what: data.hex() for what, data in needles.items()},
            is_forgotten=is_forgotten,
        )


def mark(marker: Marker) -> None:
    """Remember, look and forget until the time is over; for a process of its own."""
    anyio.run(_mark, marker)


async def _mark(marker: Marker) -> None:
    tidy_eagerly()
    desk = await _desk(marker.home, chance_of(marker.seed), reads_words=marker.reads_words)
    with marker.marks.open("w") as marks:
        while time.monotonic() < marker.until:
            for one in await _episode(desk):
                marks.write(one.model_dump_json() + "\n")
    desk.service.spool.close()


async def _episode(desk: _Desk) -> list[Mark]:
    """Remember, sometimes a newer version, look, and forget the older, or both, or neither."""
    ids = [await desk.remember()]
    if desk.chance.random() < 0.3:
        ids.append(await desk.remember(replaces=ids[0]))
    if desk.chance.random() < 0.4:
        await desk.service.upkeep()
    count = desk.chance.choice([0, 1, len(ids), len(ids)])
    marks = [await desk.mark(id_, is_forgotten=number < count) for number, id_ in enumerate(ids)]
    if count:
        await desk.service.forget_ids(OWNER, ids[:count])
    return marks


def finish(home: Path, report: Path) -> None:
    """Forget one memory more, and tell what indexes should hold then; for a process of its own."""
    report.write_text(anyio.run(_finished, home).model_dump_json())


async def _finished(home: Path) -> Indexed:
    desk = await _desk(home, chance_of("finish"), reads_words=False)
    await desk.service.upkeep()
    await desk.service.forget_ids(OWNER, [await desk.remember()])
    table = desk.service.store.table
    words = {word for row in await table.records("true", ["terms"]) for word in row["terms"].split()}
    spaces = set(await table.spaces()).intersection(await desk.service.store.indexes.indexed())
    vectors = [await table.count(f"{space} IS NOT NULL") for space in spaces]
    desk.service.spool.close()
    return Indexed(words=len(words), letters=sum(len(word.encode()) for word in words), vectors=sum(vectors))


async def _desk(home: Path, chance: Random, *, reads_words: bool) -> _Desk:
    embedder = _Asked()
    reader = MediaReader(Engines() if reads_words else Engines(ocr=_NOWHERE, speech=_NOWHERE), in_thread)
    embedding = Embedding(Batched(Cached(embedder, QueryCache(home / QUESTIONS))))
    service = await MemoryService.open(home, await Store.open(home), embedding, reader)
    return _Desk(service, embedder, chance, reads_words)


def _words(segment: Segment) -> set[str]:
    """The words that only its memory has."""
    told = f"{segment.title} {segment.text} {segment.name} {segment.source} {segment.media}"
    return words_in(told.encode())


def _page(word: str) -> bytes:
    """A picture of words, and of something that no other picture looks like."""
    image = page([word, word[::-1], "", "", ""])
    image.paste(noise(word, 200), (600, 150))
    return saved(image)


def _middle(data: bytes) -> bytes:
    """Some bytes of it: files begin and end alike."""
    start = max(0, len(data) // 2 - _NEEDLE_BYTES // 2)
    return data[start : start + _NEEDLE_BYTES]
