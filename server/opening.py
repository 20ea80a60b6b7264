"""Memories opened by id: as much as fits, where it goes on, and their pictures and clips."""

import sys
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from mcp_types import CallToolResult

from memory.media.anchors import described
from memory.model import DEFAULT_NAMESPACE, SearchFilter, Segment
from memory.pieces import Anchor, MetadataValue
from memory.requests import Extract, Opened
from server.budget import ELLIPSIS, excerpt, fitted, fitting, lines_cost, room_for_head, shares
from server.media import OPENED_PX, MediaChoice, Sight, contents_of
from server.rendering import (
    NOTICE,
    head_lines,
    label,
    listed,
    piece_of,
    quoted,
    quoted_cost,
    resource_of,
    room_for_remarks,
    sight_of,
    still_read,
)
from server.results import result
from server.warming import Backend

_METADATA_CHARS = 200
"""The length of a metadata value in structured facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """One memory within the budget.

    Attributes:
        segments: those of which something is shown.
        goes_on: the number of the piece with which to go on; None where all was shown.
    """

    extract: Extract
    head: list[str]
    text: str
    segments: Sequence[Segment]
    goes_on: int | None

    def remarks(self) -> list[str]:
        """What a reader must know of it."""
        first = self.segments[0]
        cut = any(_cut(value) != value for value in first.metadata.values())
        return [
            *([] if self.goes_on is None else [_goes_on(self.extract, self.goes_on)]),
            *(still_read(segment) for segment in self.segments if segment.unread),
            *(label(remark, 300) for segment in self.segments for remark in segment.remarks),
            *([f"metadata values are shown up to {_METADATA_CHARS} characters"] if cut else []),
        ]


async def opened(
    backend: Backend,
    filters: SearchFilter,
    extracts: Sequence[Extract],
    *,
    max_tokens: int,
    media: MediaChoice,
    warnings: Sequence[str],
) -> CallToolResult:
    """Show memories as whole as fits: as many as there is room for, the first one always."""
    memories = await backend.service.open_memories(filters, extracts)
    clips = [await _clip(backend, one) for one in memories]
    shown = _cut_to(backend, memories, clips, max_tokens, warnings)
    sights = [Sight(segment=segment) for one in memories[: len(shown)] for segment in one.segments]
    contents, unsent = await contents_of(backend, sights, media, OPENED_PX)
    missing = len(memories) - len(shown)
    more = [f"{missing} more ids did not fit: raise max_tokens or open them in another call"] if missing else []
    notes, said = [*(remark for one in shown for remark in one.remarks()), *more], [*warnings, *unsent]
    lines = [NOTICE, *(line for one in shown for line in [*one.head, *quoted(one.text)])]
    text = "\n".join([*lines, *fitted([*notes, *said], max_tokens - lines_cost(lines))])
    facts = {
        "memories": [_facts(backend, one.segments, one.text) for one in shown],
        "notes": notes,
        "warnings": said,
        "notice": NOTICE,
    }
    seen = [next((one for one in memory.segments if one.media), None) for memory in shown]
    return result(text, contents, facts, seen)


async def _clip(backend: Backend, memory: Opened) -> str:
    """Where the seconds lie that were opened by their number; empty for anything else."""
    first = memory.segments[0]
    if memory.extract.last != first.index or first.anchor.unit != "seconds":
        return ""
    clip = await backend.service.views.clip(first)
    place = str(clip.path) if clip and backend.shows_paths else sight_of(first)
    return f"clip of {described(first.anchor)}: {place}" if clip else ""


def _cut_to(
    backend: Backend, memories: Sequence[Opened], clips: Sequence[str], max_tokens: int, warnings: Sequence[str]
) -> list[_Shown]:
    remarks = [_goes_on(memories[0].extract, 10**6), "x" * 80, *warnings]
    room = max_tokens - lines_cost([NOTICE]) - room_for_remarks(remarks, max_tokens)
    heads = [
        heading(backend, one.segments, room_for_head(room, len(memories)), clip)
        for one, clip in zip(memories, clips, strict=True)
    ]
    costs = [lines_cost(head) for head in heads]
    wants = [quoted_cost(whole_text(one.segments)) for one in memories]
    count = fitting(costs, wants, room)
    granted = shares(wants[:count], room - sum(costs[:count]))
    return [_within(one, head, share) for one, head, share in zip(memories, heads, granted, strict=False)]


def _within(memory: Opened, head: list[str], share: int) -> _Shown:
    """As many whole segments as the share allows, and at least some of the first one."""
    segments = memory.segments
    counts = range(1, len(segments) + 1)
    count = bisect_right(counts, share, key=lambda n: quoted_cost(whole_text(segments[:n]))) or 1
    whole = whole_text(segments[:count])
    text = excerpt(whole, "", share, quoted_cost)
    following = segments[count].index if count < len(segments) else segments[-1].index + 1
    is_all = count == len(segments) and not memory.is_cut
    goes_on = None if is_all and text == whole else segments[0].index if text != whole else following
    return _Shown(extract=memory.extract, head=head, text=text, segments=segments[:count], goes_on=goes_on)


def _goes_on(extract: Extract, number: int) -> str:
    """How to read on: from a piece to the end of what was asked for."""
    if number == extract.first:
        return f"{piece_of(extract.id, number)} is shortened: raise max_tokens"
    end = "" if extract.last is None else extract.last
    return f'{extract.id} goes on: ids=["{piece_of(extract.id, number)}-{end}"], or raise max_tokens'


def whole_text(segments: Sequence[Segment]) -> str:
    """All that segments say, part by part and in order; what overlapping passages share stands once.

    A text or source file reads as it was, up to trailing white space.
    """
    parts = [list(some) for _, some in groupby(segments, key=lambda segment: segment.part)]
    files = {segment.part for segment in segments if segment.media}
    said = [_named(some, _part_text(some).rstrip(), is_one_of_many=len(files) > 1) for some in parts]
    return "\n".join(part for part in said if part) or ELLIPSIS


def _named(segments: Sequence[Segment], text: str, *, is_one_of_many: bool) -> str:
    """A part's text, under its file's name where there are several."""
    return f"[{segments[0].name}]\n{text}" if text and segments[0].name and is_one_of_many else text


def _part_text(segments: Sequence[Segment]) -> str:
    match segments[0].anchor.unit:
        case "whole" | "region":
            return "\n".join(segment.text for segment in segments)
        case "lines":
            return "".join(segment.text for segment in segments)
        case "characters":
            return _joined([(int(one.anchor.start), one.text) for one in segments])
        case _:
            places = [list(some) for _, some in groupby(segments, key=lambda one: _place(one.anchor))]
            said = [(some[0].anchor, _joined([(one.anchor.offset, one.text) for one in some])) for some in places]
            return "\n".join(f"[{_titled(anchor)}]\n{text.rstrip()}" for anchor, text in said if text.strip())


def _joined(passages: Sequence[tuple[int, str]]) -> str:
    """Passages by where they begin, without what they share."""
    whole, end = "", 0
    for start, text in passages:
        whole += text[max(0, end - start) :] if whole else text
        end = start + len(text)
    return whole


def _place(anchor: Anchor) -> tuple[str, float, float]:
    return (anchor.unit, anchor.start, anchor.end)


def _titled(anchor: Anchor) -> str:
    return " · ".join(part for part in (described(anchor), anchor.heading) if part)


def heading(backend: Backend, segments: Sequence[Segment], room: int = sys.maxsize, clip: str = "") -> list[str]:
    """What is known about a memory besides what it says, and where its media lie."""
    facts, first = _facts(backend, segments, ""), segments[0]
    pairs = [f"{label(key)}={label(str(value))}" for key, value in first.metadata.items()]
    said = {
        "id": first.id,
        "title": label(first.title) if first.title else "",
        "modalities": "+".join(facts["modalities"]),
        "when": f"{first.occurred_at:%Y-%m-%d %H:%M} UTC",
        "tags": f"tags {listed(list(map(label, first.tags)))}" if first.tags else "",
        "metadata": listed(pairs, " · "),
        "namespace": f"namespace {label(first.namespace)}" if first.namespace != DEFAULT_NAMESPACE else "",
        "session": f"session {label(first.session)}" if first.session else "",
        "replaces": f"replaces {first.replaces}" if first.replaces else "",
        "replaced": f"replaced by {first.superseded_by}" if first.superseded_by else "",
        "expires": f"expires {first.expires_at:%Y-%m-%d %H:%M} UTC" if first.expires_at else "",
        "medium": listed([*facts["media"], *([clip] if clip else [])], "\n"),
    }
    return head_lines(said, room)


def _facts(backend: Backend, segments: Sequence[Segment], text: str) -> dict[str, Any]:
    first = segments[0]
    media = {one.media: backend.place_of(one, is_whole=True) or resource_of(one) for one in segments if one.media}
    return {
        "id": first.id,
        "title": first.title,
        "modalities": list(dict.fromkeys(str(one.modality) for one in segments)),
        "when": f"{first.occurred_at:%Y-%m-%dT%H:%M:%SZ}",
        "tags": list(first.tags),
        "metadata": {key: _cut(value) for key, value in first.metadata.items()},
        "namespace": first.namespace,
        "session": first.session,
        "sources": list(dict.fromkeys(one.source for one in segments if one.source)),
        "media": list(media.values()),
        "replaces": first.replaces,
        "superseded_by": first.superseded_by,
        "text": text,
    }


def _cut(value: MetadataValue) -> MetadataValue:
    if isinstance(value, str) and len(value) > _METADATA_CHARS:
        return value[: _METADATA_CHARS - 1] + ELLIPSIS
    return value
