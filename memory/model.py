"""The words of the domain, as values: frozen, slotted, keyword-only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from memory.pieces import Anchor, Box, Cursor, File, MetadataValue, Modality, Progress

DEFAULT_NAMESPACE = "default"
"""Where a memory belongs whose caller names no project."""


class Mode(StrEnum):
    """Which ways of searching a recall uses."""

    HYBRID = "hybrid"
    SEMANTIC = "semantic"
    KEYWORD = "keyword"


class State(StrEnum):
    """Whether a memory is found by meaning already, or by keyword only for now."""

    READY = "ready"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """A text given to remember."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPart:
    """A file given to remember.

    Attributes:
        file: a copy of it that is ours, where it lies until it is stored.
        name: the file's own name, without folders; empty where there is none.
        source: where it came from, as the user wrote it (never a `data:` URI's payload).
    """

    file: File
    name: str = ""
    source: str = ""


Part = TextPart | MediaPart


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """The rest of a part that is stored, but read only so far.

    Attributes:
        cursor: where its reading goes on.
        is_blank: nothing has come of it yet: its one segment only keeps its place.
        last: what was read last, which what follows may go on from.
    """

    cursor: Cursor
    progress: Progress | None = None
    is_blank: bool = False
    last: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One row: an embedded piece of a memory, with the memory's own columns repeated on it.

    Attributes:
        id: the memory it belongs to; unguessable.
        index: its number in the memory, from 0; ascending within a part, in the part's order.
        part: which of the parts given it was made from, from 0.
        text: what it says, as shown to a reader.
        context: what it is embedded and indexed with besides: the note given along with a file, and
            the end of the page, slide, chapter or span before.
        name: file name of its part, empty for a text.
        source: where its part came from, as the user wrote it.
        replaces: the older version this memory stands for, or empty.
        superseded_by: the newer version that stands for this memory, or empty.
        digest: sha256 over the whole memory's content, hexadecimal.
        media: key of its part's bytes in the media store, empty for a text.
        look: perceptual hash of a picture or frame.
        boxes: where each line of `text` stands in the picture; none for anything but pictures.
        unread: what is still to be read of its part; on the first segment of a part only.
        remarks: what could not be read of its part; likewise.
        attempts: how often embedding it has failed.
        error: why it failed last, empty where it did not.
        fingerprint: those with the same have the same vector in every space; empty where not known.
    """

    id: str
    index: int
    part: int
    owner: str
    namespace: str
    session: str
    modality: Modality
    mime: str
    title: str
    text: str
    context: str
    tags: tuple[str, ...]
    metadata: dict[str, MetadataValue]
    name: str
    source: str
    anchor: Anchor
    created_at: datetime
    occurred_at: datetime
    expires_at: datetime | None
    replaces: str
    superseded_by: str
    digest: str
    media: str
    look: bytes | None
    boxes: tuple[Box, ...] = ()
    unread: Unread | None = None
    remarks: tuple[str, ...] = ()
    attempts: int = 0
    error: str = ""
    fingerprint: str = ""

    @property
    def is_picture(self) -> bool:
        """Whether it stands for a whole picture."""
        return self.modality is Modality.IMAGE and self.anchor.unit == "whole"

    @property
    def is_visible(self) -> bool:
        """Whether there is a picture of it: its own, its page's, or a frame."""
        return self.modality in (Modality.IMAGE, Modality.VIDEO) or self.mime == "application/pdf"

    @property
    def key(self) -> "SegmentKey":
        """What names this row."""
        return (self.id, self.index)


SegmentKey = tuple[str, int]
"""A memory's id and a segment's index in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilter:
    """Which segments a search may see; it runs before the search, never after.

    Everything but `owner` and `now` is optional: an empty value does not filter.

    Attributes:
        now: segments that expired at or before this moment are not seen.
        since: occurred at this moment or later.
        until: occurred before this moment.
        tags: all of them must be there.
        metadata: all of these keys must hold exactly these values.
        history: also see versions that a newer one has replaced.
    """

    owner: str
    now: datetime
    ids: tuple[str, ...] = ()
    namespace: str = ""
    session: str = ""
    modalities: tuple[Modality, ...] = ()
    tags: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    metadata: dict[str, MetadataValue] = field(default_factory=dict[str, MetadataValue])
    history: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A row that a search found, by the measure of that search.

    Attributes:
        cosine: similarity to the query's vector; None where the row has no vector yet.
        words: BM25 score, 0 where the search did not look at words.
    """

    key: SegmentKey
    cosine: float | None = None
    words: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much there is of something.

    Attributes:
        memories: how many, those that were replaced and are kept as history among them.
        bytes: of texts and of files, each file once however many memories share it.
    """

    memories: int
    pieces: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What an owner holds, in all and in parts.

    A memory or a file of two modalities, or a file in two namespaces, counts in each: parts may add up to more.
    """

    total: Amount
    modalities: Mapping[Modality, Amount]
    namespaces: Mapping[str, Amount]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What an owner may hold; None for any amount."""

    max_memories: int | None = None
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an erasure took away.

    Attributes:
        memories: ids of the memories that are gone, in order.
        segments: how many rows they were.
        media: how many media files went with them; those another memory still needs stay.
        size_bytes: bytes of those rows and media.
        erased: whether nothing of them is left in the store's files.
        detail: what was done to that end, or what it still waits for.
    """

    memories: tuple[str, ...]
    segments: int
    media: int
    size_bytes: int
    erased: bool
    detail: str
