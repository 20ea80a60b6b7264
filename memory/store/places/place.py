"""What the store needs to know of where it lies."""

from pathlib import Path
from typing import Protocol

from memory.store.lock import Lock
from memory.store.marks import Marks
from memory.store.media import MediaStore

ERASED = "erased"
"""The mark of the last erasure."""


class Place(Protocol):
    """Where the table lies, what lies beside it, and who may write."""

    @property
    def home(self) -> Path:
        """A folder of this machine's own."""
        ...

    @property
    def database(self) -> str:
        """What the engine's table is in: a folder, or an address."""
        ...

    @property
    def marks(self) -> Marks:
        """Small things said beside the table."""
        ...

    @property
    def media(self) -> MediaStore:
        """The files that were remembered."""
        ...

    @property
    def writing(self) -> Lock:
        """Held by whoever changes the store."""
        ...

    @property
    def upkeep(self) -> Lock:
        """Held by the one process that keeps it up."""
        ...

    def __str__(self) -> str:
        """How a user names it."""
        ...

    def check(self) -> None:
        """See that it is there; the engine would else make it anew.

        Raises:
            StoreError: it is not.
        """

    def is_read_only(self) -> bool:
        """Whether it is there and cannot be written."""
        ...

    def make(self) -> None:
        """Have it there.

        Raises:
            OSError: it cannot be made.
        """

    def make_whole(self) -> None:
        """Go back behind a commit that did not get to the disk whole; callers are the only writer.

        Raises:
            StoreError: there is more damage than that.
        """

    def discard(self) -> None:
        """Remove for good what was set aside when damage was mended: it may hold what was erased."""

    def flush(self) -> None:
        """Have all that is written there for good.

        Raises:
            OSError: it cannot be.
        """

    def epoch(self) -> object:
        """What is another value after each erasure that leaves open files behind; cheap."""
        ...

    def commits(self) -> int:
        """How many versions of the table are kept.

        Raises:
            OSError: they cannot be counted.
        """
        ...

    def size(self) -> int:
        """How many bytes everything takes."""
        ...
