"""One file after another taken into the memory: once, anew when it changed, and away when it is gone."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from memory.checks import MAX_LABELS
from memory.errors import InvalidInputError, NotFoundError
from memory.imports import Imported
from memory.model import Part
from memory.requests import Remembered, Remembrance
from memory.threads import in_io_thread
from server.importing.foreign import MARKDOWN, Matter, front_matter
from server.importing.orders import Fate, Order, Outcome
from server.importing.register import Register, is_there, look
from server.principals import LOCAL
from server.warming import Backend

Tell = Callable[[Fate, Path, str], object]
"""Is told what became of a file, and the id of its memory or why it is refused."""


@dataclass(slots=True, kw_only=True)
class Taking:
    """Takes files in, and knows which of them it took before.

    All calls raise `StoreError` where the memory cannot be written; a file that cannot be remembered is told.

    Attributes:
        tell: hears of each file.
        seen: the paths that were come across.
    """

    backend: Backend
    order: Order
    outcome: Outcome
    register: Register
    tell: Tell
    seen: set[str] = field(default_factory=set[str])

    async def take(self, path: Path) -> None:
        """Take one file in, unless it is there already as it is."""
        self.seen.add(str(path))
        before = self.register.at(path)
        if before and self.register.is_current(path):
            self._tell("known", path, before.memory)
            return
        try:
            # As it is before it is read: what is written meanwhile counts as a change next time.
            await self._take(path, await in_io_thread(look, path), before)
        except (InvalidInputError, NotFoundError) as error:
            self._refuse(path, str(error))
        except OSError as error:
            self._refuse(path, f"cannot be read: {error.strerror}")

    async def tidy(self, roots: Sequence[Path]) -> None:
        """Tell what is gone from these folders since it was imported, and forget it where that is asked for."""
        await self.lose([path for path in self.register.below(roots) if path not in self.seen and not is_there(path)])

    async def lose(self, paths: Sequence[str]) -> None:
        """As `tidy`, for files that are known to be gone."""
        gone = [one for one in map(self.register.at, map(Path, paths)) if one]
        if not self.order.delete:
            for one in gone:
                self._tell("deleted", Path(one.path), one.memory)
            return
        without = [one for one in gone if self.register.only_in(one.memory, set(paths))]
        if ids := [id_ for one in without for id_ in await self._versions(one)]:
            await self.backend.service.forget_ids(LOCAL, list(dict.fromkeys(ids)))
        await self.register.remove([one.path for one in gone])
        for one in gone:
            self._tell("forgotten", Path(one.path), one.memory)

    async def _take(self, path: Path, now: Imported, before: Imported | None) -> None:
        if before is None and (moved := self.register.moved(now)):
            await self._move(moved, now)
            return
        remembered = await self._remembered(path, before.memory if before else "")
        now = replace(now, memory=remembered.id)
        if remembered.status == "stored":
            await self.register.put(now)
            self._tell("changed" if before else "stored", path, now.memory)
        elif before is None and (away := self.register.away(remembered.id)):
            await self._move(away, now)
        else:
            await self.register.put(now)
            self._tell("known", path, now.memory)

    async def _move(self, before: Imported, now: Imported) -> None:
        await self.backend.service.relocate(LOCAL, before.memory, before.path, now.path)
        await self.register.put(replace(now, memory=before.memory), instead_of=before.path)
        self._tell("moved", Path(now.path), before.memory)

    async def _remembered(self, path: Path, replaces: str) -> Remembered:
        is_markdown = path.suffix.lower() in MARKDOWN
        matter = await in_io_thread(front_matter, path) if is_markdown else Matter()
        service = self.backend.service
        is_there_still = replaces and await service.store.known(LOCAL, [replaces])
        async with self.backend.sources.fetched([str(path)], LOCAL) as parts:
            asked = remembrance(self.order, parts, matter.title, matter.tags)
            newer = replace(asked, occurred_at=matter.when, replaces=replaces if is_there_still else "")
            return await service.remember(newer)

    async def _versions(self, one: Imported) -> list[str]:
        """The memory of a file and those of what the file was before, the latest first."""
        ids: list[str] = []
        id_ = one.memory
        while id_ and (rows := await self.backend.service.store.memory(LOCAL, id_)):
            if ids and all(row.source != one.path for row in rows):
                break  # what somebody else remembered, and a file has replaced
            ids.append(id_)
            id_ = rows[0].replaces
        return ids

    def _tell(self, fate: Fate, path: Path, more: str) -> None:
        self.outcome.count(fate)
        self.tell(fate, path, more)

    def _refuse(self, path: Path, why: str) -> None:
        self.outcome.refuse(path, why)
        self.tell("refused", path, why)


def remembrance(order: Order, parts: tuple[Part, ...], title: str, own: Iterable[str]) -> Remembrance:
    """What is asked of the memory for one thing that is imported."""
    tags = tuple(dict.fromkeys([*order.tags, *own]))[: max(MAX_LABELS, len(order.tags))]
    return Remembrance(owner=LOCAL, parts=parts, title=title, tags=tags, namespace=order.namespace, defers=True)
