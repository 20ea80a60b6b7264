"""Damage: what is wrong with a store's files, and the folder where damaged ones are kept."""

import errno
import json
import logging
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from memory.store.flushing import flush_file, flush_folder, make_folder

logger = logging.getLogger(__name__)

DAMAGED = "damaged"
"""The folder, in the store's, that damaged files are moved to."""
MOVED = f"moved to the folder {DAMAGED!r}, which the next forget empties"
LOG = "log.jsonl"
"""What was found and done, one JSON object a line, in that folder."""
_NAMED = 20
"""How many memories a finding names; the log has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One thing that is wrong, or was.

    Attributes:
        what: the part of the store: `table`, `search by words`, `media`, ...
        where: the file or folder, from the store's folder on.
        finding: what is wrong with it, and what is lost by it.
        done: what was done about it, or would be where nothing may be changed; empty where nothing can be.
        is_loss: whether something is gone that was acknowledged, or cannot be told.
        memories: ids of the memories it touches, as far as they can be read.
    """

    what: str
    where: str
    finding: str
    done: str = ""
    is_loss: bool = False
    memories: tuple[str, ...] = ()

    def __str__(self) -> str:
        """All of it in one line."""
        told = f"{self.where}: {self.finding}" + (f"; memories: {some(self.memories)}" if self.memories else "")
        return f"{told}; {self.done}" if self.done else told


class Aside:
    """Where damaged files go: a folder of its own for each time something was mended.

    Args:
        home: the store's folder.
        mends: whether anything is changed at all; then callers hold the store's write lock.
        among: the places where a look before found something; None where there was none, and all are looked at.
    """

    def __init__(self, home: Path, *, mends: bool = True, among: Collection[str] | None = None) -> None:
        self.home = home
        self.mends = mends
        self._among = among
        self._folder = home / DAMAGED
        self._now = datetime.now(UTC)

    def suspects(self, where: str) -> bool:
        """Whether a place is to be read from end to end, which takes long."""
        return self._among is None or where in self._among

    def mend(self, damage: Damage, paths: Iterable[Path] = ()) -> Damage:
        """Take files of the store, or folders, out of it: under the same paths they lie with the damaged.

        What is found is in the log before: a full disk must not lose it. Nothing is changed where nothing is mended.
        """
        if self.mends:
            self._note(damage)
            for path in paths:
                self._move(path)
        return damage

    def _move(self, path: Path) -> None:
        target = self._folder / f"{self._now:%Y%m%dT%H%M%S%f}" / path.relative_to(self.home)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            path.rename(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _carry(path, target)

    def _note(self, damage: Damage) -> None:
        logger.warning("damage in the store: %s: %s", damage.what, damage)
        self._folder.mkdir(exist_ok=True, mode=0o700)
        line = json.dumps({"at": self._now.isoformat(timespec="seconds"), **asdict(damage)}, ensure_ascii=False)
        with (self._folder / LOG).open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")


def history(home: Path) -> list[tuple[str, Damage]]:
    """What the log tells, oldest first, each with its instant; lines that cannot be read are left out."""
    log = home / DAMAGED / LOG
    lines = log.read_text("utf-8", errors="replace").split("\n") if log.is_file() else []
    return [entry for entry in map(_entry, lines) if entry]


def _carry(path: Path, target: Path) -> None:
    """Move to another disk; a file goes only when it is there whole."""
    if path.is_dir():
        make_folder(target)
        for inner in list(path.iterdir()):
            _carry(inner, target / inner.name)
        path.rmdir()
        return
    half = target.with_name(f".writing-{target.name}")
    shutil.copyfile(path, half)
    flush_file(half)
    half.replace(target)
    flush_folder(target.parent)
    path.unlink()


def _entry(line: str) -> tuple[str, Damage] | None:
    try:
        known = cast("Mapping[str, Any]", json.loads(line))
        fields: dict[str, Any] = {name: known[name] for name in Damage.__dataclass_fields__}
        fields["memories"] = tuple(fields["memories"])
        return str(known["at"]), Damage(**fields)
    except (ValueError, KeyError, TypeError):
        return None


def discard(home: Path) -> None:
    """Remove damaged files, which may hold bytes of what is erased; the log stays, which has ids only."""
    for folder in filter(Path.is_dir, (home / DAMAGED).glob("*")):
        shutil.rmtree(folder)


def some(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    known = list(names)
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    return ", ".join(known[:_NAMED]) + more
