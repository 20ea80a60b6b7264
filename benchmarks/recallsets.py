"""All sets of the recall benchmark, in one store: each a namespace, the index over all kinds a session."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import recallmedia as media
import recalltexts as text
from recalldata import FILE_NAME, MIXED, Ask, Corpus, drawn, lines, unmarked

SOME: Mapping[str, int] = {
    "scifact": 200,
    "qmsum": 10,
    "screenshots_docs": 45,
    "photos_openstax": 45,
    "photos_captions": 45,
    "pdf_sec10q": 3,
}
"""Memories of the larger sets that are taken unless all are asked for, of the meetings whole ones: else reading and
embedding them alone takes half an hour on two cores.
"""


def build(data: Path, work: Path, names: Sequence[str] = (), *, is_full: bool = False) -> Corpus:
    """The sets of these names, all of them by default, their files copied into the empty folder `work`."""
    wanted = [name for name in SETS if name in names or not names]
    corpora = [SETS[name](data, work) for name in wanted]
    if not is_full:
        corpora = [_some(corpus, SOME.get(name)) for name, corpus in zip(wanted, corpora, strict=True)]
    memories = [memory for corpus in corpora for memory in corpus.memories]
    asks = [ask for corpus in corpora for ask in corpus.asks]
    known = {memory.id for memory in memories}
    mixed = [ask for ask in _mixed(data / MIXED) if ask.relevant <= known]
    return Corpus(memories=memories, asks=[*asks, *mixed])


def _some(corpus: Corpus, count: int | None) -> Corpus:
    """So many memories or groups of a set, always the same, and the questions that they answer."""
    if count is None:
        return corpus
    drawn_of = {memory.id: memory.group or memory.id.rpartition(":")[2] for memory in corpus.memories}
    kept = set(drawn(sorted(set(drawn_of.values())), str, count))
    memories = [memory for memory in corpus.memories if drawn_of[memory.id] in kept]
    known = {memory.id for memory in memories}
    return Corpus(memories=memories, asks=[ask for ask in corpus.asks if ask.relevant <= known])


def _mixed(folder: Path) -> Iterator[Ask]:
    for one in lines(folder / "queries.jsonl"):
        if not FILE_NAME.fullmatch(one["query"]) and re.search(r"\w", query := unmarked(one["query"])):
            id_, row = f"{MIXED}/{one['id'].partition(':')[2]}", f"{MIXED}: {one['set']}"
            yield Ask(id=id_, row=row, space=MIXED, query=query, relevant=frozenset(one["relevant"]))


SETS: Mapping[str, Callable[[Path, Path], Corpus]] = {
    "precisionmembench": text.beliefs,
    "notes": text.notes,
    "diary": text.diary,
    "xquad": text.paragraphs,
    "scifact": text.abstracts,
    "qmsum": text.meetings,
    "elsewhere": text.elsewhere,
    "screenshots_docs": media.screenshots,
    "photos_openstax": media.photos,
    "photos_captions": media.captioned,
    "speech_clips": media.speech,
    "speech_digits": media.digits,
    "sound_events": media.sounds,
    "pdf_sec10q": media.reports,
    "docs_office": media.office,
    "video_clips": media.films,
}
