"""The store's format: which version of this program can read it, and whether it can be written."""

from memory.errors import StoreError
from memory.store.marks import Marks, is_news

FORMAT = 2
"""What this version writes; raised whenever an earlier one could no longer read it, or would damage it.

0: stores from before formats were numbered, which may lack the columns in `schema.ADDED`.
1: with all of them.
2: with a column beside each space's vectors that says which rows have one (`schema.flag_of`).
"""
_MARK = "format"


def check_format(marks: Marks, where: str) -> None:
    """See that the store with these marks can be opened by this version; nothing is changed.

    Raises:
        StoreError: a later version made it.
    """
    text = (marks.text(_MARK) or "").strip()
    if text.isdecimal() and int(text) > FORMAT:
        raise StoreError(
            f"the store in {where!r} has format {text}, and this version of sensorium knows none after {FORMAT}: "
            "update sensorium, or name another folder with SENSORIUM_HOME. Nothing was changed"
        )


def mark_format(marks: Marks) -> None:
    """Say that the store with these marks has the format of this version now."""
    is_news(marks, _MARK, f"{FORMAT}\n")
