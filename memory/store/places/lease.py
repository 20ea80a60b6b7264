"""A lock for several machines: an object in a bucket that is only ever written on the condition that nobody else did.

Whoever has written the object holds the lock for as long as it renews it. A holder that died, or lost its network,
renews it no longer: who waits sees that, by its own clock alone, and takes the lock over. No two clocks are compared.

Needs writes on conditions (`If-None-Match`, `If-Match`), as S3 has since 2024-11, and R2, MinIO, Ceph and others have.
Source: "Conditional writes" in the user guide of Amazon S3.
"""

import json
import secrets
import threading
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import ObjectStore

from memory.errors import StoreBusyError, StoreError
from memory.store.lock import PATIENCE_S
from memory.threads import in_io_thread

if TYPE_CHECKING:
    from obstore import PutResult

TERM_S = 20.0
"""How long a lock lasts that is not renewed."""
RENEWED_EVERY_S = 5.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 0.5


class Lease:
    """A lock among all processes that reach a bucket, and among the tasks of this one.

    Args:
        bucket: where the object is.
        name: of the object.
        term_s: how long the lock outlives a holder that is gone.
    """

    def __init__(self, bucket: ObjectStore, name: str, *, term_s: float = TERM_S) -> None:
        self._bucket = bucket
        self._name = name
        self._term_s = term_s
        self._tasks = anyio.Lock()
        self._held: _Held | None = None

    @asynccontextmanager
    async def hold(self, patience_s: float = PATIENCE_S) -> AsyncGenerator[None]:
        """Hold the lock for the block.

        Raises:
            StoreBusyError: another held it for longer than `patience_s`.
            StoreError: the bucket does not answer; or the lock was lost before the block ended.
        """
        async with self._tasks:
            self._held = _Held(self._bucket, self._name, await self._acquired(patience_s), self._term_s)
            try:
                yield
                self.check()
            finally:
                held, self._held = self._held, None
                with anyio.CancelScope(shield=True):
                    await in_io_thread(held.release)

    def check(self) -> None:
        """See that the lock is still held: to be asked before what must not run beside another writer.

        Raises:
            StoreError: it is not.
        """
        if self._held is not None and self._held.is_lost:
            raise StoreError(
                "nothing more was written: this server did not reach the bucket for so long that another may write now"
            )

    async def _acquired(self, patience_s: float) -> str:
        """The tag of the object that says the lock is ours."""
        until, pause_s = anyio.current_time() + patience_s, _FIRST_PAUSE_S
        tag, seen = "", _Seen("", 0.0)
        while True:
            with anyio.CancelScope(shield=True):  # what was taken is held, and given back
                tag, seen = await in_io_thread(self._tried, seen)
            if tag:
                return tag
            if anyio.current_time() >= until:
                raise StoreBusyError(f"another server has held the store for {patience_s:.0f} s; try again")
            await anyio.sleep(min(pause_s, max(0.0, until - anyio.current_time())))
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _tried(self, seen: "_Seen") -> "tuple[str, _Seen]":
        """The tag, where the lock could be had; and what the object was like."""
        try:
            try:
                found = obstore.get(self._bucket, self._name)
            except FileNotFoundError:
                return _tag(obstore.put(self._bucket, self._name, _said(), mode="create")), seen
            tag = found.meta["e_tag"] or ""
            is_free = not json.loads(bytes(found.bytes()))["holder"]
            if tag != seen.tag:
                seen = _Seen(tag, time.monotonic())
            if is_free or time.monotonic() - seen.since >= self._term_s:
                return _tag(obstore.put(self._bucket, self._name, _said(), mode={"e_tag": tag})), seen
        except (AlreadyExistsError, PreconditionError):  # another was faster
            return "", seen
        except BaseError as error:
            raise StoreError(f"nothing was written, the bucket does not answer: {error}") from error
        return "", seen


class _Seen:
    """What a lock's object was like, and since when, by this process's clock."""

    __slots__ = ("since", "tag")

    def __init__(self, tag: str, since: float) -> None:
        self.tag = tag
        self.since = since


class _Held:
    """A lock that is renewed by a thread of its own, whatever the others are busy with, until it is released."""

    def __init__(self, bucket: ObjectStore, name: str, tag: str, term_s: float) -> None:
        self._bucket = bucket
        self._name = name
        self._tag = tag
        self._term_s = term_s
        self._renewed = time.monotonic()
        self._was_taken = False
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._thread.start()

    @property
    def is_lost(self) -> bool:
        """Whether another may have it: it took it, or could have by now."""
        return self._was_taken or time.monotonic() - self._renewed >= self._term_s

    def release(self) -> None:
        """Let the next one have it at once; where that cannot be said, it has it after the term."""
        self._done.set()
        self._thread.join()
        if not self._was_taken:
            self._write("")

    def _renew(self) -> None:
        while not self._done.wait(self._term_s * RENEWED_EVERY_S / TERM_S) and not self._was_taken:
            self._write(secrets.token_hex(8))

    def _write(self, holder: str) -> None:
        began = time.monotonic()
        try:
            self._tag = _tag(obstore.put(self._bucket, self._name, _said(holder), mode={"e_tag": self._tag}))
            self._renewed = began
        except PreconditionError:
            self._was_taken = True
        except BaseError:  # tried again; `is_lost` tells when that was too often
            return


def _said(holder: str | None = None) -> bytes:
    """What the object says: never the same twice, as its tag may be a hash of that."""
    return json.dumps(
        {"holder": secrets.token_hex(8) if holder is None else holder, "n": secrets.token_hex(8)}
    ).encode()


def _tag(result: "PutResult") -> str:
    return result["e_tag"] or ""
