"""What the processes do that are killed: each one thing, over and over, and tells of it in a journal."""

import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import cast

import anyio
from harness import open_service
from stress.eager import tidy_eagerly
from stress.journal import Journal, Line, lines_of
from stress.notes import OWNER, Note, chance_of, new_word
from stress.packing import listing_of, untold

from memory import restoring
from memory.embedders.fake import FakeEmbedder
from memory.service import MemoryService

# Both libraries warn of forks; here their threads start only after it.
warnings.filterwarnings("ignore", message=".*fork")

_SHARED_PICTURES = 4
_SPACES = 5
RESTORE = "restore"
"""The role that brings back what it forgot: its victims are those of its archive, and of no one else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One process to be.

    Attributes:
        seed: what its chance is made from.
        archive: what a restore restores.
        victims: ids by the words of memories that it may forget and replace, and no other does.
        old: the words of those that have a newer version.
    """

    role: str
    home: Path
    journal: Path
    seed: str
    archive: Path
    victims: dict[str, str] = field(default_factory=dict[str, str])
    old: set[str] = field(default_factory=set[str])


@dataclass(frozen=True, slots=True)
class _Scene:
    service: MemoryService
    journal: Journal
    chance: Random
    archive: Path
    victims: dict[str, str]
    old: set[str]

    async def remember(self, *, replaces: str = "", defers: bool = False) -> None:
        """Remember a new note: alone, with a picture of its own, or with one that others have too."""
        word = new_word(self.chance)
        shared = f"shared {self.chance.randrange(_SHARED_PICTURES)}"
        note = Note(word=word, picture=self.chance.choice(["", "", word, shared]), replaces=replaces)
        older = self.victims.pop(replaces, "")
        self.journal.write(Line(event="intent", remembered=[note]))
        done = await self.service.remember(note.request(self.service.spool, replaces=older, defers=defers))
        self.journal.write(Line(event="done", remembered=[note], ids={word: done.id}))
        self.victims[word] = done.id

    async def forget(self, count: int) -> None:
        """Forget some of the victims."""
        words = self.chance.sample(sorted(self.victims), min(count, len(self.victims)))
        ids = [self.victims.pop(word) for word in words]
        self.journal.write(Line(event="intent", forgotten=words))
        await self.service.forget_ids(OWNER, ids)
        self.journal.write(Line(event="done", forgotten=words))

    async def restore(self) -> None:
        """Restore what the archive holds and is not there."""
        archived = [line for line in lines_of(listing_of(self.archive)) if not line.ids.keys() & self.victims.keys()]
        notes, ids = list[Note](), dict[str, str]()
        for line in archived:
            notes += line.remembered
            ids |= line.ids
        self.journal.write(Line(event="intent", remembered=notes))
        restored = await self.service.restore(self.archive, untold)
        if restored.refused or restored.known or restored.missing:
            self.journal.write(Line(event="error", error=f"the archive was not restored whole: {restored}"))
        self.journal.write(Line(event="done", remembered=notes, ids=ids))
        self.victims.update(ids)

    def any_newest(self) -> str:
        """A victim that can be replaced; empty where there is none."""
        newest = sorted(self.victims.keys() - self.old)
        return self.chance.choice(newest) if newest else ""


async def _remember(scene: _Scene) -> None:
    """Some at once, now and then a new version."""
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(scene.remember)
    await scene.remember(replaces=scene.any_newest())


async def _catch_up(scene: _Scene) -> None:
    for _ in range(4):
        await scene.remember(defers=True)
    await scene.service.upkeep()


async def _compact(scene: _Scene) -> None:
    for _ in range(3):
        await scene.remember()
    await scene.service.store.upkeep()


async def _forget(scene: _Scene) -> None:
    if len(scene.victims) < 3:
        await scene.remember()
        await scene.remember()
    await scene.forget(scene.chance.randint(1, 2))


async def _reembed(scene: _Scene) -> None:
    """Fill the new space; now and then, the others go."""
    await scene.service.upkeep()
    if scene.chance.random() < 0.5:
        await scene.service.drop_other_spaces()
    await scene.remember(defers=True)


async def _restore(scene: _Scene) -> None:
    await scene.restore()
    await scene.forget(8)


ROLES: dict[str, Callable[[_Scene], Awaitable[None]]] = {
    "remember": _remember,
    "catch-up": _catch_up,
    "compaction": _compact,
    "forget": _forget,
    "re-embed": _reembed,
    RESTORE: _restore,
}


def act(actor: Actor) -> None:
    """Play a role until killed; an error is told in the journal, and ends it."""
    anyio.run(_act, actor)


async def _act(actor: Actor) -> None:
    journal, chance = Journal(actor.journal), chance_of(actor.seed)
    if actor.role == "compaction":
        tidy_eagerly()
    restoring.MEMORIES_AT_ONCE = 3
    try:
        service = await open_service(actor.home, embedder=_embedder(actor.role, chance))
        scene = _Scene(service, journal, chance, actor.archive, dict(actor.victims), actor.old)
        journal.write(Line(event="open"))
        while True:
            await ROLES[actor.role](scene)
    except Exception as error:  # whatever it is, the harness must hear of it
        journal.write(Line(event="error", error=f"{actor.role}: {_told(error)}"))
        raise


def _told(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(map(_told, cast("BaseExceptionGroup[BaseException]", error).exceptions))
    return f"{type(error).__name__}: {error}"


def _embedder(role: str, chance: Random) -> FakeEmbedder:
    """The embedder all share; for a re-embed one whose space is another."""
    fake = FakeEmbedder()
    if role == "re-embed":
        fake.space = replace(fake.space, prompt=f"other{chance.randrange(_SPACES)}")
    return fake
