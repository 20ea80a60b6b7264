"""Addresses: what may stand where a store is named."""

from importlib.util import find_spec
from pathlib import Path

from memory.errors import StoreError
from memory.store.places.folder import Folder
from memory.store.places.place import Place


def place_of(home: Path, uri: str) -> Place:
    """The place with an address, with `home` as this machine's own folder; without an address, that folder.

    Raises:
        StoreError: no store can be there, or not with what is installed.
    """
    if not uri:
        return Folder(home)
    if uri.startswith("s3://"):
        if find_spec("obstore") is None:
            raise StoreError("SENSORIUM_URI=s3://… needs the extra s3: pip install 'sensorium[s3]'")
        from memory.store.places.bucket import Bucket  # noqa: PLC0415  # an extra

        return Bucket(home, uri)
    scheme = uri.partition("://")[0]
    raise StoreError(_REFUSED.get(scheme, f"SENSORIUM_URI={uri!r} names no place for a store: s3://bucket/folder does"))


_REFUSED = {
    "db": "SENSORIUM_URI=db://… is not supported: LanceDB Cloud and Enterprise keep old versions of a table for as "
    "long as they see fit, so that nothing could be forgotten for good, keep no media files, and have no write on a "
    "condition, so that several servers could not take turns. Use s3://bucket/folder, or leave the setting empty"
}
