"""Archives made and taken apart, and stores that they come from and go to."""

import hashlib
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from memory.archive_file import ArchiveWriter
from memory.exporting import Export, Exported, Exporting
from memory.model import Segment
from memory.pieces import Anchor, Modality
from memory.restoring import Restored
from memory.service import MemoryService

COMMAND = Path(sys.executable).with_name("sensorium")
LONGEST_S = 120.0
NOW = datetime(2026, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)


class Clock(datetime):
    """A clock that is wrong by `ahead`."""

    ahead = timedelta(0)

    @classmethod
    def now(cls, tz: object = None) -> "Clock":  # noqa: ARG003  # as datetime's
        return cls.fromtimestamp(datetime.now(UTC).timestamp(), UTC) + cls.ahead


class LeaptClock(Clock):
    """A clock that is over a year ahead."""

    ahead = timedelta(days=400)


def watched(_done: int, _total: int) -> None:
    """See how far it is, and say nothing."""


async def exported(service: MemoryService, target: Path, **order: Any) -> Exported:
    return await Exporting(service.store, service.spool.folder).export(Export(target=target, **order), watched)


async def restored(service: MemoryService, path: Path) -> Restored:
    return await service.restore(path, watched)


async def rows(service: MemoryService) -> list[Segment]:
    """All there is, but for what is said of failures to embed it."""
    return [replace(one, attempts=0, error="") for one in await service.store.select("true")]


def media(service: MemoryService) -> dict[str, bytes]:
    return {key: service.store.media.read(key) for key in service.store.media.keys()}  # noqa: SIM118  # no mapping


def lines(archive: Path) -> list[dict[str, Any]]:
    with zipfile.ZipFile(archive) as file:
        entries = [name for name in file.namelist() if name.startswith("segments/")]
        return [json.loads(line) for name in entries for line in file.read(name).splitlines()]


def files(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as file:
        return {name.removeprefix("media/") for name in file.namelist() if name.startswith("media/")}


LINES = "segments/000001.jsonl"
Contents = dict[str, bytes]
"""What a zip holds, by name."""


def rewritten(archive: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """The archive with other contents: by name, as `change` leaves them."""
    with zipfile.ZipFile(archive) as file:
        contents = {name: file.read(name) for name in file.namelist()}
    change(contents)
    with zipfile.ZipFile(archive, "w") as file:
        for name, data in contents.items():
            file.writestr(name, data)
    return archive


def made(archive: Path, memories: Sequence[Sequence[Segment]], kept: dict[str, Path] | None = None) -> Path:
    """An archive of these memories, as export writes one."""
    writer = ArchiveWriter(archive, archive.parent)
    try:
        for segments in memories:
            keys = {one.media for one in segments} - {""}
            writer.add([(one, {}) for one in segments], {key: (kept or {})[key] for key in keys})
        writer.finish({})
    finally:
        writer.discard()
    return archive


def note(number: int, **changed: Any) -> Segment:
    """A memory of one note; all are different."""
    text = f"note {number}: the ferry of day {number * 37 % 1009} leaves at {number % 24}"
    plain = Segment(
        id=f"m{number:020x}",
        index=0,
        part=0,
        owner="local",
        namespace="default",
        session="",
        modality=Modality.TEXT,
        mime="text/plain",
        title="",
        text=text,
        context="",
        tags=(),
        metadata={},
        name="",
        source="",
        anchor=Anchor(),
        created_at=NOW + timedelta(seconds=number),
        occurred_at=NOW,
        expires_at=None,
        replaces="",
        superseded_by="",
        digest=f"{number:064x}",
        media="",
        look=None,
        fingerprint=f"{number:032x}",
    )
    return replace(plain, **changed)


def first_line(change: Callable[[bytes], bytes]) -> Callable[[Contents], object]:
    """Line 1, which is memory 1's only one, is another."""

    def apply(contents: Contents) -> None:
        line, *rest = contents[LINES].splitlines(keepends=True)
        contents[LINES] = b"".join([change(line), *rest])

    return apply


def key_of(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{digest[:2]}/{digest}.txt"


def environment(home: Path) -> dict[str, str]:
    """That of a user who has no embedder."""
    return {**os.environ, "SENSORIUM_HOME": str(home), "SENSORIUM_EMBEDDER": "none"}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def command(home: Path, *arguments: str | Path, limit: str = "") -> subprocess.CompletedProcess[str]:
    """The command as a user runs it; `limit` is what no file may be larger than, in blocks of the shell."""
    whole = [str(COMMAND), *map(str, arguments)]
    limited = ["sh", "-c", f'ulimit -f {limit}; exec "$@"', "sh", *whole] if limit else whole
    return subprocess.run(
        limited, env=environment(home), capture_output=True, text=True, check=False, timeout=LONGEST_S
    )


def kill_in_restore(home: Path, archive: Path) -> None:
    """Restore into an empty store by a process that is killed once its first commit is there."""
    until = time.monotonic() + LONGEST_S
    with subprocess.Popen([COMMAND, "restore", archive], env=environment(home), stderr=subprocess.DEVNULL) as process:
        while len(list(home.glob("table/segments.lance/data/*"))) < 2:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.002)
        process.kill()
