"""A store that an earlier version made is opened, and what it holds is there."""

from pathlib import Path
from typing import Any, cast

import lancedb
from harness import connected

from memory.store.engine import TABLE
from memory.store.schema import ADDED


async def _as_before(home: Path) -> None:
    """Take away what later versions added."""
    database: Any = await cast("Any", lancedb).connect_async(str(home / "table"))
    table = await database.open_table(TABLE)
    await table.update({"anchor": '["characters", 0, 9]'})
    await table.drop_columns(sorted(ADDED))


async def test_a_store_without_the_newer_columns_is_brought_up_to_date(tmp_path: Path) -> None:
    async with connected(tmp_path / "store") as tools:
        id_ = await tools.remember("the ferry leaves at noon")
    await _as_before(tmp_path / "store")
    async with connected(tmp_path / "store") as tools:
        assert await tools.found("ferry") == [id_]
        [segment] = await tools.segments(id_)
        assert (segment.anchor.unit, segment.anchor.end, segment.anchor.heading) == ("characters", 9, "")
        assert (segment.boxes, segment.unread, segment.remarks) == ((), None, ())
        later = await tools.remember("the ferry was late")
        assert set(await tools.found("ferry")) == {id_, later}
