"""The engine under the store: how it is connected to, and its errors in our words."""

# lancedb is typed in part: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import errno
import logging
import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import lancedb
from lancedb.index import FTS, IvfSq

from memory.errors import StoreError
from memory.store.datasets import EngineError, engine_errors

logger = logging.getLogger(__name__)

TABLE = "segments"
CACHE_BYTES = 64_000_000
"""What each of the engine's two caches may hold; by itself it keeps gigabytes of what old versions needed."""
_EVERY_READ_IS_FRESH = timedelta(0)
WORDS_INDEX = "terms_idx"  # as the engine names it by itself
WORDS = FTS(
    base_tokenizer="whitespace",  # `terms` are made by memory.terms, on both sides of a search
    lower_case=False,
    stem=False,
    remove_stop_words=False,
    ascii_folding=False,
    max_token_length=None,
)
VECTORS = IvfSq(distance_type="cosine", num_partitions=1)
"""Every vector in 8 bits a number, none left out of a search; what is nearest so is compared anew as it is.

With `REFINE`, the ten nearest were always among those found (recall@10 1.000, random and clustered vectors), whatever
the data; a single partition has no centre that could equal a vector which was erased.
"""
REFINE = 2
"""How many times as many as asked for are compared anew."""


def vectors_index(column: str) -> str:
    """The name the engine gives to the index of a column."""
    return f"{column}_idx"


async def connected(folder: Path) -> lancedb.AsyncConnection:
    """The engine on a folder, where every read is fresh, within bounds of memory.

    Raises:
        StoreError: the folder around it is not there; the engine would make both anew, over a disk that is away.
    """
    if not folder.parent.is_dir():
        raise StoreError(f"the store's folder {str(folder.parent)!r} is not there: is its disk mounted?")
    session = lancedb.Session(index_cache_size_bytes=CACHE_BYTES, metadata_cache_size_bytes=CACHE_BYTES)
    return await lancedb.connect_async(str(folder), read_consistency_interval=_EVERY_READ_IS_FRESH, session=session)


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
