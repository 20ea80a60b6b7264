"""Searches of the table: by meaning, by looks and by words, each under a condition that runs first."""

# lancedb and pyarrow are typed in part: what they leave unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Sequence
from math import ceil
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.query import BooleanQuery, FullTextQuery, MatchQuery, Occur
from numpy.typing import NDArray

from memory.model import Match, SegmentKey
from memory.store.handle import Handle

COMPARED = 200
"""Rows that are compared by their vectors as they are, of those an index finds nearest; to read one takes 20 µs."""


class Searches:
    """Asks the table behind a handle; what any process has committed before is found."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    async def nearest(self, column: str, vector: NDArray[np.float32], condition: str, limit: int) -> list[Match]:
        """The rows nearest in meaning, nearest first; rows without a vector are not among them."""

        async def read(table: lancedb.AsyncTable) -> pa.Table:
            query = table.query().nearest_to(vector).column(column).distance_type("cosine")
            query = query.where(condition).refine_factor(ceil(COMPARED / limit))
            return await query.select(["id", "segment", "_distance"]).limit(limit).to_arrow()

        found = (await self._handle.read(read)).to_pylist()
        return [Match(key=(row["id"], row["segment"]), cosine=1.0 - row["_distance"]) for row in found]

    async def lookalikes(self, look: bytes, condition: str, limit: int) -> list[tuple[SegmentKey, int]]:
        """Pictures nearest in their perceptual hash, each with the number of bits that differ."""

        async def read(table: lancedb.AsyncTable) -> pa.Table:
            query = table.query().nearest_to(list(look)).column("look").distance_type("hamming")
            return await query.where(condition).select(["id", "segment", "_distance"]).limit(limit).to_arrow()

        found = await self._handle.read(read)
        return [((row["id"], row["segment"]), int(row["_distance"])) for row in found.to_pylist()]

    async def matching(
        self,
        terms: Sequence[str],
        condition: str,
        limit: int,
        *,
        column: str | None = None,
        vector: NDArray[np.float32] | None = None,
    ) -> list[Match]:
        """Rows with any of the terms, best BM25 first.

        With `column` and `vector`, each match also carries its cosine to the vector.
        """
        wanted = ["id", "segment", "_score", *([column] if column else [])]
        found = await self._by_words(_any_of(terms), condition, limit, wanted)
        cosines = _cosines(found[column], vector) if column and vector is not None else [None] * len(found)
        rows = found.select(["id", "segment", "_score"]).to_pylist()
        return [
            Match(key=(row["id"], row["segment"]), words=row["_score"], cosine=cosine)
            for row, cosine in zip(rows, cosines, strict=True)
        ]

    async def best(self, term: str, condition: str) -> float | None:
        """BM25 of the row under a condition that a term speaks for most; None where no row has it."""
        found = await self._by_words(_any_of([term]), condition, 1, ["_score"])
        return found["_score"][0].as_py() if len(found) else None

    async def having(self, words: Sequence[Sequence[str]], condition: str, limit: int) -> list[SegmentKey]:
        """Rows that have every one of the words, each by any of its terms."""
        every = BooleanQuery([(Occur.MUST, _any_of(terms)) for terms in words])
        found = await self._by_words(every, condition, limit, ["id", "segment", "_score"])
        return [(row["id"], row["segment"]) for row in found.to_pylist()]

    async def _by_words(self, words: FullTextQuery, condition: str, limit: int, wanted: Sequence[str]) -> pa.Table:
        async def read(table: lancedb.AsyncTable) -> pa.Table:
            query = table.query().nearest_to_text(words)
            return await query.where(condition).select(list(wanted)).limit(limit).to_arrow()

        return await self._handle.read(read)


def _any_of(terms: Sequence[str]) -> MatchQuery:
    # pyright takes the library's pydantic dataclass for a plain one, without defaults.
    return MatchQuery(" ".join(terms), "terms")  # pyright: ignore[reportCallIssue]


def _cosines(column: "pa.ChunkedArray[Any]", vector: NDArray[np.float32]) -> list[float | None]:
    """Of each row's vector to this one; None where the row has none yet."""
    is_there = column.is_valid().to_numpy()
    vectors = np.asarray(pc.list_flatten(column), dtype=np.float32).reshape(-1, len(vector))
    known = iter((vectors @ vector).tolist())
    return [next(known) if there else None for there in is_there]
