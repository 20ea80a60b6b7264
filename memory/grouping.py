"""From segments in their order to memories in theirs: one group a memory, near-identical ones together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from memory.model import Segment, SegmentKey
from memory.ranking import Scored
from memory.terms import terms

SAME_WORDS = 0.9
"""The share of their words that two texts must have in common to be taken for the same one."""
SAME_LOOK_BITS = 6
"""In how many bits of their looks two pictures may differ to be taken for the same one."""


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
    """The groups, each that is nearly the same as an earlier one put under that one.

    Groups whose best segment is not among `segments` stay as they are.
    """
    kept: dict[SegmentKey, Group] = {}
    for group in groups:
        segment = segments.get(group.best.key)
        first = next((key for key in kept if segment and key in segments and alike(segments[key], segment)), None)
        if first is None:
            kept[group.best.key] = group
        else:
            kept[first] = Group(kept[first].scored, (*kept[first].same, group.best.key[0]))
    return list(kept.values())


def alike(one: Segment, other: Segment) -> bool:
    """Whether a person would call two segments the same: they hardly differ in what they say, nor in how they look.

    What has other numbers in it is never the same, however alike: a date or a price may be the point.
    """
    if one.modality is not other.modality or one.is_picture != other.is_picture:
        return False
    if one.is_picture and not _look_alike(one.look, other.look):
        return False
    ours, theirs = set(terms(one.text)), set(terms(other.text))
    if _numbers(ours) != _numbers(theirs) or not (ours or one.is_picture):
        return False
    return len(ours & theirs) >= SAME_WORDS * len(ours | theirs)


def _look_alike(one: bytes | None, other: bytes | None) -> bool:
    if one is None or other is None:
        return False
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count() <= SAME_LOOK_BITS


def _numbers(words: set[str]) -> set[str]:
    return {word for word in words if any(character.isdigit() for character in word)}
