"""Static bearer tokens: kept as hashes, in a file beside the store or in the environment."""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock
from mcp.server.auth.provider import AccessToken

from memory.errors import ConfigurationError, InvalidInputError, NotFoundError
from memory.store.flushing import make_folder
from server.principals import SCOPES, Scope
from server.web.private import write_private

FILE = "tokens.json"
_PREFIX = "sens_"
"""What a token begins with: scanners for leaked secrets know one by it."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""Names without a colon: an issuer's subjects have one, so that the two never meet."""
_ENTRY = re.compile(r"(?P<name>[^=]+)=(?P<hash>[0-9a-f]{64})(?:/(?P<scopes>[a-z+]+))?")
_SHORT = {scope.partition(":")[2]: scope for scope in SCOPES}
"""Scopes as people write them: `read`, `write`, `forget`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEntry:
    """What is kept of a token.

    Attributes:
        name: the owner it stands for; several tokens may have one name.
        hash: sha256 of the token; enough for 256 random bits, which nobody guesses.
        expires: in seconds since 1970; None for never.
    """

    name: str
    hash: str
    scopes: tuple[Scope, ...]
    created: float
    expires: float | None = None

    @property
    def id(self) -> str:
        """What tells it from others of its name."""
        return self.hash[:8]

    @property
    def as_variable(self) -> str:
        """The entry as `SENSORIUM_TOKENS` has it."""
        short = "+".join(scope.partition(":")[2] for scope in self.scopes)
        return f"{self.name}={self.hash}" + ("" if self.scopes == SCOPES else f"/{short}")


def new_token(name: str, scopes: Sequence[str], expires: datetime | None, now: datetime) -> tuple[str, TokenEntry]:
    """A token, to be shown once, and what is kept of it.

    Raises:
        InvalidInputError: the name or a scope cannot be one, or it would have expired already.
    """
    if expires is not None and expires <= now:
        raise InvalidInputError("the token would have expired already")
    token = _PREFIX + secrets.token_urlsafe(32)
    entry = TokenEntry(
        name=_named(name),
        hash=_hash(token),
        scopes=_scopes(scopes),
        created=now.timestamp(),
        expires=expires.timestamp() if expires else None,
    )
    return token, entry


def entries_of(variable: str) -> tuple[TokenEntry, ...]:
    """The tokens that `SENSORIUM_TOKENS` names: `name=sha256[/read+write+forget]`, with spaces or commas between.

    Raises:
        ConfigurationError: an entry cannot be read; its name is said, and never its hash.
    """
    found: list[TokenEntry] = []
    for number, written in enumerate(re.split(r"[\s,]+", variable.strip()) if variable.strip() else (), 1):
        match = _ENTRY.fullmatch(written)
        if match is None:
            raise ConfigurationError(
                f"SENSORIUM_TOKENS: entry {number} is not name=sha256[/read+write+forget]; "
                "`sensorium token add NAME --print-only` makes one"
            )
        try:
            scopes = _scopes((match["scopes"] or "").split("+"))
            found.append(TokenEntry(name=_named(match["name"]), hash=match["hash"], scopes=scopes, created=0.0))
        except InvalidInputError as error:
            raise ConfigurationError(f"SENSORIUM_TOKENS: entry {number}: {error}") from error
    return tuple(found)


class TokenFile:
    """The tokens of a store, in a file that only its owner reads; changes are seen at once by all processes."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._seen: tuple[object, tuple[TokenEntry, ...]] = (None, ())

    def entries(self) -> tuple[TokenEntry, ...]:
        """The tokens there are now.

        Raises:
            ConfigurationError: the file cannot be read; nobody is let in by half a file.
        """
        try:
            stat = self._path.stat()
            state = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if state != self._seen[0]:
                self._seen = (state, _read(self._path))
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise ConfigurationError(f"{str(self._path)!r} cannot be read: {error.strerror}") from error
        return self._seen[1]

    def add(self, entry: TokenEntry) -> None:
        """Keep a token; on disk when this returns."""
        self._change(lambda known: (*known, entry))

    def revoke(self, named: str) -> tuple[TokenEntry, ...]:
        """Let those of a name, or the one of an id, in no more; what went.

        Raises:
            NotFoundError: there is none.
        """
        gone = tuple(one for one in self.entries() if named in (one.name, one.id))
        if not gone:
            raise NotFoundError(f"there is no token {named!r}; `sensorium token list` shows them")
        self._change(lambda known: tuple(one for one in known if one not in gone))
        return gone

    def _change(self, change: Callable[[tuple[TokenEntry, ...]], tuple[TokenEntry, ...]]) -> None:
        try:
            make_folder(self._path.parent)
            with FileLock(self._path.with_suffix(".lock"), mode=0o600):
                entries = change(self.entries())
                write_private(self._path, json.dumps({"tokens": [asdict(one) for one in entries]}, indent=1).encode())
        except OSError as error:
            raise ConfigurationError(f"{str(self._path)!r} cannot be written: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class StaticTokens:
    """Verifies tokens against those of the file and of the environment.

    Attributes:
        file: read anew when it has changed.
        fixed: those of the environment.
    """

    file: TokenFile
    fixed: tuple[TokenEntry, ...]

    def entries(self) -> tuple[TokenEntry, ...]:
        """All tokens there are."""
        return (*self.fixed, *self.file.entries())

    async def verify_token(self, token: str) -> AccessToken | None:
        """See `TokenVerifier.verify_token`: the time taken does not tell how much of a token is right."""
        return self.by_hash(_hash(token))

    def by_hash(self, digest: str) -> AccessToken | None:
        """Whom the token with this hash stands for, if it is still good."""
        known = [entry for entry in self.entries() if hmac.compare_digest(entry.hash, digest)]
        now = datetime.now(UTC).timestamp()
        good = [entry for entry in known if entry.expires is None or entry.expires > now]
        return _access(good[0]) if good else None


def _access(entry: TokenEntry) -> AccessToken:
    return AccessToken(
        token="",
        client_id=entry.name,
        scopes=list(entry.scopes),
        expires_at=None if entry.expires is None else int(entry.expires),
        subject=entry.name,
        claims={"hash": entry.hash},
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            f"{name!r} cannot name a token: lower case letters and digits, and '.', '_' and '-' after the first, "
            "at most 64"
        )
    return name


def _scopes(written: Iterable[str]) -> tuple[Scope, ...]:
    """Scopes in their order, from either way to write them; all where none is said."""
    names = [one for one in written if one]
    if unknown := [one for one in names if one not in _SHORT and one not in SCOPES]:
        raise InvalidInputError(f"there is no scope {unknown[0]!r}: say {', '.join(_SHORT)}")
    wanted = {_SHORT.get(one, one) for one in names}
    return tuple(scope for scope in SCOPES if scope in wanted or not wanted)


def _read(path: Path) -> tuple[TokenEntry, ...]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))["tokens"]
        return tuple(_kept(one) for one in told)
    except (ValueError, KeyError, TypeError, InvalidInputError) as error:
        raise ConfigurationError(f"{str(path)!r} is damaged: move it away, and add the tokens anew") from error


def _kept(told: dict[str, Any]) -> TokenEntry:
    """An entry of the file; one that says no scope is damaged, and not for everything."""
    if not told["scopes"]:
        raise ValueError("a token without a scope")
    return replace(TokenEntry(**told), scopes=_scopes(told["scopes"]))
