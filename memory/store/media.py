"""Media beside the table: files named by the sha256 of their bytes, written once, never changed."""

import mimetypes
import secrets
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from memory.errors import NotFoundError, StoreError
from memory.pieces import File, Medium
from memory.store.flushing import flush_file, flush_folder, make_folder

_WRITING = ".writing-"
"""How the name of a file begins that is not whole yet."""
_VIEW = "~"
"""What stands between a file's key and the name of a view of it; in no key."""
_ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "image/avif": ".avif",
    "audio/wav": ".wav",
    "audio/flac": ".flac",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/webm": ".weba",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "video/x-matroska": ".mkv",
    "application/pdf": ".pdf",
    "application/epub+zip": ".epub",
    "application/rtf": ".rtf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "message/rfc822": ".eml",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/x-python": ".py",
}


_MIMES = {ending: mime for mime, ending in _ENDINGS.items()}


def media_key(file: File) -> str:
    """The name under which a file is kept: `<2 hex>/<64 hex><ending>`."""
    return f"{file.sha256[:2]}/{file.sha256}{_ending(file.mime)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What shows a place in a file: a small picture, a page, a clip."""

    path: Path
    mime: str


class MediaStore:
    """A folder of content-addressed files; the same bytes are kept once.

    Beside a file may lie views of it: what was made of it to be shown, and could be made again.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, key: str) -> Path:
        """Where the bytes of a key lie on this machine."""
        return self._root / key

    def fetched(self, key: str) -> Path:
        """The same, once they are there: where they lie elsewhere, they are fetched; one that is gone is not there.

        Raises:
            StoreError: they cannot be fetched.
        """
        return self.path(key)

    def adopt(self, file: File) -> str:
        """Keep a file and return its key; it is on disk when this returns.

        The file's own bytes are on disk already (see `Spool`); here it only gets its name, by a
        link where the file system has them, so that no half file is ever under a key.

        Raises:
            StoreError: the disk is full, or cannot be written.
        """
        key = media_key(file)
        target = self.path(key)
        if target.exists():
            return key
        try:
            _placed(target, lambda half: _linked(file.path, half))
        except OSError as error:
            raise StoreError(f"a file of {file.size_bytes:,} bytes could not be kept: {error.strerror}") from error
        return key

    def file(self, key: str, mime: str) -> File:
        """What is kept under a key, as a file to read from.

        Raises:
            NotFoundError: nothing is.
        """
        path = self.fetched(key)
        try:
            return File(path=path, mime=mime, size_bytes=path.stat().st_size, sha256=path.stem)
        except FileNotFoundError as error:
            raise NotFoundError(f"the media file {key!r} is no longer in the store") from error

    def read(self, key: str) -> bytes:
        """The bytes of a key.

        Raises:
            NotFoundError: nothing is kept under this key.
        """
        try:
            return self.fetched(key).read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError(f"the media file {key!r} is no longer in the store") from error

    def view(self, key: str, name: str) -> View | None:
        """A view of a key's file that was made before."""
        path = next(self._root.glob(f"{key}{_VIEW}{name}.*"), None)
        return path and View(path=path, mime=_MIMES[path.suffix])

    def add_view(self, key: str, name: str, view: Medium) -> View | None:
        """Keep a view beside its file; None where the file is no longer there, and so nothing is kept.

        Callers hold the write lock: no sweep runs in between.

        Raises:
            StoreError: the disk is full, or cannot be written.
        """
        if not self.path(key).exists():
            return None
        target = self.path(f"{key}{_VIEW}{name}{_ending(view.mime)}")
        try:
            _placed(target, lambda half: half.write_bytes(view.data))
        except OSError as error:
            raise StoreError(f"a view of a file could not be kept: {error.strerror}") from error
        return View(path=target, mime=view.mime)

    def delete(self, key: str) -> int:
        """Remove the bytes of a key, and its views; returns how many bytes there were, 0 where none."""
        size = 0
        for path in [*self._root.glob(f"{key}{_VIEW}*"), self.path(key)]:
            try:
                size += path.stat().st_size
                path.unlink()
            except FileNotFoundError:
                continue
        if size:
            flush_folder(self.path(key).parent)
        return size

    def keys(self) -> Iterator[str]:
        """Every key kept, or kept views of, in no order."""
        yield from {
            f"{path.parent.name}/{path.name.partition(_VIEW)[0]}"
            for path in self._root.glob("??/*")
            if not path.name.startswith(_WRITING)
        }

    def sweep(self, needed: Collection[str]) -> dict[str, int]:
        """Remove what no key in `needed` names, half-written files too; returns the bytes of each key."""
        for half in list(self._root.glob(f"??/{_WRITING}*")):
            half.unlink(missing_ok=True)
        return {key: self.delete(key) for key in list(self.keys()) if key not in needed}

    def forget_copies(self, needed: Collection[str]) -> None:
        """Remove this machine's copies of what no key in `needed` names; there are none where the files lie here."""

    def sizes(self, keys: Iterable[str]) -> dict[str, int]:
        """How many bytes the file of each key takes, without its views; one that is gone takes none."""
        paths = {key: self.path(key) for key in keys}
        return {key: path.stat().st_size if path.exists() else 0 for key, path in paths.items()}


def _ending(mime: str) -> str:
    return _ENDINGS.get(mime) or mimetypes.guess_extension(mime) or ".bin"


def _placed(target: Path, write: Callable[[Path], object]) -> None:
    """Write beside the place and rename: a crash leaves no half file under the name."""
    make_folder(target.parent)
    half = target.parent / f"{_WRITING}{secrets.token_hex(8)}"
    write(half)
    half.replace(target)
    flush_folder(target.parent)


def _linked(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:  # a file system without links: copied, and flushed as the original was
        shutil.copyfile(source, target)
        flush_file(target)
