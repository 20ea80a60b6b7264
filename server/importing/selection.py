"""Which files of a folder are taken: by patterns, by the ignore files in it, and never what is hidden or a link."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError

from memory.errors import InvalidInputError
from server.importing.orders import Order, Outcome

IGNORE_FILES = (".gitignore", ".sensoriumignore")
"""Read in every folder, the later one having the last word."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the ignore files of one folder say."""

    folder: Path
    spec: GitIgnoreSpec


_Level = tuple[_Rules, ...]
"""The rules that hold in a folder, those of the folder itself last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Chooses among the files of folders as git does, and by the patterns of an order.

    Attributes:
        home: the folder of the memory, which is passed over.
    """

    home: Path
    include: GitIgnoreSpec | None
    exclude: GitIgnoreSpec
    ignores: bool

    @classmethod
    def of(cls, order: Order, home: Path) -> "Selection":
        """The selection that an order asks for.

        Raises:
            InvalidInputError: a pattern is none.
        """
        return cls(
            home=home.resolve(),
            include=_spec(order.include, "--include") if order.include else None,
            exclude=_spec(order.exclude, "--exclude"),
            ignores=order.ignores,
        )

    def files(self, root: Path, outcome: Outcome) -> Iterator[Path]:
        """The files below a folder that are taken, in order; or the file itself.

        Links are counted, and folders that cannot be read refused, in `outcome`.

        Raises:
            InvalidInputError: an ignore file holds a pattern that is none.
        """
        if root.is_file():
            yield root
        else:
            yield from self._below(root, root, self._above(root), outcome)

    def takes(self, root: Path, path: Path) -> bool:
        """Whether a path below a folder, of a file that is there or was, is one that `files` would give."""
        if root == path:
            return True
        level, folder = self._level(root, self._above(root)), root
        *folders, name = path.relative_to(root).parts
        for part in folders:
            folder /= part
            if self._passes_over(root, folder, level, is_folder=True):
                return False
            level = self._level(folder, level)
        return not self._passes_over(root, folder / name, level, is_folder=False)

    def _below(self, root: Path, folder: Path, above: _Level, outcome: Outcome) -> Iterator[Path]:
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            outcome.refuse(folder, f"cannot be read: {error.strerror}")
            return
        level = self._level(folder, above)
        for path in entries:
            if path.is_symlink():
                outcome.links += 1
            elif path.is_dir():
                if not self._passes_over(root, path, level, is_folder=True):
                    yield from self._below(root, path, level, outcome)
            elif path.is_file() and not self._passes_over(root, path, level, is_folder=False):
                yield path

    def _passes_over(self, root: Path, path: Path, level: _Level, *, is_folder: bool) -> bool:
        if path.name.startswith(".") or path == self.home:
            return True
        inside = _within(root, path, is_folder=is_folder)
        if self.exclude.match_file(inside) or _is_ignored(level, path, is_folder=is_folder):
            return True
        return not is_folder and self.include is not None and not self.include.match_file(inside)

    def _level(self, folder: Path, above: _Level) -> _Level:
        if not self.ignores:
            return ()
        lines = [line for name in IGNORE_FILES for line in _lines(folder / name)]
        return (*above, _Rules(folder, _spec(lines, f"an ignore file in {str(folder)!r}"))) if lines else above

    def _above(self, root: Path) -> _Level:
        """The rules of the folders that a folder lies in, up to that of the repository; none outside of one."""
        place = next((place for place in root.parents if (place / ".git").exists()), None)
        if place is None or (root / ".git").exists():
            return ()
        level: _Level = ()
        for folder in reversed([one for one in root.parents if one.is_relative_to(place)]):
            level = self._level(folder, level)
        return level


def _is_ignored(level: _Level, path: Path, *, is_folder: bool) -> bool:
    """What the nearest folder says whose rules say anything of it."""
    for rules in reversed(level):
        said = rules.spec.check_file(_within(rules.folder, path, is_folder=is_folder)).include
        if said is not None:
            return said
    return False


def _within(folder: Path, path: Path, *, is_folder: bool) -> str:
    return f"{path.relative_to(folder).as_posix()}{'/' if is_folder else ''}"


def _lines(path: Path) -> Sequence[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else ()


def _spec(lines: Sequence[str], whose: str) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines(lines)
    except GitIgnorePatternError as error:
        raise InvalidInputError(f"{whose} has a pattern that cannot be used: {error}") from error
