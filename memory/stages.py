"""Where the time of a call goes: stages as OpenTelemetry spans, and as laps for whoever counts them."""

import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from opentelemetry import trace

Stage = Literal["read", "embed", "search", "rank", "write"]

_tracer = trace.get_tracer("sensorium")
_laps: ContextVar[dict[Stage, float] | None] = ContextVar("_laps", default=None)


@contextmanager
def timed() -> Generator[Mapping[Stage, float]]:
    """Seconds by stage of everything that is called within the block, tasks begun in it included."""
    laps: dict[Stage, float] = {}
    token = _laps.set(laps)
    try:
        yield laps
    finally:
        _laps.reset(token)


@contextmanager
def stage(name: Stage) -> Generator[None]:
    """A stage of a call: a child span `sensorium.<name>` of the span that is current, and a lap."""
    began = time.perf_counter()
    try:
        with _tracer.start_as_current_span(f"sensorium.{name}"):
            yield
    finally:
        laps = _laps.get()
        if laps is not None:
            laps[name] = laps.get(name, 0.0) + time.perf_counter() - began
