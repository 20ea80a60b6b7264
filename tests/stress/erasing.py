"""What is left in the files of a store after many forgot beside many who wrote."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from stress.marking import QUESTION, Mark, Marker, finish, mark
from stress.processes import CONTEXT, PATIENCE_S, run
from stress.traces import Indexed, held, indexed_in


@dataclass(slots=True, kw_only=True)
class Erasure:
    """What was searched for, and found.

    Attributes:
        forgotten: memories that were.
        sought: words and byte strings of the forgotten memories.
        left: how many of them some file still held.
        seen: how many of the kept memories' were found in the same way: the search can find.
        kept: words and byte strings of the kept memories.
    """

    processes: int
    forgotten: int = 0
    sought: int = 0
    left: int = 0
    kept: int = 0
    seen: int = 0
    wrong: list[str] = field(default_factory=list[str])


def forget_beside_writers(folder: Path, *, processes: int, seconds: float, seed: int, reads_words: bool) -> Erasure:
    """Have so many processes remember and forget for so long, and search every file of the store.

    Args:
        folder: where the store and the processes' lists are made.
        processes: how many.
        seconds: how long they go on.
        seed: what their chance is made from.
        reads_words: whether the first of them remembers pictures of words, which takes long to read.
    """
    folder.mkdir(parents=True)
    run(int)  # the first process takes seconds to start, all others a moment
    home, until = folder / "store", time.monotonic() + seconds
    markers = [
        Marker(
            home=home,
            marks=folder / f"marks-{number}",
            seed=f"{seed} {number}",
            until=until,
            reads_words=reads_words and number == 0,
        )
        for number in range(processes)
    ]
    erasure = Erasure(processes=processes)
    _run(markers, erasure)
    _search(home, [one for marker in markers for one in _marks(marker.marks)], erasure)
    _look_into_index(home, erasure)
    return erasure


def _run(markers: Sequence[Marker], erasure: Erasure) -> None:
    running = [CONTEXT.Process(target=mark, args=(marker,), daemon=True) for marker in markers]
    for process in running:
        process.start()
    for marker, process in zip(markers, running, strict=True):
        process.join(max(0.0, marker.until - time.monotonic()) + PATIENCE_S)
        if process.exitcode != 0:
            erasure.wrong.append(f"{marker.marks.name} ended with exit code {process.exitcode}; stderr says why")
            process.kill()


def _marks(path: Path) -> list[Mark]:
    return [Mark.model_validate_json(line) for line in path.read_text().splitlines()] if path.exists() else []


def _search(home: Path, marks: Sequence[Mark], erasure: Erasure) -> None:
    """Search for all traces; one that a kept memory has, too, may stay."""
    kept = {trace: what for one in marks if not one.is_forgotten for trace, what in _traces(one).items()}
    gone = {trace: what for one in marks if one.is_forgotten for trace, what in _traces(one).items()}
    lasting = {trace for trace, what in kept.items() if not what.startswith(QUESTION)}
    found = held(home, kept.keys() | gone.keys())
    erasure.forgotten = sum(one.is_forgotten for one in marks)
    erasure.sought, erasure.kept, erasure.seen = len(gone.keys() - kept.keys()), len(lasting), len(lasting & found)
    left = [what for trace, what in sorted(gone.items()) if trace in found and trace not in kept]
    erasure.left = len(left)
    erasure.wrong += [f"was forgotten, and is left: {what}" for what in left]


def _traces(one: Mark) -> dict[bytes, str]:
    """What to search for, and what it is."""
    needles = {bytes.fromhex(needle): f"{what} of {one.words[0]}" for what, needle in one.needles.items()}
    return {**{word.encode(): word for word in one.words}, **needles}


def _look_into_index(home: Path, erasure: Erasure) -> None:
    """What indexes hold cannot be searched for: it is counted, where all of it must be of rows that are there."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        if (code := run(finish, home, report)) != 0:
            erasure.wrong.append(f"the store cannot be opened (exit code {code}; stderr says why)")
            return
        wanted = Indexed.model_validate_json(report.read_text())
    if (there := indexed_in(home)) != wanted:
        erasure.wrong.append(f"the indexes hold {there}, and should hold {wanted}")
