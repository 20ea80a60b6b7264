"""Files on the web: over https, from public addresses only, within a time and a size."""

import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import anyio
import httpx2

from memory.errors import InvalidInputError, SourceNotAllowedError, TooLargeError, UndecodableError
from memory.sources.references import shown

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host name and a port to the addresses it has now."""

_INSTEAD = "Download it and pass the file's path, or send it as a data: URI."
_MAX_REDIRECTS = 5
_MAX_ADDRESSES = 3
_CONNECT_S = 10.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HOST = re.compile(r"[A-Za-z0-9._:-]+")
_FILE_NAME = re.compile(r'filename=(?:"([^"\\/]+)"|([^\s";\\/]+)(?:[\s;]|$))', re.IGNORECASE)

# Blocks not for the public that some supported Pythons still call global.
# Source: IANA IPv4 and IPv6 Special-Purpose Address Registries, as of 2025-10.
_RESERVED = tuple(
    map(
        ipaddress.ip_network,
        ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "3fff::/20", "fec0::/10"),
    )
)
_IPV6_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What was fetched: the bytes, and the file's name where the server or the URL gave one."""

    data: bytes
    name: str


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses the operating system knows for `host`.

    Raises:
        OSError: the name is unknown, or no name service answers.
    """
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(address: str) -> bool:
    """Whether `address` is one anybody on the internet may reach, by itself and in what it embeds.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, NAT64) is as public as that one.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # such as one with a zone, which only a link-local address has
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        embedded = parsed.ipv4_mapped or parsed.sixtofour or _translated(parsed)
        if embedded is not None:
            return is_public(str(embedded))
        if parsed not in _IPV6_UNICAST:
            return False
    return parsed.is_global and not parsed.is_multicast and not any(parsed in net for net in _RESERVED)


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """Fetches from the web.

    Every hop's host is resolved once, all its addresses are checked, and the connection goes to
    a checked address: a name that changes its mind in between leads nowhere else. Certificates
    are verified against the host's name. Cookies, proxies and the environment are not used.

    Attributes:
        resolver: how host names become addresses.
        allowed: which addresses may be connected to.
        ports: which ports may be.
        ssl_context: what verifies certificates; None for the operating system's trust.
        timeout_s: seconds for everything, redirects included.
    """

    resolver: Resolver = resolve
    allowed: Callable[[str], bool] = is_public
    ports: frozenset[int] = frozenset({443})
    ssl_context: ssl.SSLContext | None = None
    timeout_s: float = 30.0

    async def get(self, url: str, max_bytes: int) -> Download:
        """Fetch `url`, following at most 5 redirects.

        Raises:
            SourceNotAllowedError: not https, credentials in the URL, another port, a host whose
                addresses are not all public, or a redirect to any of these.
            TooLargeError: more than `max_bytes`.
            UndecodableError: sent compressed although that was declined.
            InvalidInputError: no such host, no answer in time, or an answer other than the file.
        """
        try:
            with anyio.fail_after(self.timeout_s):
                return await self._follow(httpx2.URL(url), max_bytes)
        except TimeoutError as error:
            raise InvalidInputError(f"{shown(url)} was not sent within {self.timeout_s:g} s. {_INSTEAD}") from error
        except httpx2.InvalidURL as error:
            raise InvalidInputError(f"{shown(url)} is, or leads to, no valid URL: {error}.") from error
        except httpx2.HTTPError as error:
            raise InvalidInputError(
                f"{shown(url)} could not be fetched: {str(error) or type(error).__name__}. {_INSTEAD}"
            ) from error

    async def _follow(self, url: httpx2.URL, max_bytes: int) -> Download:
        context = self.ssl_context or httpx2.create_ssl_context(trust_env=False)
        for _ in range(_MAX_REDIRECTS + 1):
            answer = await self._hop(url, context, max_bytes)
            if isinstance(answer, Download):
                return answer
            url = answer
        raise SourceNotAllowedError(f"{shown(str(url))} is reached by more than {_MAX_REDIRECTS} redirects. {_INSTEAD}")

    async def _hop(self, url: httpx2.URL, context: ssl.SSLContext, max_bytes: int) -> Download | httpx2.URL:
        """The file at `url`, or where it redirects to."""
        self._check(url)
        addresses = await self._addresses(url)
        # A client a hop: none of the cookies or connections of one host are there for the next.
        async with httpx2.AsyncClient(
            verify=context, trust_env=False, follow_redirects=False, timeout=self._timeout()
        ) as client:
            response = await _first_answer(client, url, addresses)
            try:
                if response.status_code in _REDIRECTS and "location" in response.headers:
                    return url.join(response.headers["location"])
                return Download(data=await _body(response, url, max_bytes), name=_name(response, url))
            finally:
                await response.aclose()

    def _timeout(self) -> httpx2.Timeout:
        return httpx2.Timeout(self.timeout_s, connect=min(_CONNECT_S, self.timeout_s))

    def _check(self, url: httpx2.URL) -> None:
        if url.scheme != "https":
            raise SourceNotAllowedError(f"{shown(str(url))} is not https; nothing else is fetched. {_INSTEAD}")
        if url.userinfo:
            raise SourceNotAllowedError(f"A URL with credentials in it is not fetched. {_INSTEAD}")
        if not _HOST.fullmatch(url.raw_host.decode("ascii")):
            raise InvalidInputError(f"{shown(str(url))} names no host.")
        if (url.port or 443) not in self.ports:
            raise SourceNotAllowedError(
                f"{shown(str(url))} is on port {url.port}, which is not fetched from. {_INSTEAD}"
            )

    async def _addresses(self, url: httpx2.URL) -> Sequence[str]:
        host = url.raw_host.decode("ascii")
        try:
            addresses = list(dict.fromkeys(await self.resolver(host, url.port or 443)))
        except (OSError, UnicodeError) as error:
            raise InvalidInputError(f"The host {shown(host)} was not found: {error}.") from error
        if not addresses:
            raise InvalidInputError(f"The host {shown(host)} has no address.")
        if not all(map(self.allowed, addresses)):
            raise SourceNotAllowedError(
                f"The host {shown(host)} is not on the public internet; such are not fetched from. {_INSTEAD}"
            )
        return addresses[:_MAX_ADDRESSES]


async def _first_answer(client: httpx2.AsyncClient, url: httpx2.URL, addresses: Sequence[str]) -> httpx2.Response:
    """The answer of the first address that can be connected to."""
    *earlier, last = addresses
    for address in earlier:
        try:
            return await client.send(_request(client, url, address), stream=True)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            continue
    return await client.send(_request(client, url, last), stream=True)


def _request(client: httpx2.AsyncClient, url: httpx2.URL, address: str) -> httpx2.Request:
    return client.build_request(
        "GET",
        url.copy_with(host=address, fragment=None),
        headers={
            "host": url.netloc.decode("ascii"),
            "accept-encoding": "identity",
            "user-agent": "sensorium",
        },
        extensions={"sni_hostname": url.raw_host.decode("ascii")},
    )


async def _body(response: httpx2.Response, url: httpx2.URL, max_bytes: int) -> bytes:
    if response.status_code != 200:
        raise InvalidInputError(f"{shown(str(url))} answered {response.status_code} instead of a file. {_INSTEAD}")
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise UndecodableError(f"{shown(str(url))} was sent compressed although that was declined. {_INSTEAD}")
    declared = response.headers.get("content-length", "")
    data = bytearray()
    if not (declared.isdecimal() and int(declared) > max_bytes):
        async for block in response.aiter_raw():
            data += block
            if len(data) > max_bytes:
                break
        else:
            return bytes(data)
    raise TooLargeError(f"{shown(str(url))} is larger than the limit of {max_bytes:,} bytes.")


def _name(response: httpx2.Response, url: httpx2.URL) -> str:
    """The file's name, by the server if it says one, else the last part of the URL's path."""
    said = _FILE_NAME.search(response.headers.get("content-disposition", ""))
    name = said.group(1) or said.group(2) if said else unquote(url.path).rpartition("/")[2]
    return "".join(filter(str.isprintable, name)).strip()[:255]
