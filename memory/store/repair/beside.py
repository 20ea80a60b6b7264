"""What lies beside the table, examined: media, databases, marks."""

# lance is untyped: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import hashlib
import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from memory.store.repair.damage import MOVED, Aside, Damage
from memory.store.repair.generations import Generation, entries, key_of

_DAMAGED_DATABASE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
"""What SQLite says of a file that is damaged, and not only locked or out of reach."""


def examine_media(home: Path, aside: Aside, version: Generation) -> list[Damage]:
    """Media whose bytes are not what they were, that are missing, or half written."""
    rows = cast("Any", version.dataset).scanner(columns=["id", "media"], filter="media != ''").to_table().to_pylist()
    owners = dict[str, dict[str, None]]()
    for row in rows:
        owners.setdefault(row["media"], {})[row["id"]] = None
    files = [path for folder in entries(home / "media") for path in entries(folder)]
    halves = [path for path in files if path.name.startswith(".writing-")]
    whole = {key_of(path): path for path in files if "~" not in path.name and path not in halves}
    changed = [key for key, path in whole.items() if _digest(path) != path.stem]
    found = [_changed(home, aside, whole[key], tuple(owners.get(key, ()))) for key in changed]
    if missing := [key for key in owners if key not in whole]:
        found.append(_missing(missing, len(owners), owners))
    return [*found, *([_half_written(aside, halves)] if halves else [])]


def examine_databases(home: Path, aside: Aside, caches: Collection[str], ledgers: Mapping[str, str]) -> list[Damage]:
    """Databases that are damaged: what can be done without is removed, others are moved away."""
    found = list[Damage]()
    for name in [*caches, *ledgers]:
        path = home / name
        if not path.exists() or not (why := _fault(path)):
            continue
        done = _taken(aside, path, is_cache=name in caches)
        finding = f"{why}; it only saves asking again" if name in caches else f"{why}; {ledgers[name]}"
        found.append(Damage(what="database", where=name, finding=finding, done=done, is_loss=name in ledgers))
    return found


def examine_marks(home: Path, aside: Aside) -> list[Damage]:
    """The mark of the space in use: one that cannot be read is moved away."""
    mark = home / "space"
    try:
        if mark.exists():
            mark.read_text("utf-8")
    except UnicodeDecodeError:
        aside.move(mark)
        return [Damage(what="mark", where=mark.name, finding="cannot be read", done=aside.done(MOVED))]
    return []


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _changed(home: Path, aside: Aside, path: Path, memories: tuple[str, ...]) -> Damage:
    aside.move(path)
    return Damage(
        what="media",
        where=str(path.relative_to(home)),
        finding="its bytes are not those that were remembered; words that were read from it are still found",
        done=aside.done(MOVED),
        is_loss=True,
        memories=memories,
    )


def _missing(keys: Collection[str], total: int, owners: Mapping[str, Collection[str]]) -> Damage:
    many = "; is a disk not mounted?" if len(keys) > 1 and len(keys) * 10 > total else ""
    return Damage(
        what="media",
        where="media",
        finding=f"{len(keys)} of {total} files are missing; words that were read from them are still found{many}",
        is_loss=True,
        memories=tuple(dict.fromkeys(id_ for key in keys for id_ in owners[key])),
    )


def _half_written(aside: Aside, halves: Collection[Path]) -> Damage:
    for path in halves if aside.mends else []:
        path.unlink(missing_ok=True)
    finding = f"{len(halves)} half-written files of a process that died"
    return Damage(what="media", where="media", finding=finding, done=aside.done("removed"))


def _fault(path: Path) -> str:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=20)) as file:
            answer = file.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED_DATABASE:
            return f"is damaged ({error})"
        return ""
    return "" if answer == "ok" else f"is damaged ({answer})"


def _taken(aside: Aside, path: Path, *, is_cache: bool) -> str:
    for file in path.parent.glob(f"{path.name}*"):
        if not is_cache:
            aside.move(file)
        elif aside.mends:
            file.unlink()
    return aside.done("removed" if is_cache else MOVED)
