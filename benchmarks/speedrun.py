"""One engine of `make bench-speed` in a process of its own: `speedrun.py ENGINE build|ask|add ROWS FOLDER`."""

import sys
from functools import partial
from pathlib import Path

import anyio
from speeddata import truth
from speedengine import Asked, Built, Engine, Laps, add, ask, build, said


def engine_of(name: str, folder: Path) -> Engine:
    """An engine by its name; only its own libraries are imported."""
    if name == "sensorium":
        from speedours import Ours

        return Ours(folder)
    import speedpeers

    return {
        "numpy": speedpeers.Numpy,
        "sqlite-vec": speedpeers.SqliteVec,
        "chromadb": speedpeers.Chroma,
        "qdrant-client": speedpeers.Qdrant,
    }[name](folder)


async def main(name: str, phase: str, rows: int, folder: Path) -> Built | Asked | Laps:
    """Do one phase, in a folder that holds this engine's rows alone."""
    make = partial(engine_of, name, folder)
    if phase == "build":
        return await build(make, rows, folder)
    return await ask(make, truth(folder.parent, rows)) if phase == "ask" else await add(make, rows)


if __name__ == "__main__":
    said(anyio.run(main, sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])))
