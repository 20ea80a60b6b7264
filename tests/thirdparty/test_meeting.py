"""The clients on one memory, at a door that asks for tokens, and in the words of the protocol."""

import json
import re
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from browser.serving import COMMAND, Served
from thirdparty.clients import CLIENTS, ThirdParty
from thirdparty.sessions import EndedError, Session, code_in, listening, over_http, over_stdio

pytestmark = pytest.mark.clients

Connect = Callable[[ThirdParty], AbstractContextManager[Session]]

NOTES = [
    "The lighthouse stands on a cliff of chalk",
    "Nobody has painted the lighthouse since the war",
    "A lighthouse of iron would have rusted by now",
    "Grandfather kept bees beside the lighthouse",
    "Ships count the flashes of our lighthouse: three, then dark",
    "In August the lighthouse is open on Sundays",
    "The key of the lighthouse hangs in the bakery",
]
"""One for each client."""

each_client = pytest.mark.parametrize("client", CLIENTS, ids=lambda one: one.name)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    with listening(tmp_path_factory.mktemp("served") / "store") as server:
        yield server


@each_client
def test_a_token_that_is_not_valid_opens_nothing_and_the_client_says_so_in_its_own_way(
    client: ThirdParty, server: Served, tmp_path: Path
) -> None:
    client.install()
    with suppress(EndedError), over_http(client, replace(server, token="wrong"), tmp_path) as session:  # noqa: S106
        assert session.offered() == {}

    assert re.search(client.refusal, (tmp_path / "client.log").read_text())


@each_client
def test_the_revision_of_the_protocol_that_is_known_of_the_client_is_spoken(client: ThirdParty, tmp_path: Path) -> None:
    client.install()
    listened = tmp_path / "listened"
    listened.write_text(f"#!/bin/sh\ntee {tmp_path}/asked | {COMMAND} | tee {tmp_path}/said\n")
    listened.chmod(0o700)

    with over_stdio(client, tmp_path / "store", tmp_path, listened) as session:
        session.offered()

    assert spoken((tmp_path / "asked").read_text(), (tmp_path / "said").read_text()) == client.revision


@pytest.fixture(params=["stdio", "http"])
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Connect]:
    """Connects clients to one memory: by a server of each, or by one for all."""
    home = tmp_path / "store"
    if request.param == "stdio":
        yield lambda client: over_stdio(client, home, tmp_path)
        return
    with listening(home) as server:
        yield lambda client: over_http(client, server, tmp_path)


def test_what_one_client_remembers_all_others_find_until_one_forgets_it(connect: Connect) -> None:
    for number, client in enumerate(CLIENTS):
        client.install()
        with connect(client) as session:
            assert session.call("remember", text=NOTES[number], tags=["light"]).error == ""
            assert found(session) == NOTES[: number + 1]

    first, *_, last = CLIENTS
    with connect(last) as session:
        session.call("forget", tags=["light"], confirm=code_in(session.call("forget", tags=["light"])))
    with connect(first) as session:
        assert found(session) == []


def found(session: Session) -> list[str]:
    """Those of the notes that the caller reads when it asks for them."""
    answer = session.call("recall", query="lighthouse", limit=len(NOTES), media="none")
    assert answer.error == "", answer.text
    return [note for note in NOTES if note in answer.text]


def spoken(asked: str, said: str) -> str:
    """The revision that both sides keep to: of the handshake, or else of the first request."""
    first, answer = (json.loads(text.splitlines()[0]) for text in (asked, said))
    if first["method"] == "initialize":
        return answer["result"]["protocolVersion"]
    assert "result" in answer, answer
    return first["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"]
