"""What the recall benchmark's sets are made of: memories, and questions with the memories that answer them."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

T = TypeVar("T")
Half = Literal["dev", "test"]

MIXED = "mixed"
FILE_NAME = re.compile(r"\S+/\S+\.npy")
"""A question that is the name of a file, as some of the speech set are."""
_MARKS = re.compile(r"[*|>#`]")
_LANGUAGE = re.compile(r"^[a-z]{2}:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One thing to remember.

    Attributes:
        id: the set's own name for it, which the server never sees.
        file: a copy under a neutral name.
        group: what questions may be narrowed to.
        when: when it occurred.
        is_mixed: whether it is in the index over all kinds.
    """

    id: str
    space: str
    text: str = ""
    title: str = ""
    file: Path | None = None
    group: str = ""
    when: datetime | None = None
    is_mixed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question, in words or by example.

    Attributes:
        row: the line of the report that it counts in.
        like: files or ids of the set to go by.
        relevant: the memories that answer it; none where nothing does.
        itself: the memories that the examples are, whose being found says nothing.
        page: the page that answers it; 0 where that is not known.
    """

    id: str
    row: str
    space: str
    query: str = ""
    like: tuple[Path | str, ...] = ()
    unlike: tuple[Path | str, ...] = ()
    relevant: frozenset[str]
    group: str = ""
    itself: frozenset[str] = frozenset()
    page: int = 0

    @property
    def half(self) -> Half:
        """Which half of its set it is in: one is for choosing, the other is reported.

        A question is in the same half in every language, and in the mixed index.
        """
        question = _LANGUAGE.sub("", self.id.partition("/")[2])
        return "test" if int(_hash(question)[-1], 16) % 2 else "dev"


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What fills a store, and what it is asked."""

    memories: Sequence[Memory]
    asks: Sequence[Ask] = field(default=())


def lines(path: Path) -> list[dict[str, Any]]:
    """The records of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def file_of(memory: Memory) -> Path:
    """The copy of a memory that is a file."""
    assert memory.file is not None
    return memory.file


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def drawn(items: Sequence[T], name: Callable[[T], str], count: int) -> list[T]:
    """So many of the items, always the same, by a hash of their names."""
    return sorted(items, key=lambda item: _hash(name(item)))[:count]


def named(space: str, ids: Sequence[str]) -> frozenset[str]:
    """The ids of a set, as they are unique among all sets."""
    return frozenset(f"{space}:{id_}" for id_ in ids)


def unmarked(text: str) -> str:
    """A question without marks of Markdown."""
    return " ".join(_MARKS.sub(" ", text).split())


def texts(data: Path, space: str) -> list[Memory]:
    """The texts of a set that are in the mixed index."""
    return [
        Memory(id=one["id"], space=space, text=one["text"], group=one["meta"].get("group", ""))
        for one in lines(data / MIXED / "memories.jsonl")
        if one["id"].startswith(f"{space}:")
    ]


def files(data: Path, space: str, work: Path) -> list[Memory]:
    """The files of a set, copied under names that say nothing."""
    memories: list[Memory] = []
    for number, one in enumerate(lines(data / space / "memories.jsonl"), 1):
        file = work / f"{len(space)}{number:04}{Path(one['path']).suffix.lower()}"
        shutil.copyfile(data / space / one["path"], file)
        memories.append(Memory(id=f"{space}:{one['id']}", space=space, file=file))
    return memories


def asked(data: Path, space: str, *, file: str = "queries.jsonl", row: str = "") -> list[Ask]:
    """The questions of a set that are words."""
    return [
        Ask(
            id=f"{space}/{one['id']}",
            row=row or space,
            space=space,
            query=query,
            relevant=named(space, one["relevant"]),
            group=one.get("group", ""),
        )
        for one in lines(data / space / file)
        if "query" in one and re.search(r"\w", query := unmarked(one["query"]))
    ]
