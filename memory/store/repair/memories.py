"""Memories examined: those of which segments are missing, or are there twice."""

# lance is untyped: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from memory.model import SegmentKey
from memory.store.filters import any_key, has_vector
from memory.store.flushing import Flusher
from memory.store.repair.damage import Aside, Damage
from memory.store.repair.generations import Generation
from memory.store.schema import vector_columns


def examine_memories(aside: Aside, version: Generation) -> list[Damage]:
    """Memories of which some segments are not there, or are there more than once; of those one stays."""
    rows = cast("Any", version.dataset).scanner(columns=["id", "segment"]).to_table().to_pylist()
    keys = Counter[SegmentKey]((row["id"], row["segment"]) for row in rows)
    doubled = [key for key, count in keys.items() if count > 1]
    return [*_incomplete(keys), *([_doubled(aside, version, doubled)] if doubled else [])]


def _incomplete(keys: Iterable[SegmentKey]) -> list[Damage]:
    segments = dict[str, set[int]]()
    for id_, segment in keys:
        segments.setdefault(id_, set()).add(segment)
    parts = tuple(id_ for id_, known in segments.items() if max(known) + 1 != len(known))
    finding = "only a part is left of some memories; forget them, or remember them anew"
    return [Damage(what="memories", where="table", finding=finding, is_loss=True, memories=parts)] if parts else []


def _doubled(aside: Aside, version: Generation, keys: Sequence[SegmentKey]) -> Damage:
    dataset = cast("Any", version.dataset)
    superfluous = _superfluous(dataset, keys)
    damage = Damage(
        what="memories",
        where="table",
        finding=f"{len(keys)} segments are there more than once, and can be given no vectors so",
        done=f"all but one of each removed: {len(superfluous)}",
        memories=tuple(dict.fromkeys(id_ for id_, _ in keys)),
    )
    aside.mend(damage)
    if aside.mends:
        dataset.delete(f"_rowid IN ({', '.join(map(str, superfluous))})")
        Flusher(version.folder).flush()
    return damage


def _superfluous(dataset: Any, keys: Sequence[SegmentKey]) -> list[int]:
    """Rows of these keys but for one each, which has a vector where any has."""
    columns = {"id": "id", "segment": "segment"}
    columns |= {name: has_vector(name) for name in vector_columns(dataset.schema)}
    rows = dataset.scanner(columns=columns, filter=any_key(keys), with_row_id=True).to_table().to_pylist()
    seen, superfluous = set[SegmentKey](), list[int]()
    for row in sorted(rows, key=_vectors_in, reverse=True):
        if (key := (row["id"], row["segment"])) in seen:
            superfluous.append(row["_rowid"])
        seen.add(key)
    return superfluous


def _vectors_in(row: Mapping[str, object]) -> int:
    return sum(value is True for value in row.values())
