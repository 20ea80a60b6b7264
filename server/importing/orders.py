"""What an import is asked for, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from memory.errors import InvalidInputError
from server.importing.foreign import GRAPHS

Fate = Literal["stored", "changed", "moved", "known", "deleted", "forgotten", "refused"]
"""What became of a file: new, a newer version of what was remembered, found elsewhere, remembered already, gone from
its folder, gone from the memory as well, or not to be remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be imported, and how.

    Attributes:
        paths: folders and files; or the one file of the official memory server.
        tags: on every memory.
        include: patterns of `.gitignore` of which a file must match one; any file where there are none.
        exclude: those of what is passed over.
        ignores: whether `.gitignore` and `.sensoriumignore` are obeyed.
        delete: forget what was imported of files that are gone.
        watch: go on, and follow what changes.
        dry_run: only say what there is and what it will cost.
        batch: embed by batch jobs, at half price and hours later.
        yes: what it costs is agreed to.
        as_json: print facts for a program.
    """

    paths: tuple[Path, ...]
    namespace: str = "default"
    tags: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    ignores: bool = True
    delete: bool = False
    watch: bool = False
    dry_run: bool = False
    batch: bool = False
    yes: bool = False
    as_json: bool = False

    @property
    def graph(self) -> Path | None:
        """The file of the official memory server, where it is one that is imported."""
        if len(self.paths) == 1 and self.paths[0].is_file() and self.paths[0].suffix.lower() in GRAPHS:
            return self.paths[0]
        return None

    def check(self, home: Path) -> None:
        """See that it can be done.

        Raises:
            InvalidInputError: a path is not there, or lies in the store itself; or nothing can be watched.
        """
        for path in self.paths:
            if not path.is_dir() and not path.is_file():
                raise InvalidInputError(f"{str(path)!r} is not a folder, nor a file")
            if path.resolve().is_relative_to(home.resolve()):
                raise InvalidInputError(f"{str(path)!r} lies in the folder of the memory itself, {str(home)!r}")
        if self.watch and (self.batch or self.dry_run or self.graph):
            raise InvalidInputError("--watch follows files: leave out --batch and --dry-run, and give folders")


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of the files, or of what one holds.

    Attributes:
        refused: which cannot be remembered, and why.
        links: links that were passed over.
    """

    fates: dict[Fate, int] = field(default_factory=dict[Fate, int])
    refused: list[tuple[Path, str]] = field(default_factory=list[tuple[Path, str]])
    links: int = 0

    def count(self, fate: Fate, times: int = 1) -> None:
        """One more with this fate."""
        self.fates[fate] = self.fates.get(fate, 0) + times

    def refuse(self, path: Path, why: str) -> None:
        """One that cannot be remembered."""
        self.refused.append((path, why))
        self.count("refused")

    def facts(self) -> dict[str, Any]:
        """The outcome for a program."""
        fates: Sequence[Fate] = ("stored", "changed", "moved", "known", "deleted", "forgotten")
        refused = [{"path": str(path), "why": why} for path, why in self.refused]
        return {**{fate: self.fates.get(fate, 0) for fate in fates}, "links": self.links, "refused": refused}
