"""`sensorium serve --http`: who is let in, on which address, until told to stop."""

import contextlib
import ipaddress
import logging
import socket
import sys
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from urllib.parse import urlsplit

import uvicorn
from mcp.server.auth.routes import build_resource_metadata_url
from pydantic import AnyHttpUrl

from memory.errors import ConfigurationError
from memory.model import Quota
from server.app import log_to_stderr
from server.settings import Settings
from server.warming import open_lazily
from server.web.access import Access
from server.web.app import Site, build_http_app
from server.web.oauth import Issuer
from server.web.pace import Pace
from server.web.signing import Links, Sessions, signing_key
from server.web.tokens import StaticTokens, TokenFile, entries_of

GRACE_S = 5
"""How long calls under way may go on once the server is told to stop; what they have not stored is not there."""

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How to serve; see `sensorium serve --help`.

    Attributes:
        public_url: what clients call this server, where that is not the address it listens on.
        oauth_audience: what access tokens are for; by default the public address of `/mcp`.
        max_requests: of an owner, in a minute.
        quota: what an owner may hold.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    insecure: bool = False
    public_url: str = ""
    oauth_issuer: str = ""
    oauth_audience: str = ""
    max_requests: int | None = None
    quota: Quota = field(default_factory=Quota)


def serve_http(settings: Settings, serving: Serving) -> None:
    """Serve until told to stop.

    Raises:
        ConfigurationError: others could reach the memory, and nobody would ask them who they are; or an option
            cannot be used.
    """
    serving = replace(serving, port=serving.port or _free_port(serving.host))
    site = site_of(settings, serving)
    log_to_stderr(settings.log_level)
    opening = partial(open_lazily, settings, is_local=False, quota=serving.quota, links=site.links)
    # Without a configuration of its own, uvicorn logs as everything else here does.
    config = uvicorn.Config(
        build_http_app(opening, site),
        host=serving.host,
        port=serving.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = _Server(config, _asked(site.access))
    with contextlib.suppress(KeyboardInterrupt):
        server.run()


def site_of(settings: Settings, serving: Serving) -> Site:
    """Who is let in, and under which names.

    Raises:
        ConfigurationError: see `serve_http`.
    """
    public = _public(serving.public_url)
    key = signing_key(settings.home)
    access = _access(settings, serving, public, Sessions(key))
    if access.is_open and not serving.insecure and not _is_loopback(serving.host):
        raise ConfigurationError(
            f"--host {serving.host} is reachable from other machines, and nobody is asked for a token. Make one with "
            "`sensorium token add NAME`, or name an --oauth-issuer; --insecure serves everyone who can reach it."
        )
    if not public and not serving.insecure and _is_wildcard(serving.host):
        raise ConfigurationError(
            f"--host {serving.host} has no name of its own: say --public-url with the address that clients use, so "
            "that requests for other hosts can be refused"
        )
    return Site(
        hosts=_hosts(serving, public),
        access=access,
        links=Links(key, public or f"http://{_in_url(serving.host)}:{serving.port}"),
        resource=f"{public}/mcp" if public else "",
        quota=serving.quota,
    )


def _access(settings: Settings, serving: Serving, public: str, sessions: Sessions) -> Access:
    tokens = StaticTokens(file=TokenFile(settings.home), fixed=entries_of(settings.tokens.get_secret_value()))
    issuer = None
    if serving.oauth_issuer:
        if not public:
            raise ConfigurationError("--oauth-issuer needs --public-url: its tokens name the server they are for")
        issuer = Issuer(url=serving.oauth_issuer, audience=serving.oauth_audience or f"{public}/mcp")
    return Access(
        tokens=tokens if tokens.entries() else None,
        issuer=issuer,
        sessions=sessions,
        pace=Pace(serving.max_requests),
        metadata=build_resource_metadata_url(AnyHttpUrl(f"{public}/mcp")) if issuer else None,
        is_behind_tls=public.startswith("https://"),
    )


def _free_port(host: str) -> int:
    """A port that nobody has: links name it before the server listens."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host.strip("[]"), 0))
        return int(probe.getsockname()[1])


def _public(url: str) -> str:
    parts = urlsplit(url.rstrip("/"))
    if url and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query):
        raise ConfigurationError(f"--public-url {url!r} must be like https://memory.example.org, without a path")
    return url.rstrip("/")


def _hosts(serving: Serving, public: str) -> tuple[str, ...]:
    """The names that are answered; all of them only where that was asked for."""
    if serving.insecure and not public:
        return ()
    own = [] if _is_wildcard(serving.host) else [_in_url(serving.host)]
    named = [_in_url(name)] if (name := urlsplit(public).hostname) else []
    return tuple(dict.fromkeys([*_LOOPBACK, *own, *named]))


def _asked(access: Access) -> str:
    """What is asked of those who come, in a few words."""
    static = len(access.tokens.entries()) if access.tokens else 0
    said = [
        *([f"{static} token{'s' if static > 1 else ''}"] if static else []),
        *([f"tokens of {access.issuer.url}"] if access.issuer else []),
    ]
    return f"lets in {' and '.join(said)}" if said else "asks nobody for a token"


class _Server(uvicorn.Server):
    """Says on stderr where it listens and whom it lets in, whatever the level of the logs."""

    def __init__(self, config: uvicorn.Config, asked: str) -> None:
        super().__init__(config)
        self._asked = asked

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        address = f"http://{_in_url(self.config.host)}:{port}"
        said = f"sensorium {version('sensorium')}: {self._asked}"
        if not logging.getLogger("uvicorn.error").isEnabledFor(logging.INFO):  # else uvicorn has said where
            said += f"; running on {address} (Ctrl+C stops it)"
        sys.stderr.write(f"{said}\n")
        sys.stderr.flush()


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _is_wildcard(host: str) -> bool:
    return host in ("", "0.0.0.0", "::")  # noqa: S104  # what is refused without a name


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
