"""From parts that were read to the segments of one memory."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from memory.model import MediaPart, Medium, Part, Piece, Reading, Segment, TextPart
from memory.requests import Remembrance

CONTEXT_CHARS = 600
"""How much of a note is carried along into the segments of the files given with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A part with what was read from it, and the key its bytes are kept under."""

    part: Part
    reading: Reading
    media: str = ""

    @property
    def medium(self) -> Medium | None:
        """The part's bytes; None for a text."""
        return self.part.medium if isinstance(self.part, MediaPart) else None


def digest_of(parts: Sequence[Part]) -> str:
    """The content's own hash: kinds and bytes of the parts in their order, and nothing else."""
    whole = hashlib.sha256()
    for part in parts:
        is_file = isinstance(part, MediaPart)
        data = part.medium.data if isinstance(part, MediaPart) else part.text.encode()
        whole.update(bytes([is_file]) + len(data).to_bytes(8, "big") + hashlib.sha256(data).digest())
    return whole.hexdigest()


def compose(request: Remembrance, sources: Sequence[Source], digest: str) -> list[Segment]:
    """The memory's segments in the parts' order, with a new id; at least one."""
    id_, index, now = _new_id(), count(), datetime.now(UTC)
    common = _Common(
        id=id_,
        title=request.title or _file_name(sources),
        note=_note(sources),
        created_at=now,
        occurred_at=request.occurred_at or _captured_at(sources) or now,
        digest=digest,
    )
    return [
        _segment(request, common, source, piece, part=part, index=next(index))
        for part, source in enumerate(sources)
        for piece in source.reading.pieces
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Common:
    id: str
    title: str
    note: str
    created_at: datetime
    occurred_at: datetime
    digest: str


def _segment(request: Remembrance, common: _Common, source: Source, piece: Piece, *, part: int, index: int) -> Segment:
    file = source.part if isinstance(source.part, MediaPart) else None
    return Segment(
        id=common.id,
        index=index,
        part=part,
        owner=request.owner,
        namespace=request.namespace,
        session=request.session,
        modality=piece.modality,
        mime=file.medium.mime if file else "text/plain",
        title=common.title,
        text=piece.text,
        context=common.note if file else "",
        tags=request.tags,
        metadata=request.metadata,
        name=file.name if file else "",
        source=file.source if file else "",
        anchor=piece.anchor,
        created_at=common.created_at,
        occurred_at=common.occurred_at,
        expires_at=request.expires_at,
        replaces=request.replaces,
        superseded_by="",
        digest=common.digest,
        media=source.media,
        look=piece.look,
    )


def _new_id() -> str:
    """80 random bits: not to be guessed, short enough to be retyped."""
    return "m" + secrets.token_hex(10)


def _file_name(sources: Sequence[Source]) -> str:
    return next((source.part.name for source in sources if isinstance(source.part, MediaPart)), "")


def _note(sources: Sequence[Source]) -> str:
    notes = [source.part.text for source in sources if isinstance(source.part, TextPart)]
    return "\n".join(notes)[:CONTEXT_CHARS]


def _captured_at(sources: Sequence[Source]) -> datetime | None:
    taken = [source.reading.captured_at for source in sources if source.reading.captured_at]
    return min(taken, default=None)
