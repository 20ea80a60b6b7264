"""Media beside the table: files named by the sha256 of their bytes, written once, never changed."""

import hashlib
import mimetypes
import os
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from memory.errors import NotFoundError, StoreError

_WRITING = ".writing-"
"""How the name of a file begins that is not whole yet."""
_ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "audio/wav": ".wav",
    "audio/flac": ".flac",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/x-python": ".py",
}


def media_key(data: bytes, mime: str) -> str:
    """The name under which these bytes are kept: `<2 hex>/<64 hex><ending>`."""
    digest = hashlib.sha256(data).hexdigest()
    return f"{digest[:2]}/{digest}{_ENDINGS.get(mime) or mimetypes.guess_extension(mime) or '.bin'}"


class MediaStore:
    """A folder of content-addressed files; the same bytes are kept once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, key: str) -> Path:
        """Where the bytes of a key lie."""
        return self._root / key

    def write(self, data: bytes, mime: str) -> str:
        """Keep the bytes and return their key; they are on disk when this returns.

        Written beside their place, flushed, then renamed: a crash leaves no half file under a key.

        Raises:
            StoreError: the disk is full, or cannot be written.
        """
        key = media_key(data, mime)
        target = self.path(key)
        if target.exists():
            return key
        try:
            _written(target, data)
        except OSError as error:
            raise StoreError(f"a file of {len(data):,} bytes could not be kept: {error.strerror}") from error
        return key

    def read(self, key: str) -> bytes:
        """The bytes of a key.

        Raises:
            NotFoundError: nothing is kept under this key.
        """
        try:
            return self.path(key).read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError(f"the media file {key!r} is no longer in the store") from error

    def delete(self, key: str) -> int:
        """Remove the bytes of a key and return how many there were; 0 where there were none."""
        path = self.path(key)
        try:
            size = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            return 0
        _flush_folder(path.parent)
        return size

    def keys(self) -> Iterator[str]:
        """Every key kept, in no order."""
        for path in self._root.glob("??/*"):
            if not path.name.startswith(_WRITING):
                yield f"{path.parent.name}/{path.name}"

    def sweep(self, needed: Collection[str]) -> dict[str, int]:
        """Remove what no key in `needed` names, half-written files too; returns the bytes of each key."""
        for half in list(self._root.glob(f"??/{_WRITING}*")):
            half.unlink(missing_ok=True)
        return {key: self.delete(key) for key in list(self.keys()) if key not in needed}

    def size_bytes(self) -> int:
        """How much all media take together."""
        return sum(self.path(key).stat().st_size for key in self.keys())


def _written(target: Path, data: bytes) -> None:
    target.parent.mkdir(exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=_WRITING, delete=False) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(target)
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
