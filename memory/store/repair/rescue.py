"""Rescue: damaged fragments of the table taken out of it, and what can be read of them put back."""

# lance is untyped: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import lance
from lance.fragment import FragmentMetadata

from memory.store.engine import TABLE, translated
from memory.store.flushing import Flusher
from memory.store.repair.damage import MOVED, Aside, Damage
from memory.store.repair.fragments import Saved, fault_in_child, in_child, read_fragment, saved_from
from memory.store.repair.generations import Fault, Generation, generations
from memory.store.repair.media import unneeded_media
from memory.threads import in_io_thread


async def damaged_fragments(aside: Aside, version: Generation, known: Sequence[Fault]) -> dict[int, Fault]:
    """The fragments of a version that cannot be read whole, by their number, each with what is wrong."""
    dataset, faults = cast("Any", version.dataset), {fault.path: fault for fault in known}
    found = dict[int, Fault]()
    for fragment in dataset.get_fragments():
        files = _files(fragment)
        if fault := next((faults[path] for path in files if path in faults), None):
            found[fragment.fragment_id] = fault
        elif not aside.suspects(_where(files[0])):
            continue
        elif why := await fault_in_child(read_fragment, version.folder, dataset.version, fragment.fragment_id):
            found[fragment.fragment_id] = Fault(files[0], why)
    return found


async def take_out(home: Path, aside: Aside, version: Generation, damaged: Mapping[int, Fault]) -> list[Damage]:
    """Put what can be read of damaged fragments in their place, in one commit, and move their files away.

    Raises:
        StoreError: it could not be written; nothing was changed.
    """
    fragments = {number: cast("Any", version.dataset).get_fragment(number) for number in damaged}
    if not aside.mends:
        return [_told(fragments[number], fault, None) for number, fault in damaged.items()]
    with translated():
        saved = {number: await _saved(version, fragment) for number, fragment in fragments.items()}
        await in_io_thread(_commit, version, saved)
    newest = next(generations(home))
    is_loss = any(one.lost for one in saved.values())
    unneeded = await in_io_thread(unneeded_media, home, newest.dataset) if is_loss else []
    found = list[Damage]()
    for number, fault in damaged.items():
        paths = [version.folder / path for path in _files(fragments[number]) if path not in newest.files]
        going = [path for path in [*paths, *unneeded] if path.exists()]
        found.append(await in_io_thread(aside.mend, _told(fragments[number], fault, saved[number]), going))
    return found


async def _saved(version: Generation, fragment: Any) -> Saved:
    """What can be read of a fragment: with its vectors or without, as though no row of it was deleted at the worst."""
    saved = Saved(lost=fragment.metadata.num_rows)
    for vectors in (True, False):
        for sound in (True, False) if fragment.deletion_file() else (True,):
            arguments = version.folder, cast("Any", version.dataset).version, fragment.fragment_id, vectors, sound
            one = await in_child(saved_from, *arguments)
            if one and one.rows:
                return one
            saved = one or saved
    return saved


def _commit(version: Generation, saved: Mapping[int, Saved]) -> None:
    dataset = cast("Any", version.dataset)
    written = [FragmentMetadata.from_json(text) for one in saved.values() for text in one.fragments]
    change = cast("Any", lance).LanceOperation.Update(removed_fragment_ids=list(saved), new_fragments=written)
    Flusher(version.folder).flush()
    cast("Any", lance).LanceDataset.commit(dataset, change, read_version=dataset.version)
    Flusher(version.folder).flush()


def _files(fragment: Any) -> list[str]:
    deletions = fragment.deletion_file()
    return [*(f"data/{file.path}" for file in fragment.data_files()), *([deletions] if deletions else [])]


def _where(path: str) -> str:
    return f"table/{TABLE}.lance/{path}"


def _told(fragment: Any, fault: Fault, saved: Saved | None) -> Damage:
    rows = fragment.metadata.num_rows
    counts = f"{rows} pieces of memories lay in it" if saved is None else _counted(saved, rows)
    return Damage(
        what="table",
        where=_where(fault.path),
        finding=f"{fault.why}; {counts}",
        done=MOVED,
        is_loss=saved is None or bool(saved.lost),
        memories=saved.lost_ids if saved else (),
    )


def _counted(saved: Saved, rows: int) -> str:
    told = [f"{saved.rows} pieces of memories were saved, {saved.lost} are lost"]
    if saved.unvectored:
        told.append(f"{saved.unvectored} of the saved wait for vectors again")
    if (back := saved.rows - rows) > 0:
        told.append(f"{back} that had been deleted are back, as what was deleted cannot be told")
    return "; ".join(told)
