"""What the media benchmark remembers and asks: the sets, under names that say nothing."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import mediamakers as make

T = TypeVar("T")

ALIKE = 60
"""Pictures of a set of which a smaller copy is looked for."""
DRAWN_PAGES = 30

_MARKS = re.compile(r"[*|>#`]")
_FILE_NAME = re.compile(r"\S+/\S+\.npy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One thing to remember.

    Attributes:
        id: the set's own name for it, which the server never sees.
        file: a copy under a neutral name.
    """

    id: str
    file: Path
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question, in words or by example.

    Attributes:
        relevant: the memories that answer it.
        groups: the rows of the report that it counts in.
        page: the page that answers it; 0 where that is not known.
        itself: the memory that the example is, whose being found says nothing.
    """

    query: str = ""
    like: Path | None = None
    relevant: frozenset[str]
    groups: tuple[str, ...] = ("",)
    page: int = 0
    itself: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """Questions of one kind.

    Attributes:
        is_broad: a question has many answers, so that precision says more than recall.
    """

    name: str
    asks: Sequence[Ask]
    is_broad: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What fills one store, and what it is asked."""

    name: str
    memories: Sequence[Memory]
    directions: Sequence[Direction] = field(default=())


def build(name: str, data: Path, work: Path) -> Corpus:
    """A set of `SETS`, its files copied into the empty folder `work`."""
    return SETS[name](data, work)


def lines(path: Path) -> list[dict[str, Any]]:
    """The records of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _copied(folder: Path, work: Path, text: Callable[[Mapping[str, Any]], str] = lambda _: "") -> list[Memory]:
    memories: list[Memory] = []
    for number, one in enumerate(lines(folder / "memories.jsonl"), 1):
        file = work / f"{number:04}{Path(one['path']).suffix.lower()}"
        shutil.copyfile(folder / one["path"], file)
        memories.append(Memory(id=one["id"], file=file, text=text(one)))
    return memories


def _asks(path: Path, groups: Callable[[Mapping[str, Any]], tuple[str, ...]] = lambda _: ("",)) -> list[Ask]:
    return [
        Ask(query=one["query"], relevant=frozenset(one["relevant"]), groups=groups(one))
        for one in lines(path)
        if "query" in one
    ]


def _drawn(items: Sequence[T], name: Callable[[T], str], count: int) -> list[T]:
    return sorted(items, key=lambda item: hashlib.sha256(name(item).encode()).hexdigest())[:count]


def _alike(memories: Sequence[Memory], work: Path) -> Direction:
    asks = [
        Ask(like=make.smaller_picture(one.file, work / f"like-{one.file.stem}.jpg"), relevant=frozenset({one.id}))
        for one in _drawn(memories, lambda one: one.id, ALIKE)
    ]
    return Direction(name="picture → picture", asks=asks, note="like: a copy at 60 % size, JPEG quality 60")


def _screenshots(data: Path, work: Path) -> Corpus:
    folder = data / "screenshots_docs"
    memories = _copied(folder, work)
    alt = Direction(name="text → picture", asks=_asks(folder / "queries.jsonl"), note="asked by their alt texts")
    return Corpus(name="screenshots_docs", memories=memories, directions=[alt, _alike(memories, work)])


def _photos(data: Path, work: Path) -> Corpus:
    folder = data / "photos_openstax"
    memories = _copied(folder, work)
    note = "what they show: no offline engine sees, so about 0 is expected"
    shown = Direction(name="text → picture", asks=_asks(folder / "queries.jsonl"), note=note)
    return Corpus(name="photos_openstax", memories=memories, directions=[shown, _alike(memories, work)])


def _captioned(data: Path, work: Path) -> Corpus:
    folder = data / "photos_openstax"
    memories = _copied(folder, work, lambda one: one["meta"]["caption"])
    note = "each remembered with its caption, asked by its alt text"
    asks = _asks(folder / "queries.jsonl")
    return Corpus(
        name="photos_captions",
        memories=memories,
        directions=[Direction(name="text → picture", asks=asks, note=note)],
    )


def _speech(data: Path, work: Path) -> Corpus:
    folder = data / "speech_clips"
    asks = _asks(folder / "queries.jsonl", _speech_groups)
    note = "asked by the transcript; 'spoken' leaves out those whose query is the name of a file"
    spoken = Direction(name="text → speech", asks=asks, note=note)
    return Corpus(name="speech_clips", memories=_copied(folder, work), directions=[spoken])


def _speech_groups(one: Mapping[str, Any]) -> tuple[str, ...]:
    if one["lang"] != "en":
        return ("all",)
    return ("all", "English") if _FILE_NAME.fullmatch(one["query"]) else ("all", "English", "English, spoken")


def _digits(data: Path, work: Path) -> Corpus:
    folder = data / "speech_digits"
    asks = _asks(folder / "queries.jsonl")
    said = Direction(name="text → speech", asks=asks, is_broad=True, note="one word each, 12 right ones a question")
    return Corpus(name="speech_digits", memories=_copied(folder, work), directions=[said])


def _sounds(data: Path, work: Path) -> Corpus:
    folder = data / "sound_events"
    memories = _copied(folder, work)
    note = "no speech in them, and no offline engine hears: about 0 is expected; P@10 cannot be over 0.5"
    named = Direction(name="text → sound", asks=_asks(folder / "queries.jsonl"), is_broad=True, note=note)
    files = {one["path"]: memory for one, memory in zip(lines(folder / "memories.jsonl"), memories, strict=True)}
    alike = [
        Ask(
            like=files[one["query_path"]].file,
            relevant=frozenset(one["relevant"]),
            itself=files[one["query_path"]].id,
        )
        for one in lines(folder / "queries_audio2audio.jsonl")
    ]
    alike_note = "likewise; the recording given is not counted among what it finds"
    sounds = Direction(name="sound → sound", asks=alike, is_broad=True, note=alike_note)
    return Corpus(name="sound_events", memories=memories, directions=[named, sounds])


def _reports(data: Path, work: Path) -> Corpus:
    folder = data / "pdf_sec10q"
    memories = _copied(folder, work)
    pages = {one.id: make.page_texts(one.file) for one in memories}
    asks = [
        Ask(query=one["query"], relevant=frozenset(one["relevant"]), page=_page(one, pages))
        for one in lines(folder / "queries.jsonl")
    ]
    likes = _page_pictures(memories, pages, work)
    return Corpus(
        name="pdf_sec10q",
        memories=memories,
        directions=[
            Direction(name="text → PDF", asks=asks, note=make.HOW_PAGES_ARE_LABELLED),
            Direction(name="page picture → PDF", asks=likes, note="like: one of its pages as a PNG of 1,000 px"),
        ],
    )


def _page_pictures(memories: Sequence[Memory], pages: Mapping[str, Sequence[str]], work: Path) -> list[Ask]:
    places = [
        (memory, number)
        for memory in memories
        for number, text in enumerate(pages[memory.id], 1)
        if len(text.split()) >= make.WORDS_OF_A_FULL_PAGE
    ]
    drawn = _drawn(places, lambda place: f"{place[0].id}#{place[1]}", DRAWN_PAGES)
    return [
        Ask(
            like=make.drawn_page(memory.file, number, work / f"like-{memory.file.stem}-{number}.png"),
            relevant=frozenset({memory.id}),
            page=number,
        )
        for memory, number in drawn
    ]


def _page(one: Mapping[str, Any], pages: Mapping[str, Sequence[str]]) -> int:
    relevant: list[str] = one["relevant"]
    return make.answering_page(pages[relevant[0]], one["answer"]) if len(relevant) == 1 else 0


def _office(data: Path, work: Path) -> Corpus:
    folder = data / "docs_office"
    asks = [
        Ask(query=query, relevant=frozenset(one["relevant"]))
        for one in lines(folder / "queries.jsonl")
        if re.search(r"\w", query := " ".join(_MARKS.sub(" ", one["query"]).split()))
    ]
    note = "without Markdown marks (*|>#`); a question that is nothing else is left out"
    found = Direction(name="text → document", asks=asks, note=note)
    return Corpus(name="docs_office", memories=_copied(folder, work), directions=[found])


def _films(data: Path, work: Path) -> Corpus:
    folder = data / "video_clips"
    memories = _copied(folder, work)
    asks = _asks(folder / "queries.jsonl")
    named = Direction(name="text → video", asks=asks, note="three films without words: chance finds one in three")
    excerpts = [
        Ask(like=make.excerpt(one.file, work / f"like-{one.file.stem}.mp4"), relevant=frozenset({one.id}))
        for one in memories
    ]
    alike = Direction(name="video → video", asks=excerpts, note="like: its first 2 s at half size, anew as MPEG-4")
    return Corpus(name="video_clips", memories=memories, directions=[named, alike])


SETS: Mapping[str, Callable[[Path, Path], Corpus]] = {
    "pdf_sec10q": _reports,  # the longest first: two are tried at a time
    "screenshots_docs": _screenshots,
    "photos_openstax": _photos,
    "photos_captions": _captioned,
    "speech_clips": _speech,
    "speech_digits": _digits,
    "sound_events": _sounds,
    "docs_office": _office,
    "video_clips": _films,
}
