"""Where media come from: one reference, as a user writes it, becomes one media part."""

import os
import re
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PureWindowsPath
from typing import Final

from memory.errors import InvalidInputError, SourceNotAllowedError, UndecodableError
from memory.model import MediaPart
from memory.sources.data_uris import read_data_uri
from memory.sources.paths import blocks_of, default_roots, uri_path, writable
from memory.sources.references import shown
from memory.sources.spool import Spool
from memory.sources.uploads import MAX_BYTES, Uploads
from memory.sources.web import Web
from memory.threads import in_io_thread, in_worker

__all__ = ["MAX_BYTES", "Sources", "Web", "default_roots"]

MAX_IN_MEMORY_BYTES: Final = 64 * 1024 * 1024
"""The largest file that comes over the network or inside the call, whatever is said: it is held in memory."""

# Two letters at least: one is a Windows drive. White space after it: a sentence, not a reference.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?!\s)")
_REFUSALS = {
    "http": "http is not secure and is never fetched.",
}
_MAX_PATH_CHARS = 4_096
_BASE64_OF_A_FILE = re.compile(r"(?:iVBORw0KGgo|/9j/|R0lGOD|UklGR|JVBERi|UEsDB|SUQz|AAAA)[A-Za-z0-9+/=_-]{48,}")
_BASE64 = re.compile(r"[A-Za-z0-9+_-]{100,}={0,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The places media may be read from.

    Attributes:
        spool: where what was read is kept until it is stored.
        roots: folders whose visible files may be read; none where the caller is on another machine.
        allow_urls: whether `https://` is fetched.
        max_bytes: the largest file taken.
        web: how `https://` is fetched.
        uploads: where files wait that were sent ahead; None where none can be.
    """

    spool: Spool
    roots: tuple[Path, ...]
    allow_urls: bool
    max_bytes: int = MAX_BYTES
    web: Web = field(default_factory=Web)
    uploads: Uploads | None = None

    @asynccontextmanager
    async def fetched(self, references: Sequence[str], owner: str) -> AsyncGenerator[tuple[MediaPart, ...]]:
        """What these entries of an owner's `files` refer to, each there until the block ends; see `fetch`."""
        parts: list[MediaPart] = []
        try:
            for reference in references:
                parts.append(await self.fetch(reference, owner))  # noqa: PERF401  # those before a refusal are let go of
            yield tuple(parts)
        finally:
            for part in parts:
                self.spool.discard(part.file)

    async def used(self, references: Sequence[str], owner: str) -> None:
        """Let go of the uploads among these entries of `files`: they are stored by now, or were before."""
        for reference in references:
            if self.uploads is not None and _scheme(reference) == "upload":
                await in_io_thread(self.uploads.drop, owner, reference)

    async def fetch(self, reference: str, owner: str = "") -> MediaPart:
        """Read what one entry of `files` refers to: a path, `file://`, `data:`, `https://` or `upload:`.

        Its type is told from its bytes. Callers discard the file when they are done with it.

        Args:
            reference: as it was written.
            owner: who asks; without one, no upload is theirs.

        Raises:
            SourceNotAllowedError: a place that may not be read; the message says what to pass.
            TooLargeError: more than `max_bytes`.
            UndecodableError: empty, or a malformed `data:` URI.
            NotFoundError: the owner has no such upload.
            InvalidInputError: there is no such file, or it cannot be reached.
        """
        written = reference.strip()
        match _scheme(written):
            case "":
                return await self._file(written, written)
            case "file":
                return await self._file(uri_path(written), written)
            case "data":
                return await self._inline(written)
            case "https":
                return await self._download(written)
            case "upload":
                return await self._uploaded(written, owner)
            case other:
                reason = _REFUSALS.get(other, f"nothing is read from {other}: references.")
                raise SourceNotAllowedError(f"{shown(written)}: {reason} {self._takes()}")

    async def _file(self, path: str, written: str) -> MediaPart:
        if not path or _is_content(path):
            raise InvalidInputError(f"{shown(written)} is not the place of a file. {self._takes()}")
        if not self.roots:
            raise SourceNotAllowedError(f"{shown(written)}: this server reads no files by path. {self._takes()}")
        return await in_worker(self._read_file, path, written)

    def _read_file(self, path: str, written: str) -> MediaPart:
        return self._part(blocks_of(path, self.roots, self.max_bytes), _base_name(path), written)

    async def _inline(self, uri: str) -> MediaPart:
        return await in_worker(self._read_inline, uri)

    def _read_inline(self, uri: str) -> MediaPart:
        part = self._part([read_data_uri(uri, self._max_in_memory)], "", "data:")
        return replace(part, source=f"data:{part.file.mime}")

    async def _download(self, url: str) -> MediaPart:
        if not self.allow_urls:
            raise SourceNotAllowedError(f"{shown(url)}: this server fetches no URLs. {self._takes()}")
        download = await self.web.get(url, self._max_in_memory)
        return await in_worker(self._part, [download.data], download.name, url)

    async def _uploaded(self, reference: str, owner: str) -> MediaPart:
        if self.uploads is None:
            raise SourceNotAllowedError(f"{shown(reference)}: this server offers no upload tickets. {self._takes()}")
        return await in_worker(self._read_upload, self.uploads, reference, owner)

    def _read_upload(self, uploads: Uploads, reference: str, owner: str) -> MediaPart:
        ticket, blocks = uploads.read(owner, reference)
        return self._part(blocks, ticket.name, reference, source="upload")

    @property
    def _max_in_memory(self) -> int:
        return min(self.max_bytes, MAX_IN_MEMORY_BYTES)

    def _part(self, blocks: Iterable[bytes], name: str, written: str, source: str = "") -> MediaPart:
        file = self.spool.add(blocks, name)
        if not file.size_bytes:
            self.spool.discard(file)
            raise UndecodableError(f"{shown(written)} is empty.")
        return MediaPart(file=file, name=writable(name), source=writable(source or written))

    def _takes(self) -> str:
        """What an entry of `files` may be on this server."""
        forms = [
            *(["the path of a file", "a file:// URI"] if self.roots else []),
            *(["an https:// URL"] if self.allow_urls else []),
            *(["the upload:… that POST /upload answers with"] if self.uploads else []),
            "a data: URI such as 'data:image/png;base64,…'",
        ]
        return f"Pass {' or '.join(forms)}; words go into `text`."


def _scheme(reference: str) -> str:
    scheme = _SCHEME.match(reference.strip())
    return scheme.group(1).lower() if scheme else ""


def _base_name(path: str) -> str:
    return PureWindowsPath(path).name if os.name == "nt" else Path(path).name


def _is_content(reference: str) -> bool:
    """Whether someone passed the content itself where its place belongs."""
    return (
        "\n" in reference
        or len(reference) > _MAX_PATH_CHARS
        or (_BASE64_OF_A_FILE.fullmatch(reference) or _BASE64.fullmatch(reference)) is not None
    )
