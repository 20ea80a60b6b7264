"""One holder at a time, across tasks, threads and processes; readers of the store never wait."""

import errno
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import anyio
import anyio.lowlevel
import filelock

from memory.errors import StoreBusyError, StoreError

_SLICE_S = 1.0
"""How long a thread waits for the lock before it looks whether anyone still wants it."""
PATIENCE_S = 60.0
"""How long a write waits for other writers before it gives up."""


class Lock(Protocol):
    """What one at a time holds, of all that share the store."""

    def hold(self, patience_s: float = PATIENCE_S) -> AbstractAsyncContextManager[None]:
        """Hold it for the block.

        Raises:
            StoreBusyError: another held it for longer than `patience_s`.
            StoreError: it cannot be had at all.
        """
        ...


class ProcessLock:
    """A lock file that the operating system frees when its holder dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self._tasks = anyio.Lock()
        self._path = path
        self._file = filelock.FileLock(path, thread_local=False)

    @asynccontextmanager
    async def hold(self, patience_s: float = PATIENCE_S) -> AsyncGenerator[None]:
        """Hold the lock for the block.

        Raises:
            StoreBusyError: another process held it for longer than `patience_s`.
            StoreError: the lock file cannot be made or opened.
        """
        async with self._tasks:
            await self._acquire(patience_s)
            try:
                yield
            finally:
                self._file.release()

    async def _acquire(self, patience_s: float) -> None:
        until = anyio.current_time() + patience_s
        try:
            while not await self._is_ours_within(min(_SLICE_S, max(0.0, until - anyio.current_time()))):
                if anyio.current_time() >= until:
                    raise StoreBusyError(f"another process has held the store for {patience_s:.0f} s; try again")
                await anyio.lowlevel.checkpoint()  # whoever gave up waiting is let go here
        except OSError as error:
            raise StoreError(
                f"nothing was written, the store's lock file cannot be used: {error.strerror} ({self._path})"
            ) from error

    async def _is_ours_within(self, patience_s: float) -> bool:
        try:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._acquire_in_thread, patience_s)
        except filelock.Timeout:
            return False
        return True

    def _acquire_in_thread(self, patience_s: float) -> None:
        if not self._path.parent.is_dir():  # which acquiring would make anew, over a disk that is away
            raise FileNotFoundError(errno.ENOENT, "the store's folder is not there; is its disk mounted?")
        self._file.acquire(timeout=patience_s, poll_interval=0.005)
