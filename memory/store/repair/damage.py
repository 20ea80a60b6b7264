"""Damage: what is wrong with a store's files, and the folder where damaged ones are kept."""

import json
import logging
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

logger = logging.getLogger(__name__)

DAMAGED = "damaged"
"""The folder, in the store's, that damaged files are moved to."""
MOVED = f"moved to the folder {DAMAGED!r}"
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
        done: what was done about it; empty where nothing was.
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
    """

    def __init__(self, home: Path, *, mends: bool = True) -> None:
        self.home = home
        self.mends = mends
        self._folder = home / DAMAGED
        self._now = datetime.now(UTC)

    def move(self, path: Path) -> None:
        """Take a file of the store, or a folder, out of it; under the same path it lies with the damaged."""
        if not self.mends:
            return
        target = self._folder / f"{self._now:%Y%m%dT%H%M%S%f}" / path.relative_to(self.home)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.rename(target)

    def done(self, what: str) -> str:
        """What is said to have been done; nothing where nothing is changed."""
        return what if self.mends else ""

    def note(self, damage: Damage) -> None:
        """Write into the log what was found and done, and say it."""
        self._folder.mkdir(exist_ok=True, mode=0o700)
        line = json.dumps({"at": self._now.isoformat(timespec="seconds"), **asdict(damage)}, ensure_ascii=False)
        with (self._folder / LOG).open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")
        logger.warning("damage in the store: %s: %s", damage.what, damage)


def history(home: Path) -> list[tuple[str, Damage]]:
    """What the log tells, oldest first, each with its instant; lines that cannot be read are left out."""
    log = home / DAMAGED / LOG
    lines = log.read_text("utf-8", errors="replace").split("\n") if log.is_file() else []
    return [entry for entry in map(_entry, lines) if entry]


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
