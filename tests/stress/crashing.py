"""Kills at random moments: a store is written to by processes that die, and examined after they did."""

import math
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

from stress.journal import Expected, lines_of
from stress.notes import chance_of
from stress.packing import listing_of, pack
from stress.processes import CONTEXT, PATIENCE_S, examined, run
from stress.roles import RESTORE, ROLES, Actor, act
from stress.traces import held

_PER_STORE = 40
"""Kills after which a new store is begun: some die while they make it."""
_WHILE_S = 1.0
"""How long a process is waited for that does one thing all the time."""


@dataclass(slots=True, kw_only=True)
class Kills:
    """What became of the stores.

    Attributes:
        survived: kills by role, after which everything was as it should be.
        left: words of forgotten notes that some file still held.
    """

    survived: Counter[str] = field(default_factory=Counter[str])
    examinations: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    orphans: int = 0
    sought: int = 0
    left: int = 0
    wrong: list[str] = field(default_factory=list[str])


def kill_many(folder: Path, *, kills: int, seed: int, until: float = math.inf) -> Kills:
    """Kill so many processes, or as many as there is time for until the monotonic clock shows `until`.

    It ends at the first thing that is wrong: the store is as it was then.
    """
    result = Kills()
    store = 0
    while result.survived.total() < kills and time.monotonic() < until and not result.wrong:
        home = folder / f"killed-{store}"
        wanted = min(_PER_STORE, kills - result.survived.total())
        _Siege(home, chance_of(seed, store), until, result).run(wanted)
        store += 1
    return result


class _Siege:
    """One store, and the processes that die on it."""

    def __init__(self, home: Path, chance: Random, until: float, result: Kills) -> None:
        self._home = home
        self._chance = chance
        self._until = until
        self._result = result
        self._expected = Expected()
        self._archive = home.with_name(f"{home.name}-archive.zip")
        self._archived = set[str]()
        self._journals = 0
        self._roles = list[str]()

    def run(self, kills: int) -> None:
        self._home.mkdir(parents=True, mode=0o700)
        run(pack, self._archive, seed=str(self._chance.random()))
        self._archived = {word for line in lines_of(listing_of(self._archive)) for word in line.ids}
        done, unsettled = 0, Counter[str]()
        while done < kills and not self._expected.wrong and time.monotonic() < self._until:
            actors = self._cast(min(self._chance.choice([1, 1, 2]), kills - done))
            self._play(actors)
            unsettled.update(actor.role for actor in actors)
            done += len(actors)
            if done >= kills or self._chance.random() < 0.7:
                self._settle(unsettled)
        if unsettled:
            self._settle(unsettled)
        self._close()

    def _cast(self, count: int) -> list[Actor]:
        """The next actors: roles in turn, victims shared out among them."""
        if len(self._roles) < count:
            self._roles = self._chance.sample(list(ROLES), len(ROLES))
        there = [word for word in self._expected.there() if word not in self._archived]
        victims = self._chance.sample(there, min(24, len(there)))
        return [self._actor(self._roles.pop(), victims[number::count]) for number in range(count)]

    def _actor(self, role: str, victims: Sequence[str]) -> Actor:
        if role == RESTORE:
            victims = [word for word in self._expected.there() if word in self._archived]
        return Actor(
            role=role,
            home=self._home,
            journal=self._next_journal(),
            seed=str(self._chance.random()),
            archive=self._archive,
            victims={word: self._expected.ids[word] for word in victims},
            old=self._expected.replaced(),
        )

    def _next_journal(self) -> Path:
        self._journals += 1
        return self._home.with_name(f"{self._home.name}-journal-{self._journals}")

    def _play(self, actors: Sequence[Actor]) -> None:
        """Start them, and kill each at its moment; the other goes on beside what the first has left."""
        processes = [CONTEXT.Process(target=act, args=(actor,), daemon=True) for actor in actors]
        for process in processes:
            process.start()
        for actor, process in zip(actors, processes, strict=True):
            self._kill(actor, process)
        for actor in actors:
            self._expected.fold(lines_of(actor.journal))

    def _kill(self, actor: Actor, process: BaseProcess) -> None:
        """Most die at work, after some deeds and in the middle of one; some while they open the store."""
        if self._chance.random() < 0.85:
            self._await_open(actor, process)
            self._await_lines(actor, self._chance.randint(0, 8))
        time.sleep(self._chance.random() * self._chance.choice([0.05, 0.2, 0.6]))
        process.kill()
        process.join()
        if process.exitcode != -signal.SIGKILL:
            self._expected.wrong.append(f"{actor.role}: ended by itself, with exit code {process.exitcode}")

    def _await_open(self, actor: Actor, process: BaseProcess) -> None:
        limit = time.monotonic() + PATIENCE_S
        while not lines_of(actor.journal) and process.is_alive():
            if time.monotonic() > limit:
                self._expected.wrong.append(f"{actor.role}: the store did not open within {PATIENCE_S:g} s")
                return
            time.sleep(0.002)

    def _await_lines(self, actor: Actor, count: int) -> None:
        """Let it begin or end so many deeds, if it does so in a while."""
        limit = time.monotonic() + _WHILE_S
        while len(lines_of(actor.journal)) < count and time.monotonic() < limit:
            time.sleep(0.002)

    def _settle(self, unsettled: Counter[str]) -> None:
        self._expected.settle(examined(self._home, seed=str(self._chance.random())))
        self._search()
        self._result.examinations += 1
        if not self._expected.wrong:
            self._result.survived.update(unsettled)
            unsettled.clear()

    def _search(self) -> None:
        """See that no file holds a word of what was forgotten; what was never committed was not."""
        left = [trace.decode() for trace in held(self._home, map(str.encode, self._forgotten()))]
        self._result.left += len(left)
        self._expected.wrong += [f"{word} was forgotten, and a file still holds it" for word in left]

    def _forgotten(self) -> list[str]:
        return [word for word in self._expected.gone() if word in self._expected.ids]

    def _close(self) -> None:
        """Add up."""
        expected, result = self._expected, self._result
        result.sought += len(self._forgotten())
        result.acknowledged += len(expected.ids)
        result.lost += expected.lost
        result.doubled += expected.doubled
        result.orphans += sum("orphan" in what for what in expected.wrong)
        result.wrong += [f"{self._home.name}: {what}" for what in dict.fromkeys(expected.wrong)]
