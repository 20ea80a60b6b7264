"""The LanceDB table of segments: its rows, in its own words."""

# lancedb and pyarrow are typed in part: what they leave unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from memory.errors import SpaceMismatchError, StoreError
from memory.model import Segment, SegmentKey
from memory.store.filters import any_key, one_of, text_literal
from memory.store.handle import Handle
from memory.store.indexes import Indexes
from memory.store.schema import (
    ADDED,
    SCHEMA,
    SEGMENT_COLUMNS,
    flag_of,
    segment_of,
    space_fields,
    table_of,
    unread_entry,
    vector_columns,
)
from memory.threads import in_io_thread


class SegmentTable:
    """One open table. Every read sees what any process has committed before it."""

    def __init__(self, handle: Handle, indexes: Indexes) -> None:
        self._handle = handle
        self.indexes = indexes
        self._known = (0, dict[str, bool]())

    async def complete(self) -> None:
        """Give the table every column that this version knows, and its full-text index.

        Callers hold the write lock: two processes may start on an empty folder at once.

        Raises:
            StoreError: it is a table this version cannot read.
        """
        if missing := await self._lacks():
            await self._handle.write(lambda table: table.add_columns({**missing}))
        await self.indexes.complete()

    async def check_complete(self) -> None:
        """See that nothing would have to be added to a table that cannot be written.

        Raises:
            StoreError: something would.
        """
        if missing := await self._lacks():
            raise StoreError(
                f"the store lacks the columns {sorted(missing)}, as an earlier version made it, and its folder cannot "
                "be written: open it once where it can, and it is brought up to date"
            )

    async def _lacks(self) -> dict[str, str]:
        """The columns that this version has and the table has not, as an earlier version made it, each as SQL.

        Raises:
            StoreError: it lacks what every version had.
        """
        schema = await self._schema()
        missing = set(SCHEMA.names) - set(schema.names)
        if unknown := missing - ADDED.keys():
            raise StoreError(f"{str(self._handle.place)!r} has no columns {sorted(unknown)}: it is no memory's table")
        flags = {flag_of(column): f"nullif({column} IS NOT NULL, false)" for column in vector_columns(schema)}
        lacking = {flag: sql for flag, sql in flags.items() if flag not in schema.names}
        return {name: ADDED[name] for name in sorted(missing)} | lacking

    async def _schema(self) -> pa.Schema:
        return await self._handle.read(lambda table: table.schema())

    async def spaces(self) -> dict[str, int]:
        """Vector columns the table has, with their widths."""
        return vector_columns(await self._schema())

    async def add_space(self, column: str, dimensions: int) -> None:
        """Make room for a space's vectors; all rows start out pending in it.

        Raises:
            SpaceMismatchError: the column is there with another width.
        """
        known = (await self.spaces()).get(column)
        if known is None:
            fields = pa.schema(space_fields(column, dimensions))
            await self._handle.write(lambda table: table.add_columns(fields))
        elif known != dimensions:
            raise SpaceMismatchError(f"{column!r} holds vectors of {known} dimensions, not {dimensions}")

    async def drop_spaces(self, columns: Sequence[str]) -> None:
        """Take spaces out of sight; the bytes of their vectors go only with an erasure."""
        for column in set(columns).intersection(await self.indexes.indexed()):
            await self.indexes.drop(column)
        fields = [*columns, *map(flag_of, columns)]
        await self._handle.write(lambda table: _dropped(table, fields))

    async def forget_failures(self, condition: str = "true") -> None:
        """Count no attempt of the rows any more: what was refused, may be taken now."""
        tried = f"{condition} AND attempts > 0"
        await self._handle.write(lambda table: table.update({"attempts": 0, "error": ""}, where=tried))

    async def append(
        self,
        segments: Sequence[Segment],
        vectors: Mapping[str, Iterable[NDArray[np.float32] | None]],
        *,
        replaced: str = "",
    ) -> None:
        """Write whole memories in one commit, with the vectors of their segments that have one.

        Where the first replaces an older one, that one's rows are marked in the same commit: the new
        version appears and the old one leaves the searches together, or neither happens.
        """
        schema = await self._schema()
        rows = await in_io_thread(table_of, segments, vectors, schema)
        if not replaced:
            await self._handle.write(lambda table: table.add(rows))
            return
        old = await self._rows(one_of("id", [replaced]))
        await self._merge(pa.concat_tables([rows, _with(old, {"superseded_by": segments[0].id}, schema)]))

    async def grow(self, head: Segment, segments: Sequence[Segment]) -> None:
        """Write what was read on of a part, and on its first segment how far that is, in one commit.

        `head` is that first segment as it is to be from now on. Where `segments` begin with it, it
        is written anew, without its vectors; else only its `unread` and `remarks` change.
        """
        schema = await self._schema()
        rows = [await in_io_thread(table_of, segments, {}, schema)]
        if head.key not in {segment.key for segment in segments}:
            told = {"unread": unread_entry(head.unread), "remarks": list(head.remarks)}
            rows.append(_with(await self._rows(any_key([head.key])), told, schema))
        await self._merge(pa.concat_tables(rows))

    async def rewrite(
        self, segments: Sequence[Segment], vectors: Mapping[str, Iterable[NDArray[np.float32] | None]]
    ) -> None:
        """Write whole memories in one commit, in the place of every row there is of them."""
        rows = await in_io_thread(table_of, segments, vectors, await self._schema())
        await self._merge(rows, instead_of=one_of("id", [segment.id for segment in segments]))

    async def _merge(self, rows: pa.Table, *, instead_of: str = "false") -> None:
        """Write rows in one commit, each in the place of the one with its key, if there is one.

        Rows under the condition `instead_of` that none of them is written in the place of are gone.
        """

        async def merge(table: lancedb.AsyncTable) -> None:
            merging = table.merge_insert(["id", "segment"]).when_matched_update_all().when_not_matched_insert_all()
            if instead_of != "false":
                merging = merging.when_not_matched_by_source_delete(instead_of)
            # A null, which is pending, is a bad vector to the library; "null" leaves it one.
            await merging.execute(rows, on_bad_vectors="null")

        await self._handle.write(merge)

    async def records(
        self, condition: str, columns: Sequence[str], *, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """Some columns of the rows under a condition, in no order."""
        return (await self._rows(condition, columns, limit)).to_pylist()

    async def segments(self, condition: str) -> list[Segment]:
        """Whole segments under a condition, ordered by memory and index."""
        rows = await self.records(condition, SEGMENT_COLUMNS)
        return sorted(map(segment_of, rows), key=lambda segment: segment.key)

    async def size_of(self, condition: str) -> int:
        """Bytes of the rows under a condition, vectors and all, as they lie in memory."""
        return int((await self._rows(condition)).nbytes)

    async def _rows(self, condition: str, columns: Sequence[str] | None = None, limit: int | None = None) -> pa.Table:
        async def read(table: lancedb.AsyncTable) -> pa.Table:
            query = table.query().where(condition)
            if columns is not None:
                query = query.select(list(columns))
            return await (query if limit is None else query.limit(limit)).to_arrow()

        return await self._handle.read(read)

    async def count(self, condition: str) -> int:
        """How many rows are under a condition."""
        return await self._handle.read(lambda table: table.count_rows(condition))

    async def has(self, condition: str) -> bool:
        """Whether any row is under a condition; known until the next commit, so cheap for what is asked again."""
        version = await self.version()
        if self._known[0] != version:
            self._known = (version, {})
        known = self._known[1]
        if condition not in known:
            known[condition] = await self.count(condition) > 0
        return known[condition]

    async def version(self) -> int:
        """The number of the newest commit, whoever made it."""
        return await self._handle.read(lambda table: table.version())

    async def fill(self, column: str, keys: Sequence[SegmentKey], vectors: NDArray[np.float32]) -> None:
        """Set one space's vectors of rows already there; nothing else of them changes."""
        width = int(vectors.shape[1])
        rows = pa.table(
            {
                "id": pa.array([id_ for id_, _ in keys], pa.string()),
                "segment": pa.array([index for _, index in keys], pa.int32()),
                column: pa.array(list(vectors), pa.list_(pa.float32(), width)),
                flag_of(column): pa.array([True] * len(keys)),
            }
        )

        async def merge(table: lancedb.AsyncTable) -> None:
            await table.merge_insert(["id", "segment"]).when_matched_update_all().execute(rows)

        await self._handle.write(merge)

    async def mark_failed(self, keys: Iterable[SegmentKey], error: str) -> None:
        """Note on rows that embedding them failed once more, and why."""
        updates = {"attempts": "attempts + 1", "error": text_literal(error)}
        these = any_key(keys)
        await self._handle.write(lambda table: table.update(updates_sql=updates, where=these))

    async def relocate(self, owner: str, id_: str, before: str, after: str) -> None:
        """Note on the parts of a memory that came from one place that this lies at another now."""
        these = f"owner = {text_literal(owner)} AND {one_of('id', [id_])} AND source = {text_literal(before)}"
        await self._handle.write(lambda table: table.update(updates_sql={"source": text_literal(after)}, where=these))

    async def delete(self, condition: str) -> None:
        """Take rows out of sight; their bytes go only with an erasure."""
        await self._handle.write(lambda table: table.delete(condition))


async def _dropped(table: lancedb.AsyncTable, columns: Sequence[str]) -> None:
    await table.drop_columns(columns)


def _with(rows: pa.Table, values: Mapping[str, object], schema: pa.Schema) -> pa.Table:
    """The rows, all of them with these values."""
    for column, value in values.items():
        same = pa.array([value] * rows.num_rows, schema.field(column).type)
        rows = rows.set_column(rows.schema.get_field_index(column), schema.field(column), same)
    return rows.select(schema.names).cast(schema)
