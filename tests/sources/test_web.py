import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import pytest
import trustme
from anyio.abc import SocketAttribute
from anyio.streams.tls import TLSListener, TLSStream
from hypothesis import given
from hypothesis import strategies as st

from memory.errors import InvalidInputError, SourceNotAllowedError, TooLargeError, UndecodableError
from memory.sources.web import Download, Web, is_public

pytestmark = pytest.mark.anyio

LIMIT = 100_000
PRIVATE = """
    0.0.0.0 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254
    172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1
    198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 :: ::1 ::7f00:1
    ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:224.0.0.1 fe80::1 fe80::1%eth0 fec0::1 fc00::1
    fd00:ec2::254 ff02::1 ff0e::1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::808:808
    2002:7f00:1:: 2002:a00:1::1 2002:a9fe:a9fe::1 2001::1 2001:0:808:808::1 2001:10::1 2001:db8::1
    3fff::1 5f00::1 100::1 4000::1 localhost 1.2.3 2130706433
"""
LITERALS = ("127.0.0.2", "169.254.169.254", "::1", "::ffff:10.0.0.1", "10.0.0.1")
Answers = dict[str, bytes]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=authority.cert_pem.bytes().decode())
    return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A TLS server for `media.test` on this machine, and what it was asked."""

    port: int
    asked: list[str] = field(default_factory=list[str])

    def at(self, path: str) -> str:
        return f"https://media.test:{self.port}{path}"


def answer(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", *headers, "connection: close"])
    return head.encode() + b"\r\n\r\n" + body


def redirect(to: str, status: str = "302 Found") -> bytes:
    return answer(b"", f"location: {to}", "set-cookie: seen=1; path=/", status=status)


@asynccontextmanager
async def serving(authority: trustme.CA, answers: Callable[[Server], Answers]) -> AsyncGenerator[Server]:
    """Serve `answers`, by path; a path that has none is never answered."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("media.test").configure_cert(context)  # pyright: ignore[reportUnknownMemberType]  # pyOpenSSL is absent
    plain = await anyio.create_tcp_listener(local_host="127.0.0.1")
    server = Server(port=plain.extra(SocketAttribute.local_port))  # noqa: S610  # anyio's, not Django's

    async def handle(stream: TLSStream) -> None:
        async with stream:
            request = b""
            try:
                while b"\r\n\r\n" not in request:
                    request += await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return
            server.asked.append(request.decode())
            path = request.split()[1].decode()
            if (found := answers(server).get(path)) is None:
                await anyio.sleep_forever()
            else:
                await stream.send(found)

    listener = TLSListener(plain, context, standard_compatible=False)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, handle)
        yield server
        tasks.cancel_scope.cancel()


def resolving(**hosts: Sequence[str]) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    async def resolve(host: str, port: int) -> Sequence[str]:
        assert port
        try:
            return hosts[host.replace(".", "_")]
        except KeyError:
            raise OSError("unknown name") from None

    return resolve


def here_or_public(address: str) -> bool:
    """The default, but for the one address the test server listens on."""
    return address == "127.0.0.1" or is_public(address)


def web_for(
    server: Server,
    trust: ssl.SSLContext,
    hosts: dict[str, Sequence[str]] | None = None,
    timeout_s: float = 10,
) -> Web:
    return Web(
        resolver=resolving(**{"media_test": ["127.0.0.1"], **(hosts or {})}),
        allowed=here_or_public,
        ports=frozenset({443, server.port}),
        ssl_context=trust,
        timeout_s=timeout_s,
    )


async def test_a_file_is_fetched_by_name_from_the_checked_address(
    authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    async with serving(authority, lambda _: {"/photos/a%20cat.png?size=1": answer(b"meow")}) as server:
        found = await web_for(server, trusting).get(server.at("/photos/a%20cat.png?size=1#there"), LIMIT)
    assert found == Download(data=b"meow", name="a cat.png")
    (asked,) = server.asked
    assert f"host: media.test:{server.port}\r\n" in asked.lower()
    assert "accept-encoding: identity\r\n" in asked.lower()


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ('attachment; filename="cat.png"', "cat.png"),
        ("inline; filename=cat.png; size=3", "cat.png"),
        ('attachment; filename="../../etc/passwd"', "file.bin"),
        (r'attachment; filename="..\evil.png"', "file.bin"),
        ("attachment", "file.bin"),
        ('attachment; filename="' + "x" * 400 + '"', "x" * 255),
    ],
)
async def test_the_servers_name_for_a_file_is_used_where_it_is_only_a_name(
    authority: trustme.CA, trusting: ssl.SSLContext, said: str, name: str
) -> None:
    async with serving(authority, lambda _: {"/file.bin": answer(b"x", f"content-disposition: {said}")}) as server:
        assert (await web_for(server, trusting).get(server.at("/file.bin"), LIMIT)).name == name


async def test_redirects_are_followed_without_the_cookies_they_set(
    authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    def answers(server: Server) -> Answers:
        return {
            "/0": redirect("/1", "301 Moved"),
            "/1": redirect(server.at("/2"), "303 See Other"),
            "/2": redirect("3", "307 Temporary Redirect"),
            "/3": redirect("?4", "308 Permanent Redirect"),
            "/3?4": redirect("/5"),
            "/5": answer(b"here"),
        }

    async with serving(authority, answers) as server:
        assert (await web_for(server, trusting).get(server.at("/0"), LIMIT)).data == b"here"
    assert len(server.asked) == 6
    assert "cookie" not in "".join(server.asked).lower()


async def test_the_sixth_redirect_is_one_too_many(authority: trustme.CA, trusting: ssl.SSLContext) -> None:
    async with serving(authority, lambda _: {"/": redirect("/")}) as server:
        with pytest.raises(SourceNotAllowedError, match="more than 5 redirects"):
            await web_for(server, trusting).get(server.at("/"), LIMIT)
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    "to",
    [
        "https://inner.test/",
        "https://mixed.test/",
        "https://127.0.0.2/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "//10.0.0.1/",
        "http://media.test/",
        "file:///etc/passwd",
        "data:,x",
        "gopher://media.test/",
        "https://media.test:22/",
        "https://me:pass@media.test/",
    ],
)
async def test_a_redirect_to_where_one_may_not_go_is_refused(
    authority: trustme.CA, trusting: ssl.SSLContext, to: str
) -> None:
    hosts: dict[str, Sequence[str]] = {
        "inner_test": ["10.1.2.3"],
        "mixed_test": ["93.184.215.14", "10.1.2.3"],
        **{literal.replace(".", "_"): [literal] for literal in LITERALS},
    }
    async with serving(authority, lambda _: {"/": redirect(to)}) as server:
        with pytest.raises(SourceNotAllowedError):
            await web_for(server, trusting, hosts).get(server.at("/"), LIMIT)
    assert len(server.asked) == 1


@pytest.mark.parametrize("to", ["https://[broken", "https://un known.test/", "https://unknown.test/"])
async def test_a_redirect_that_leads_nowhere_is_invalid(
    authority: trustme.CA, trusting: ssl.SSLContext, to: str
) -> None:
    async with serving(authority, lambda _: {"/": redirect(to)}) as server:
        with pytest.raises(InvalidInputError) as refusal:
            await web_for(server, trusting).get(server.at("/"), LIMIT)
    assert type(refusal.value) is InvalidInputError


async def test_a_certificate_for_another_name_is_refused(authority: trustme.CA, trusting: ssl.SSLContext) -> None:
    async with serving(authority, lambda _: {"/": answer(b"x")}) as server:
        web = web_for(server, trusting, {"other_test": ["127.0.0.1"]})
        with pytest.raises(InvalidInputError, match=r"(?i)certificate"):
            await web.get(f"https://other.test:{server.port}/", LIMIT)
    assert not server.asked


async def test_a_certificate_nobody_vouches_for_is_refused(authority: trustme.CA) -> None:
    async with serving(authority, lambda _: {"/": answer(b"x")}) as server:
        with pytest.raises(InvalidInputError, match=r"(?i)certificate"):
            await web_for(server, ssl.create_default_context()).get(server.at("/"), LIMIT)
    assert not server.asked


async def test_the_next_address_is_tried_where_one_does_not_answer(
    authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    async with serving(authority, lambda _: {"/": answer(b"x")}) as server:
        web = Web(
            resolver=resolving(media_test=["127.0.0.3", "127.0.0.1"]),
            allowed=lambda address: address.startswith("127."),
            ports=frozenset({server.port}),
            ssl_context=trusting,
        )
        assert (await web.get(server.at("/"), LIMIT)).data == b"x"


@pytest.mark.parametrize("declared", [[f"content-length: {LIMIT + 1}"], []])
async def test_the_limit_is_kept_whether_or_not_the_size_is_declared(
    authority: trustme.CA, trusting: ssl.SSLContext, declared: list[str]
) -> None:
    over, fits = b"x" * (LIMIT + 1), b"x" * LIMIT
    async with serving(authority, lambda _: {"/over": answer(over, *declared), "/fits": answer(fits)}) as server:
        web = web_for(server, trusting)
        assert (await web.get(server.at("/fits"), LIMIT)).data == fits
        with pytest.raises(TooLargeError, match="100,000 bytes"):
            await web.get(server.at("/over"), LIMIT)


async def test_a_declared_size_over_the_limit_is_refused_before_the_body(
    authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    async with serving(authority, lambda _: {"/": answer(b"", "content-length: 9999999999")}) as server:
        with pytest.raises(TooLargeError):
            await web_for(server, trusting).get(server.at("/"), LIMIT)


@pytest.mark.parametrize("status", ["204 No Content", "206 Partial Content", "302 Found", "404 Not Found", "500 Oh"])
async def test_an_answer_other_than_the_file_is_said(
    authority: trustme.CA, trusting: ssl.SSLContext, status: str
) -> None:
    async with serving(authority, lambda _: {"/": answer(b"", status=status)}) as server:
        with pytest.raises(InvalidInputError, match=f"answered {status[:3]}"):
            await web_for(server, trusting).get(server.at("/"), LIMIT)


async def test_a_compressed_answer_is_refused_rather_than_unpacked(
    authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    async with serving(authority, lambda _: {"/": answer(b"x", "content-encoding: gzip")}) as server:
        with pytest.raises(UndecodableError, match="compressed"):
            await web_for(server, trusting).get(server.at("/"), LIMIT)


@pytest.mark.parametrize("garbage", [b"", b"not http\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncut"])
async def test_an_answer_that_is_broken_off_is_said(
    authority: trustme.CA, trusting: ssl.SSLContext, garbage: bytes
) -> None:
    async with serving(authority, lambda _: {"/": garbage}) as server:
        with pytest.raises(InvalidInputError, match="could not be fetched"):
            await web_for(server, trusting).get(server.at("/"), LIMIT)


async def test_a_server_that_never_answers_is_given_up(authority: trustme.CA, trusting: ssl.SSLContext) -> None:
    async with serving(authority, lambda _: {}) as server:
        with pytest.raises(InvalidInputError, match=r"not sent within 0\.3 s|could not be fetched"):
            await web_for(server, trusting, timeout_s=0.3).get(server.at("/"), LIMIT)


@pytest.mark.parametrize("url", ["https://localhost/", "https://127.0.0.1/", "https://2130706433/", "https://0x7f.1/"])
async def test_this_machine_is_refused_however_it_is_written(url: str) -> None:
    with pytest.raises(SourceNotAllowedError, match="not on the public internet"):
        await Web().get(url, LIMIT)


@pytest.mark.parametrize(
    ("url", "error", "message"),
    [
        ("http://example.com/", SourceNotAllowedError, "not https"),
        ("https://me:pass@example.com/", SourceNotAllowedError, "credentials"),
        ("https://me@example.com/", SourceNotAllowedError, "credentials"),
        ("https://example.com:8443/", SourceNotAllowedError, "port 8443"),
        ("https:///a.png", InvalidInputError, "no host"),
        ("https://[broken/", InvalidInputError, "no host"),
        ("https://exa mple.com/", InvalidInputError, "no host"),
        ("https://example.com:99999/", SourceNotAllowedError, "port 99999"),
        ("https://example.com:x/", InvalidInputError, "no valid URL"),
    ],
)
async def test_a_url_that_is_not_plain_https_is_refused(url: str, error: type[InvalidInputError], message: str) -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        raise AssertionError(host, port)

    with pytest.raises(error, match=message) as refusal:
        await Web(resolver=never).get(url, LIMIT)
    assert "pass@" not in str(refusal.value)


async def test_a_host_without_addresses_is_invalid() -> None:
    with pytest.raises(InvalidInputError, match="no address"):
        await Web(resolver=resolving(media_test=[])).get("https://media.test/", LIMIT)


@pytest.mark.parametrize(
    "address",
    PRIVATE.split(),
)
def test_an_address_that_is_not_for_the_public_is_told(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_a_public_address_is_told(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_embedded_address_is_as_public_as_itself(address: object) -> None:
    public = is_public(str(address))
    octets = bytes(map(int, str(address).split(".")))
    high, low = octets[:2].hex(), octets[2:].hex()
    for carrier in (f"::ffff:{address}", f"64:ff9b::{high}:{low}", f"2002:{high}:{low}::1"):
        assert is_public(carrier) == public
