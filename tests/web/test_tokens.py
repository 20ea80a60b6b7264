"""Static tokens: who is let in, with what, until when; and the commands that make them."""

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from website import Website, website

from memory.errors import ConfigurationError, InvalidInputError, NotFoundError
from server.web.tokens import FILE, StaticTokens, TokenFile, entries_of, new_token

NOW = datetime(2026, 11, 1, tzinfo=UTC)
COMMAND = Path(sys.executable).with_name("sensorium")


def _run(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SENSORIUM_HOME": str(home), **settings}
    return subprocess.run(
        [COMMAND, "token", *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("token", ["", "wrong", "sens_" + "A" * 43, "Bearer", "\udcff"])
async def test_without_a_token_that_is_known_nothing_is_answered(tmp_path: Path, token: str) -> None:
    async with website(tmp_path / "store") as site:
        await site.member("alice").remember("a secret")
        visitor = site.visitor(token.encode(errors="replace").decode())
        answers = [
            await visitor.rpc("tools/list"),
            await visitor.post("/upload", b"x"),
            *[
                await visitor.get(path)
                for path in ("/media/m0/0", "/media/m0/0/0", "/metrics", "/api/me", "/api/status", "/api/map")
            ],
        ]
        assert [answer.status_code for answer in answers] == [401] * len(answers)
        assert all("Bearer" in answer.headers["www-authenticate"] for answer in answers)
        for open_path in ("/healthz", "/readyz", "/"):
            assert (await visitor.get(open_path)).status_code == 200


@pytest.mark.parametrize("era", ["modern", "legacy"])
@pytest.mark.parametrize("scopes", [("read",), ("write",), ("forget",), ("read", "write"), ()])
async def test_a_token_may_do_what_its_scopes_say(tmp_path: Path, scopes: tuple[str, ...], era: str) -> None:
    async with website(tmp_path / "store") as site:
        owner = site.member("alice")
        id_ = await owner.remember("a note")
        limited = site.member("alice", *scopes)
        calls = {
            "write": ("remember", {"text": "another"}),
            "read": ("recall", {"query": "note"}),
            "forget": ("forget", {"ids": [id_]}),
        }
        for scope, (tool, arguments) in calls.items():
            named = {"mcp-method": "tools/call", "mcp-name": tool} if era == "modern" else {}
            answer = await limited.rpc("tools/call", {"name": tool, "arguments": arguments}, **named)
            may = not scopes or scope in scopes
            if era == "modern":
                assert (answer.status_code == 403) is not may
                assert may or "insufficient_scope" in answer.headers["www-authenticate"]
            else:
                result = answer.json()["result"]
                assert bool(result.get("isError")) is not may
                assert may or f"memory:{scope}" in str(result)


async def test_resources_and_media_need_to_be_read(tmp_path: Path) -> None:
    async with website(tmp_path / "store") as site:
        id_ = await site.member("alice").remember("a note")
        writer = site.member("alice", "write")
        assert "memory:read" in (await writer.rpc("resources/read", {"uri": f"memory://{id_}"})).text
        assert (await writer.get(f"/media/{id_}/0")).status_code == 403
        assert (await site.member("alice", "read").post("/upload", b"x")).status_code == 403


async def test_a_token_that_is_revoked_or_has_expired_lets_nobody_in_while_the_server_runs(tmp_path: Path) -> None:
    async with website(tmp_path / "store") as site:
        alice = site.member("alice")
        await alice.remember("mine")
        cookie = await _session(site, site.token("alice"))
        TokenFile(tmp_path / "store").revoke("alice")
        assert (await alice.rpc("tools/list")).status_code == 401
        assert (await site.visitor().get("/api/me", cookie=cookie)).status_code == 401
        again = site.member("alice")
        assert len(await again.found()) == 1


async def _session(site: Website, token: str) -> str:
    answer = await site.web.post("/login", json={"token": token})
    assert answer.status_code == 204
    assert token not in answer.headers["set-cookie"]
    for flag in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert flag in answer.headers["set-cookie"]
    return answer.headers["set-cookie"].partition(";")[0]


async def test_a_session_stands_for_its_token_on_our_own_page_only(tmp_path: Path) -> None:
    async with website(tmp_path / "store", hosts=("127.0.0.1", "localhost")) as site:
        cookie = await _session(site, site.token("alice", "read"))
        visitor = site.visitor()
        me = (await visitor.get("/api/me", cookie=cookie)).json()
        assert (me["owner"], me["scopes"], me["can_log_out"]) == ("alice", ["memory:read"], True)
        assert (await visitor.get("/api/me", cookie=cookie, origin="http://127.0.0.1:8000")).status_code == 200
        assert (await visitor.get("/api/me", cookie=cookie, origin="http://127.0.0.1:9000")).status_code == 401
        assert (await visitor.get("/api/me", cookie=f"{cookie}x")).status_code == 401
        out = await visitor.post("/logout", cookie=cookie)
        assert 'sensorium_session=""' in out.headers["set-cookie"]


@pytest.mark.parametrize(
    ("body", "status"), [(b'{"token": "wrong"}', 401), (b"{}", 422), (b"no json", 422), (b'{"token": 7}', 422)]
)
async def test_a_login_that_fails_says_so(tmp_path: Path, body: bytes, status: int) -> None:
    async with website(tmp_path / "store") as site:
        answer = await site.visitor().post("/login", body)
        assert answer.status_code == status
        assert "set-cookie" not in answer.headers
        assert (await site.visitor().post("/login", b"x" * 70_000)).status_code == 413


async def test_where_nobody_is_asked_it_is_the_memory_of_this_machine(tmp_path: Path) -> None:
    async with website(tmp_path / "store", asks=False) as site:
        await site.visitor().remember("mine")
        [row] = await site.service.store.select("true")
        assert row.owner == "local"
        me = (await site.visitor().get("/api/me")).json()
        assert (me["owner"], me["can_log_out"]) == ("local", False)


async def test_who_asks_too_often_is_told_when_to_come_back_and_others_are_not(tmp_path: Path) -> None:
    async with website(tmp_path / "store", max_requests=3) as site:
        alice, bob = site.member("alice"), site.member("bob")
        codes = [(await alice.get("/api/me")).status_code for _ in range(5)]
        assert codes == [200, 200, 200, 429, 429]
        refused = await site.member("alice").rpc("tools/list")
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert (await bob.get("/api/me")).status_code == 200
        assert (await alice.get("/healthz")).status_code == 200


def test_the_file_holds_no_token_and_is_for_its_owner_only(tmp_path: Path) -> None:
    token, entry = new_token("alice", ["read"], None, NOW)
    TokenFile(tmp_path).add(entry)
    text = (tmp_path / FILE).read_text()
    assert token not in text
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert TokenFile(tmp_path).entries() == (entry,)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"tokens": [{"name": "x"}]}', '{"tokens": 7}'])
def test_half_a_file_lets_nobody_in(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ConfigurationError, match="damaged"):
        TokenFile(tmp_path).entries()


def test_an_entry_without_scopes_is_damage_and_no_token_for_everything(tmp_path: Path) -> None:
    _, entry = new_token("alice", ["read"], None, NOW)
    TokenFile(tmp_path).add(entry)
    told = json.loads((tmp_path / FILE).read_text())
    told["tokens"][0]["scopes"] = []
    (tmp_path / FILE).write_text(json.dumps(told))
    with pytest.raises(ConfigurationError, match="damaged"):
        TokenFile(tmp_path).entries()


async def test_tokens_of_the_environment_are_known_by_their_hash(tmp_path: Path) -> None:
    token, entry = new_token("alice", ["read", "forget"], None, NOW)
    full, all_of_it = new_token("bob", [], None, NOW)
    fixed = entries_of(f"{entry.as_variable},\n {all_of_it.as_variable} ")
    tokens = StaticTokens(file=TokenFile(tmp_path), fixed=fixed)
    known, other = await tokens.verify_token(token), await tokens.verify_token(full)
    assert known is not None
    assert other is not None
    assert (known.subject, known.scopes) == ("alice", ["memory:read", "memory:forget"])
    assert (other.subject, len(other.scopes)) == ("bob", 3)
    assert await tokens.verify_token(entry.hash) is None


@pytest.mark.parametrize("wrong", ["alice", "alice=123", f"alice={'0' * 64}/all", f"Alice={'0' * 64}", f"={'0' * 64}"])
def test_a_variable_that_cannot_be_read_is_said_without_its_hash(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="SENSORIUM_TOKENS: entry 1") as caught:
        entries_of(wrong)
    assert "0" * 64 not in str(caught.value)


def test_a_token_cannot_have_expired_already() -> None:
    with pytest.raises(InvalidInputError):
        new_token("alice", [], NOW - timedelta(seconds=1), NOW)


def test_of_a_name_all_are_revoked_and_of_an_id_one(tmp_path: Path) -> None:
    file = TokenFile(tmp_path)
    entries = [new_token(name, [], None, NOW)[1] for name in ("alice", "alice", "bob")]
    for entry in entries:
        file.add(entry)
    assert file.revoke(entries[0].id) == (entries[0],)
    assert file.revoke("alice") == (entries[1],)
    assert file.entries() == (entries[2],)
    with pytest.raises(NotFoundError):
        file.revoke("alice")


def test_the_commands_add_list_and_revoke(tmp_path: Path) -> None:
    home = tmp_path / "store"
    made = _run(home, "add", "alice", "--scope", "read", "--expires", "90d")
    assert made.stdout.startswith("sens_")
    assert made.stdout.count("\n") == 1
    printed = _run(home, "add", "bob", "--print-only")
    [variable] = [word for word in printed.stderr.split() if word.startswith("SENSORIUM_TOKENS=")]
    listed = json.loads(_run(home, "list", "--json", SENSORIUM_TOKENS=variable.partition("=")[2]).stdout)
    assert [(one["name"], one["from"]) for one in listed] == [("bob", "SENSORIUM_TOKENS"), ("alice", "the store")]
    assert "alice" in _run(home, "list").stdout
    assert _run(home, "revoke", "alice").returncode == 0
    gone = _run(home, "revoke", "alice")
    assert gone.returncode == 1
    assert "no token" in gone.stderr
    assert "no tokens" in _run(home, "list").stdout
    assert _run(home, "add", "Not A Name").returncode == 1
    assert _run(home, "add", "alice", "--scope", "everything").returncode == 1
