"""Folders followed: what is added, changed, moved and deleted in them, until told to stop."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from watchfiles import awatch  # pyright: ignore[reportUnknownVariableType]  # typed in part

from server.importing.register import is_there, look
from server.importing.selection import IGNORE_FILES, Selection
from server.importing.taking import Taking

TICK_MS = 1000
"""How long a file must stand still before it is taken: one that is being written is not whole."""
_PATIENCE = 3
"""Ticks until a file counts as gone: one that was moved is found at its new place before."""


@dataclass(slots=True)
class Watching:
    """Follows folders with what an import took them in with.

    Attributes:
        waiting: files that may still be written, as they were a tick ago.
        gone: files that may have been moved, with the ticks that are left to find them elsewhere.
    """

    taking: Taking
    selection: Selection
    roots: Sequence[Path]
    waiting: dict[Path, tuple[int, int]] = field(default_factory=dict[Path, tuple[int, int]])
    gone: dict[str, int] = field(default_factory=dict[str, int])

    async def run(self) -> None:
        """Follow for ever; cancelled to stop.

        Raises:
            StoreError: the memory cannot be written.
            InvalidInputError: an ignore file came to hold a pattern that is none.
        """
        # What changed before the watcher ran is seen by one more look at everything.
        await self._look_at_all()
        ticks = awatch(*self.roots, watch_filter=None, rust_timeout=TICK_MS, yield_on_timeout=True, step=100)
        is_first = True
        async for changes in ticks:
            paths = {Path(path) for _, path in changes}
            if is_first or any(self._concerns_many(path) for path in paths):
                await self._look_at_all()
            else:
                await self._look_at(paths)
            is_first = False

    async def _look_at(self, changed: set[Path]) -> None:
        settled = [path for path, stamp in self.waiting.items() if path not in changed and _stamp(path) == stamp]
        for path in settled:
            del self.waiting[path]
            await self.taking.take(path)
        for path in [*changed, *(path for path in self.waiting if path not in changed)]:
            stamp = _stamp(path)
            if stamp is None:
                self.waiting.pop(path, None)
            elif path in self.waiting or self._takes(path):
                self.waiting[path] = stamp
        self._miss(str(path) for path in changed)
        await self._lose()

    async def _look_at_all(self) -> None:
        """Take whatever stands still, and put the rest off."""
        for root in self.roots:
            for path in self.selection.files(root, self.taking.outcome):
                stamp = _stamp(path)
                if stamp and not self.taking.register.is_current(path):
                    self.waiting.setdefault(path, stamp)
        self._miss(self.taking.register.below(self.roots))

    def _miss(self, paths: Iterable[str]) -> None:
        for path in paths:
            if not is_there(path) and self.taking.register.at(Path(path)):
                self.gone.setdefault(path, _PATIENCE)

    async def _lose(self) -> None:
        """Tell of those that were not found elsewhere, and are not back."""
        self.gone = {path: left - 1 for path, left in self.gone.items() if not is_there(path)}
        over = [path for path, left in self.gone.items() if left <= 0]
        for path in over:
            del self.gone[path]
        await self.taking.lose(over)

    def _concerns_many(self, path: Path) -> bool:
        """Whether it is a folder, or one that was there, or a file by which others are chosen."""
        return path.name in IGNORE_FILES or path.is_dir() or bool(self.taking.register.below([path])[1:])

    def _takes(self, path: Path) -> bool:
        root = next((root for root in self.roots if path.is_relative_to(root)), None)
        return root is not None and not path.is_symlink() and self.selection.takes(root, path)


def _stamp(path: Path) -> tuple[int, int] | None:
    """Size and time of a file; None where it is none, or gone."""
    try:
        return look(path).stamp if path.is_file() else None
    except OSError:
        return None
