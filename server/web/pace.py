"""How often an owner may ask."""

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


class Pace:
    """Counts the requests of each owner over the last minute, in this process."""

    def __init__(self, per_minute: int | None) -> None:
        """Let so many pass; None for any number."""
        self._limit = RateLimitItemPerMinute(per_minute) if per_minute else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def wait_s(self, owner: str) -> int:
        """Count a request; 0 where it may be made, else the seconds after which the next one may."""
        if self._limit is None or self._limiter.hit(self._limit, owner):
            return 0
        return max(1, math.ceil(self._limiter.get_window_stats(self._limit, owner).reset_time - time.time()))
