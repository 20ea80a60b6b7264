"""Media files, examined: those whose bytes are not what they were, that are missing, or half written."""

# lance is untyped: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import hashlib
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from memory.errors import StoreError
from memory.store.datasets import open_dataset
from memory.store.repair.damage import MOVED, Aside, Damage

_HALF = ".writing-"
_OURS = re.compile(r"[0-9a-f]{64}(\.[^~]+)?(~.+)?|\.writing-.+")
"""How files are named that the store made; what else lies among them is passed over."""
_TOLD = 8
"""So much of a digest is told: the log stays when the file is forgotten, and must not show what was."""


def examine_media(home: Path, aside: Aside, table: Path) -> list[Damage]:
    """Media whose bytes are not what they were, that are missing, or half written.

    Half-written files are looked for only where callers hold the write lock: others are still writing theirs.
    """
    files = media_files(home)
    halves = [path for path in files if path.name.startswith(_HALF)]
    whole = {key_of(path): path for path in files if "~" not in path.name and path not in halves}
    owners = _owners(table)
    suspects = [key for key in whole if aside.suspects(_where(home, whole[key]))]
    changed = [key for key in suspects if _is_changed(whole[key])]
    found = [_changed(home, aside, whole[key], tuple(owners.get(key, ()))) for key in changed]
    absent = [key for key in owners if key not in whole and not (home / "media" / key).exists()]
    # Asked again, as what another process forgets leaves the rows before its file goes.
    if missing := sorted(_owners(table).keys() & absent) if absent else []:
        found.append(_missing(missing, len(owners), owners))
    return [*found, *([_half_written(aside, halves)] if halves and aside.mends else [])]


def media_files(home: Path) -> list[Path]:
    """The media, their views and half-written ones.

    Raises:
        StoreError: a folder cannot be looked at.
    """
    folders = [folder for folder in entries(home / "media") if len(folder.name) == 2 and folder.is_dir()]
    return [path for folder in folders for path in entries(folder) if _OURS.fullmatch(path.name) and path.is_file()]


def unneeded_media(home: Path, dataset: Any) -> list[Path]:
    """Media that no row names; the next sweep would remove them."""
    rows = dataset.scanner(columns=["media"], filter="media != ''").to_table().to_pylist()
    needed = {row["media"] for row in rows}
    return [path for path in media_files(home) if key_of(path) not in needed]


def key_of(path: Path) -> str:
    """The key of a media file, or of the file that it is a view of."""
    return f"{path.parent.name}/{path.name.partition('~')[0]}"


def entries(folder: Path) -> list[Path]:
    """What is in a folder; nothing where there is no such folder.

    Raises:
        StoreError: it cannot be looked at, which must not be taken for empty.
    """
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"the folder {str(folder)!r} cannot be read: {error.strerror}") from error


def _owners(table: Path) -> dict[str, dict[str, None]]:
    """The keys of media that rows name now, each with their memories."""
    dataset = open_dataset(table)
    owners = dict[str, dict[str, None]]()
    for row in dataset.scanner(columns=["id", "media"], filter="media != ''").to_table().to_pylist():
        owners.setdefault(row["media"], {})[row["id"]] = None
    return owners


def _is_changed(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() != path.name.partition(".")[0]
    except FileNotFoundError:  # forgotten meanwhile; where it was not, it is missing
        return False


def _where(home: Path, path: Path) -> str:
    return str(path.with_name(f"{path.name[:_TOLD]}…{path.suffix}").relative_to(home))


def _changed(home: Path, aside: Aside, path: Path, memories: tuple[str, ...]) -> Damage:
    damage = Damage(
        what="media",
        where=_where(home, path),
        finding="its bytes are not those that were remembered; words that were read from it are still found",
        done=MOVED,
        is_loss=True,
        memories=memories,
    )
    return aside.mend(damage, [path])


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
    finding = f"{len(halves)} half-written files of a process that died"
    damage = aside.mend(Damage(what="media", where="media", finding=finding, done="removed"))
    for path in halves:
        path.unlink(missing_ok=True)
    return damage
