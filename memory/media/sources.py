"""Where media come from: one reference, as a user writes it, becomes one media part."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Final

from memory.errors import InvalidInputError, SourceNotAllowedError, UndecodableError
from memory.media.data_uris import read_data_uri
from memory.media.paths import default_roots, read_path, uri_path, writable
from memory.media.references import shown
from memory.media.sniff import sniff
from memory.media.web import Web
from memory.model import MediaPart, Medium
from memory.threads import in_worker

__all__ = ["MAX_BYTES", "Sources", "Web", "default_roots"]

MAX_BYTES: Final = 64 * 1024 * 1024
"""The largest medium taken, unless said otherwise: here, and in the setting."""

# Two letters at least: one is a Windows drive. White space after it: a sentence, not a reference.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?!\s)")
_REFUSALS = {
    "upload": "this server offers no upload tickets.",
    "http": "http is not secure and is never fetched.",
}
_MAX_PATH_CHARS = 4_096
_BASE64_OF_A_FILE = re.compile(r"(?:iVBORw0KGgo|/9j/|R0lGOD|UklGR|JVBERi|UEsDB|SUQz|AAAA)[A-Za-z0-9+/=_-]{48,}")
_BASE64 = re.compile(r"[A-Za-z0-9+_-]{100,}={0,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The places media may be read from.

    Attributes:
        roots: folders whose visible files may be read; none where the caller is on another machine.
        allow_urls: whether `https://` is fetched.
        max_bytes: the largest medium taken.
        web: how `https://` is fetched.
    """

    roots: tuple[Path, ...]
    allow_urls: bool
    max_bytes: int = MAX_BYTES
    web: Web = field(default_factory=Web)

    async def fetch(self, reference: str) -> MediaPart:
        """Read what one entry of `files` refers to: a path, `file://`, `data:` or `https://`.

        Its type is told from its bytes.

        Raises:
            SourceNotAllowedError: a place that may not be read; the message says what to pass.
            TooLargeError: more than `max_bytes`.
            UndecodableError: empty, or a malformed `data:` URI.
            InvalidInputError: there is no such file, or it cannot be reached.
        """
        written = reference.strip()
        scheme = _SCHEME.match(written)
        match scheme.group(1).lower() if scheme else "":
            case "":
                return await self._file(written, written)
            case "file":
                return await self._file(uri_path(written), written)
            case "data":
                return await self._inline(written)
            case "https":
                return await self._download(written)
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
        return _part(read_path(path, self.roots, self.max_bytes), _base_name(path), written)

    async def _inline(self, uri: str) -> MediaPart:
        return await in_worker(self._read_inline, uri)

    def _read_inline(self, uri: str) -> MediaPart:
        return _part(read_data_uri(uri, self.max_bytes), "", "data:")

    async def _download(self, url: str) -> MediaPart:
        if not self.allow_urls:
            raise SourceNotAllowedError(f"{shown(url)}: this server fetches no URLs. {self._takes()}")
        download = await self.web.get(url, self.max_bytes)
        return await in_worker(_part, download.data, download.name, url)

    def _takes(self) -> str:
        """What an entry of `files` may be on this server."""
        forms = [
            *(["the path of a file", "a file:// URI"] if self.roots else []),
            *(["an https:// URL"] if self.allow_urls else []),
            "a data: URI such as 'data:image/png;base64,…'",
        ]
        return f"Pass {' or '.join(forms)}; words go into `text`."


def _part(data: bytes, name: str, written: str) -> MediaPart:
    if not data:
        raise UndecodableError(f"{shown(written)} is empty.")
    mime = sniff(data, name)
    source = f"data:{mime}" if written == "data:" else written
    return MediaPart(medium=Medium(data=data, mime=mime), name=writable(name), source=writable(source))


def _base_name(path: str) -> str:
    return PureWindowsPath(path).name if os.name == "nt" else Path(path).name


def _is_content(reference: str) -> bool:
    """Whether someone passed the content itself where its place belongs."""
    return (
        "\n" in reference
        or len(reference) > _MAX_PATH_CHARS
        or (_BASE64_OF_A_FILE.fullmatch(reference) or _BASE64.fullmatch(reference)) is not None
    )
