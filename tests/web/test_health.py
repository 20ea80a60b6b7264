"""What the server says about itself: alive, ready, counted, logged, and nothing that is remembered."""

import logging
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest
from website import website

from memory.embedders.fake import FakeEmbedder
from memory.embedders.protocol import Content, Vectors
from memory.errors import EmbeddingUnavailableError


class Away(FakeEmbedder):
    """An embedder that does not answer."""

    async def embed_documents(self, contents: Sequence[Content]) -> Vectors:  # noqa: ARG002  # it answers none
        raise EmbeddingUnavailableError("it is away")


async def test_it_is_ready_when_the_memory_is_open_and_says_what_waits(tmp_path: Path) -> None:
    async with website(tmp_path / "store") as site:
        told = (await site.visitor().get("/readyz")).json()
        assert told["status"] == "ready"
        assert told["pending"] == 0
        assert "store" not in str(told)


async def test_an_embedder_that_is_away_degrades_what_is_still_ready(tmp_path: Path) -> None:
    async with website(tmp_path / "store", embedder=Away()) as site:
        alice = site.member("alice")
        id_ = await alice.remember("kept all the same")
        with anyio.fail_after(30):
            while (await site.visitor().get("/readyz")).json()["status"] != "degraded":  # noqa: ASYNC110  # over HTTP
                await anyio.sleep(0.05)  # as whoever watches a server does
        answer = await site.visitor().get("/readyz")
        assert (answer.status_code, answer.json()["trouble"]) == (200, "it is away")
        assert await alice.found("kept") == [id_]


async def test_a_store_that_is_away_is_not_ready_and_the_process_is_alive(tmp_path: Path) -> None:
    home, away = tmp_path / "store", tmp_path / "away"
    async with website(home) as site:
        await site.member("alice").remember("kept")
        (home / "table").rename(away)
        answer = await site.visitor().get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (503, "broken")
        assert (await site.visitor().get("/healthz")).status_code == 200
        away.rename(home / "table")
        assert (await site.visitor().get("/readyz")).status_code == 200


async def test_calls_stages_and_requests_are_counted_without_names_or_contents(tmp_path: Path) -> None:
    async with website(tmp_path / "store") as site:
        alice = site.member("alice")
        await alice.remember("the secret harbour")
        await alice.found("harbour")
        await alice.error("forget")
        for _ in range(3):
            await alice.get("/media/m0/0")
            await site.visitor().get("/no/such/place")
        text = (await alice.get("/metrics")).text
        for line in (
            'sensorium_tool_calls_total{outcome="done",tool="remember"} 1.0',
            'sensorium_tool_calls_total{outcome="refused",tool="forget"} 1.0',
            'sensorium_tool_seconds_count{tool="recall"} 1.0',
            'sensorium_stage_seconds_count{stage="write",tool="remember"} 1.0',
            'sensorium_stage_seconds_count{stage="search",tool="recall"} 1.0',
            'sensorium_stage_seconds_count{stage="embed",tool="recall"} 1.0',
            'sensorium_stage_seconds_count{stage="rank",tool="recall"} 1.0',
            'sensorium_http_requests_total{method="GET",route="/media/{id}/{part}",status="404"} 3.0',
            'sensorium_http_requests_total{method="GET",route="none",status="404"} 3.0',
            'sensorium_backlog{kind="pending_pieces"} 0.0',
            "sensorium_ready 1.0",
        ):
            assert line in text
        assert "alice" not in text
        assert "harbour" not in text


async def test_the_access_log_says_who_and_what_and_no_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "sensorium.access")
    async with website(tmp_path / "store") as site:
        token = site.token("alice")
        alice = site.visitor(token)
        id_ = await alice.remember("the secret harbour")
        await alice.get(f"/media/{id_}/0?for=alice&until=1&sig=signature")
        await site.web.post("/login", json={"token": token})
        await site.visitor().get("/%0Aforged line")
    lines = [record.getMessage() for record in caplog.records if record.name == "sensorium.access"]
    assert any(line.startswith("alice POST /mcp 200") for line in lines)
    assert any(f"GET /media/{id_}/0 403" in line for line in lines)
    text = "\n".join(lines)
    assert len(text.splitlines()) == len(lines)
    for secret in (token, "signature", "harbour"):
        assert secret not in text


async def test_the_page_has_its_own_scripts_only_and_is_framed_by_nobody(tmp_path: Path) -> None:
    async with website(tmp_path / "store") as site:
        page = await site.visitor().get("/")
        policy = page.headers["content-security-policy"]
        for rule in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert rule in policy
        assert "unsafe" not in policy
        assert (await site.visitor().get("/static/index.html")).headers["content-security-policy"] == policy
        for outside in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/"):
            assert (await site.visitor().get(outside)).status_code == 404
