"""The clock, and when not to believe it: what expires by a wrong clock would be gone for good."""

import json
from datetime import datetime, timedelta
from pathlib import Path

from memory.store.marks import is_news

LEAP = timedelta(days=1)
"""How far the clock may be ahead of when it was last looked at; a machine that was off is ahead, too."""
PROBATION = timedelta(hours=1)
"""How long a clock that leapt must go on before it is believed; time services mend a wrong one in minutes."""
_NOTED = timedelta(minutes=10)
"""How often it is noted what the clock said."""


def is_believed(mark: Path, now: datetime) -> bool:
    """Whether things may expire by what the clock says; notes that it was looked at.

    Args:
        mark: the file in which that is noted, for all processes; one that cannot be read was never written.
        now: what the clock says.
    """
    seen, leapt = _noted(mark)
    if seen is None or now < seen:  # never looked at; or set back, and so mended
        _note(mark, now, None)
        return True
    if now - seen > LEAP:
        leapt = now
    if leapt is not None and now - leapt >= PROBATION:
        leapt = None
    if leapt is not None or now - seen > _NOTED:
        _note(mark, now, leapt)
    return leapt is None


def _noted(mark: Path) -> tuple[datetime | None, datetime | None]:
    """When the clock was looked at last, and since when it is doubted."""
    try:
        facts = json.loads(mark.read_text("utf-8"))
        return datetime.fromisoformat(facts["seen"]), facts["leapt"] and datetime.fromisoformat(facts["leapt"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None, None


def _note(mark: Path, seen: datetime, leapt: datetime | None) -> None:
    is_news(mark, json.dumps({"seen": seen.isoformat(), "leapt": leapt and leapt.isoformat()}))
