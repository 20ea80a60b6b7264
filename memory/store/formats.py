"""The store's format: which version of this program can read it, and whether it can be written."""

import os
from pathlib import Path

from memory.errors import StoreError
from memory.store.marks import is_news

FORMAT = 2
"""What this version writes; raised whenever an earlier one could no longer read it, or would damage it.

0: stores from before formats were numbered, which may lack the columns in `schema.ADDED`.
1: with all of them.
2: with a column beside each space's vectors that says which rows have one (`schema.flag_of`).
"""
_MARK = "format"


def check_format(home: Path) -> None:
    """See that the store in a folder can be opened by this version; nothing is changed.

    Raises:
        StoreError: a later version made it.
    """
    mark = home / _MARK
    text = mark.read_text("utf-8", errors="replace").strip() if mark.exists() else ""
    if text.isdecimal() and int(text) > FORMAT:
        raise StoreError(
            f"the store in {str(home)!r} has format {text}, and this version of sensorium knows none after {FORMAT}: "
            "update sensorium, or name another folder with SENSORIUM_HOME. Nothing was changed"
        )


def mark_format(home: Path) -> None:
    """Say that the store in a folder has the format of this version now."""
    is_news(home / _MARK, f"{FORMAT}\n")


def is_read_only(home: Path) -> bool:
    """Whether a folder is there that cannot be written."""
    return home.is_dir() and not os.access(home, os.W_OK)
