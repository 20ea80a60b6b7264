"""An archive of notes, for processes that die while they restore it."""

from pathlib import Path

import anyio
from harness import open_service
from stress.journal import Journal, Line
from stress.notes import Note, chance_of, new_word

from memory.embedders.fake import FakeEmbedder
from memory.exporting import Export, Exporting

_NOTES = 24


def untold(done: int, total: int) -> None:
    """Tell nobody how far it is."""


def listing_of(archive: Path) -> Path:
    """Where it is written what an archive holds, as a journal."""
    return archive.with_suffix(".jsonl")


def pack(archive: Path, *, seed: str) -> None:
    """Write an archive, and beside it what it holds; for a process of its own."""
    anyio.run(_pack, archive, seed)


async def _pack(archive: Path, seed: str) -> None:
    chance, listing = chance_of(seed, "archive"), Journal(listing_of(archive))
    service = await open_service(archive.with_suffix(".store"), embedder=FakeEmbedder())
    for number in range(_NOTES):
        word = new_word(chance)
        note = Note(word=word, picture=word if number % 3 else "")
        done = await service.remember(note.request(service.spool))
        listing.write(Line(event="done", remembered=[note], ids={word: done.id}))
    await Exporting(service.store, service.spool.folder).export(Export(target=archive, with_vectors=True), untold)
    service.spool.close()
