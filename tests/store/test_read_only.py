"""A store on a disk that cannot be written: what is in it is recalled, and what cannot be done is said."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from harness import connected, picture, written

SCRIPT = """
import json, sys
from pathlib import Path
import anyio
from harness import connected
from memory.embedders.fake import FakeEmbedder

async def main(home, width):
    async with connected(home, embedder=FakeEmbedder(dimensions=width)) as tools:
        found = await tools.recall("ferry")
        shown = await tools.call("recall", query="photo", media="thumbnails")
        facts = {
            "found": [hit["passage"] for hit in found],
            "by": [hit["why"] for hit in found],
            "opened": len(await tools.segments(found[0]["id"])),
            "shown": not shown.is_error,
            "remember": await tools.error("remember", text="a note"),
            "forget": await tools.error("forget", ids=[found[0]["id"]]),
        }
        print(json.dumps(facts))

if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]), int(sys.argv[2]))
"""

IN_PRIVATE = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'


async def _filled(home: Path) -> None:
    async with connected(home) as tools:
        await tools.remember("the ferry leaves at noon")
        await tools.remember("a photo", files=[written(home.parent / "in", "a.png", picture("red"))])


def _run(home: Path, width: int) -> dict[str, object]:
    """What a process says to which the store's folder is read-only."""
    python = [sys.executable, "-c", SCRIPT, str(home), str(width)]
    command = [*_private(), str(home), *python]
    if os.getuid():
        for folder in (home, *filter(Path.is_dir, home.rglob("*"))):
            folder.chmod(0o500)
        command = python
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _private() -> list[str]:
    """Root writes everywhere: only a mount of its own, seen by nobody else, is read-only to it."""
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", IN_PRIVATE, "sh"]


def _can_be_kept_from_writing() -> bool:
    if os.name != "posix" or not os.getuid():
        unshare = shutil.which("unshare")
        return unshare is not None and subprocess.run([*_private()[:4], "true"], check=False).returncode == 0
    return True


@pytest.mark.skipif(not _can_be_kept_from_writing(), reason="nothing is read-only to root where it may not mount")
@pytest.mark.parametrize("width", [256, 320])
async def test_a_store_that_cannot_be_written_is_recalled_from(tmp_path: Path, width: int) -> None:
    """With the embedder it was written with, and with another one, by words."""
    await _filled(tmp_path / "store")
    told = await anyio.to_thread.run_sync(_run, tmp_path / "store", width)
    assert told["found"] == ["the ferry leaves at noon"]
    assert ("meaning" in str(told["by"])) == (width == 256)
    assert told["opened"] == 1
    assert told["shown"]
    assert "nothing was written" in str(told["remember"])
    assert "nothing was written" in str(told["forget"])
