"""A disk that is full, or away: a clear error, nothing half done, and it goes on when there is room again."""

import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest
from harness import connected, picture, written

from memory.embedders.cached import QUESTIONS, Cached, QueryCache
from memory.embedders.fake import FakeEmbedder
from memory.errors import StoreError

TINY = 2048
"""What a file may have where the disk is as good as full."""
DISK = 6_000_000
"""Bytes of a small one."""


def _limited() -> Callable[[], object]:
    """Let no file grow, as on a full disk; returns what ends it."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (TINY, resource.RLIM_INFINITY))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _filled(folder: Path) -> Callable[[], object]:
    """Fill a small disk to its last byte; returns what ends it."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (2**20, 2**12, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return filler.unlink


_PRIVATELY = ["unshare", "--mount", "sh", "-c"]
"""Runs a shell whose mounts no other process sees."""


def _can_mount() -> bool:
    return (
        bool(shutil.which("unshare"))
        and not subprocess.run([*_PRIVATELY, "mount -t tmpfs tmpfs /tmp"], capture_output=True, check=False).returncode
    )


async def _live_through(folder: Path, is_small_disk: bool) -> None:  # noqa: FBT001  # from the command line
    """A full disk during each kind of write, and room again: what a client is told is printed."""
    home = folder / "store"
    big = picture("red", "a large one", (900, 700))
    sources = folder.parent / "in"
    async with connected(home, roots=(sources,)) as tools:
        first = await tools.remember("kept from before", files=[written(sources, "a.png", picture("blue"))])
        other = await tools.remember("kept from before, too")
        large = written(sources, "b.png", big)
        make_room = _filled(folder) if is_small_disk else _limited()
        errors = [
            await tools.error("remember", text="with a file", files=[large]),
            await tools.error("remember", text="a note " * 400),
            await tools.error("forget", ids=[other]),
        ]
        with pytest.raises(StoreError):  # it goes on with what was begun to be forgotten
            await tools.service.upkeep()
        recalled = await tools.found("kept")
        media = [path.name for path in (home / "media").glob("??/*")]
        make_room()
        await tools.service.upkeep()
        new = await tools.remember("a note " * 400, files=[large])
        erased = (await tools.forget(first))["erased"]
        left = await tools.found(limit=50)
    # A forget that could not be finished has taken its memory out of sight, or left it as it was.
    facts = {
        "errors": errors,
        "recalled": first in recalled and {*recalled} <= {first, other},
        "media": len(media),
        "goes_on": erased and {new} <= {*left} <= {new, other},
    }
    sys.stdout.write(json.dumps(facts))


def _facts(command: Sequence[str], folder: Path, *arguments: str) -> dict[str, Any]:
    """What a process tells that lives through it: the limit, or the disk, is its own."""
    script = [sys.executable, str(Path(__file__)), str(folder), *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "300"}
    done = subprocess.run(
        [*command, *script], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_disk_on_which_no_file_can_grow_leaves_nothing_half_done(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    facts = _facts([], folder)
    assert all(os.strerror(errno.EFBIG) in error for error in facts.pop("errors")[:2])
    assert facts == {"recalled": True, "media": 1, "goes_on": True}


@pytest.mark.heavy
@pytest.mark.skipif(not _can_mount(), reason="mounting a small disk of one's own needs root, and Linux")
def test_a_full_disk_leaves_nothing_half_done(tmp_path: Path) -> None:
    folder = tmp_path / "mount" / "disk"
    mount = f'mount -t tmpfs -o size={DISK} tmpfs "{folder.parent}" && mkdir "{folder}" && exec "$0" "$@"'
    folder.parent.mkdir()
    facts = _facts([*_PRIVATELY, mount], folder, "disk")
    assert all(os.strerror(errno.ENOSPC) in error for error in facts.pop("errors"))
    assert facts == {"recalled": True, "media": 1, "goes_on": True}


@pytest.mark.parametrize("leaves_mount_point", [False, True])
async def test_a_store_whose_disk_is_away_is_missed_and_works_again_when_it_is_back(
    tmp_path: Path, *, leaves_mount_point: bool
) -> None:
    home, away = tmp_path / "store", tmp_path / "away"
    async with connected(home) as tools:
        id_ = await tools.remember("kept", files=[written(tmp_path / "in", "a.png", picture("red"))])
        home.rename(away)
        if leaves_mount_point:
            home.mkdir()
        file = written(tmp_path / "in", "b.png", picture("blue"))
        errors = [
            await tools.error("remember", text="not now"),
            await tools.error("remember", text="not now", files=[file]),
            await tools.error("recall", query="kept"),
            await tools.error("forget", ids=[id_]),
        ]
        assert all("could not be" in error or "is its disk mounted" in error for error in errors)
        with pytest.raises(StoreError):
            await tools.service.upkeep()
        assert not list(home.rglob("segments.lance")), "no new store is made in its place"
        assert home.exists() == leaves_mount_point
        shutil.rmtree(home, ignore_errors=True)
        away.rename(home)
        assert await tools.found("kept") == [id_]
        other = await tools.remember("and it goes on", files=[file])
        assert (await tools.forget(id_))["erased"]
        assert await tools.found() == [other]


async def test_a_damaged_cache_of_questions_stops_no_recall(tmp_path: Path) -> None:
    home = tmp_path / "store"
    cached = Cached(FakeEmbedder(), QueryCache(home / QUESTIONS))
    async with connected(home, embedder=cached) as tools:
        id_ = await tools.remember("kept")
        (home / QUESTIONS).write_bytes(b"no database at all" * 100)
        assert await tools.found("kept") == [id_]
        assert (await tools.forget(id_))["erased"]


async def test_a_file_that_is_damaged_while_the_server_runs_is_answered_with_what_to_do(tmp_path: Path) -> None:
    home = tmp_path / "store"
    async with connected(home) as tools:
        await tools.remember("kept")
        [data] = (home / "table" / "segments.lance" / "data").glob("*")
        data.write_bytes(b"")
        assert "sensorium doctor" in await tools.error("recall", query="kept")


if __name__ == "__main__":
    anyio.run(_live_through, Path(sys.argv[1]), "disk" in sys.argv[1:])
