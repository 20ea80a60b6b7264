"""Lets a client do only so much in a while: a token bucket for each key."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


class ThrottledError(Exception):
    """Raised when the bucket is empty; `wait_s` says how long to hold back."""

    def __init__(self, key: str, wait_s: float) -> None:
        super().__init__(f"{key!r} is over its rate, wait {wait_s:.1f} s")
        self.key = key
        self.wait_s = wait_s


@dataclass
class TokenBucket:
    """Holds up to `capacity` tokens and gains `rate` of them a second."""

    rate: float
    capacity: float
    tokens: float
    updated: float

    def refill(self, now: float) -> None:
        """Add what has dripped in since the last look, never above the brim."""
        gained = (now - self.updated) * self.rate
        self.tokens = min(self.capacity, self.tokens + gained)
        self.updated = now

    def seconds_until(self, wanted: float) -> float:
        """How long until `wanted` tokens are there, 0.0 if they are already."""
        return max(0.0, (wanted - self.tokens) / self.rate)

    def take(self, wanted: float, now: float) -> bool:
        """Remove `wanted` tokens if there are enough, or leave the bucket as it is."""
        self.refill(now)
        if self.tokens < wanted:
            return False
        self.tokens -= wanted
        return True


@dataclass
class Limiter:
    """One bucket a key, made on first use and dropped once it is full and idle."""

    rate: float = 5.0
    burst: float = 20.0
    clock: Callable[[], float] = time.monotonic
    buckets: dict[str, TokenBucket] = field(default_factory=dict)

    def admit(self, key: str, cost: float = 1.0) -> None:
        """Let the call through, or raise ThrottledError with the seconds to wait."""
        now = self.clock()
        bucket = self.buckets.setdefault(key, TokenBucket(self.rate, self.burst, self.burst, now))
        if not bucket.take(cost, now):
            raise ThrottledError(key, bucket.seconds_until(cost))

    def sweep(self, idle_s: float = 600.0) -> int:
        """Forget the keys nobody has used for `idle_s`; returns how many went."""
        now = self.clock()
        stale = [key for key, bucket in self.buckets.items() if now - bucket.updated > idle_s]
        for key in stale:
            del self.buckets[key]
        return len(stale)
