"""A store in a bucket: an S3-compatible service has the table, the media and the marks, and servers take turns.

Credentials, region and endpoint are the environment's (`AWS_ACCESS_KEY_ID`, `AWS_REGION`, `AWS_ENDPOINT_URL`, …), for
the engine and for what lies beside the table alike. `home` keeps what is this machine's own: copies of media, files
that are being read, the ledger of what was spent.
"""

import shutil
import time
from collections.abc import Collection, Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import ObjectStore, from_url

from memory.errors import StoreError
from memory.pieces import File
from memory.store.engine import TABLE
from memory.store.flushing import make_folder
from memory.store.media import MediaStore, media_key
from memory.store.places.lease import Lease

if TYPE_CHECKING:
    from obstore.store import RetryConfig

_MEDIA, _DATABASE = "media", "table"
_PROBE = "probe"
_RETRIES: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=10)}
"""A user waits; by itself the library tries for three minutes."""


class Bucket:
    """See `Place`: a folder in a bucket, for all servers that reach it.

    Args:
        home: this machine's own folder.
        uri: `s3://bucket/folder`.

    Raises:
        StoreError: the address is none.
    """

    def __init__(self, home: Path, uri: str) -> None:
        try:
            self._objects: ObjectStore = from_url(uri, retry_config=_RETRIES)
        except (BaseError, ValueError) as error:
            raise StoreError(f"SENSORIUM_URI={uri!r} cannot be used: {error}") from error
        self._uri = uri.rstrip("/")
        self.home = home
        self.database = f"{self._uri}/{_DATABASE}"
        self.marks = ObjectMarks(self._objects)
        self.media = BucketMedia(home / "media", self._objects)
        self.writing = Lease(self._objects, "writing.lock")
        self.upkeep = Lease(self._objects, "upkeep.lock")

    def __str__(self) -> str:
        """Its address."""
        return self._uri

    def check(self) -> None:
        """See `Place`: it is looked at by `make`, and no disk hides it."""

    def is_read_only(self) -> bool:
        """See `Place`: only a write tells, and says so then."""
        return False

    def make(self) -> None:
        """See `Place`: folders need not be made, but writes on conditions must hold, or two could write at once.

        Raises:
            StoreError: they do not; or there is no such bucket, or it cannot be written.
        """
        make_folder(self.home)
        try:
            with _told("cannot be used"):
                obstore.put(self._objects, _PROBE, b"", mode="overwrite")
                obstore.put(self._objects, _PROBE, b"", mode="create")
        except (AlreadyExistsError, PreconditionError):
            return
        except FileNotFoundError as error:
            raise StoreError(f"SENSORIUM_URI={self._uri!r}: there is no such bucket; make it first") from error
        raise StoreError(
            f"{self._uri} writes over what is there though it is asked not to (If-None-Match), so that servers could "
            "not take turns: use a service that has conditional writes, as Amazon S3, R2 and MinIO do"
        )

    def make_whole(self) -> None:
        """See `Place`: an object is there whole, or not at all."""

    def discard(self) -> None:
        """See `Place`: nothing is set aside here."""

    def flush(self) -> None:
        """See `Place`: what the service has acknowledged is there for good, if this server was still the writer."""
        self.writing.check()

    def epoch(self) -> int:
        """See `Place`: no file is held open."""
        return 0

    def commits(self) -> int:
        """See `Place`."""
        with _told("cannot be listed"):
            return sum(1 for _ in _listed(self._objects, f"{_DATABASE}/{TABLE}.lance/_versions/"))

    def size(self) -> int:
        """See `Place`."""
        with _told("cannot be listed"):
            return sum(size for _, size in _listed(self._objects, ""))


class ObjectMarks:
    """Marks that are objects."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    def text(self, name: str) -> str | None:
        """See `Marks`."""
        try:
            with _told("cannot be read"):
                return bytes(obstore.get(self._objects, name).bytes()).decode(errors="replace")
        except FileNotFoundError:
            return None

    def write(self, name: str, text: str) -> None:
        """See `Marks`."""
        with _told("cannot be written"):
            obstore.put(self._objects, name, text.encode(), mode="overwrite")

    def remove(self, name: str) -> None:
        """See `Marks`."""
        with _told("cannot be written"):
            obstore.delete(self._objects, name)


class BucketMedia(MediaStore):
    """Media as objects, with copies on this machine of those that were looked at; views are this machine's own."""

    def __init__(self, root: Path, objects: ObjectStore) -> None:
        super().__init__(root)
        self._objects = objects

    def adopt(self, file: File) -> str:
        """See `MediaStore.adopt`: it is in the bucket when this returns."""
        key = media_key(file)
        with _told("does not take a file"):
            if not self._is_there(key):
                obstore.put(self._objects, _name(key), file.path)
        return super().adopt(file)

    def fetched(self, key: str) -> Path:
        """See `MediaStore.fetched`."""
        path = self.path(key)
        if not path.exists():
            self._fetch(key, path)
        return path

    def delete(self, key: str) -> int:
        """See `MediaStore.delete`: the object goes, and this machine's copy and views."""
        with _told("does not let go of a file"):
            sizes = dict(_listed(self._objects, _name(key)))
            obstore.delete(self._objects, _name(key))
        return super().delete(key) or sizes.get(_name(key), 0)

    def keys(self) -> Iterator[str]:
        """See `MediaStore.keys`: of objects, and of copies."""
        with _told("cannot be listed"):
            objects = [name.removeprefix(f"{_MEDIA}/") for name, _ in _listed(self._objects, f"{_MEDIA}/")]
        yield from {*objects, *super().keys()}

    def sizes(self, keys: Iterable[str]) -> dict[str, int]:
        """See `MediaStore.sizes`."""
        with _told("cannot be listed"):
            known = dict(_listed(self._objects, f"{_MEDIA}/"))
        return {key: known.get(_name(key), 0) for key in keys}

    def forget_copies(self, needed: Collection[str]) -> None:
        """See `MediaStore.forget_copies`."""
        for key in set(super().keys()).difference(needed):
            super().delete(key)

    def _is_there(self, key: str) -> bool:
        try:
            obstore.head(self._objects, _name(key))
        except FileNotFoundError:
            return False
        return True

    def _fetch(self, key: str, path: Path) -> None:
        """Copy an object here; where it is gone, nothing is.

        Raises:
            StoreError: it does not come, or not as it was sent.
        """
        make_folder(path.parent)
        half = path.with_name(f".writing-{time.monotonic_ns()}")
        try:
            with _told("does not give a file"), half.open("wb") as copy:
                for chunk in obstore.get(self._objects, _name(key)).stream():
                    copy.write(chunk)
            with half.open("rb") as copy:
                if file_digest(copy, "sha256").hexdigest() != path.stem:
                    raise StoreError(f"the bucket gave {key!r} with other bytes than were kept: ask again")
            shutil.move(half, path)
        except FileNotFoundError:
            return
        finally:
            half.unlink(missing_ok=True)


def _name(key: str) -> str:
    return f"{_MEDIA}/{key}"


def _listed(objects: ObjectStore, prefix: str) -> Generator[tuple[str, int]]:
    """Names of objects below a folder, or of one object, and their sizes."""
    pages = obstore.list(objects, prefix or None, return_arrow=False)  # pyright: ignore[reportUnknownMemberType]
    for page in pages:
        for found in page:
            yield found["path"], found["size"]


@contextmanager
def _told(what: str) -> Generator[None]:
    """The service's errors in our words; what is not there is a `FileNotFoundError`.

    Raises:
        StoreError: the service refused, or could not be reached.
    """
    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(what) from None
    except (AlreadyExistsError, PreconditionError):
        raise
    except BaseError as error:
        raise StoreError(f"the bucket {what}: {error}") from error
