"""What this server signs: sessions of the page, and links to media that need no header."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlencode

from filelock import FileLock
from itsdangerous import BadSignature, Signer, URLSafeTimedSerializer
from mcp.server.auth.provider import AccessToken

from memory.errors import ConfigurationError
from server.web.private import write_private

SESSION_LIFE: Final = timedelta(hours=12)
LINK_LIFE: Final = timedelta(minutes=15)
_FILE = "signing.key"
_KEY_BYTES = 32


def signing_key(home: Path) -> bytes:
    """The key of a store, which all processes that serve it share; made where there is none.

    Raises:
        ConfigurationError: it cannot be read or kept.
    """
    path = home / _FILE
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(path.with_suffix(".lock"), mode=0o600):
            if not path.exists():
                write_private(path, secrets.token_bytes(_KEY_BYTES))
            key = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"the key in {str(path)!r} cannot be kept: {error.strerror}") from error
    if len(key) != _KEY_BYTES:
        raise ConfigurationError(f"{str(path)!r} is damaged: remove it, and a new key is made")
    return key


class Sessions:
    """Cookies that stand for a token that was shown."""

    def __init__(self, key: bytes) -> None:
        self._signer = URLSafeTimedSerializer(key, salt="session", signer_kwargs={"digest_method": sha256})

    def cookie(self, token: AccessToken) -> str:
        """What the browser keeps; without the token itself."""
        return str(self._signer.dumps(token.model_dump(mode="json", exclude={"token"}, exclude_none=True)))

    def token(self, cookie: str) -> AccessToken | None:
        """What was shown for a cookie; None where it is none of ours, or older than `SESSION_LIFE`."""
        try:
            told = self._signer.loads(cookie, max_age=int(SESSION_LIFE.total_seconds()))
        except BadSignature:
            return None
        token = AccessToken.model_validate({**cast("dict[str, Any]", told), "token": ""})
        is_over = token.expires_at is not None and token.expires_at <= datetime.now(UTC).timestamp()
        return None if is_over else token


class Links:
    """Addresses of media that are good for `LINK_LIFE` without a header."""

    def __init__(self, key: bytes, base: str = "") -> None:
        """Sign with a key; addresses begin with `base`, by default none."""
        self._signer = Signer(key, salt="media", digest_method=sha256)
        self._base = base.rstrip("/")

    def address(self, owner: str, path: str) -> str:
        """The address of one medium of an owner."""
        until = int((datetime.now(UTC) + LINK_LIFE).timestamp())
        signature = self._signer.get_signature(_signed(owner, path, until)).decode()
        return f"{self._base}{path}?{urlencode({'for': owner, 'until': until, 'sig': signature})}"

    def owner(self, path: str, *, owner: str, until: str, signature: str) -> str | None:
        """Whose medium may be seen by a link; None where it is none of ours, or over."""
        if not (until.isascii() and until.isdecimal()) or int(until) <= datetime.now(UTC).timestamp():
            return None
        is_ours = self._signer.verify_signature(_signed(owner, path, int(until)), signature)
        return owner if is_ours else None


def _signed(owner: str, path: str, until: int) -> bytes:
    """What is signed; lengths first, so that no two sets of values look the same."""
    parts: Sequence[str] = (owner, path, str(until))
    return "".join(f"{len(part)}:{part}" for part in parts).encode(errors="surrogatepass")
