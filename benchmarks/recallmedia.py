"""The sets of media: pictures, sound, film, documents."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import mediamakers as make
from recalldata import FILE_NAME, Ask, Corpus, Memory, asked, drawn, file_of, files, lines, named

_ALIKE = 60
"""Pictures of a set of which a smaller copy is looked for."""
_DRAWN_PAGES = 30


def screenshots(data: Path, work: Path) -> Corpus:
    memories = files(data, "screenshots_docs", work)
    return Corpus(memories=memories, asks=[*asked(data, "screenshots_docs"), *_alike(memories, work)])


def photos(data: Path, work: Path) -> Corpus:
    memories = files(data, "photos_openstax", work)
    return Corpus(memories=memories, asks=[*asked(data, "photos_openstax"), *_alike(memories, work)])


def _alike(memories: Sequence[Memory], work: Path) -> Iterator[Ask]:
    for one in drawn(memories, lambda one: one.id, _ALIKE):
        copy = make.smaller_picture(file_of(one), work / f"like-{file_of(one).stem}.jpg")
        row = f"picture → picture: {one.space}"
        yield Ask(id=f"like/{one.id}", row=row, space=one.space, like=(copy,), relevant=frozenset({one.id}))


def captioned(data: Path, work: Path) -> Corpus:
    space, captioned = "photos_openstax", "photos, captioned"
    captions = {f"{space}:{one['id']}": one["meta"]["caption"] for one in lines(data / space / "memories.jsonl")}
    memories = [
        Memory(
            id=one.id.replace(space, captioned), space=captioned, file=one.file, text=captions[one.id], is_mixed=False
        )
        for one in files(data, space, work)
    ]
    asks = [
        Ask(
            id=ask.id.replace(space, captioned),
            row=captioned,
            space=captioned,
            query=ask.query,
            relevant=frozenset(id_.replace(space, captioned) for id_ in ask.relevant),
        )
        for ask in asked(data, space)
    ]
    return Corpus(memories=memories, asks=asks)


def speech(data: Path, work: Path) -> Corpus:
    languages = {f"speech_clips/{one['id']}": one["lang"] for one in lines(data / "speech_clips" / "queries.jsonl")}
    spoken = [one for one in asked(data, "speech_clips") if not FILE_NAME.fullmatch(one.query)]
    english = [one for one in spoken if languages[one.id] == "en"]
    return Corpus(memories=files(data, "speech_clips", work), asks=english)


def digits(data: Path, work: Path) -> Corpus:
    return Corpus(memories=files(data, "speech_digits", work), asks=asked(data, "speech_digits"))


def sounds(data: Path, work: Path) -> Corpus:
    space = "sound_events"
    memories = files(data, space, work)
    copies = {one["path"]: memory for one, memory in zip(lines(data / space / "memories.jsonl"), memories, strict=True)}
    alike = [
        Ask(
            id=f"{space}/{one['id']}",
            row="sound → sound",
            space=space,
            like=(file_of(copies[one["query_path"]]),),
            relevant=named(space, one["relevant"]),
            itself=frozenset({copies[one["query_path"]].id}),
        )
        for one in lines(data / space / "queries_audio2audio.jsonl")
    ]
    return Corpus(memories=memories, asks=[*asked(data, space), *alike])


def reports(data: Path, work: Path) -> Corpus:
    space = "pdf_sec10q"
    memories = files(data, space, work)
    pages = {one.id: make.page_texts(file_of(one)) for one in memories}
    records = lines(data / space / "queries.jsonl")
    asks = [
        Ask(
            id=ask.id,
            row=ask.row,
            space=space,
            query=ask.query,
            relevant=ask.relevant,
            page=make.answering_page(pages[next(iter(ask.relevant))], one["answer"]) if len(ask.relevant) == 1 else 0,
        )
        for one, ask in zip(records, asked(data, space), strict=True)
    ]
    return Corpus(memories=memories, asks=[*asks, *_page_pictures(memories, pages, work)])


def _page_pictures(memories: Sequence[Memory], pages: Mapping[str, Sequence[str]], work: Path) -> Iterator[Ask]:
    places = [
        (memory, number)
        for memory in memories
        for number, text in enumerate(pages[memory.id], 1)
        if len(text.split()) >= make.WORDS_OF_A_FULL_PAGE
    ]
    for memory, number in drawn(places, lambda place: f"{place[0].id}#{place[1]}", _DRAWN_PAGES):
        picture = make.drawn_page(file_of(memory), number, work / f"like-{file_of(memory).stem}-{number}.png")
        yield Ask(
            id=f"like/{memory.id}#{number}",
            row="picture of a page → PDF",
            space=memory.space,
            like=(picture,),
            relevant=frozenset({memory.id}),
            page=number,
        )


def office(data: Path, work: Path) -> Corpus:
    return Corpus(memories=files(data, "docs_office", work), asks=asked(data, "docs_office"))


def films(data: Path, work: Path) -> Corpus:
    memories = files(data, "video_clips", work)
    excerpts = [
        Ask(
            id=f"like/{one.id}",
            row="film → film",
            space=one.space,
            like=(make.excerpt(file_of(one), work / f"like-{file_of(one).stem}.mp4"),),
            relevant=frozenset({one.id}),
        )
        for one in memories
    ]
    return Corpus(memories=memories, asks=[*asked(data, "video_clips"), *excerpts])
