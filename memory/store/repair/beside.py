"""Databases and marks beside the table, examined."""

import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path

from memory.store.repair.damage import MOVED, Aside, Damage

_DAMAGED_DATABASE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
"""What SQLite says of a file that is damaged, and not only locked or out of reach."""


def examine_databases(home: Path, aside: Aside, caches: Collection[str], ledgers: Mapping[str, str]) -> list[Damage]:
    """Databases that are damaged: what can be done without is removed, others are moved away."""
    found = list[Damage]()
    for name in [*caches, *ledgers]:
        path = home / name
        if not aside.suspects(name) or not path.exists() or not (why := _fault(path)):
            continue
        means = "it only saves asking again" if name in caches else ledgers[name]
        done = "removed" if name in caches else MOVED
        damage = Damage(what="database", where=name, finding=f"{why}; {means}", done=done, is_loss=name in ledgers)
        files = list(path.parent.glob(f"{path.name}*"))
        found.append(aside.mend(damage, files if name in ledgers else []))
        for file in files if name in caches and aside.mends else []:
            file.unlink()
    return found


def examine_marks(home: Path, aside: Aside) -> list[Damage]:
    """The mark of the space in use: one that cannot be read is moved away."""
    mark = home / "space"
    try:
        if mark.exists():
            mark.read_text("utf-8")
    except UnicodeDecodeError:
        return [aside.mend(Damage(what="mark", where=mark.name, finding="cannot be read", done=MOVED), [mark])]
    return []


def _fault(path: Path) -> str:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=20)) as file:
            answer = file.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED_DATABASE:
            return f"is damaged ({error})"
        return ""
    return "" if answer == "ok" else f"is damaged ({answer})"
