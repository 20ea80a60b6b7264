"""What the processes of the harness say they do, and what must be there by that."""

import os
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel
from stress.notes import Note


class Line(BaseModel):
    """One line of a journal: before something is done, after it, or about the process itself."""

    event: Literal["open", "intent", "done", "error"]
    remembered: list[Note] = []
    forgotten: list[str] = []
    ids: dict[str, str] = {}
    error: str = ""


class Journal:
    """Appends lines to a file; one that was written outlives its process, not a power cut."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, line: Line) -> None:
        """Add a line, at once."""
        os.write(self._file, line.model_dump_json(exclude_defaults=True).encode() + b"\n")


def lines_of(path: Path) -> list[Line]:
    """The lines written so far; the last may have been cut off by the kill."""
    whole = path.read_text().rpartition("\n")[0] if path.exists() else ""
    return [Line.model_validate_json(line) for line in whole.splitlines()]


class Found(BaseModel):
    """A whole memory in the store.

    Attributes:
        is_old: whether a newer version has replaced it.
    """

    note: Note
    id: str
    is_old: bool


class Examination(BaseModel):
    """What a fresh process found in the store: its memories, and what is wrong whoever wrote it."""

    found: list[Found] = []
    wrong: list[str] = []


class State(StrEnum):
    """What is known of a note: `MAYBE` where a kill came between intent and acknowledgement."""

    THERE = "there"
    MAYBE = "maybe"
    GONE = "gone"


class Expected:
    """What must be in a store by the journals of all who wrote to it.

    Attributes:
        ids: by word, the memories whose remember was answered.
        lost: those of them that were missing, and forgotten ones that were there again.
        doubled: notes that were there more than once.
        wrong: what was not as it should be, each a sentence.
    """

    def __init__(self) -> None:
        self.notes = dict[str, Note]()
        self.states = dict[str, State]()
        self.ids = dict[str, str]()
        self.lost, self.doubled = 0, 0
        self.wrong = list[str]()

    def fold(self, lines: Iterable[Line]) -> None:
        """Take in a journal."""
        for line in lines:
            state = State.MAYBE if line.event == "intent" else None
            for note in line.remembered:
                self.notes[note.word] = note
                self.states[note.word] = state or State.THERE
            for word in line.forgotten:
                self.states[word] = state or State.GONE
            self.ids.update(line.ids)
            if line.error:
                self.wrong.append(f"a process met an error: {line.error}")

    def there(self) -> list[str]:
        """The words of the notes that are certainly there, in order."""
        return sorted(word for word, state in self.states.items() if state is State.THERE)

    def gone(self) -> list[str]:
        """The words of the notes that are certainly not."""
        return sorted(word for word, state in self.states.items() if state is State.GONE)

    def replaced(self) -> set[str]:
        """The words of the notes that some other note was to replace."""
        return {note.replaces for note in self.notes.values()} - {""}

    def settle(self, examination: Examination) -> None:
        """Compare with what was found; what may be there is certainly there, or not, from now on."""
        self.wrong += examination.wrong
        found = dict[str, Found]()
        for one in examination.found:
            if one.note.word in found:
                self.doubled += 1
                self.wrong.append(f"{one.note.word} is there twice: {found[one.note.word].id}, {one.id}")
            found[one.note.word] = one
        for word in sorted(self.states.keys() | found.keys()):
            self._settle(word, found)

    def _settle(self, word: str, found: Mapping[str, Found]) -> None:
        one, state = found.get(word), self.states.get(word)
        if state is None:
            self.wrong.append(f"{word} is there, and nobody began to remember it")
        if (one is None and state is State.THERE) or (one is not None and state is State.GONE):
            self.lost += 1
            self.wrong.append(f"{word} is {'missing' if one is None else 'there'}, and was {state}")
        if one is not None:
            self._check(one, found)
        self.states[word] = State.GONE if one is None else State.THERE

    def _check(self, one: Found, found: Mapping[str, Found]) -> None:
        """What is there is as it was given, and old exactly where it was replaced."""
        word = one.note.word
        if one.note != self.notes.get(word, one.note) or self.ids.setdefault(word, one.id) != one.id:
            self.wrong.append(f"{word} is not as it was given: {one}")
        newer = [note.word for note in self.notes.values() if note.replaces == word]
        is_replaced = any(other in found for other in newer)
        was_replaced = any(
            other in self.ids and other not in found for other in newer
        )  # if it may be gone is its own check
        if one.is_old != is_replaced and not (one.is_old and was_replaced):
            self.wrong.append(f"{word} is {'' if one.is_old else 'not '}marked as replaced, by {newer}")
