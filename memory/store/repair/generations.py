"""Versions of the table as they lie on the disk: which is the newest whole one, and going back to it.

The engine reports a commit before its files are sure to be on the disk, and a memory is acknowledged
after. So a newest manifest that is torn, or names new files that are missing, empty or cut short, is
most likely that of a commit which a power cut ended, and which was not acknowledged: it is left out.
Damage that came later looks the same, so that this is told as a possible loss. A file that an older
version names too was acknowledged; damage to it is no reason to go back, as that would lose what
came after it.
"""

# lance is untyped: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from anyio import from_thread

from memory.errors import StoreError
from memory.store.datasets import EngineError, engine_errors, open_dataset
from memory.store.engine import TABLE, translated
from memory.store.repair.damage import MOVED, Aside, Damage
from memory.store.repair.fragments import ids_in, in_child
from memory.store.repair.media import entries, media_files, unneeded_media

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
    """One version of the table: its manifest, and what it says.

    Attributes:
        dataset: None where the manifest cannot be read.
        files: data and deletion files it needs, from the table's folder on, and how many bytes they have at least.
        indices: folders of its indexes, and how many bytes are in them at least.
    """

    manifest: Path
    dataset: Any | None = None
    files: Mapping[str, int] = field(default_factory=dict[str, int])
    indices: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def folder(self) -> Path:
        """The table's."""
        return self.manifest.parent.parent

    def faults(self) -> list[Fault]:
        """Data and deletion files that are missing or too short.

        Raises:
            StoreError: the file system does not answer.
        """
        looked = [_fault(self.folder, path, size) for path, size in self.files.items()]
        return [fault for fault in looked if fault]

    def broken_indices(self) -> list[Fault]:
        """Indexes with less bytes than they should have."""
        sizes = {path: _bytes_in(self.folder / path) for path in self.indices}
        return [
            Fault(path, f"has {sizes[path]:,} bytes of {size:,}")
            for path, size in self.indices.items()
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
        yield _opened(manifest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the table stands on the disk.

    Attributes:
        torn: the newest versions, which are not whole, and most likely were never acknowledged.
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
    known = version.files if older is None else older.files
    new = {} if older is None else version.indices.keys() - older.indices.keys()
    is_torn = bool(faults) or any(fault.path in new for fault in version.broken_indices())
    return [fault for fault in faults if fault.path in known], is_torn


def make_whole(home: Path) -> None:
    """See that the newest version of the table is whole; where a commit was torn, go back to before it.

    Callers hold the write lock, in a thread of an event loop.

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
        with translated("mended"):
            go_back(Aside(home), found.torn, found.newest)


def go_back(aside: Aside, torn: Sequence[Generation], whole: Generation) -> Damage:
    """Move torn versions away, and what only they need, so that `whole` is the newest.

    Most likely nobody was told that they are there; as that cannot be known, it is a possible loss. Memories that
    only they have are named where their rows can be read. Callers are in a thread of an event loop.
    """
    home, manifests = aside.home, [version.manifest for version in torn]
    strays = _strays(home, manifests, whole)
    damage = Damage(
        what="table",
        where=", ".join(str(manifest.relative_to(home)) for manifest in manifests),
        finding="the last commit is not whole on the disk, as after a power cut; "
        "whether what it held was acknowledged cannot be told",
        done=f"gone back to the version before it; {MOVED}",
        is_loss=True,
        memories=_only_in(strays, whole),
    )
    return aside.mend(damage, [*manifests, *strays, *unneeded_media(home, whole.dataset)])


def _strays(home: Path, torn: Sequence[Path], whole: Generation) -> list[Path]:
    """Files that no version but torn ones names."""
    named = {path for version in generations(home) if version.manifest not in torn for path in version.files}
    folder = whole.folder
    files = [*folder.glob("data/*"), *folder.glob("_deletions/*")]
    return [path for path in files if path.relative_to(folder).as_posix() not in named]


def _only_in(strays: Sequence[Path], whole: Generation) -> tuple[str, ...]:
    """Memories of which only these files have rows, as far as they can be read."""
    known = {row["id"] for row in cast("Any", whole.dataset).scanner(columns=["id"]).to_table().to_pylist()}
    data = [path for path in strays if path.suffix == ".lance"]
    ids = [id_ for path in data for id_ in from_thread.run(in_child, ids_in, path) or ()]
    return tuple(id_ for id_ in dict.fromkeys(ids) if id_ not in known)


def _check_empty(home: Path, torn: Sequence[Generation]) -> None:
    """See that a store without a whole version never held anything; what is left of its table is moved away.

    Raises:
        StoreError: it did.
    """
    folder = table_of(home)
    if media_files(home) or entries(folder / "data"):
        why = "no version of it is whole" if torn else "it has no version"
        told = f"the table {str(folder)!r} cannot be opened: {why}; is its disk mounted? Nothing was changed"
        raise StoreError(f"{told}. {DOCTOR}")
    if folder.exists():
        finding = "it was never finished"
        damage = Damage(what="table", where=f"table/{TABLE}.lance", finding=finding, done="made anew")
        with translated("mended"):
            Aside(home).mend(damage, [folder])


def _manifests(home: Path) -> list[Path]:
    found = entries(table_of(home) / _VERSIONS)
    manifests = [path for path in found if path.suffix == ".manifest" and path.stem.isdigit()]
    return sorted(manifests, key=_number, reverse=True)


def _number(manifest: Path) -> int:
    number = int(manifest.stem)
    return number if number < 2**63 else _NEWEST - number


def _opened(manifest: Path) -> Generation:
    try:
        manifest.read_bytes()
    except OSError as error:
        raise StoreError(f"the table's file {str(manifest)!r} cannot be read: {error.strerror}") from error
    try:
        with engine_errors():
            return _read(manifest)
    except EngineError as error:
        if "not supported" in str(error).lower():
            raise StoreError(f"the table was written by a newer version of Sensorium: {error}") from error.__cause__
        return Generation(manifest)


def _read(manifest: Path) -> Generation:
    """What a manifest says, all of it: one that is damaged may be opened, and give errors later."""
    dataset = open_dataset(manifest.parent.parent, _number(manifest))
    if not dataset.schema.names:
        return Generation(manifest)
    files = dict[str, int]()
    for fragment in dataset.get_fragments():
        files |= {f"data/{file.path}": file.file_size_bytes or 1 for file in fragment.metadata.files}
        if deletions := fragment.deletion_file():
            files[deletions] = 1
    known = [one for index in dataset.describe_indices() for one in index.segments]
    return Generation(manifest, dataset, files, {f"_indices/{one.uuid}": one.size_bytes or 1 for one in known})


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
