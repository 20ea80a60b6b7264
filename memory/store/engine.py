"""The engine under the store: how it is connected to, and its errors in our words."""

# lancedb is typed in part: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import logging
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import lancedb
from lancedb.index import FTS

from memory.errors import StoreError

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


async def connected(folder: Path) -> lancedb.AsyncConnection:
    """The engine on a folder, where every read is fresh, within bounds of memory."""
    session = lancedb.Session(index_cache_size_bytes=CACHE_BYTES, metadata_cache_size_bytes=CACHE_BYTES)
    return await lancedb.connect_async(str(folder), read_consistency_interval=_EVERY_READ_IS_FRESH, session=session)


@contextmanager
def translated(what: str = "written") -> Generator[None]:
    """Errors of the engine in our words, its own in the log; a commit that failed has changed nothing."""
    try:
        yield
    except (RuntimeError, OSError, ValueError) as error:
        logger.error("the store could not be %s: %s", what, error)  # noqa: TRY400  # raised on in our words
        raise StoreError(f"the store could not be {what}; the log on stderr says why") from error
