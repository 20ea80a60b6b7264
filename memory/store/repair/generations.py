"""Versions of the table as they lie on the disk: which is the newest whole one, and going back to it.

The engine reports a commit before its files are sure to be on the disk. After a power cut the newest
manifest may be torn, or name files that are missing, empty or cut short. Such a commit was never
acknowledged: it is left out. A file that an older version names too was acknowledged; damage to it
is no reason to go back, as that would lose what came after it.
"""

# lance is untyped: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import lance

from memory.errors import StoreError
from memory.store.engine import TABLE, translated
from memory.store.panics import is_engines
from memory.store.repair.damage import MOVED, Aside, Damage

_VERSIONS = "_versions"
_NEWEST = 2**64 - 1
"""Manifests are named by what is left to this number, so that the newest comes first."""
_ENDS = {".lance": b"LANC", ".arrow": b"ARROW1"}
"""How files of the table end when they were written to their end."""
DOCTOR = "`sensorium doctor` examines it and mends what can be mended"


@dataclass(frozen=True, slots=True)
class Fault:
    """A file that a version needs and that is not whole."""

    path: str
    why: str
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Generation:
    """One version of the table: its manifest, and what it says, None where that cannot be read."""

    manifest: Path
    dataset: Any | None

    @property
    def folder(self) -> Path:
        """The table's."""
        return self.manifest.parent.parent

    def files(self) -> dict[str, int]:
        """Data and deletion files it needs, from the table's folder on, and how many bytes they have at least."""
        found = dict[str, int]()
        for fragment in [] if self.dataset is None else self.dataset.get_fragments():
            found |= {f"data/{file.path}": file.file_size_bytes or 1 for file in fragment.metadata.files}
            if deletions := fragment.deletion_file():
                found[deletions] = 1
        return found

    def indices(self) -> dict[str, int]:
        """Folders of its indexes, and how many bytes are in them at least."""
        known = [] if self.dataset is None else self.dataset.describe_indices()
        return {f"_indices/{one.uuid}": one.size_bytes or 1 for index in known for one in index.segments}

    def faults(self) -> list[Fault]:
        """Data and deletion files that are missing or too short.

        Raises:
            StoreError: the file system does not answer.
        """
        looked = [_fault(self.folder, path, size) for path, size in self.files().items()]
        return [fault for fault in looked if fault]

    def broken_indices(self) -> list[Fault]:
        """Indexes with less bytes than they should have."""
        sizes = {path: _bytes_in(self.folder / path) for path in self.indices()}
        return [
            Fault(path, f"has {sizes[path]:,} bytes of {size:,}")
            for path, size in self.indices().items()
            if sizes[path] < size
        ]


def table_of(home: Path) -> Path:
    """The table's folder in the store's."""
    return home / "table" / f"{TABLE}.lance"


def generations(home: Path) -> Iterator[Generation]:
    """The versions of the table, newest first, each opened when it is asked for.

    Raises:
        StoreError: the folder cannot be read, or another version of the engine wrote it.
    """
    for manifest in _manifests(home):
        yield Generation(manifest, _opened(manifest))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the table stands on the disk.

    Attributes:
        torn: the newest versions, which are not whole and were never acknowledged.
        newest: the newest version but for those; None where there is none that can be read.
        old: what is damaged of it, and was acknowledged.
    """

    torn: Sequence[Generation]
    newest: Generation | None
    old: Sequence[Fault]


def standing(home: Path) -> Standing:
    """How the table stands, by the names and sizes of its files; no row is looked at.

    Raises:
        StoreError: its folder cannot be read, or another version of the engine wrote it.
    """
    torn = list[Generation]()
    versions = generations(home)
    newest = next(versions, None)
    while newest is not None:
        older = next(versions, None)
        if newest.dataset is not None:
            while older is not None and older.dataset is None:
                older = next(versions, None)
            old, is_torn = _compared(newest, older)
            if old or not is_torn:
                return Standing(torn=torn, newest=newest, old=old)
        torn.append(newest)
        newest = older
    return Standing(torn=torn, newest=None, old=[])


def _compared(version: Generation, older: Generation | None) -> tuple[list[Fault], bool]:
    """What is damaged of what an older version had too, and whether something new is."""
    faults = version.faults()
    known = version.files() if older is None else older.files()
    new = {} if older is None else version.indices().keys() - older.indices().keys()
    is_torn = bool(faults) or any(fault.path in new for fault in version.broken_indices())
    return [fault for fault in faults if fault.path in known], is_torn


def make_whole(home: Path) -> None:
    """See that the newest version of the table is whole; where a commit was torn, go back to before it.

    Callers hold the write lock.

    Raises:
        StoreError: it is not, and what is damaged was acknowledged; or the table is not there while
            media are, as when a disk is not mounted. Nothing was changed. Or what is torn cannot be moved away.
    """
    found = standing(home)
    if found.newest is None:
        _check_empty(home, found.torn)
    elif found.old:
        raise StoreError(f"the table's file {found.old[0].path!r} {found.old[0].why}; {DOCTOR}")
    elif found.torn:
        aside = Aside(home)
        with translated("mended"):
            aside.note(go_back(home, aside, found.torn, found.newest))


def go_back(home: Path, aside: Aside, torn: Sequence[Generation], whole: Generation) -> Damage:
    """Move torn versions away, and what only they need, so that `whole` is the newest."""
    for version in torn:
        aside.move(version.manifest)
    if aside.mends:
        _move_strays(home, aside, whole)
    return Damage(
        what="table",
        where=", ".join(str(version.manifest.relative_to(home)) for version in torn),
        finding="the last commit is not whole on the disk, as after a power cut",
        done=aside.done(f"gone back to the version before it; {MOVED}"),
    )


def _move_strays(home: Path, aside: Aside, whole: Generation) -> None:
    """Move files away that no version is left to name, and media that no row is left to name."""
    named = {path for version in generations(home) for path in version.files()}
    folder = whole.folder
    for path in [*folder.glob("data/*"), *folder.glob("_deletions/*")]:
        if path.relative_to(folder).as_posix() not in named:
            aside.move(path)
    move_unneeded_media(home, aside, whole.dataset)


def move_unneeded_media(home: Path, aside: Aside, dataset: Any) -> None:
    """Move media away that no row names; the next sweep would remove them."""
    rows = dataset.scanner(columns=["media"], filter="media != ''").to_table().to_pylist()
    needed = {row["media"] for row in rows}
    for path in [path for path in (home / "media").glob("??/*") if key_of(path) not in needed]:
        aside.move(path)


def key_of(path: Path) -> str:
    """The key of a media file, or of the file that it is a view of."""
    return f"{path.parent.name}/{path.name.partition('~')[0]}"


def _check_empty(home: Path, torn: Sequence[Generation]) -> None:
    """See that a store without a whole version never held anything; what is left of its table is moved away.

    Raises:
        StoreError: it did.
    """
    folder = table_of(home)
    if any(entries(kept) for kept in entries(home / "media")) or entries(folder / "data"):
        why = "no version of it is whole" if torn else "it has no version"
        told = f"the table {str(folder)!r} cannot be opened: {why}; is its disk mounted? Nothing was changed"
        raise StoreError(f"{told}. {DOCTOR}")
    if folder.exists():
        aside = Aside(home)
        aside.move(folder)
        aside.note(
            Damage(what="table", where=f"table/{TABLE}.lance", finding="it was never finished", done="made anew")
        )


def _manifests(home: Path) -> list[Path]:
    found = entries(table_of(home) / _VERSIONS)
    manifests = [path for path in found if path.suffix == ".manifest" and path.stem.isdigit()]
    return sorted(manifests, key=_number, reverse=True)


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


def _number(manifest: Path) -> int:
    number = int(manifest.stem)
    return number if number < 2**63 else _NEWEST - number


def _opened(manifest: Path) -> Any | None:
    try:
        manifest.read_bytes()
    except OSError as error:
        raise StoreError(f"the table's file {str(manifest)!r} cannot be read: {error.strerror}") from error
    try:
        dataset = cast("Any", lance).dataset(str(manifest.parent.parent), version=_number(manifest))
    except BaseException as error:
        if not is_engines(error):
            raise
        if "not supported" in str(error).lower():
            raise StoreError(f"the table was written by a newer version of Sensorium: {error}") from error
        return None
    return dataset if dataset.schema.names else None


def _fault(folder: Path, path: str, size: int) -> Fault | None:
    try:
        with (folder / path).open("rb") as file:
            there = file.seek(0, 2)
            end = _ENDS.get(Path(path).suffix, b"")
            file.seek(max(0, there - len(end)))
            is_ended = file.read() == end
    except FileNotFoundError:
        return Fault(path, "is missing", is_missing=True)
    except OSError as error:
        raise StoreError(f"the table's file {path!r} cannot be read: {error.strerror}") from error
    if there < size:
        return Fault(path, f"has {there:,} bytes of {size:,}")
    return None if is_ended else Fault(path, "does not end as it should")


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*"))
