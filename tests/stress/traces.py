"""What the files of a store still hold, decompressed where they are compressed, deleted rows included."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from lance.file import LanceFileReader
from pydantic import BaseModel

_WORD = re.compile(rb"[A-Za-z0-9]{8,}")


class Indexed(BaseModel):
    """What the indexes hold, or what of the rows they should.

    Attributes:
        letters: of all words together.
    """

    words: int
    letters: int
    vectors: int


def held(home: Path, traces: Iterable[bytes]) -> set[bytes]:
    """Those of the byte strings that some file of the store holds: in its name, its bytes, or what it is decoded to."""
    contents = [content for path in home.rglob("*") if path.is_file() for content in _contents(path)]
    return {trace for trace in traces if any(trace in content for content in contents)}


def words_in(data: bytes) -> set[str]:
    """Every word of eight letters or more."""
    return {word.decode() for word in _WORD.findall(data)}


def indexed_in(home: Path) -> Indexed:
    """What the indexes hold: their words lie there as a transducer, and their vectors in 8 bits a number."""
    words, vectors = [_table(path) for path in home.rglob("*tokens.lance")], home.rglob("auxiliary.idx")
    return Indexed(
        words=sum(sum(table["_token_next_id"].to_pylist()) for table in words),
        letters=sum(sum(table["_token_total_length"].to_pylist()) for table in words),
        vectors=sum(_table(path).num_rows for path in vectors),
    )


def _contents(path: Path) -> Iterator[bytes]:
    yield path.name.encode()
    yield path.read_bytes()
    if path.suffix == ".lance":
        yield "\n".join(_values(path)).encode()


def _values(path: Path) -> Iterator[str]:
    """Every string in a data file."""
    for column in _table(path).columns:
        yield from _strings(column.to_pylist())


def _table(path: Path) -> Any:
    return cast("Any", LanceFileReader(str(path))).read_all().to_table()


def _strings(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from _strings(cast("list[object]", value))
