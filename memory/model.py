"""The words of the domain, as values: frozen, slotted, keyword-only."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

MetadataValue = str | int | float | bool
"""What one metadata key may hold; metadata is flat."""


class Modality(StrEnum):
    """What a segment is, to the person who remembers it."""

    TEXT = "text"
    CODE = "code"
    IMAGE = "image"
    AUDIO = "audio"
    DOCUMENT = "document"


class Mode(StrEnum):
    """Which ways of searching a recall uses."""

    HYBRID = "hybrid"
    SEMANTIC = "semantic"
    KEYWORD = "keyword"


class State(StrEnum):
    """Whether a memory is found by meaning already, or by keyword only for now."""

    READY = "ready"
    PENDING = "pending"


AnchorUnit = Literal["whole", "characters", "lines", "page", "seconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Where in its part a segment lies, both ends included for lines and pages.

    `characters` count from 0 with `end` excluded, `lines` and `page` from 1, `seconds` from 0.0.
    """

    unit: AnchorUnit = "whole"
    start: float = 0
    end: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """The bytes of one picture, recording or document, with their true type."""

    data: bytes = field(repr=False)
    mime: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """A text given to remember."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPart:
    """A file given to remember, already read.

    Attributes:
        medium: its bytes, and the type those bytes have.
        name: the file's own name, without folders; empty where there is none.
        source: where it came from, as the user wrote it (never a `data:` URI's payload).
    """

    medium: Medium
    name: str = ""
    source: str = ""


Part = TextPart | MediaPart


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part's segment before it belongs to a memory: what it says and where it lies.

    Attributes:
        text: everything readable in it (passage, words in a picture, transcript); may be empty.
        look: 128-bit perceptual hash of a picture, 16 bytes; None for everything else.
    """

    modality: Modality
    anchor: Anchor
    text: str
    look: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was made of one part.

    Attributes:
        pieces: at least one, in the part's order.
        warnings: what could not be read, each a sentence for the user.
        captured_at: when a photo was taken, where its EXIF says so with a plausible date.
    """

    pieces: tuple[Piece, ...]
    warnings: tuple[str, ...] = ()
    captured_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One row: an embedded piece of a memory, with the memory's own columns repeated on it.

    Attributes:
        id: the memory it belongs to; unguessable.
        index: its place in the memory, from 0 without gaps.
        part: which of the parts given it was made from, from 0.
        text: what it says, as shown to a reader.
        context: what it is embedded and indexed with besides: the note given along with a file.
        name: file name of its part, empty for a text.
        source: where its part came from, as the user wrote it.
        replaces: the older version this memory stands for, or empty.
        superseded_by: the newer version that stands for this memory, or empty.
        digest: sha256 over the whole memory's content, hexadecimal.
        media: key of its part's bytes in the media store, empty for a text.
        look: perceptual hash of a picture.
        attempts: how often embedding it has failed.
        error: why it failed last, empty where it did not.
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
    attempts: int = 0
    error: str = ""

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
class Capability:
    """What reads one kind of media on this machine, or why nothing does."""

    kind: str
    available: bool
    detail: str


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
