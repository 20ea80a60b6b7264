"""What remember and forget answer: the same facts as text and as structured content."""

from collections.abc import Sequence
from typing import Any, Final, Literal

from mcp_types import CallToolResult, ContentBlock, TextContent
from pydantic import BaseModel

from memory.model import Receipt, Segment
from memory.requests import Proposal, Remembered
from server.rendering import counted, label, sight_of

GALLERY: Final = "sensorium/gallery"
"""The key in a result's `_meta` of what the gallery shows."""


class RememberResult(BaseModel):
    """What became of a remember."""

    id: str
    status: Literal["stored", "duplicate"]
    state: Literal["ready", "pending"]
    modalities: list[str]
    segments: int
    similar: list[dict[str, str | float]]
    warnings: list[str]


class ForgetResult(BaseModel):
    """What a forget took, or would take."""

    status: Literal["forgotten", "confirm"]
    memories: int
    segments: int = 0
    bytes: int = 0
    erased: bool = False
    detail: str
    confirm: str = ""
    samples: list[str] = []


def remembered(done: Remembered, ignored: Sequence[str]) -> CallToolResult:
    """What became of a remembrance."""
    warnings = [*done.warnings, *ignored]
    facts = RememberResult(
        id=done.id,
        status=done.status,
        state=done.state.value,
        modalities=list(map(str, done.modalities)),
        segments=done.segments,
        similar=[{"id": one.id, "preview": one.preview, "score": round(one.score, 2)} for one in done.similar],
        warnings=warnings,
    )
    kinds = ", ".join(facts.modalities)
    lines = [
        f"{done.status} {done.id} ({kinds}; {counted(done.segments, 'piece')}, {done.state.value})",
        *(f"similar: {one.id} {label(one.preview)} ({one.score:.2f})" for one in done.similar),
        *(f"warning: {warning}" for warning in warnings),
    ]
    return result("\n".join(lines), [], facts.model_dump())


def forgotten(receipt: Receipt) -> CallToolResult:
    """The receipt of an erasure."""
    facts = ForgetResult(
        status="forgotten",
        memories=len(receipt.memories),
        segments=receipt.segments,
        bytes=receipt.size_bytes,
        erased=receipt.erased,
        detail=receipt.detail,
    )
    memories, pieces = counted(facts.memories, "memory", "memories"), counted(facts.segments, "piece")
    head = f"forgotten: {memories}, {pieces}, {facts.bytes:,} bytes; {facts.detail}"
    return result(head, [], facts.model_dump())


def proposed(proposal: Proposal) -> CallToolResult:
    """What would go, and the code to say yes with."""
    samples = [
        f"{one.id} · {one.modality} · {one.occurred_at:%Y-%m-%d} · {label((one.title or one.text)[:80])}"
        for one in proposal.samples
    ]
    detail = (
        "nothing was forgotten yet; to go on, repeat the call with confirm set to the code"
        if proposal.count
        else "nothing matches these filters"
    )
    facts = ForgetResult(
        status="confirm",
        memories=proposal.count,
        detail=detail,
        confirm=proposal.code if proposal.count else "",
        samples=samples,
    )
    code = f": confirm={facts.confirm}" if facts.confirm else ""
    head = f"would forget {counted(proposal.count, 'memory', 'memories')}; {detail}{code}"
    return result("\n".join([head, *samples]), [], facts.model_dump())


def result(
    text: str, media: Sequence[ContentBlock], facts: dict[str, Any], seen: Sequence[Segment | None] = ()
) -> CallToolResult:
    """One text block, then media; structured facts only where there are no media.

    Hosts that read structured content drop the pictures beside it. For the gallery the facts then stand in `_meta`,
    which no model reads, with the address of what is seen of each thing, or "".
    """
    sights = [sight_of(one) if one else "" for one in seen]
    shown = {"sights": sights, **({"facts": facts} if media else {})}
    return CallToolResult(
        content=[TextContent(type="text", text=text), *media],
        structured_content=None if media else facts,
        _meta={GALLERY: shown} if seen else None,
    )
