"""Whether the process lives, and whether the memory can be used."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from memory.errors import SensoriumError
from server.warming import Warming


async def healthz(_: Request) -> JSONResponse:
    """The process answers; whether the memory is open is another question."""
    return JSONResponse({"status": "ok"})


async def readyz(memory: Warming, _: Request) -> JSONResponse:
    """Whether the memory is open and can be read: 200, else 503 with the reason.

    An embedder that is away makes it `degraded`, and still ready: what is remembered meanwhile is
    safe and found by its words.
    """
    if memory.reason:
        return JSONResponse({"status": "broken", "error": memory.reason}, status_code=503)
    backend = memory.backend
    if backend is None:
        return JSONResponse({"status": "opening"}, status_code=503, headers={"Retry-After": "2"})
    try:
        backlog = await backend.service.backlog()
    except SensoriumError as error:
        return JSONResponse({"status": "broken", "error": str(error)}, status_code=503)
    trouble = backend.service.trouble
    return JSONResponse(
        {
            "status": "degraded" if trouble else "ready",
            "embedder": backend.service.embedding.name,
            "pending": backlog.pending,
            "unread": backlog.unread,
            **({"trouble": trouble} if trouble else {}),
        }
    )
