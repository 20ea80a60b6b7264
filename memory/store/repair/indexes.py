"""Indexes examined, and broken ones made anew: they hold nothing that the rows do not."""

# lance and lancedb are typed in part: what they leave unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from typing import Any, cast

from memory.store.engine import TABLE, connected, translated
from memory.store.flushing import Flusher
from memory.store.indexes import FACTS, WORDS, WORDS_INDEX
from memory.store.repair.damage import Aside, Damage
from memory.store.repair.fragments import fault_in_child, read_index, search_vectors, search_words
from memory.store.repair.generations import Generation
from memory.threads import in_io_thread


async def examine_indexes(aside: Aside, version: Generation) -> list[Damage]:
    """What is wrong with the indexes; a broken one is dropped, and that of words made anew.

    Raises:
        StoreError: an index could not be made anew.
    """
    found = list[Damage]()
    for index in cast("Any", version.dataset).describe_indices():
        where = f"table/{TABLE}.lance/_indices/{index.name}"
        if not aside.suspects(where) or not (why := await _fault(version, index)):
            continue
        done = "made anew" if index.name == WORDS_INDEX else "dropped; it is made anew in the background"
        damage = Damage(what=f"index {index.name}", where=where, finding=why, done=done)
        found.append(await in_io_thread(aside.mend, damage))
        if aside.mends:
            await _make_anew(version, index.name)
    return found


async def _fault(version: Generation, index: Any) -> str:
    for segment in index.segments:
        if why := await fault_in_child(read_index, version.folder, str(segment.uuid), segment.size_bytes or 1):
            return why
    number, [column] = cast("Any", version.dataset).version, index.field_names
    if column in FACTS:
        return ""
    if index.name != WORDS_INDEX:
        return await fault_in_child(search_vectors, version.folder, number, column)
    terms = await in_io_thread(_some_terms, version)
    return await fault_in_child(search_words, version.folder, number, terms) if terms else ""


def _some_terms(version: Generation) -> str:
    rows = (
        cast("Any", version.dataset).scanner(columns=["terms"], filter="terms != ''", limit=50).to_table().to_pylist()
    )
    return " ".join(dict.fromkeys(term for row in rows for term in row["terms"].split()[:20]))


async def _make_anew(version: Generation, name: str) -> None:
    with translated():
        table = await (await connected(str(version.folder.parent))).open_table(TABLE)
        await table.drop_index(name)
        if name == WORDS_INDEX:
            await table.create_index("terms", config=WORDS)
        await in_io_thread(Flusher(version.folder).flush)
