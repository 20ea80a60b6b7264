"""What a presentation is to its reader, whatever its format."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Slide:
    """One slide.

    Attributes:
        title: empty where it has none.
        text: all it says: title first, then texts, tables and alternative texts, notes last.
        pictures: names of its pictures' entries in the package.
    """

    title: str
    text: str
    pictures: Sequence[str]


class Deck(Protocol):
    """A presentation's slides in order, each read when it is asked for."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> Slide: ...
