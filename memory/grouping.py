"""From segments in their order to memories in theirs: one group a memory, those that say or show the same together."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from memory.model import Segment, SegmentKey
from memory.ranking import Scored

SAME_WORDS = 0.9
"""The share of the words read in them that two pictures must have in common to be taken for the same one."""
SAME_LOOK_BITS = 6
"""In how many bits of their looks two pictures may differ to be taken for the same one."""
_ENDS = ".,;:!?\u2026\"'()[]\u201c\u201d\u2018\u2019\u3002\uff0c"
"""What may stand at a word without changing it."""


@dataclass(frozen=True, slots=True)
class Group:
    """A memory that was found.

    Attributes:
        scored: its segments that were found, best first.
        same: other memories whose best segment says or shows nearly the same, which follow it.
    """

    scored: tuple[Scored, ...]
    same: tuple[str, ...] = ()

    @property
    def best(self) -> Scored:
        """The segment that stands for the memory."""
        return self.scored[0]


def by_memory(scored: Sequence[Scored]) -> list[Group]:
    """A group for each memory, in the order of their best segments."""
    groups: dict[str, list[Scored]] = {}
    for one in scored:
        groups.setdefault(one.key[0], []).append(one)
    return [Group(tuple(some)) for some in groups.values()]


def collapsed(groups: Sequence[Group], segments: Mapping[SegmentKey, Segment]) -> list[Group]:
    """The groups, each that says or shows the same as an earlier one put under that one.

    The same are texts of one day, title and namespace whose words are the same in the same order,
    whatever their case and what ends a sentence; and pictures of one namespace that look the same and
    in which nearly the same words were read, none with another number. Groups whose best segment is
    not among `segments` stay as they are.
    """
    kept: list[Group] = []
    texts: dict[Hashable, int] = {}
    pictures: list[tuple[int, _Picture]] = []
    for group in groups:
        segment = segments.get(group.best.key)
        first = _first(segment, texts, pictures, len(kept)) if segment else None
        if first is None:
            kept.append(group)
        else:
            kept[first] = Group(kept[first].scored, (*kept[first].same, group.best.key[0]))
    return kept


@dataclass(frozen=True, slots=True)
class _Picture:
    """What a picture is known by."""

    namespace: str
    look: int
    words: frozenset[str]

    def is_same(self, other: "_Picture") -> bool:
        """Whether a person would call both the same picture."""
        if self.namespace != other.namespace or (self.look ^ other.look).bit_count() > SAME_LOOK_BITS:
            return False
        if _numbers(self.words) != _numbers(other.words):
            return False
        return len(self.words & other.words) >= SAME_WORDS * len(self.words | other.words)


def _first(
    segment: Segment, texts: dict[Hashable, int], pictures: list[tuple[int, _Picture]], place: int
) -> int | None:
    """Where the first of the same is; where there is none, this one is noted as the first."""
    if segment.is_picture:
        if segment.look is None:
            return None
        picture = _Picture(segment.namespace, int.from_bytes(segment.look), frozenset(_words(segment.text)))
        found = next((where for where, other in pictures if other.is_same(picture)), None)
        if found is None:
            pictures.append((place, picture))
        return found
    if not segment.text:
        return None
    day = segment.occurred_at.date()
    known = texts.setdefault((segment.namespace, segment.title, day, segment.modality, _words(segment.text)), place)
    return None if known == place else known


def _words(text: str) -> tuple[str, ...]:
    """The words in their order, without case and without what ends a sentence."""
    bare = (word.strip(_ENDS) for word in text.casefold().split())
    return tuple(word for word in bare if word)


def _numbers(words: frozenset[str]) -> set[str]:
    return {word for word in words if any(character.isdigit() for character in word)}
