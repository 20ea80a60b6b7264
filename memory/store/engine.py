"""The engine under the store: how it is connected to, and its errors in our words."""

# lancedb is typed in part: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import errno
import logging
import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

import lancedb

from memory.errors import StoreError
from memory.store.datasets import EngineError, engine_errors

logger = logging.getLogger(__name__)

TABLE = "segments"
CACHE_BYTES = 64_000_000
"""What each of the engine's two caches may hold at least; by itself it keeps gigabytes of what old versions needed."""
_EVERY_READ_IS_FRESH = timedelta(0)


async def connected(database: str, room: int = CACHE_BYTES) -> lancedb.AsyncConnection:
    """The engine on a folder or bucket, where every read is fresh, within bounds of memory.

    Args:
        database: the folder, or address.
        room: bytes for indexes; one that does not fit is read anew for every search.
    """
    session = lancedb.Session(index_cache_size_bytes=room, metadata_cache_size_bytes=CACHE_BYTES)
    return await lancedb.connect_async(database, read_consistency_interval=_EVERY_READ_IS_FRESH, session=session)


_REASONS = [
    os.strerror(number)
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EFBIG, errno.ENOTCONN, errno.EIO)
]


@contextmanager
def translated(what: str = "written") -> Generator[None]:
    """Errors of the engine in our words, its own in the log; a commit that failed has changed nothing."""
    try:
        with engine_errors():
            yield
    except EngineError as error:
        logger.error("the store could not be %s: %s", what, error)  # noqa: TRY400  # raised on in our words
        told = f"the store could not be {what}{_reason(error)}; the log on stderr says why"
        raise StoreError(told) from error.__cause__


def _reason(error: BaseException) -> str:
    """What the operating system said, where a user can do something about it."""
    return next((f": {reason}" for reason in _REASONS if reason in str(error)), "")
