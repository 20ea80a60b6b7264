"""The sets of texts: paragraphs, abstracts, meetings, notes, a diary, and questions without answers."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import recallnotes
from recalldata import Ask, Corpus, Memory, asked, drawn, lines, named, texts

LANGUAGES = ("en", "de", "es", "vi", "ru", "ar", "hi", "zh")
NOTHING = "nothing to find"
_A_LANGUAGE = 36
_ELSEWHERE = 20


def abstracts(data: Path, _: Path) -> Corpus:
    memories = texts(data, "scifact")
    known = {one.id for one in memories}
    return Corpus(memories=memories, asks=[one for one in asked(data, "scifact") if one.relevant <= known])


def meetings(data: Path, _: Path) -> Corpus:
    memories = texts(data, "qmsum")
    known = {one.id for one in memories}
    groups = {one["id"]: one["meta"]["group"] for one in lines(data / "qmsum" / "memories.jsonl")}
    grouped = [
        Memory(id=one.id, space=one.space, text=one.text, group=groups[one.id.partition(":")[2]]) for one in memories
    ]
    return Corpus(memories=grouped, asks=[one for one in asked(data, "qmsum") if one.relevant <= known])


def paragraphs(data: Path, _: Path) -> Corpus:
    memories = texts(data, "xquad")
    questions = (
        drawn(
            asked(data, "xquad", file=f"queries_{language}.jsonl", row=f"xquad: {language} → en"),
            lambda ask: ask.id.rpartition(":")[2],  # the same questions in every language
            _A_LANGUAGE,
        )
        for language in LANGUAGES
    )
    return Corpus(memories=memories, asks=[*chain.from_iterable(questions), *_articles(data)])


def _articles(data: Path) -> Iterator[Ask]:
    """From some paragraphs of an article to its others."""
    articles: dict[str, list[str]] = {}
    for one in lines(data / "xquad" / "memories.jsonl"):
        articles.setdefault(one["meta"]["title"], []).append(f"xquad:{one['id']}")
    for title, ids in articles.items():
        yield _liked("text → text, of the same article", f"xquad/like-1/{title}", ids[:1], ids)
        yield _liked("3 texts → text, of the same article", f"xquad/like-3/{title}", ids[:3], ids)


def _liked(row: str, id_: str, liked: Sequence[str], ids: Sequence[str]) -> Ask:
    itself = frozenset(liked)
    return Ask(id=id_, row=row, space="xquad", like=tuple(liked), relevant=frozenset(ids) - itself, itself=itself)


def beliefs(data: Path, _: Path) -> Corpus:
    space = "precisionmembench"
    memories = [
        Memory(id=f"{space}:{one['id']}", space=space, text=one["text"], is_mixed=False)
        for one in lines(data / space / "memories.jsonl")
        if one["meta"]["user"] == "test-user" and not one["meta"].get("superseded_by")
    ]
    known = {one.id for one in memories}
    nothing = asked(data, space, file="queries_must_be_empty.jsonl", row=f"{NOTHING}: {space}")
    asks = [one for one in asked(data, space) if one.relevant and one.relevant <= known]
    return Corpus(memories=memories, asks=[*asks, *nothing])


def notes(_: Path, __: Path) -> Corpus:
    """Everyday notes, each language in a namespace of its own, and an agent's."""
    books = {f"notes: {language}": book for language, book in recallnotes.languages().items()}
    corpora = [_book(space, book) for space, book in {**books, "notes: agent": recallnotes.agent()}.items()]
    return Corpus(
        memories=[one for some in corpora for one in some.memories], asks=[one for some in corpora for one in some.asks]
    )


def diary(_: Path, __: Path) -> Corpus:
    """Entries with a date and no word of it, asked for by theirs."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return _book("diary", recallnotes.diary(today))


def _book(space: str, book: recallnotes.Notebook) -> Corpus:
    return Corpus(
        memories=[
            Memory(id=f"{space}:{one.id}", space=space, text=one.text, when=one.when, is_mixed=False)
            for one in book.notes
        ],
        asks=[
            Ask(
                id=f"{space}/{one.id}",
                row=_row(space, one),
                space=space,
                query=one.query,
                relevant=named(space, one.relevant),
            )
            for one in book.questions
        ],
    )


def _row(space: str, question: recallnotes.Question) -> str:
    if not question.relevant:
        return f"{NOTHING}: near, {space}"
    return f"{space}, {question.kind}" if space in ("notes: agent", "diary") else space


def elsewhere(data: Path, _: Path) -> Corpus:
    """Questions that are asked of another set: nothing there is about them."""
    row = f"{NOTHING}: another subject"
    pairs = [
        ("xquad", "queries_en.jsonl", "scifact"),
        ("scifact", "queries.jsonl", "xquad"),
        ("qmsum", "queries.jsonl", "scifact"),
    ]
    asks = [
        Ask(id=f"elsewhere/{one.id}", row=row, space=other, query=one.query, relevant=frozenset())
        for space, file, other in pairs
        for one in drawn(asked(data, space, file=file), lambda ask: ask.id, _ELSEWHERE)
    ]
    return Corpus(memories=(), asks=asks)
