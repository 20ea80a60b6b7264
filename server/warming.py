"""The memory opens while the client is already being answered."""

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

import anyio

from memory.errors import SensoriumError
from memory.model import Quota, Segment
from server.settings import Settings

if TYPE_CHECKING:
    from memory.service import MemoryService
    from memory.sources.sources import Sources
    from server.web.signing import Links

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """What the tools work with once it is open.

    Attributes:
        shows_paths: whether results may name files on this machine: only where the client is on it.
        quota: what an owner may hold.
        links: signs addresses of media; None where there are none to give.
        gives_links: whether this call asked for them.
    """

    service: "MemoryService"
    sources: "Sources"
    shows_paths: bool
    quota: Quota = field(default_factory=Quota)
    links: "Links | None" = None
    gives_links: bool = False

    def place_of(self, segment: Segment, *, is_whole: bool = False) -> str:
        """Where the segment's medium lies, or what a link shows of it; empty where the client can reach neither."""
        if not segment.media:
            return ""
        if self.gives_links and self.links is not None:
            part = f"/media/{segment.id}/{segment.part}"
            return self.links.address(segment.owner, part if is_whole else f"{part}/{segment.index}")
        path = self.service.path_of(segment)
        return str(path) if self.shows_paths and path.is_file() else ""


OpenBackend = Callable[[], AbstractAsyncContextManager[Backend]]


class Warming:
    """A backend that is being opened; `ready` waits for it."""

    def __init__(self, open_backend: OpenBackend) -> None:
        self._open = open_backend
        self._settled = anyio.Event()
        self._backend: Backend | None = None
        self._error: Exception | None = None

    @property
    def backend(self) -> Backend | None:
        """The backend, once it is open."""
        return self._backend

    @property
    def reason(self) -> str:
        """Why it could not be opened; empty while it may be."""
        known = isinstance(self._error, SensoriumError)
        return (
            "" if self._error is None else str(self._error) if known else "a bug; the log on stderr has the traceback"
        )

    async def ready(self) -> Backend:
        """The open backend.

        Raises:
            SensoriumError: it could not be opened; says why, each time it is asked for.
            Exception: a bug kept it from opening; the model reads only a generic line.
        """
        await self._settled.wait()
        if self._backend is None:
            raise self._error or RuntimeError("settled without a backend")
        return self._backend

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["Warming"]:
        """A lifespan: the backend opens in the background, is kept up, and closes with the block."""
        self._settled, self._backend, self._error = anyio.Event(), None, None
        async with anyio.create_task_group() as group:
            group.start_soon(self._run)
            yield self
            group.cancel_scope.cancel()

    async def _run(self) -> None:
        try:
            async with self._open() as backend:
                self._backend = backend
                self._settled.set()
                await backend.service.keep_up()
        except SensoriumError as error:
            logger.error("the memory could not be opened: %s", error)  # noqa: TRY400  # the message is the news
            self._error = error
        except Exception as error:  # the end of a background task: a bug must answer those who wait, not hang them
            logger.exception("the memory stopped")
            self._error = error
        finally:
            self._settled.set()


@asynccontextmanager
async def open_lazily(
    settings: Settings, *, is_local: bool, quota: Quota | None = None, links: "Links | None" = None
) -> AsyncGenerator[Backend]:
    """A backend whose libraries are imported in a thread, while the event loop answers the client."""
    composition = await anyio.to_thread.run_sync(import_module, "server.composition")
    async with composition.open_backend(settings, is_local=is_local, quota=quota, links=links) as backend:
        yield backend
