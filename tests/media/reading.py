"""A decoder run over bytes, step by step, as its caller does."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from memory.model import Chunk, Cursor, File, Piece

Step = Callable[[File, Cursor], Chunk]


def file_of(folder: Path, data: bytes, mime: str = "application/octet-stream") -> File:
    digest = hashlib.sha256(data).hexdigest()
    path = folder / digest
    path.write_bytes(data)
    return File(path=path, mime=mime, size_bytes=len(data), sha256=digest)


def chunks(step: Step, file: File) -> list[Chunk]:
    found = [step(file, {})]
    while (cursor := found[-1].cursor) is not None:
        found.append(step(file, json.loads(json.dumps(cursor))))
    return found


def pieces(step: Step, file: File) -> list[Piece]:
    return [piece for chunk in chunks(step, file) for piece in chunk.pieces]
