"""What memories mean as a whole: one vector each, of those of its segments."""

# lancedb and pyarrow are typed in part: what they leave unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from typing import Any, cast

import lancedb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from memory.store.filters import has_vector
from memory.store.handle import Handle
from memory.threads import in_worker


class Means:
    """Asks the table behind a handle."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    async def read(self, column: str, condition: str) -> dict[str, NDArray[np.float32]]:
        """The mean, of length 1, of each memory's vectors in a space; in order of id, whatever order the rows are in.

        Rows outside the condition take no part, and memories without a vector are not among them.
        """

        async def ask(table: lancedb.AsyncTable) -> pa.Table:
            query = table.query().where(f"{condition} AND {has_vector(column)}")
            return await query.select(["id", "segment", column]).to_arrow()

        return await in_worker(_means, await self._handle.read(ask), column)


def _means(rows: pa.Table, column: str) -> dict[str, NDArray[np.float32]]:
    if not rows.num_rows:
        return {}
    rows = rows.sort_by([("id", "ascending"), ("segment", "ascending")]).combine_chunks()
    ids, starts = np.unique(rows["id"].to_numpy(), return_index=True)
    vectors = np.concatenate([cast("Any", chunk).flatten().to_numpy() for chunk in rows[column].chunks]).reshape(
        rows.num_rows, -1
    )
    sums = np.add.reduceat(vectors, starts, axis=0, dtype=np.float32)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    known = lengths[:, 0] > 0
    return dict(zip(ids[known].tolist(), sums[known] / lengths[known], strict=True))
