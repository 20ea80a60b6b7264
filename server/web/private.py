"""Files that only their owner may read."""

import os
from pathlib import Path

from memory.store.flushing import flush_folder, make_folder


def write_private(path: Path, data: bytes) -> None:
    """Put a file in its place as a whole, on disk when this returns. Callers keep others from doing it at once.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    make_folder(path.parent)
    half = path.with_name(f".{path.name}.half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
    flush_folder(path.parent)
