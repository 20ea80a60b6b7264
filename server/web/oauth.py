"""OAuth 2.1: access tokens of an issuer, as signed JWTs, verified with the keys that it publishes."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import urlsplit

import anyio
import httpx2
import jwt
from mcp.server.auth.provider import AccessToken

from memory.errors import ConfigurationError
from server.principals import SCOPES

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that need the issuer's private key. A shared secret, or no signature, is never accepted.

Source: RFC 8725 (JSON Web Token Best Current Practices), 3.1 and 3.2.
"""
KEYS_S = 3_600.0
"""How long keys are believed to be current."""
ROTATION_S = 10.0
"""How soon an unknown key makes the keys be asked for again: forged key ids must not flood the issuer."""
LEEWAY_S = 30
"""How far clocks may differ."""
_TIMEOUT_S = 10.0
_MAX_BYTES = 1 << 20
_WELL_KNOWN = ("oauth-authorization-server", "openid-configuration")


class IssuerUnavailableError(Exception):
    """The issuer's keys cannot be had now; nobody can be told from anybody."""


@dataclass(slots=True, kw_only=True)
class Issuer:
    """Verifies the access tokens of one issuer.

    Accepted is what the issuer has signed, for this resource, that has begun, has not expired and
    names its subject. Keys are found through the issuer's metadata (RFC 8414, OpenID Connect
    Discovery), and asked for again when a token names one that is not known.

    Attributes:
        url: the issuer, as its tokens' `iss` has it.
        audience: what `aud` must name: this server.
        client: asks the issuer.
    """

    url: str
    audience: str
    client: httpx2.AsyncClient = field(default_factory=lambda: httpx2.AsyncClient(timeout=_TIMEOUT_S))
    _keys: Mapping[str, jwt.PyJWK] = field(default_factory=dict[str, jwt.PyJWK])
    _got: float = float("-inf")
    _tried: float = float("-inf")
    _turn: anyio.Lock = field(default_factory=anyio.Lock)

    def __post_init__(self) -> None:
        """See that the issuer is spoken to in private.

        Raises:
            ConfigurationError: its address is neither https nor on this machine.
        """
        parts = urlsplit(self.url)
        is_local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
        if not (parts.scheme == "https" and parts.hostname) and not is_local:
            raise ConfigurationError(f"--oauth-issuer {self.url!r} must be an https:// address")

    async def verify_token(self, token: str) -> AccessToken | None:
        """See `TokenVerifier.verify_token`.

        Raises:
            IssuerUnavailableError: the keys cannot be had.
        """
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = await self._key(kid if isinstance(kid, str) else "")
            return None if key is None else self._accepted(token, key)
        except jwt.PyJWTError:
            return None

    def _accepted(self, token: str, key: jwt.PyJWK) -> AccessToken:
        if key.algorithm_name not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError(key.algorithm_name)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(ALGORITHMS),
            audience=self.audience,
            issuer=self.url,
            leeway=LEEWAY_S,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        client = claims.get("client_id") or claims.get("azp") or claims["sub"]
        return AccessToken(
            token="",
            client_id=str(client),
            scopes=[scope for scope in _scopes(claims) if scope in SCOPES],
            expires_at=int(claims["exp"]) + LEEWAY_S,
            resource=self.audience,
            subject=f"{self.url}#{claims['sub']}",
            claims={"iss": self.url},
        )

    async def _key(self, kid: str) -> jwt.PyJWK | None:
        """The key of an id; of a token without one, the only key there is."""
        async with self._turn:
            now = time.monotonic()
            is_stale = now - self._got > KEYS_S
            if (is_stale or _picked(self._keys, kid) is None) and now - self._tried > ROTATION_S:
                self._tried = now
                self._keys, self._got = await self._published(), now
            elif is_stale:
                raise IssuerUnavailableError(f"{self.url} gave no keys a moment ago")
        return _picked(self._keys, kid)

    async def _published(self) -> dict[str, jwt.PyJWK]:
        told = await self._get(str((await self._metadata())["jwks_uri"]))
        keys: dict[str, jwt.PyJWK] = {}
        for number, one in enumerate(cast("Sequence[Any]", told.get("keys") or ())):
            try:
                key = jwt.PyJWK.from_dict(one)
            except (jwt.PyJWTError, AttributeError):  # of a kind that is not understood, beside others that are
                continue
            if one.get("use", "sig") == "sig":
                keys[str(one.get("kid") or number)] = key
        return keys

    async def _metadata(self) -> Mapping[str, Any]:
        for name in _WELL_KNOWN:
            try:
                told = await self._get(_well_known(self.url, name))
            except IssuerUnavailableError:
                if name == _WELL_KNOWN[-1]:
                    raise
                continue
            if told.get("issuer") == self.url and "jwks_uri" in told:
                return told
        raise IssuerUnavailableError(f"the metadata of {self.url} does not name it, or no keys")

    async def _get(self, url: str) -> Mapping[str, Any]:
        try:
            answer = await self.client.get(url)
            answer.raise_for_status()
            if len(answer.content) > _MAX_BYTES:
                raise IssuerUnavailableError(f"{url} answers with more than {_MAX_BYTES:,} bytes")
            told = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise IssuerUnavailableError(f"{url}: {error}") from error
        if not isinstance(told, dict):
            raise IssuerUnavailableError(f"{url} answers with something else than an object")
        return cast("dict[str, Any]", told)


def _picked(keys: Mapping[str, jwt.PyJWK], kid: str) -> jwt.PyJWK | None:
    if kid:
        return keys.get(kid)
    return next(iter(keys.values())) if len(keys) == 1 else None


def _well_known(issuer: str, name: str) -> str:
    """Where metadata lie. Source: RFC 8414, 3.1, between host and path; OpenID Connect Discovery 1.0, 4, at the end."""
    if name == "openid-configuration":
        return f"{issuer.rstrip('/')}/.well-known/{name}"
    parts = urlsplit(issuer)
    return f"{parts.scheme}://{parts.netloc}/.well-known/{name}{parts.path.rstrip('/')}"


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    """The scopes of a token: `scope` (RFC 9068), or `scp` as some issuers write it."""
    told = claims.get("scope") or claims.get("scp") or ""
    return told.split() if isinstance(told, str) else [str(one) for one in cast("Sequence[Any]", told)]
