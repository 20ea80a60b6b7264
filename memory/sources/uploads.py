"""Files sent ahead of the call that names them: kept on disk under a ticket, each for its owner alone."""

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import AsyncIterable, Collection, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from memory.errors import InvalidInputError, NotFoundError, StoreError, TooLargeError
from memory.sources.paths import writable
from memory.store.flushing import flush_folder, make_folder
from memory.threads import in_io_thread

SCHEME = "upload:"
LIFE = timedelta(hours=1)
"""How long a file waits to be named in a call."""
MAX_WAITING = 100
"""Files of one owner that may wait at the same time."""
MAX_WAITING_FILES = 4
"""How many of them, of the largest size, may wait: what a store's disk must have room for."""
MAX_BYTES = 512 * 1024 * 1024
"""The largest file taken, unless said otherwise: here, and in the setting. Three hours of CD sound fit in FLAC."""
_TICKET = re.compile(r"[A-Za-z0-9_-]{22}")
_BLOCK_BYTES = 1 << 20
_DATA, _FACTS, _RECEIVING = "data", "facts.json", ".receiving-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What stands for an uploaded file.

    Attributes:
        ticket: unguessable; good for its owner only.
        name: the file's name where its sender gave one, for people and for telling kinds of text apart.
        expires: when the file is gone, in seconds since 1970.
    """

    ticket: str
    owner: str
    name: str
    bytes: int
    sha256: str
    expires: float

    @property
    def reference(self) -> str:
        """What a call's `files` takes."""
        return SCHEME + self.ticket


@dataclass(frozen=True, slots=True)
class Uploads:
    """A folder of uploaded files, for any number of processes.

    Attributes:
        root: the folder; made when the first file comes.
        max_bytes: the largest file taken.
    """

    root: Path
    max_bytes: int = MAX_BYTES

    def limited(self, max_bytes: int) -> "Uploads":
        """The same folder, with another largest file."""
        return replace(self, max_bytes=max_bytes)

    async def receive(self, owner: str, blocks: AsyncIterable[bytes], *, name: str = "", sha256: str = "") -> Ticket:
        """Take a file in, block by block; it is on disk when this returns, and not there at all if it cannot be.

        Args:
            owner: who may use it.
            blocks: its bytes; whatever they raise leaves nothing behind.
            name: what it is called.
            sha256: what its bytes must come to, as 64 hexadecimal digits; empty where nobody knows.

        Raises:
            TooLargeError: more than `max_bytes`, or too much waits already.
            InvalidInputError: it is empty, or its bytes are not those of `sha256`.
            StoreError: the disk is full, or cannot be written.
        """
        waiting = [one.bytes for one in await in_io_thread(self.sweep) if one.owner == owner]
        if len(waiting) >= MAX_WAITING or sum(waiting) > self.max_bytes * MAX_WAITING_FILES:
            raise TooLargeError(f"{len(waiting)} uploads wait already: remember them, or let them expire")
        folder = self.root / f"{_RECEIVING}{secrets.token_hex(8)}"
        try:
            await in_io_thread(make_folder, folder)
            size, digest = await self._write(folder / _DATA, blocks)
            if not size:
                raise InvalidInputError("the upload is empty: send the file's bytes as the body")
            if sha256 and digest != sha256.lower():
                raise InvalidInputError(
                    f"the bytes that came are not those of the digest (they are {digest}): send again"
                )
            expires = (datetime.now(UTC) + LIFE).timestamp()
            told = writable(Path(name).name)
            ticket = Ticket(
                ticket=secrets.token_urlsafe(16), owner=owner, name=told, bytes=size, sha256=digest, expires=expires
            )
            await in_io_thread(_finish, folder, self.root / ticket.ticket, ticket)
        except OSError as error:
            raise StoreError(f"the upload could not be kept: {error.strerror}") from error
        finally:
            await in_io_thread(shutil.rmtree, folder, ignore_errors=True)
        return ticket

    def read(self, owner: str, reference: str) -> tuple[Ticket, Iterator[bytes]]:
        """The upload that a reference stands for, and its bytes in blocks.

        Raises:
            NotFoundError: there is none of this owner; whether there is one of another is not said.
        """
        found = self._find(owner, reference)
        return found, _blocks(self.root / found.ticket / _DATA)

    def _find(self, owner: str, reference: str) -> Ticket:
        ticket = reference.strip()[len(SCHEME) :]
        known = self._read(self.root / ticket) if _TICKET.fullmatch(ticket) else None
        if known is None or known.owner != owner or known.expires <= datetime.now(UTC).timestamp():
            raise NotFoundError(
                f"there is no upload {ticket[:22]!r}: tickets are good for {LIFE // timedelta(minutes=1)} minutes, "
                "once, and for whoever sent the file; send it again"
            )
        return known

    def drop(self, owner: str, reference: str) -> None:
        """Let go of an upload; one that is gone, or another's, is left as it is."""
        with suppress(NotFoundError):
            found = self._find(owner, reference)
            shutil.rmtree(self.root / found.ticket, ignore_errors=True)

    def erase(self, owner: str, sha256s: Collection[str]) -> None:
        """Let go of an owner's uploads with these bytes."""
        for ticket in self.sweep():
            if ticket.owner == owner and ticket.sha256 in sha256s:
                shutil.rmtree(self.root / ticket.ticket, ignore_errors=True)

    def sweep(self) -> list[Ticket]:
        """Remove what has expired, and what a broken connection or a dead process has left half; what still waits."""
        now, waiting = datetime.now(UTC).timestamp(), list[Ticket]()
        for folder in self.root.iterdir() if self.root.is_dir() else ():
            known = self._read(folder)
            ends = known.expires if known else _changed(folder) + LIFE.total_seconds()
            if ends <= now:
                shutil.rmtree(folder, ignore_errors=True)
            elif known:
                waiting.append(known)
        return waiting

    def _read(self, folder: Path) -> Ticket | None:
        try:
            return Ticket(**json.loads((folder / _FACTS).read_text(encoding="utf-8")))
        except (FileNotFoundError, NotADirectoryError):
            return None

    async def _write(self, path: Path, blocks: AsyncIterable[bytes]) -> tuple[int, str]:
        digest, size = hashlib.sha256(), 0
        with await in_io_thread(path.open, "xb") as file:
            async for block in blocks:
                size += len(block)
                if size > self.max_bytes:
                    raise TooLargeError(f"the upload is over the {self.max_bytes:,} bytes that one file may have")
                digest.update(block)
                await in_io_thread(file.write, block)
            await in_io_thread(_flush, file)
        return size, digest.hexdigest()


def _flush(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _finish(folder: Path, target: Path, ticket: Ticket) -> None:
    (folder / _FACTS).write_text(json.dumps(asdict(ticket)), encoding="utf-8")
    folder.rename(target)
    flush_folder(target.parent)


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                yield block
    except FileNotFoundError as error:
        raise NotFoundError("the upload expired a moment ago; send it again") from error


def _changed(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:  # it was finished, or removed, a moment ago
        return float("inf")
