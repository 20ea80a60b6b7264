"""The archive's format: a segment as one line of JSON and back; see docs/archive.md.

What stands here is what files of users hold: a name that changes, or a field that goes, needs a new version.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from memory.errors import InvalidInputError, UndecodableError
from memory.model import Segment, Unread
from memory.pieces import LOOK_BYTES, Anchor, AnchorUnit, Modality, Progress

FORMAT = "sensorium-archive"
VERSION = 1
"""The newest version that is read, and the one that is written."""
MANIFEST = "manifest.json"
SEGMENTS = "segments/"
"""What the names of the entries that hold lines begin with; in their order."""
MEDIA = "media/"
"""What the name of a media file's entry begins with; its key follows."""
MAX_LINE_BYTES = 16 * 2**20
"""The longest line that is read: a passage has some thousand characters, a vector some ten thousand bytes."""

_AS_THEY_ARE = (
    *("index", "part", "owner", "namespace", "session", "mime", "title", "text", "context", "tags", "metadata"),
    *("name", "source", "replaces", "superseded_by", "digest", "media", "boxes", "remarks", "fingerprint"),
)
"""What a line calls as a segment does, and holds as it is."""

_whose = attrgetter("owner", "namespace", "session", "digest", "created_at", "expires_at", "replaces", "superseded_by")
"""What all segments of a memory agree in."""

_INT32 = 2**31
_NORM_WITHIN = 1e-3


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("lies outside of the calendar") from error


_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_Link = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Key = Annotated[str, Field(pattern=r"^([0-9a-f]{2}/[0-9a-f]{64}\.[A-Za-z0-9+_-]{1,16})?$")]
_Count = Annotated[int, Field(ge=0, lt=_INT32)]
_Pixel = Annotated[int, Field(ge=-_INT32, lt=_INT32)]
_Label = Annotated[str, Field(max_length=1000)]
_Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
_Number = int | FiniteFloat


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Anchor(_Strict):
    unit: AnchorUnit
    start: _Number
    end: _Number
    heading: str
    offset: _Count


class _Progress(_Strict):
    done: _Number
    total: _Number
    unit: Literal["bytes", "pages", "slides", "chapters", "rows", "seconds", "parts"]


class _Unread(_Strict):
    cursor: dict[str, Any]
    progress: _Progress | None
    is_blank: bool
    last: str


class _Line(_Strict):
    memory: _Id
    index: _Count
    of: Annotated[int, Field(gt=0, lt=_INT32)]
    part: _Count
    owner: Annotated[_Label, Field(min_length=1)]
    namespace: _Label
    session: _Label
    modality: Modality
    mime: _Label
    title: str
    text: str
    context: str
    tags: tuple[str, ...]
    metadata: dict[str, str | bool | int | FiniteFloat]
    name: str
    source: str
    anchor: _Anchor
    created_at: _Instant
    occurred_at: _Instant
    expires_at: _Instant | None
    replaces: _Link
    superseded_by: _Link
    digest: _Digest
    media: _Key
    look: str | None
    boxes: tuple[tuple[_Pixel, _Pixel, _Pixel, _Pixel], ...]
    unread: _Unread | None
    remarks: tuple[str, ...]
    fingerprint: _Label
    vectors: dict[str, str] = {}


class _Claim(BaseModel):
    """What every version of a manifest says."""

    format: Literal["sensorium-archive"]
    version: int


class Manifest(BaseModel):
    """What an archive says of itself.

    Attributes:
        made_by: the program and its version.
        spaces: columns of the embedding spaces whose vectors are in it, with their dimensions.
    """

    format: Literal["sensorium-archive"] = FORMAT
    version: int = VERSION
    made_by: str
    made_at: AwareDatetime
    memories: Annotated[int, Field(ge=0)]
    segments: Annotated[int, Field(ge=0)]
    media: Annotated[int, Field(ge=0)]
    spaces: dict[str, int] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of an archive.

    Attributes:
        of: how many segments of its memory the archive holds.
        vectors: its vectors by the column of their space, as bytes that are still to be judged.
    """

    segment: Segment
    of: int
    vectors: Mapping[str, bytes]


def manifest_of(data: bytes) -> Manifest:
    """What a manifest says.

    Raises:
        InvalidInputError: it is none, or one of a newer version.
    """
    try:
        claim = _Claim.model_validate_json(data)
        if claim.version <= VERSION:
            return Manifest.model_validate_json(data)
    except ValidationError as error:
        raise UndecodableError(f"this is no archive of Sensorium: its {MANIFEST}: {_said(error)}") from error
    raise InvalidInputError(
        f"the archive has version {claim.version}, and this Sensorium reads up to {VERSION}: "
        "restore it with the version that made it, or a newer one"
    )


def line_of(segment: Segment, of: int, vectors: Mapping[str, bytes]) -> bytes:
    """A segment as a line, with its line end.

    Args:
        segment: one of a memory's.
        of: how many that memory has.
        vectors: its vectors by the column of their space, as little-endian float32.
    """
    fields: dict[str, Any] = {
        "memory": segment.id,
        "of": of,
        **{name: getattr(segment, name) for name in _AS_THEY_ARE},
        "modality": str(segment.modality),
        "anchor": _anchor_fields(segment.anchor),
        "created_at": _instant(segment.created_at),
        "occurred_at": _instant(segment.occurred_at),
        "expires_at": _instant(segment.expires_at) if segment.expires_at else None,
        "look": base64.b64encode(segment.look).decode() if segment.look else None,
        "unread": _unread_fields(segment.unread) if segment.unread else None,
    }
    if vectors:
        fields["vectors"] = {column: base64.b64encode(data).decode() for column, data in vectors.items()}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def record_of(line: bytes) -> Record:
    """What a line says.

    Raises:
        UndecodableError: it is damaged, or says what no segment can be.
    """
    try:
        said = _Line.model_validate_json(line)
        return Record(segment=_segment(said), of=said.of, vectors=_vectors(said.vectors))
    except ValidationError as error:
        raise UndecodableError(_said(error)) from error
    except ValueError as error:  # base64 that is none
        raise UndecodableError(f"look: {error}") from error


def require_whole(records: Sequence[Record]) -> None:
    """See that the lines of one memory are all there, once each, and agree about what it is.

    Raises:
        UndecodableError: they do not.
    """
    indices = [record.segment.index for record in records]
    if len(set(indices)) < len(indices):
        raise UndecodableError("a segment of it is there more than once")
    if any(record.of != records[0].of for record in records) or len({_whose(one.segment) for one in records}) > 1:
        raise UndecodableError("its lines contradict each other")
    if sorted(indices) != list(range(records[0].of)):
        raise UndecodableError(f"{len(records)} of its {records[0].of} segments are there")


def vector_of(data: bytes | None, dimensions: int) -> NDArray[np.float32] | None:
    """The vector that an archive holds, if it is one of this width: finite and of length 1."""
    if data is None or len(data) != 4 * dimensions:
        return None
    vector = np.frombuffer(data, "<f4").astype(np.float32)
    norm = float(np.linalg.norm(vector))  # of what is not finite: neither
    return vector if abs(norm - 1) < _NORM_WITHIN else None


def _segment(said: _Line) -> Segment:
    return Segment(
        id=said.memory,
        **{name: getattr(said, name) for name in _AS_THEY_ARE},
        modality=said.modality,
        anchor=Anchor(**said.anchor.model_dump()),
        created_at=said.created_at,
        occurred_at=said.occurred_at,
        expires_at=said.expires_at,
        look=_look(said.look),
        unread=_unread(said.unread),
    )


def _anchor_fields(anchor: Anchor) -> dict[str, object]:
    return {name: getattr(anchor, name) for name in _Anchor.model_fields}


def _unread_fields(unread: Unread) -> dict[str, object]:
    progress = unread.progress and {name: getattr(unread.progress, name) for name in _Progress.model_fields}
    return {"cursor": dict(unread.cursor), "progress": progress, "is_blank": unread.is_blank, "last": unread.last}


def _unread(said: _Unread | None) -> Unread | None:
    if said is None:
        return None
    progress = Progress(**said.progress.model_dump()) if said.progress else None
    return Unread(cursor=said.cursor, progress=progress, is_blank=said.is_blank, last=said.last)


def _look(said: str | None) -> bytes | None:
    look = None if said is None else base64.b64decode(said, validate=True)
    if look is not None and len(look) != LOOK_BYTES:
        raise ValueError(f"has {len(look)} bytes, not {LOOK_BYTES}")
    return look


def _vectors(said: Mapping[str, str]) -> dict[str, bytes]:
    """Vectors as bytes; one that is damaged is left out, as it can be made again."""
    vectors: dict[str, bytes] = {}
    for column, text in said.items():
        try:
            vectors[column] = base64.b64decode(text, validate=True)
        except binascii.Error:
            continue
    return vectors


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _said(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else first["msg"]
