"""The clock, and when not to believe it: what expires by a wrong clock would be gone for good."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from memory.store.marks import Marks, is_news

LEAP = timedelta(days=1)
"""How far the clock may be ahead of when it was last looked at; a machine that was off is ahead, too."""
PROBATION = timedelta(hours=1)
"""How long a clock that leapt must be seen to go on before it is believed; time services mend it in minutes."""
_MARK = "clock"
LOOK = timedelta(minutes=10)
"""How often it is noted what the clock said; what passes between two looks further apart was not seen."""


@dataclass(frozen=True, slots=True)
class _Note:
    """What was noted of the clock.

    Attributes:
        seen: what it said when it was looked at last.
        doubted_s: how long it must still be seen to go on; 0 where it is believed.
    """

    seen: datetime
    doubted_s: float = 0.0


def is_believed(marks: Marks, now: datetime) -> bool:
    """Whether things may expire by what the clock says; notes that it was looked at.

    Args:
        marks: where that is noted, for all processes; a note that cannot be read was never written.
        now: what the clock says.

    Raises:
        OSError: it cannot be noted.
    """
    noted = _noted(marks)
    after = _Note(now) if noted is None or now < noted.seen - LOOK else _after(noted, now)  # set back: mended
    if noted is None or after.doubted_s != noted.doubted_s or abs(now - noted.seen) > LOOK:
        is_news(marks, _MARK, json.dumps({"seen": after.seen.isoformat(), "doubted_s": after.doubted_s}))
    return not after.doubted_s


def _after(noted: _Note, now: datetime) -> _Note:
    passed = now - noted.seen
    if passed > LEAP:
        return _Note(now, noted.doubted_s or PROBATION.total_seconds())
    seen_s = max(0.0, passed.total_seconds()) if passed <= 2 * LOOK else 0.0
    return _Note(now, max(0.0, noted.doubted_s - seen_s))


def _noted(marks: Marks) -> _Note | None:
    try:
        facts = json.loads(marks.text(_MARK) or "")
        seen = datetime.fromisoformat(facts["seen"])
        return _Note(seen, float(facts["doubted_s"])) if seen.tzinfo else None
    except (ValueError, KeyError, TypeError):
        return None
