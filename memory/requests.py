"""What is asked of a memory, and what it answers: the values of the service's calls."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from memory.model import DEFAULT_NAMESPACE, Holdings, MediaPart, Mode, Part, Quota, SearchFilter, Segment, State
from memory.pieces import Capability, MetadataValue, Modality
from memory.usage import Spending


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembrance:
    """One thing to remember; see the `remember` tool for what each field means to a user.

    Attributes:
        defers: whether it is embedded after the answer, with others, as suits many at once.
        quota: what its owner may hold, this one included.
    """

    owner: str
    parts: tuple[Part, ...]
    title: str = ""
    tags: tuple[str, ...] = ()
    namespace: str = DEFAULT_NAMESPACE
    session: str = ""
    metadata: dict[str, MetadataValue] = field(default_factory=dict[str, MetadataValue])
    occurred_at: datetime | None = None
    expires_at: datetime | None = None
    replaces: str = ""
    defers: bool = False
    quota: Quota = field(default_factory=Quota)


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """A memory close to the one just remembered: advice, never a reason to drop anything."""

    id: str
    preview: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What became of a remembrance; durable when this is returned.

    Attributes:
        id: the memory's id; for a duplicate, the original's.
        warnings: what could not be read or done, each a sentence for the user.
    """

    id: str
    status: Literal["stored", "duplicate"]
    state: State
    modalities: tuple[Modality, ...]
    segments: int
    similar: tuple[Similar, ...] = ()
    warnings: tuple[str, ...] = ()


Example = MediaPart | str
"""Something to search by: a file that was read, or the id of a memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One search: words, examples, or both; with neither, the newest memories."""

    filters: SearchFilter
    query: str = ""
    like: tuple[Example, ...] = ()
    unlike: tuple[Example, ...] = ()
    limit: int = 5
    min_score: float = 0.0
    mode: Mode = Mode.HYBRID


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One memory found, by its best segment.

    Attributes:
        segment: the segment that matched best.
        score: in [0, 1], higher is better; None where nothing was searched for.
        why: what it was found by: `meaning`, `looks`, `time`, and the words it shares with the query.
        others: how many more segments of the same memory were found.
        same: other memories that say or show nearly the same; they are not among the hits.
        lines: which lines of its text, from 0, share a word with the query.
        pending: whether its best segment still waits for its vector.
        medium: the segment whose medium to show: the best one itself or, where that is a note, the
            first of its memory that has a medium.
    """

    segment: Segment
    medium: Segment | None
    score: float | None
    why: tuple[str, ...] = ()
    others: int = 0
    same: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    pending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recollection:
    """What a question brought back.

    Attributes:
        hits: best first, at most `limit`.
        found: memories found altogether, those under the threshold not counted.
        below_min_score: memories found but under `min_score`.
        pending: segments within the filters that are found by words only so far.
        unread: the first segments of files within the filters that are still being read.
        is_unsure: whether what was asked for may not be there: nothing matches well, or nothing at all.
        notes: what the caller must know to read the result rightly.
    """

    hits: tuple[Hit, ...]
    found: int
    below_min_score: int = 0
    pending: int = 0
    unread: tuple[Segment, ...] = ()
    is_unsure: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What to open of a memory: all of it, or the segments numbered from `first` to `last`."""

    id: str
    first: int = 0
    last: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A memory that was opened.

    Attributes:
        segments: by their number, which is the order they were read in; at least one.
        is_cut: whether more of what was asked for follows the last of them.
    """

    extract: Extract
    segments: tuple[Segment, ...]
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a forget by filter would take, and the code that says yes to exactly that.

    Attributes:
        count: how many memories.
        samples: the first segments of some of them, newest first.
        code: valid only while the set stays the same.
    """

    count: int
    samples: tuple[Segment, ...]
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Memories that are about the same.

    Attributes:
        words: what tells them from the others, the most telling first, as they were written.
        memories: how many they are.
        examples: the first segments of those most like all of them.
    """

    words: tuple[str, ...]
    memories: int
    examples: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicMap:
    """What is remembered, by topic.

    Attributes:
        topics: the largest first.
        memories: how many were looked at.
        apart: how many of them are in no topic.
        pending: how many of them have no vector yet, and are in no topic for that.
        others: sizes of further topics, that were not asked for.
        notes: what the caller must know to read the map rightly.
    """

    topics: tuple[Topic, ...]
    memories: int
    apart: int
    pending: int
    others: tuple[int, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a memory lies among the others, on a square from 0 to 1.

    Attributes:
        segment: its first one.
        topic: which of the map's topics it is in; None where it is in none of those shown.
    """

    segment: Segment
    x: float
    y: float
    topic: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The topics, and the memories they are made of as points: the nearer, the more alike."""

    topics: TopicMap
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What is not done yet, or could not be; the first of each.

    Attributes:
        unread: the first segments of parts that are not read to their end.
        pending: segments that have no vector yet.
        failed: segments that will not be tried again, each with its error.
    """

    unread: Sequence[Segment]
    pending: Sequence[Segment]
    failed: Sequence[Segment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What of a whole store, of all owners, is still to be done.

    Attributes:
        unread: parts that are not read to their end.
        pending: segments that are still to be embedded.
        failed: segments that were refused too often to be tried again.
    """

    unread: int
    pending: int
    failed: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing left to do."""
        return not self.unread and not self.pending


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a memory holds and how it fares, for one owner.

    Attributes:
        disk_bytes: what the store takes on the disk: rows, vectors, indexes and media of all owners.
        place: where the store lies: that folder, or the address of a bucket.
        holdings: what the owner has, in all, by modality and by namespace.
        pending: segments not yet embedded in the active space.
        unread: the first segments of files that are still being read.
        failed: those of the pending that the embedder refused too often to be tried again.
        embedder: name of the active space, or why there is none.
        spaces: columns of all spaces the store holds vectors of.
        reads: what reads each kind of media, or why nothing does.
        spending: what embedding has cost, in this store; None where it costs nothing.
        trouble: why upkeep stopped last; empty while all is well.
    """

    home: Path
    place: str
    disk_bytes: int
    holdings: Holdings
    pending: int
    unread: tuple[Segment, ...]
    failed: int
    embedder: str
    spaces: tuple[str, ...]
    reads: tuple[Capability, ...]
    spending: Spending | None
    trouble: str
