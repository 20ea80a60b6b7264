"""From what was found, or opened by id, to one result within its budgets."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, assert_never

from mcp_types import CallToolResult

from memory.media.anchors import described
from memory.model import MetadataValue, SearchFilter, Segment
from memory.requests import Hit, Question, Recollection
from server.budget import ELLIPSIS, excerpt, fitted, fitting, lines_cost, room_for_head, shares
from server.media import MediaChoice, contents_of
from server.rendering import (
    NOTICE,
    answer,
    head_lines,
    label,
    listed,
    quoted,
    quoted_cost,
    resource_of,
    room_for_remarks,
)
from server.results import result
from server.warming import Backend

_METADATA_CHARS = 200
"""The length of a metadata value in structured facts."""
_OVERLAP_CHARS = 200
"""What consecutive passages of a page share at most."""


async def recalled(
    backend: Backend, question: Question, max_tokens: int, media: MediaChoice, warnings: Sequence[str]
) -> CallToolResult:
    """Search and show."""
    recollection = await backend.service.recall(question)
    paths = [backend.path_of(hit.medium) if hit.medium else None for hit in recollection.hits]
    shown = answer(recollection, question.query, max_tokens, paths, warnings)
    near = [one.hit.medium for one in shown.shown if _is_near_best(one.hit, recollection)]
    worth_seeing = [medium for medium in near if medium is not None]
    contents, unsent = await contents_of(backend, worth_seeing, media)
    said = [*warnings, *unsent]
    return result(shown.text(said), contents, None if contents else {**shown.facts(), "warnings": said})


def _is_near_best(hit: Hit, recollection: Recollection) -> bool:
    """A thumbnail costs a model hundreds of tokens: not for what hardly matched."""
    best = recollection.hits[0].score
    return hit.score is None or best is None or hit.score >= best / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """One memory within the budget."""

    segments: list[Segment]
    head: list[str]
    text: str
    is_whole: bool

    @property
    def id(self) -> str:
        return self.segments[0].id

    @property
    def has_cut_metadata(self) -> bool:
        return any(_cut(value) != value for value in self.segments[0].metadata.values())


async def opened(
    backend: Backend, filters: SearchFilter, max_tokens: int, media: MediaChoice, warnings: Sequence[str]
) -> CallToolResult:
    """Show memories as whole as fits: as many as there is room for, the first one always."""
    segments = await backend.service.open_memories(filters)
    memories = [list(some) for _, some in groupby(segments, key=lambda segment: segment.id)]
    shown = _cut_to(backend, memories, max_tokens, warnings)
    contents, unsent = await contents_of(backend, [segment for one in shown for segment in one.segments], media)
    notes, said = _remarks(shown, len(memories) - len(shown)), [*warnings, *unsent]
    lines = [NOTICE, *(line for one in shown for line in [*one.head, *quoted(one.text)])]
    text = "\n".join([*lines, *fitted([*notes, *said], max_tokens - lines_cost(lines))])
    facts = {
        "memories": [_facts(backend, one.segments, one.text) for one in shown],
        "notes": notes,
        "warnings": said,
        "notice": NOTICE,
    }
    return result(text, contents, None if contents else facts)


def _cut_to(
    backend: Backend, memories: Sequence[list[Segment]], max_tokens: int, warnings: Sequence[str]
) -> list[_Opened]:
    room = max_tokens - lines_cost([NOTICE]) - room_for_remarks([*_LONGEST_REMARKS, *warnings], max_tokens)
    heads = [heading(backend, some, room_for_head(room)) for some in memories]
    costs = [lines_cost(head) for head in heads]
    texts = [whole_text(some) for some in memories]
    wants = [quoted_cost(text) for text in texts]
    count = fitting(costs, wants, room)
    granted = shares(wants[:count], room - sum(costs[:count]))
    cut = [excerpt(text, "", share, quoted_cost) for text, share in zip(texts, granted, strict=False)]
    return [
        _Opened(segments=some, head=head, text=text, is_whole=text == whole)
        for some, head, text, whole in zip(memories, heads, cut, texts, strict=False)
    ]


def _remarks(shown: Sequence[_Opened], missing: int) -> list[str]:
    short = [one.id for one in shown if not one.is_whole]
    return [
        *([f"{short[0]} is shortened: raise max_tokens or read memory://{short[0]}"] if len(short) == 1 else []),
        *([f"{len(short)} are shortened: raise max_tokens or open fewer at once"] if len(short) > 1 else []),
        *([f"{missing} more ids did not fit: raise max_tokens or open them in another call"] if missing else []),
        *([_METADATA_WAS_CUT] if any(one.has_cut_metadata for one in shown) else []),
    ]


_METADATA_WAS_CUT = f"metadata values are shown up to {_METADATA_CHARS} characters"
_LONGEST_REMARKS = (f"{'m' * 21} is shortened: raise max_tokens or read memory://{'m' * 21}", "x" * 80)


def whole_text(segments: Sequence[Segment]) -> str:
    """Everything a memory says, part by part and in order; what overlapping passages share stands once.

    A text or source file reads as it was, up to trailing white space.
    """
    parts = [_part_text(list(some)).rstrip() for _, some in groupby(segments, key=lambda segment: segment.part)]
    return "\n".join(part for part in parts if part) or ELLIPSIS


def _part_text(segments: Sequence[Segment]) -> str:
    unit = segments[0].anchor.unit
    match unit:
        case "whole" | "lines":
            return "".join(segment.text for segment in segments)
        case "characters":
            return _text_of(segments)
        case "page":
            pages = [list(some) for _, some in groupby(segments, key=lambda segment: segment.anchor)]
            return _under_headings([(some[0], _page_text(some)) for some in pages])
        case "seconds":
            return _under_headings([(segment, segment.text) for segment in segments])
        case _:
            assert_never(unit)


def _text_of(passages: Sequence[Segment]) -> str:
    whole, end = "", 0
    for passage in passages:
        whole += passage.text[max(0, end - int(passage.anchor.start)) :]
        end = int(passage.anchor.end)
    return whole


def _page_text(passages: Sequence[Segment]) -> str:
    """One page; its passages do not tell where in it they lie, so what they share is looked for."""
    texts = [passage.text for passage in passages]
    return texts[0] + "".join(after[_shared(before, after) :] for before, after in pairwise(texts))


def _shared(before: str, after: str) -> int:
    """The length of the longest end of `before` that `after` begins with."""
    return next((n for n in range(min(_OVERLAP_CHARS, len(after)), 0, -1) if before.endswith(after[:n])), 0)


def _under_headings(said: Sequence[tuple[Segment, str]]) -> str:
    return "\n".join(f"[{described(first.anchor)}]\n{text.rstrip()}" for first, text in said if text.strip())


def heading(backend: Backend, segments: Sequence[Segment], room: int = sys.maxsize) -> list[str]:
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
        "namespace": f"namespace {label(first.namespace)}" if first.namespace != "default" else "",
        "session": f"session {label(first.session)}" if first.session else "",
        "replaces": f"replaces {first.replaces}" if first.replaces else "",
        "replaced": f"replaced by {first.superseded_by}" if first.superseded_by else "",
        "expires": f"expires {first.expires_at:%Y-%m-%d %H:%M} UTC" if first.expires_at else "",
        "medium": listed(facts["media"], "\n"),
    }
    return head_lines(said, room)


def _facts(backend: Backend, segments: Sequence[Segment], text: str) -> dict[str, Any]:
    first = segments[0]
    media = {one.media: str(backend.path_of(one) or resource_of(one)) for one in segments if one.media}
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
