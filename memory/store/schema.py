"""The table's columns, and a segment as one row of them."""

# pyarrow is typed in part: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import chain
from typing import Any, cast

import pyarrow as pa

from memory.errors import SpaceMismatchError
from memory.model import Segment, Unread
from memory.pieces import LOOK_BYTES, Anchor, Box, MetadataValue, Modality, Progress
from memory.terms import document_terms

_INSTANT = pa.timestamp("us", "UTC")

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("segment", pa.int32(), nullable=False),
        pa.field("part", pa.int32(), nullable=False),
        pa.field("owner", pa.string(), nullable=False),
        pa.field("namespace", pa.string(), nullable=False),
        pa.field("session", pa.string(), nullable=False),
        pa.field("modality", pa.string(), nullable=False),
        pa.field("mime", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("context", pa.string(), nullable=False),
        pa.field("terms", pa.string(), nullable=False),
        pa.field("tags", pa.list_(pa.string()), nullable=False),
        pa.field("metadata", pa.list_(pa.string()), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("anchor", pa.string(), nullable=False),
        pa.field("created_at", _INSTANT, nullable=False),
        pa.field("occurred_at", _INSTANT, nullable=False),
        pa.field("expires_at", _INSTANT),
        pa.field("replaces", pa.string(), nullable=False),
        pa.field("superseded_by", pa.string(), nullable=False),
        pa.field("digest", pa.string(), nullable=False),
        pa.field("media", pa.string(), nullable=False),
        pa.field("look", pa.list_(pa.uint8(), LOOK_BYTES)),
        pa.field("boxes", pa.list_(pa.int32()), nullable=False),
        pa.field("unread", pa.string(), nullable=False),
        pa.field("remarks", pa.list_(pa.string()), nullable=False),
        pa.field("attempts", pa.int32(), nullable=False),
        pa.field("error", pa.string(), nullable=False),
        pa.field("fingerprint", pa.string(), nullable=False),
    ]
)
"""Columns every store has; each embedding space adds two of its own (see `space_fields`)."""

ADDED = {
    "boxes": "arrow_cast(make_array(), 'List(Int32)')",
    "unread": "''",
    "remarks": "arrow_cast(make_array(), 'List(Utf8)')",
    "fingerprint": "''",
}
"""Columns that came after the first release, with what they hold in rows written before."""

_ANCHOR = ("unit", "start", "end", "heading", "offset")
"""An anchor's fields in the order they are kept in; older rows end early."""

SEGMENT_COLUMNS = [name for name in SCHEMA.names if name != "terms"]
"""What a segment is read back from."""


def vector_columns(schema: pa.Schema) -> dict[str, int]:
    """Vector columns of a table and their widths."""
    fields = [field for field in schema if field.name.startswith("vector_")]
    return {field.name: cast("pa.FixedSizeListType[Any, Any]", field.type).list_size for field in fields}


def flag_of(column: str) -> str:
    """The column that is true where a row has a vector in a space, and null where it has none.

    To look whether the vector itself is there, the engine reads it: 150 ms for 100,000, this in one.
    """
    return f"has_{column}"


def space_fields(column: str, dimensions: int) -> list["pa.Field[Any]"]:
    """The columns of one embedding space."""
    return [pa.field(column, pa.list_(pa.float32(), dimensions)), pa.field(flag_of(column), pa.bool_())]


def metadata_entry(key: str, value: MetadataValue) -> str:
    """One metadata pair as the string that `array_has` compares; 1 and 1.0 are the same number."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps([key, value], ensure_ascii=False)


def row_of(segment: Segment) -> dict[str, object]:
    """The segment as a row; searchable terms are derived here and nowhere else."""
    return {
        "id": segment.id,
        "segment": segment.index,
        "part": segment.part,
        "owner": segment.owner,
        "namespace": segment.namespace,
        "session": segment.session,
        "modality": str(segment.modality),
        "mime": segment.mime,
        "title": segment.title,
        "text": segment.text,
        "context": segment.context,
        "terms": _terms_of(segment),
        "tags": list(segment.tags),
        "metadata": [metadata_entry(key, value) for key, value in sorted(segment.metadata.items())],
        "name": segment.name,
        "source": segment.source,
        "anchor": json.dumps([getattr(segment.anchor, name) for name in _ANCHOR]),
        "created_at": segment.created_at,
        "occurred_at": segment.occurred_at,
        "expires_at": segment.expires_at,
        "replaces": segment.replaces,
        "superseded_by": segment.superseded_by,
        "digest": segment.digest,
        "media": segment.media,
        "look": list(segment.look) if segment.look else None,
        "boxes": list(chain.from_iterable(segment.boxes)),
        "unread": unread_entry(segment.unread),
        "remarks": list(segment.remarks),
        "attempts": segment.attempts,
        "error": segment.error,
        "fingerprint": segment.fingerprint,
    }


def _terms_of(segment: Segment) -> str:
    said = (
        *(segment.title, segment.context, segment.anchor.heading),
        *(segment.text, segment.name, " ".join(segment.tags)),
    )
    return document_terms("\n".join(said))


def segment_of(row: Mapping[str, Any]) -> Segment:
    """The segment that `row_of` made the row from."""
    return Segment(
        id=row["id"],
        index=row["segment"],
        part=row["part"],
        owner=row["owner"],
        namespace=row["namespace"],
        session=row["session"],
        modality=Modality(row["modality"]),
        mime=row["mime"],
        title=row["title"],
        text=row["text"],
        context=row["context"],
        tags=tuple(row["tags"]),
        metadata=dict(cast("tuple[str, MetadataValue]", json.loads(entry)) for entry in row["metadata"]),
        name=row["name"],
        source=row["source"],
        anchor=Anchor(**dict(zip(_ANCHOR, json.loads(row["anchor"]), strict=False))),
        created_at=_utc(row["created_at"]),
        occurred_at=_utc(row["occurred_at"]),
        expires_at=_utc(row["expires_at"]) if row["expires_at"] else None,
        replaces=row["replaces"],
        superseded_by=row["superseded_by"],
        digest=row["digest"],
        media=row["media"],
        look=bytes(row["look"]) if row["look"] else None,
        boxes=_boxes(row["boxes"]),
        unread=_unread(row["unread"]),
        remarks=tuple(row["remarks"]),
        attempts=row["attempts"],
        error=row["error"],
        fingerprint=row["fingerprint"],
    )


def unread_entry(unread: Unread | None) -> str:
    """What is still to be read of a part, as JSON; empty where that is nothing."""
    if unread is None:
        return ""
    progress = unread.progress and asdict(unread.progress)
    fields = {"is_blank": unread.is_blank, "last": unread.last}
    return json.dumps({"cursor": dict(unread.cursor), "progress": progress, **fields})


def _boxes(numbers: Sequence[int]) -> tuple[Box, ...]:
    return tuple(cast("Box", tuple(numbers[at : at + 4])) for at in range(0, len(numbers), 4))


def _unread(entry: str) -> Unread | None:
    if not entry:
        return None
    fields = json.loads(entry)
    fields["progress"] = Progress(**fields["progress"]) if fields["progress"] else None
    return Unread(**fields)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def table_of(segments: Sequence[Segment], vectors: Mapping[str, Iterable[object]], schema: pa.Schema) -> pa.Table:
    """Rows in the table's own schema; a vector column not in `vectors` is null throughout.

    Raises:
        SpaceMismatchError: there are vectors of a space that the table does not hold.
    """
    if unknown := vectors.keys() - vector_columns(schema).keys():
        raise SpaceMismatchError(f"the store holds no space {', '.join(sorted(unknown))}: it was moved to another")
    rows = [row_of(segment) for segment in segments]
    columns: dict[str, object] = {name: [row[name] for row in rows] for name in SCHEMA.names}
    for column in vector_columns(schema):
        given = list(vectors.get(column, [None] * len(rows)))
        columns |= {column: given, flag_of(column): [None if one is None else True for one in given]}
    return pa.table({name: columns[name] for name in schema.names}, schema=schema)
