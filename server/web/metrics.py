"""What the server counts, as Prometheus reads it."""

import time
from collections.abc import Mapping
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp_types import CallToolResult
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from memory.errors import SensoriumError
from memory.requests import Backlog
from memory.stages import timed
from memory.usage import Spending
from server.warming import Warming

TOOL_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_TOOLS = ("remember", "recall", "forget")


class Metrics:
    """Counts of one server; nothing in them names an owner or says what is remembered."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._calls = Counter("sensorium_tool_calls", "Tool calls.", ["tool", "outcome"], registry=registry)
        self._seconds = Histogram(
            "sensorium_tool_seconds", "How long tool calls took.", ["tool"], buckets=TOOL_BUCKETS, registry=registry
        )
        self._stages = Histogram(
            "sensorium_stage_seconds",
            "How long the stages of tool calls took.",
            ["tool", "stage"],
            buckets=TOOL_BUCKETS,
            registry=registry,
        )
        self._requests = Counter(
            "sensorium_http_requests", "Requests answered.", ["route", "method", "status"], registry=registry
        )
        self._up = Gauge("sensorium_ready", "1 while the memory is open.", registry=registry)
        self._backlog = Gauge("sensorium_backlog", "What is still to be done, by kind.", ["kind"], registry=registry)
        self._tokens = Gauge(
            "sensorium_embedding_tokens", "Tokens ever embedded for money.", ["modality"], registry=registry
        )
        self._dollars = Gauge("sensorium_embedding_dollars", "What embedding ever cost.", registry=registry)

    async def count_calls(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Middleware of the MCP server: every tool call is counted and timed, whatever becomes of it."""
        name = str((ctx.params or {}).get("name")) if ctx.method == "tools/call" else ""
        if name not in _TOOLS:
            return await call_next(ctx)
        began, outcome = time.perf_counter(), "failed"
        with timed() as laps:
            try:
                result = await call_next(ctx)
                outcome = "refused" if _is_error(result) else "done"
                return result
            finally:
                self._calls.labels(name, outcome).inc()
                self._seconds.labels(name).observe(time.perf_counter() - began)
                for stage, seconds in laps.items():
                    self._stages.labels(name, stage).observe(seconds)

    def count_request(self, route: str, method: str, status: int) -> None:
        """An HTTP request was answered; `route` is its pattern, so that ids do not multiply."""
        self._requests.labels(route, method, str(status)).inc()

    async def endpoint(self, memory: Warming, _: Request) -> Response:
        """All of it, with what is still to be done read from the memory now."""
        backend = memory.backend
        self._up.set(0 if backend is None else 1)
        if backend is not None:
            try:
                self._tell(await backend.service.backlog(), await backend.service.embedding.spending())
            except SensoriumError:
                self._up.set(0)
        return Response(generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _tell(self, backlog: Backlog, spending: Spending | None) -> None:
        kinds: Mapping[str, int] = {
            "unread_files": backlog.unread,
            "pending_pieces": backlog.pending,
            "failed_pieces": backlog.failed,
        }
        for kind, count in kinds.items():
            self._backlog.labels(kind).set(count)
        if spending is not None:
            self._dollars.set(spending.ever.all_dollars)
            for modality, tokens in spending.ever.tokens.items():
                self._tokens.labels(str(modality)).set(tokens)


def _is_error(result: HandlerResult) -> bool:
    if isinstance(result, CallToolResult):
        return bool(result.is_error)
    return isinstance(result, Mapping) and bool(result.get("isError"))
