"""Several servers on one bucket: nothing is lost, nothing is kept twice, and what is forgotten is gone for all."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import anyio
import numpy as np
import obstore
import pytest
from harness import Tools, connected, picture, text_of, written
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from obstore.store import from_url
from replicas.s3 import Service

from memory.errors import StoreBusyError, StoreError
from memory.store.places import bucket as bucket_module
from memory.store.places.lease import Lease
from memory.store.tidying import KEEP_VERSIONS, TIDY_AFTER

pytestmark = pytest.mark.replicas

COMMAND = str(Path(sys.executable).with_name("sensorium"))


@asynccontextmanager
async def replicas(uri: str, folder: Path, count: int = 2) -> AsyncGenerator[list[Tools]]:
    """Servers that share a bucket and nothing else."""
    async with AsyncExitStack() as stack:
        homes = [folder / f"machine{n}" / "home" for n in range(count)]
        for home in homes:
            home.parent.mkdir()
        yield [await stack.enter_async_context(connected(home, uri=uri)) for home in homes]


def objects(uri: str, below: str = "") -> dict[str, bytes]:
    store = from_url(uri)
    pages = obstore.list(store, below or None, return_arrow=False)  # pyright: ignore[reportUnknownMemberType]
    names = [one["path"] for page in pages for one in page]
    return {name: bytes(obstore.get(store, name).bytes()) for name in names}


async def test_what_one_server_remembers_another_recalls(uri: str, tmp_path: Path) -> None:
    async with replicas(uri, tmp_path) as [one, other]:
        id_ = await one.remember("the ferry leaves at noon")
        assert await other.found("when does the ferry leave?") == [id_]
        newer = await other.remember("the ferry leaves at one", replaces=id_)
        assert await one.found("ferry") == [newer]


async def test_the_same_content_given_to_both_at_once_is_one_memory(uri: str, tmp_path: Path) -> None:
    ids = list[str]()

    async def remember(tools: Tools, text: str) -> None:
        ids.append(await tools.remember(text))

    async with replicas(uri, tmp_path) as both, anyio.create_task_group() as at_once:
        for number in range(4):
            for tools in both:
                at_once.start_soon(remember, tools, f"note {number}")
    assert len(ids) == 8
    assert len(set(ids)) == 4


async def test_two_servers_that_write_at_once_lose_nothing_though_one_of_them_is_killed(
    uri: str, service: Service, tmp_path: Path
) -> None:
    acknowledged = dict[str, str]()

    async def write(name: str, *, dies_after: int | None) -> None:
        variables = {"SENSORIUM_HOME": str(tmp_path / name), "SENSORIUM_URI": uri, "SENSORIUM_EMBEDDER": "none"}
        where = StdioServerParameters(command=COMMAND, env={**os.environ, **service.variables, **variables})
        async with stdio_client(where) as (reading, writing), ClientSession(reading, writing) as session:
            await session.initialize()
            for number in range(20):
                if number == dies_after:
                    _kill_the_server(tmp_path / name)
                    return
                text = f"{name} wrote note {number}"
                answer = await session.call_tool("remember", {"text": text})
                assert not answer.is_error, text_of(answer)
                acknowledged[text] = json.loads(json.dumps(answer.structured_content))["id"]

    async with anyio.create_task_group() as at_once:
        at_once.start_soon(lambda: write("first", dies_after=None))
        at_once.start_soon(lambda: write("second", dies_after=12))
    assert len(acknowledged) == 32

    async with connected(tmp_path / "third", uri=uri) as tools:
        kept = {row["id"]: row["text"] for row in await tools.service.store.table.records("true", ["id", "text"])}
        assert all(kept.get(id_) == text for text, id_ in acknowledged.items())
        later = await tools.remember("the third goes on")
        assert await tools.found("third", mode="keyword") == [later]


def _kill_the_server(home: Path) -> None:
    """Kill whoever has this home in its environment."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"SENSORIUM_HOME={home}".encode() in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue


async def test_media_are_objects_that_every_server_shows_and_a_forget_takes_from_all_of_them(
    uri: str, tmp_path: Path
) -> None:
    async with replicas(uri, tmp_path) as [one, other]:
        given = picture("red", "a kite")
        id_ = await one.remember("the kite", files=[written(tmp_path / "machine0", "kite.png", given)])
        [key] = one.service.store.media.keys()
        assert objects(uri, "media/") == {f"media/{key}": given}
        shown = await other.call("recall", query="kite")
        assert any(block.type == "image" for block in shown.content)
        copies = [tools.service.store.media.path(key) for tools in (one, other)]
        assert [copy.read_bytes() for copy in copies] == [given, given]

        await one.forget(id_)
        assert objects(uri, "media/") == {}
        assert not copies[0].exists()
        await other.service.store.erasure.forget_copies()
        assert not copies[1].exists()
        assert not [path for path in (tmp_path / "machine1").rglob("*") if path.is_file() and path.suffix == ".png"]


async def test_no_object_holds_what_was_forgotten(uri: str, tmp_path: Path) -> None:
    async with replicas(uri, tmp_path) as [one, other]:
        for number in range(5):
            await other.remember(f"note {number}")
        id_ = await one.remember("what nobody may keep")
        column = one.service.embedding.column
        assert column is not None
        vectors = await one.service.store.vectors_of(id_, column)
        assert vectors is not None
        needle = np.asarray(vectors[0], dtype=np.float32).tobytes()
        assert any(needle in data for data in objects(uri).values())

        await one.forget(id_)
        assert not any(needle in data or id_.encode() in data for data in objects(uri).values())
        assert len(await other.found("note")) == 5


async def test_a_bucket_is_tidied_by_one_server_at_a_time(uri: str, tmp_path: Path) -> None:
    async with replicas(uri, tmp_path) as [one, other]:
        for number in range(TIDY_AFTER + KEEP_VERSIONS):
            await (one if number % 2 else other).remember(f"note {number}")
        async with other.service.store.place.upkeep.hold():
            assert not await one.service.take_a_turn()
        await one.service.upkeep()
        assert one.service.store.place.commits() < TIDY_AFTER + KEEP_VERSIONS
        assert await other.service.store.table.count("segment = 0") == TIDY_AFTER + KEEP_VERSIONS


async def test_who_gives_up_waiting_for_the_lock_or_holding_it_leaves_it_to_the_next(uri: str) -> None:
    store = from_url(uri)
    first, second = Lease(store, "lock"), Lease(store, "lock")

    async def hold(lease: Lease, scope: anyio.CancelScope) -> None:
        with scope:
            async with lease.hold():
                await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        scopes = [anyio.CancelScope(), anyio.CancelScope()]
        for lease, scope in zip((first, second), scopes, strict=True):
            tasks.start_soon(hold, lease, scope)
            await anyio.sleep(0.5)
        for scope in reversed(scopes):
            scope.cancel()
    async with Lease(store, "lock").hold(patience_s=5):
        pass


async def test_the_lock_of_a_server_that_died_is_taken_over_and_not_before(uri: str) -> None:
    store = from_url(uri)
    obstore.put(store, "lock", b'{"holder": "one that died", "n": "1"}', mode="create")
    lease = Lease(store, "lock", term_s=2.0)
    with pytest.raises(StoreBusyError, match="another server has held"):
        async with lease.hold(patience_s=0.5):
            pass
    began = time.monotonic()
    async with lease.hold(patience_s=10):
        assert time.monotonic() - began >= 1.5


async def test_a_lock_is_renewed_for_as_long_as_it_is_held(uri: str) -> None:
    store = from_url(uri)
    async with Lease(store, "lock", term_s=1.0).hold():
        with pytest.raises(StoreBusyError):
            async with Lease(store, "lock", term_s=1.0).hold(patience_s=3):
                pass


async def test_who_lost_the_lock_is_told_and_writes_no_more(uri: str) -> None:
    store = from_url(uri)
    lease = Lease(store, "lock", term_s=1.0)
    with pytest.raises(StoreError, match="another may write now"):  # noqa: PT012  # by its end, too
        async with lease.hold():
            obstore.put(store, "lock", b'{"holder": "another", "n": "2"}', mode="overwrite")
            await anyio.sleep(0.6)  # the next renewal finds it
            with pytest.raises(StoreError, match="another may write now"):
                lease.check()


async def test_a_service_that_writes_over_what_is_there_is_refused(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = cast("Any", obstore.put)

    def careless(store: object, path: str, file: object, **_: object) -> object:
        return put(store, path, file, mode="overwrite")

    monkeypatch.setattr(bucket_module.obstore, "put", careless)
    with pytest.raises(StoreError, match="conditional writes"):
        async with connected(tmp_path / "home", uri=uri):
            pass


async def test_a_bucket_that_is_not_there_is_told_of_at_start(uri: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no such bucket"):
        async with connected(tmp_path / "home", uri=uri.replace("team-", "nobody-")):
            pass


def test_the_commands_work_on_a_bucket_as_on_a_folder(uri: str, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "ferry.md").write_text("# Ferry\n\nIt leaves at noon.\n")
    archive = tmp_path / "all.zip"

    def run(*arguments: str, home: str = "home", to: str = uri) -> str:
        variables = {"SENSORIUM_HOME": str(tmp_path / home), "SENSORIUM_URI": to, "SENSORIUM_EMBEDDER": "none"}
        done = subprocess.run(
            [COMMAND, *arguments],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("import", "--yes", str(tmp_path / "notes"))
    assert "noon" in run("recall", "ferry", home="another")
    assert json.loads(run("status", "--json"))["store"] == uri
    assert uri in run("doctor", "--json")
    run("export", str(archive))
    run("restore", str(archive), home="alone", to="")
    assert "noon" in run("recall", "ferry", home="alone", to="")
