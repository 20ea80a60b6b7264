"""Marks: small files beside the table that say one thing."""

import secrets
from pathlib import Path

from memory.store.flushing import flush_file, flush_folder


def is_news(mark: Path, text: str) -> bool:
    """Whether the mark said something else before; it says `text` from now on.

    Raises:
        OSError: it cannot be written; it says what it said.
    """
    known = mark.read_text("utf-8", errors="replace") if mark.exists() else ""
    if known != text:
        write_mark(mark, text)
    return known != text


def write_mark(mark: Path, text: str) -> None:
    """Have the mark say `text`, on the disk, when this returns; at no moment does it say half of it.

    Raises:
        OSError: it cannot be written; it says what it said.
    """
    half = mark.with_name(f".{mark.name}.half-{secrets.token_hex(4)}")  # two may write at once
    try:
        half.write_text(text, "utf-8")
        flush_file(half)
    except OSError:
        half.unlink(missing_ok=True)
        raise
    half.replace(mark)
    flush_folder(mark.parent)


def remove_mark(mark: Path) -> None:
    """Have the mark gone from the disk when this returns."""
    mark.unlink(missing_ok=True)
    flush_folder(mark.parent)


class Epoch:
    """Which erasure was the last: a mark that every process looks at before each read.

    Args:
        mark: the file.
    """

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def now(self) -> tuple[int, int]:
        """What is another value after each erasure; cheap."""
        try:
            facts = self._mark.stat()
        except OSError:  # none was yet; or the folder is away, which the read itself will say
            return (0, 0)
        return (facts.st_ino, facts.st_mtime_ns)

    def begin(self) -> None:
        """Have every process open its handle anew.

        Raises:
            OSError: the mark cannot be written.
        """
        write_mark(self._mark, secrets.token_hex(8))
