"""The memory's status: as lines a person reads, and as facts for programs."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from rich.filesize import decimal

from memory.model import Amount, Holdings, Segment
from memory.requests import Status
from server.costs import spending_facts, spending_lines
from server.rendering import still_read

Named = TypeVar("Named", bound=str)

_LISTED = 20
"""Namespaces that are named; a program is told all."""


def report(status: Status, *, shows_paths: bool) -> str:
    """What is stored, how it is searched, what reads what, and what is wrong.

    Without `shows_paths` it does not say where the store lies: that is for readers on this machine.
    """
    held = status.holdings
    segments = ", ".join(f"{part.pieces} {modality}" for modality, part in held.modalities.items()) or "none"
    text = "\n".join(
        [
            f"memories: {held.total.memories} (pieces: {segments})",
            *([f"namespaces: {_namespaces(held)}"] if held.namespaces else []),
            f"pending: {status.pending} pieces wait for their vectors" if status.pending else "pending: none",
            *(still_read(segment) for segment in status.unread),
            *([f"failed: {status.failed} pieces could not be embedded"] if status.failed else []),
            f"embedder: {status.embedder}",
            f"vectors kept in: {', '.join(status.spaces) or 'no space'}",
            *(f"{one.kind}: {one.detail}" for one in status.reads),
            f"held: {decimal(held.total.bytes)}{_on_disk(status) if shows_paths else ''}",
            *spending_lines(status.spending),
            *([f"store: {status.place}"] if shows_paths else []),
            *([f"upkeep stopped: {status.trouble}"] if status.trouble else []),
        ]
    )
    return text if shows_paths else _without_places(text, status)


def facts(status: Status, *, shows_paths: bool) -> dict[str, Any]:
    """The same for a program."""
    held = status.holdings
    return {
        "memories": held.total.memories,
        "bytes": held.total.bytes,
        **{name: getattr(status, name) for name in ("pending", "failed", "embedder")},
        **({"home": str(status.home), "store": status.place, "disk_bytes": status.disk_bytes} if shows_paths else {}),
        "pieces": {str(modality): part.pieces for modality, part in held.modalities.items()},
        "modalities": {str(modality): asdict(part) for modality, part in held.modalities.items()},
        "namespaces": {name: asdict(part) for name, part in held.namespaces.items()},
        "reading": [
            {
                "id": one.id,
                "name": one.name,
                "title": one.title,
                "done": progress_of(one)[0],
                "total": progress_of(one)[1],
            }
            for one in status.unread
        ],
        "spaces": list(status.spaces),
        "reads": [asdict(one) for one in status.reads],
        "spending": spending_facts(status.spending),
        "trouble": status.trouble if shows_paths else _without_places(status.trouble, status),
    }


def _without_places(text: str, status: Status) -> str:
    """What went wrong may name the folder, or the bucket."""
    return text.replace(status.place, "the store").replace(str(status.home), "the store")


def by_size(parts: Mapping[Named, Amount]) -> list[tuple[str, Amount]]:
    """The parts with the most memories first."""
    return sorted(parts.items(), key=lambda one: (-one[1].memories, one[0]))


def progress_of(segment: Segment) -> tuple[float, float]:
    """How much of a file is read, and how much there is."""
    progress = segment.unread.progress if segment.unread else None
    return (progress.done, progress.total) if progress else (0.0, 0.0)


def _namespaces(held: Holdings) -> str:
    named = [f"{name!r} {part.memories}" for name, part in by_size(held.namespaces)]
    more = [f"{len(named) - _LISTED} more"] if len(named) > _LISTED else []
    return ", ".join([*named[:_LISTED], *more])


def _on_disk(status: Status) -> str:
    return f" in texts and files; {decimal(status.disk_bytes)} in the store with vectors, indexes and all owners"
