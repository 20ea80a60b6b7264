"""From what was found to one result within its budgets."""

from collections.abc import Sequence

from mcp_types import CallToolResult

from memory.requests import Hit, Question, Recollection
from server.media import MediaChoice, Sight, contents_of
from server.rendering import answer
from server.results import result
from server.warming import Backend


async def recalled(
    backend: Backend, question: Question, max_tokens: int, media: MediaChoice, warnings: Sequence[str]
) -> CallToolResult:
    """Search and show."""
    recollection = await backend.service.recall(question)
    warned = [*warnings, *_without_links(backend, media)]
    places = [backend.place_of(hit.medium) if hit.medium else "" for hit in recollection.hits]
    shown = answer(recollection, question.query, max_tokens, places, warned)
    near = [_sight(one.hit) for one in shown.shown if _is_near_best(one.hit, recollection)]
    contents, unsent = await contents_of(backend, [sight for sight in near if sight], media)
    said = [*warned, *unsent]
    seen = [one.hit.medium for one in shown.shown]
    return result(shown.text(said), contents, {**shown.facts(), "warnings": said}, seen)


def _without_links(backend: Backend, media: MediaChoice) -> list[str]:
    is_in_vain = media == "links" and backend.links is None
    return ["links are given by a server over HTTP; here media lie where `medium` says"] if is_in_vain else []


def _sight(hit: Hit) -> Sight | None:
    """What of a hit is seen: the segment itself, around the lines that matched, or what its note came with."""
    if hit.medium is None:
        return None
    return Sight(segment=hit.medium, lines=hit.lines if hit.medium.key == hit.segment.key else ())


def _is_near_best(hit: Hit, recollection: Recollection) -> bool:
    """A thumbnail costs a model hundreds of tokens: not for what hardly matched."""
    best = recollection.hits[0].score
    return hit.score is None or best is None or hit.score >= best / 2
