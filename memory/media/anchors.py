"""Anchors in the words a reader uses."""

from typing import assert_never

from memory.model import Anchor


def described(anchor: Anchor) -> str:
    """Where a segment lies: `page 3`, `lines 10-24`, `0:04-0:12`; empty for a whole part."""
    match anchor.unit:
        case "whole":
            return ""
        case "characters":
            return f"characters {int(anchor.start)}-{int(anchor.end)}"
        case "lines":
            return f"lines {int(anchor.start)}-{int(anchor.end)}"
        case "page":
            return f"page {int(anchor.start)}"
        case "seconds":
            return f"{_clock(anchor.start)}-{_clock(anchor.end)}"
        case _:
            assert_never(anchor.unit)


def _clock(seconds: float) -> str:
    whole = int(seconds)
    minutes, hours = whole // 60, whole // 3600
    return f"{hours}:{minutes % 60:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
