"""Makes a fixture: a small store as the version at hand writes it, in one archive, for later versions to open.

python tests/store/formats/make.py NAME

Run once for each format before it changes, and never again: a fixture is what that version really wrote.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import anyio

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent))

from harness import connected, picture, written  # noqa: E402  # the harness of the version at hand


async def make(folder: Path) -> None:
    async with connected(folder / "store") as tools:
        for n in range(12):
            await tools.remember(f"note {n}: the ferry leaves at {n} o'clock", tags=["ferry", f"n{n}"])
        await tools.remember(
            "# Manual\n\n"
            + "\n\n".join(f"## Part {n}\n\n{f'The pump number {n} hums quietly. ' * 30}" for n in range(4)),
            title="Manual",
            metadata={"pages": 3, "author": "O'Neill"},
            session="s1",
            namespace="work",
            when="2025-03-04T05:06:07Z",
        )
        await tools.remember("a red picture", files=[written(folder / "in", "red.png", picture("red", "fixture"))])
        old = await tools.remember("the code of the door is 1111", title="Door")
        await tools.remember("the code of the door is 2222", title="Door", replaces=old)
        await tools.remember("stays for long", expires="2999-01-01T00:00:00Z")
        await tools.forget(await tools.remember("this was forgotten"))


def main(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(make, Path(folder))
        store = Path(folder) / "store"
        shutil.rmtree(store / "spool", ignore_errors=True)
        for lock in store.glob("*.lock"):
            lock.unlink()
        shutil.make_archive(str(HERE / name), "zip", store)


if __name__ == "__main__":
    main(sys.argv[1])
