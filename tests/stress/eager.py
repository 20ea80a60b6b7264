"""Tidying as a store of millions has it, in one of a few dozen rows."""

from memory.store import indexes, tidying


def tidy_eagerly() -> None:
    """From now on this process joins files, grows and merges indexes and drops old versions all the time."""
    tidying.TIDY_AFTER = 3
    tidying.KEEP_VERSIONS = 2
    tidying.INDEX_AFTER = 4
    tidying.PARTS = 3
    tidying.TIERS = (4, 16, 64)
    tidying.FILES = 3
    indexes.INDEXED_FROM = 6
