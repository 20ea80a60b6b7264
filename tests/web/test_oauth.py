"""OAuth 2.1: access tokens of a small issuer that runs beside the test, with keys of its own."""

import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import anyio
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from website import BASE, website

from memory.errors import ConfigurationError
from server.web import oauth
from server.web.oauth import Issuer

AUDIENCE = f"{BASE}/mcp"


class SmallIssuer:
    """Publishes metadata and keys over HTTP, and signs what it is told to."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}
        self.metadata: dict[str, Any] | None = None
        self.is_away = False
        self.asked: list[str] = []
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                told = None if issuer.is_away else issuer.told(self.path)
                self.send_response(200 if told is not None else 503 if issuer.is_away else 404)
                self.end_headers()
                self.wfile.write(json.dumps(told or {}).encode())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name it has there
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def told(self, path: str) -> dict[str, Any] | None:
        match path:
            case "/.well-known/oauth-authorization-server":
                own = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
                return own if self.metadata is None else self.metadata
            case "/keys":
                return {"keys": [self.public(kid) for kid in self.keys]}
            case _:
                return None

    def rotate(self, kid: str, kind: str = "RS256") -> None:
        """Sign with a new key from now on, and publish no other."""
        key = rsa.generate_private_key(65537, 2048) if kind == "RS256" else ec.generate_private_key(ec.SECP256R1())
        self.keys = {kid: (kind, key)}

    def public(self, kid: str) -> dict[str, Any]:
        kind, key = self.keys[kid]
        algorithm = jwt.get_algorithm_by_name(kind)
        return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig", "alg": kind}

    def sign(self, *, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """An access token; what is not said is as it should be."""
        kid, (kind, key) = next(iter(self.keys.items()))
        good = {
            "iss": self.url,
            "sub": "alice",
            "aud": AUDIENCE,
            "exp": int(time.time()) + 600,
            "scope": "memory:read memory:write",
            "client_id": "an agent",
        }
        told = {name: value for name, value in {**good, **claims}.items() if value is not None}
        return jwt.encode(told, key, algorithm=kind, headers={"kid": kid, **(headers or {})})


@pytest.fixture
async def issuer() -> AsyncGenerator[SmallIssuer]:
    small = SmallIssuer()
    small.rotate("one")
    thread = Thread(target=small.server.serve_forever)
    thread.start()
    yield small
    small.server.shutdown()
    thread.join()
    small.server.server_close()


@asynccontextmanager
async def _trusting(small: SmallIssuer, audience: str = AUDIENCE) -> AsyncGenerator[Issuer]:
    trusted = Issuer(url=small.url, audience=audience)
    async with trusted.client:
        yield trusted


async def test_a_subject_of_the_issuer_owns_a_memory_of_its_own(tmp_path: Path, issuer: SmallIssuer) -> None:
    async with _trusting(issuer) as trusted, website(tmp_path / "store", issuer=trusted) as site:
        alice, bob = site.visitor(issuer.sign()), site.visitor(issuer.sign(sub="bob"))
        await alice.remember("mine")
        assert len(await alice.found("mine")) == 1
        assert await bob.found("mine") == []
        assert await site.member("alice").found("mine") == []
        assert (await alice.get("/api/me")).json()["owner"] == f"{issuer.url}#alice"
        refused = await alice.rpc("tools/call", {"name": "forget", "arguments": {"query": "mine"}})
        assert "memory:forget" in refused.text


async def test_clients_learn_where_to_get_a_token(tmp_path: Path, issuer: SmallIssuer) -> None:
    async with _trusting(issuer) as trusted, website(tmp_path / "store", issuer=trusted) as site:
        refused = await site.visitor().rpc("tools/list")
        assert refused.status_code == 401
        where = f"{BASE}/.well-known/oauth-protected-resource/mcp"
        assert f'resource_metadata="{where}"' in refused.headers["www-authenticate"]
        told = (await site.visitor().get("/.well-known/oauth-protected-resource/mcp")).json()
        assert told["resource"] == AUDIENCE
        assert told["authorization_servers"] == [issuer.url]
        assert told["scopes_supported"] == ["memory:read", "memory:write", "memory:forget"]


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "https://other.example/mcp"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"nbf": 4_000_000_000},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_us_or_not_for_now_lets_nobody_in(
    issuer: SmallIssuer, claims: dict[str, Any]
) -> None:
    async with _trusting(issuer) as trusted:
        assert await trusted.verify_token(issuer.sign()) is not None
        assert await trusted.verify_token(issuer.sign(**claims)) is None


async def test_what_the_issuer_has_not_signed_lets_nobody_in(issuer: SmallIssuer) -> None:
    other = SmallIssuer()
    other.server.server_close()
    other.rotate("one")
    other.url = issuer.url
    claims = {"iss": issuer.url, "sub": "alice", "aud": AUDIENCE, "exp": int(time.time()) + 600}
    public = json.dumps(issuer.public("one"))
    async with _trusting(issuer) as trusted:
        for forged in (
            other.sign(),
            jwt.encode(claims, "", algorithm="none", headers={"kid": "one"}),
            jwt.encode(claims, public * 2, algorithm="HS256", headers={"kid": "one"}),
            issuer.sign()[:-4] + "AAAA",
            "not.a.token",
            "",
        ):
            assert await trusted.verify_token(forged) is None


@pytest.mark.parametrize("kind", ["RS256", "ES256"])
async def test_a_new_key_is_learned_and_one_that_is_gone_no_longer_good(
    issuer: SmallIssuer, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth, "ROTATION_S", -1.0)
    async with _trusting(issuer) as trusted:
        old = issuer.sign()
        assert await trusted.verify_token(old) is not None
        issuer.rotate("two", kind)
        assert await trusted.verify_token(issuer.sign()) is not None
        assert await trusted.verify_token(old) is None


async def test_forged_key_ids_do_not_flood_the_issuer(issuer: SmallIssuer) -> None:
    async with _trusting(issuer) as trusted:
        for number in range(20):
            assert await trusted.verify_token(issuer.sign(headers={"kid": f"forged {number}"})) is None
    assert issuer.asked.count("/keys") == 1


async def test_while_the_issuer_is_away_nobody_is_told_to_have_no_right(tmp_path: Path, issuer: SmallIssuer) -> None:
    async with _trusting(issuer) as trusted, website(tmp_path / "store", issuer=trusted) as site:
        issuer.is_away = True
        answer = await site.visitor(issuer.sign()).rpc("tools/list")
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
        assert (await site.web.post("/login", json={"token": issuer.sign()})).status_code == 503
        assert (await site.member("bob").rpc("tools/list")).status_code == 200


async def test_metadata_of_someone_else_are_not_believed(issuer: SmallIssuer) -> None:
    issuer.metadata = {"issuer": "https://evil.example", "jwks_uri": f"{issuer.url}/keys"}
    async with _trusting(issuer) as trusted:
        with pytest.raises(oauth.IssuerUnavailableError):
            await trusted.verify_token(issuer.sign())


async def test_scopes_may_be_told_either_way_and_unknown_ones_are_none(issuer: SmallIssuer) -> None:
    async with _trusting(issuer) as trusted:
        told = [
            await trusted.verify_token(issuer.sign(scope=None, scp=["memory:read", "admin"])),
            await trusted.verify_token(issuer.sign(scope="openid memory:forget")),
            await trusted.verify_token(issuer.sign(scope=None)),
        ]
    assert [one and one.scopes for one in told] == [["memory:read"], ["memory:forget"], []]


async def test_the_page_takes_an_access_token_until_it_ends(tmp_path: Path, issuer: SmallIssuer) -> None:
    async with _trusting(issuer) as trusted, website(tmp_path / "store", issuer=trusted) as site:
        answer = await site.web.post("/login", json={"token": issuer.sign()})
        cookie = answer.headers["set-cookie"].partition(";")[0]
        assert (await site.visitor().get("/api/me", cookie=cookie)).json()["owner"] == f"{issuer.url}#alice"
        short = await site.web.post("/login", json={"token": issuer.sign(exp=int(time.time()) - 29)})
        over = short.headers["set-cookie"].partition(";")[0]
        await anyio.sleep(2)
        assert (await site.visitor().get("/api/me", cookie=over)).status_code == 401


@pytest.mark.parametrize("url", ["http://id.example", "ftp://id.example", "id.example", "https://"])
def test_an_issuer_is_asked_in_private_only(url: str) -> None:
    with pytest.raises(ConfigurationError, match="https"):
        Issuer(url=url, audience=AUDIENCE)
