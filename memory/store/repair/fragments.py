"""Reading the table's files thoroughly, in a child process: a damaged one can end the process that reads it.

Every function here is called by `anyio.to_process`: what it takes and gives can be pickled.

Source: measured on pylance 14 and lancedb 0.40, 2026-11: of files with some bits flipped, most give an error,
some a panic, and about one in fifty ends the process, as it asks for petabytes of memory.
"""

# lance and pyarrow are typed in part: what they leave unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
from anyio import BrokenWorkerProcess, to_process
from lance.file import LanceFileReader
from lance.fragment import write_fragments

from memory.store.datasets import EngineError, engine_errors, open_dataset
from memory.store.schema import flag_of, vector_columns

T = TypeVar("T")

_ROWS = 1024
"""Rows read at once; where that fails, fewer, down to one."""
_MAX_FAILURES = 20_000
"""Reads that may fail before the rest of a fragment is given up."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What could still be read of a damaged fragment.

    Attributes:
        rows: how many rows there are of it in `fragments`.
        fragments: where they were written anew, in the engine's words as JSON; in no version of the table yet.
        unvectored: rows whose vectors could not be read and are pending again.
        lost: rows that could not be read.
        lost_ids: the memories of those, as far as their ids could be.
    """

    rows: int = 0
    fragments: tuple[str, ...] = ()
    unvectored: int = 0
    lost: int = 0
    lost_ids: tuple[str, ...] = ()


async def in_child(function: Callable[..., T], *args: Any) -> T | None:
    """Call one of these functions in a child process; None where it ended the process."""
    try:
        return await to_process.run_sync(function, *args, cancellable=True)
    except BrokenWorkerProcess:
        return None


async def fault_in_child(check: Callable[..., None], *args: Any) -> str:
    """What a check finds wrong, in a child process; empty where that is nothing."""
    fault = await in_child(fault_of, check, *args)
    return "ends the process that reads it" if fault is None else fault


def fault_of(check: Callable[..., None], *args: Any) -> str:
    """Call one of the checks below; what it finds wrong, empty where that is nothing."""
    try:
        with engine_errors():
            check(*args)
    except EngineError as error:
        first = next(iter(str(error).splitlines()), "")
        return f"cannot be read ({first[:200]})"
    return ""


def read_fragment(folder: Path, version: int, fragment: int) -> None:
    """Read every row of a fragment."""
    for batch in open_dataset(folder, version).get_fragment(fragment).scanner(batch_size=_ROWS).to_batches():
        batch.validate(full=True)


def read_index(folder: Path, uuid: str, size_bytes: int) -> None:
    """Read every file of an index.

    Raises:
        ValueError: there is less of it than there should be.
    """
    files = list((folder / "_indices" / uuid).glob("*"))
    if (there := sum(path.stat().st_size for path in files)) < size_bytes:
        raise ValueError(f"{there:,} bytes of {size_bytes:,}")
    for path in files:
        if path.suffix == ".lance":
            for batch in LanceFileReader(str(path)).read_all().to_batches():
                batch.validate(full=True)


def ids_in(path: Path) -> list[str]:
    """The memories whose rows a data file holds; none where they cannot be read."""
    try:
        with engine_errors():
            rows = LanceFileReader(str(path), columns=["id"]).read_all().to_table().to_pylist()
    except EngineError:
        return []
    return [str(row["id"]) for row in rows]


def search_words(folder: Path, version: int, term: str) -> None:
    """Search for a term by the index of words."""
    open_dataset(folder, version).scanner(full_text_query=term, columns=["id", "_score"]).to_table()


def search_vectors(folder: Path, version: int, column: str) -> None:
    """Search a space by its index."""
    dataset = open_dataset(folder, version)
    question = [1.0] * dataset.schema.field(column).type.list_size
    dataset.scanner(nearest={"column": column, "q": question, "k": 10}, columns=["id", "_distance"]).to_table()


def saved_from(folder: Path, version: int, fragment: int, vectors: bool, sound: bool) -> Saved:  # noqa: FBT001  # across processes by position
    """Write what can be read of a damaged fragment anew; no version of the table names it yet.

    Args:
        folder: the table's.
        version: of the table.
        fragment: its number.
        vectors: also take the vectors.
        sound: the list of its deleted rows can be read. Else all rows are taken whose keys no other fragment has.
    """
    dataset = open_dataset(folder, version)
    source = dataset.get_fragment(fragment)
    rescue = _Rescue(schema=dataset.schema, vectors=vectors)
    if sound:
        rescue.read, rescue.count = _scanning(source), source.metadata.num_rows
    else:
        rescue.read, rescue.count = _physical(folder, source), source.physical_rows
        rescue.elsewhere = _keys(dataset, fragment)
    reader = pa.RecordBatchReader.from_batches(dataset.schema, rescue.batches())
    written = write_fragments(reader, dataset, mode="append")
    return Saved(
        rows=rescue.saved,
        fragments=tuple(json.dumps(one.to_json()) for one in written) if rescue.saved else (),
        unvectored=rescue.unvectored,
        lost=rescue.lost,
        lost_ids=tuple(dict.fromkeys(rescue.lost_ids)),
    )


@dataclass(slots=True, kw_only=True)
class _Rescue:
    schema: pa.Schema
    vectors: bool
    read: Any = None
    count: int = 0
    elsewhere: set[tuple[str, int]] = field(default_factory=set)
    saved: int = 0
    unvectored: int = 0
    lost: int = 0
    lost_ids: list[str] = field(default_factory=list)
    failures: int = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        for first in range(0, self.count, _ROWS):
            for table in self._range(first, min(_ROWS, self.count - first)):
                kept = self._not_elsewhere(table)
                self.saved += kept.num_rows
                yield from kept.to_batches()

    def _range(self, first: int, count: int) -> Iterator[pa.Table]:
        table = self._whole(first, count, vectors=self.vectors)
        if table is not None:
            self.unvectored += 0 if self.vectors else count
            yield table
        elif count > 1 and self.failures < _MAX_FAILURES:
            yield from self._range(first, count // 2)
            yield from self._range(first + count // 2, count - count // 2)
        elif (bare := self._whole(first, count, vectors=False)) is not None:
            self.unvectored += count
            yield bare
        else:
            self._lose(first, count)

    def _whole(self, first: int, count: int, *, vectors: bool) -> pa.Table | None:
        spaces = vector_columns(self.schema)
        of_spaces = {*spaces, *map(flag_of, spaces)}
        names = [name for name in self.schema.names if vectors or name not in of_spaces]
        table = self._tried(first, count, names)
        if table is None:
            return None
        absent = {
            name: pa.nulls(count, self.schema.field(name).type) for name in self.schema.names if name not in names
        }
        columns = {name: absent[name] if name in absent else table.column(name) for name in self.schema.names}
        return pa.table(columns, schema=self.schema)

    def _tried(self, first: int, count: int, names: Sequence[str]) -> pa.Table | None:
        try:
            with engine_errors():
                table = self.read(first, count, names)
                table.validate(full=True)
        except EngineError:
            self.failures += 1
            return None
        return table if table.num_rows == count else None

    def _lose(self, first: int, count: int) -> None:
        self.lost += count
        ids = self._tried(first, count, ["id"])
        self.lost_ids += map(str, ids.column("id").to_pylist()) if ids is not None else []

    def _not_elsewhere(self, table: pa.Table) -> pa.Table:
        if not self.elsewhere:
            return table
        keys = zip(table.column("id").to_pylist(), table.column("segment").to_pylist(), strict=True)
        return table.filter(pa.array([key not in self.elsewhere for key in keys]))


def _scanning(fragment: Any) -> Any:
    def read(first: int, count: int, names: Sequence[str]) -> pa.Table:
        return fragment.scanner(columns=list(names), offset=first, limit=count).to_table()

    return read


def _physical(folder: Path, fragment: Any) -> Any:
    """Rows as they lie in the data files, deleted ones too."""
    files = list[LanceFileReader]()

    def read(first: int, count: int, names: Sequence[str]) -> pa.Table:
        if not files:
            files.extend(LanceFileReader(str(folder / "data" / file.path)) for file in fragment.data_files())
        tables = [file.read_range(first, count).to_table() for file in files]
        columns = {name: table.column(name) for table in tables for name in table.column_names}
        return pa.table({name: columns[name] for name in names})

    return read


def _keys(dataset: Any, fragment: int) -> set[tuple[str, int]]:
    """The keys of all rows in other fragments; a fragment that cannot be read has none."""
    found = set[tuple[str, int]]()
    for other in dataset.get_fragments():
        if other.fragment_id == fragment:
            continue
        try:
            with engine_errors():
                rows = other.scanner(columns=["id", "segment"]).to_table().to_pylist()
        except EngineError:
            continue
        found |= {(row["id"], row["segment"]) for row in rows}
    return found
