"""Marks: small things said beside the table, each by one name."""

import secrets
from pathlib import Path
from typing import Protocol

from memory.store.flushing import flush_file, flush_folder


class Marks(Protocol):
    """What is said by name, for all processes that share the store."""

    def text(self, name: str) -> str | None:
        """What a mark says; None where there is none.

        Raises:
            OSError: it cannot be looked at.
        """
        ...

    def write(self, name: str, text: str) -> None:
        """Have the mark say `text`, for good, when this returns; at no moment does it say half of it.

        Raises:
            OSError: it cannot be written; it says what it said.
        """
        ...

    def remove(self, name: str) -> None:
        """Have no such mark, for good, when this returns.

        Raises:
            OSError: it cannot be removed.
        """
        ...


def is_news(marks: Marks, name: str, text: str) -> bool:
    """Whether the mark said something else before; it says `text` from now on.

    Raises:
        OSError: it cannot be written; it says what it said.
    """
    if marks.text(name) == text:
        return False
    marks.write(name, text)
    return True


class FolderMarks:
    """Marks that are files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def text(self, name: str) -> str | None:
        """See `Marks`."""
        try:
            return (self._folder / name).read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return None

    def write(self, name: str, text: str) -> None:
        """See `Marks`."""
        half = self._folder / f".{name}.half-{secrets.token_hex(4)}"  # two may write at once
        try:
            half.write_text(text, "utf-8")
            flush_file(half)
        except OSError:
            half.unlink(missing_ok=True)
            raise
        half.replace(self._folder / name)
        flush_folder(self._folder)

    def remove(self, name: str) -> None:
        """See `Marks`."""
        (self._folder / name).unlink(missing_ok=True)
        flush_folder(self._folder)
