"""The table's indexes: which columns have one, of which kind, and from when it is worth it."""

# lancedb is typed in part: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Mapping, Sequence
from typing import Any, cast

from lancedb.index import FTS, Bitmap, BTree, IvfSq, LabelList

from memory.store.handle import Handle
from memory.store.schema import flag_of, vector_columns

WORDS = FTS(
    base_tokenizer="whitespace",  # `terms` are made by memory.terms, on both sides of a search
    lower_case=False,
    stem=False,
    remove_stop_words=False,
    ascii_folding=False,
    max_token_length=None,
)
VECTORS = IvfSq(distance_type="cosine", num_partitions=1, sample_rate=16)
"""Every vector in 8 bits a number, none left out of a search; what is nearest so is compared anew as it is.

With 200 compared, the ten nearest were always among those found (recall@10 1.000, random and clustered vectors),
whatever the data; a single partition has no centre that could equal a vector which was erased.
"""
FACTS: Mapping[str, Bitmap | BTree | LabelList] = {
    "id": BTree(),
    "owner": Bitmap(),
    "namespace": Bitmap(),
    "session": Bitmap(),
    "modality": Bitmap(),
    "superseded_by": Bitmap(),  # most hold the same: a tree takes 20 times as long to list those
    "unread": Bitmap(),
    "digest": BTree(),
    "fingerprint": BTree(),
    "occurred_at": BTree(),
    "expires_at": BTree(),
    "tags": LabelList(),
    "metadata": LabelList(),
}
"""What conditions ask for. Without them each search looks at every row: 12 ms at 100,000 rows, with them 1 to 2."""
INDEXED_FROM = 10_000
"""Rows from which facts, and vectors from which vectors, are found faster by an index than by looking at each."""
_WORDS_COLUMN = "terms"
WORDS_INDEX = f"{_WORDS_COLUMN}_idx"


def index_of(column: str) -> str:
    """The name the engine gives to the index of a column."""
    return f"{column}_idx"


class Indexes:
    """The indexes of the table behind a handle. Whoever makes or drops one holds the write lock."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    async def complete(self) -> None:
        """Make sure that words can be searched for at all."""
        if _WORDS_COLUMN not in await self.indexed():
            await self.make(_WORDS_COLUMN)

    async def indexed(self) -> list[str]:
        """The columns that have an index."""
        found = await self._handle.read(lambda table: table.list_indices())
        return [column for index in found for column in index.columns]

    async def make(self, column: str) -> None:
        """Make the index of a column from the rows there are, anew where there is one, so that it knows no others."""
        # The library's annotation leaves out some of the kinds of index that its documentation names.
        kind = cast("Any", _kind(column))
        await self._handle.write(lambda table: table.create_index(column, config=kind, replace=True))

    async def make_anew(self) -> None:
        """Make all there are anew, so that none knows of a row which is gone."""
        for column in await self.indexed():
            await self.make(column)

    async def drop(self, column: str) -> None:
        """Look at every row's value of a column from now on."""
        await self._handle.write(lambda table: table.drop_index(index_of(column)))

    async def missing(self) -> list[str]:
        """The columns that have no index, and would be searched faster with one."""
        rows = await self._handle.read(lambda table: table.count_rows())
        if rows < INDEXED_FROM:
            return []
        indexed = set(await self.indexed())
        return [column for column in (*FACTS, *await self._many()) if column not in indexed]

    async def unindexed(self, columns: Sequence[str]) -> int:
        """How many rows the index that knows fewest of those of these columns does not know."""
        return max([await self._unknown_to(index_of(column)) for column in columns], default=0)

    async def _many(self) -> list[str]:
        """The spaces that many rows have a vector in."""
        spaces = vector_columns(await self._handle.read(lambda table: table.schema()))
        counts = {column: await self._vectors(column) for column in spaces}
        return [column for column, count in counts.items() if count >= INDEXED_FROM]

    async def _vectors(self, column: str) -> int:
        return await self._handle.read(lambda table: table.count_rows(f"{flag_of(column)} IS NOT NULL"))

    async def _unknown_to(self, index: str) -> int:
        stats = await self._handle.read(lambda table: table.index_stats(index))
        return stats.num_unindexed_rows if stats else 0


def _kind(column: str) -> object:
    if column == _WORDS_COLUMN:
        return WORDS
    return FACTS.get(column, VECTORS)
