"""A server for a team over HTTP: each person has a token, and a memory that no other can reach.

Anna and Ben share a server. Anna's notes are in two namespaces, Ben sends a file ahead and remembers it by its ticket;
neither finds what the other remembered, and who has no valid token is turned away.

Run it: `python examples/team_server.py`. It needs nothing but the project's environment.
"""

import os
import subprocess
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from tempfile import TemporaryDirectory

import anyio
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from session import CALL_TIMEOUT_S, Session, server_command

REPORT = b"Rota for the harbour festival\n\nFriday: Ben opens the gate at six. Saturday: Ben counts the tills.\n"


def token(environment: dict[str, str], name: str) -> str:
    """A token for somebody; it is printed once, and the server keeps only its hash."""
    command = [server_command(), "token", "add", name]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


@contextmanager
def serving(environment: dict[str, str]) -> Generator[str]:
    """A server on a free port; gives its address, and ends the server in the end."""
    command = [server_command(), "serve", "--http", "--port", "0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            said = next((line for line in process.stderr if "running on" in line), "")
            assert said, "the server ended before it listened"
            yield next(word for word in said.split() if word.startswith("http://"))
        finally:
            process.terminate()
            _, said = process.communicate(timeout=30)
    assert "Traceback" not in said, f"the server did not end cleanly: {said}"
    print("The server has ended.")


@asynccontextmanager
async def person(url: str, shown: str) -> AsyncGenerator[tuple[Session, httpx2.AsyncClient]]:
    """Somebody with a token: the tools over MCP, and plain HTTP for uploads."""
    headers = {"Authorization": f"Bearer {shown}"}
    async with (
        httpx2.AsyncClient(base_url=url, headers=headers, timeout=CALL_TIMEOUT_S) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
    ):
        yield Session(client), http


async def work(url: str, annas: str, bens: str) -> None:
    """What the two do, and what must not work."""
    async with person(url, annas) as (anna, _), person(url, bens) as (ben, http):
        await anna.remember("The supplier of the tents wants 30 % in advance.", namespace="festival")
        await anna.remember("My piano lesson moved to Friday at six.", namespace="private")
        sent = await http.post("/upload", content=REPORT, params={"name": "rota.txt"})
        await ben.remember(files=[sent.raise_for_status().json()["upload"]], title="Rota")

        for name, memory, query, namespace, expected in (
            ("Anna", anna, "Friday at six", "", ["private"]),
            ("Anna", anna, "Friday at six", "festival", []),
            ("Anna", anna, "tents", "festival", ["festival"]),
            ("Ben", ben, "Friday at six", "", ["default"]),
            ("Ben", ben, "tents", "", []),
        ):
            found = await memory.recall(query, namespace=namespace)
            print(f"{name} asks for {query!r} {f'in {namespace}' if namespace else 'anywhere'}:")
            print(*(f"  {hit.passage!r}" for hit in found) if found else ["  nothing"], sep="\n")
            assert [hit.namespace for hit in found] == expected, f"{expected} were expected, not {found}"

    wrong = httpx2.post(f"{url}/mcp", headers={"Authorization": "Bearer guessed"}, json={})
    print(f"Somebody with a guessed token is told: {wrong.status_code} {wrong.reason_phrase}")
    assert wrong.status_code == 401, f"a guessed token was answered with {wrong.status_code}"


def main() -> None:
    """Make the tokens, serve, and work."""
    with TemporaryDirectory() as home:
        environment = {**os.environ, "SENSORIUM_HOME": home, "SENSORIUM_EMBEDDER": "none"}  # here words are enough
        annas, bens = token(environment, "anna"), token(environment, "ben")
        with serving(environment) as url:
            anyio.run(work, url, annas, bens)


if __name__ == "__main__":
    main()
