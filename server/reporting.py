"""The memory's status: as lines a person reads, and as facts for programs."""

from dataclasses import asdict
from typing import Any

from memory.model import Segment
from memory.requests import Status
from server.costs import spending_facts, spending_lines
from server.rendering import still_read


def report(status: Status, *, shows_paths: bool) -> str:
    """What is stored, how it is searched, what reads what, and what is wrong.

    Without `shows_paths` it does not say where the store lies: that is for readers on this machine.
    """
    segments = ", ".join(f"{count} {modality}" for modality, count in status.segments.items()) or "none"
    text = "\n".join(
        [
            f"memories: {status.memories} (pieces: {segments})",
            f"pending: {status.pending} pieces wait for their vectors" if status.pending else "pending: none",
            *(still_read(segment) for segment in status.unread),
            *([f"failed: {status.failed} pieces could not be embedded"] if status.failed else []),
            f"embedder: {status.embedder}",
            f"vectors kept in: {', '.join(status.spaces) or 'no space'}",
            *(f"{one.kind}: {one.detail}" for one in status.reads),
            f"held: {status.bytes:,} bytes",
            *spending_lines(status.spending),
            *([f"store: {status.home}"] if shows_paths else []),
            *([f"upkeep stopped: {status.trouble}"] if status.trouble else []),
        ]
    )
    # What went wrong may name the folder, too.
    return text if shows_paths else text.replace(str(status.home), "the store")


def facts(status: Status, *, shows_paths: bool) -> dict[str, Any]:
    """The same for a program."""
    plain = {name: getattr(status, name) for name in ("memories", "pending", "failed", "bytes", "embedder")}
    return {
        **plain,
        **({"home": str(status.home)} if shows_paths else {}),
        "pieces": {str(modality): count for modality, count in status.segments.items()},
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
        "trouble": status.trouble if shows_paths else status.trouble.replace(str(status.home), "the store"),
    }


def progress_of(segment: Segment) -> tuple[float, float]:
    """How much of a file is read, and how much there is."""
    progress = segment.unread.progress if segment.unread else None
    return (progress.done, progress.total) if progress else (0.0, 0.0)
