"""A process that remembers numbered items, tells which were acknowledged, and may be killed at any moment.

python tests/chaos_worker.py HOME BASE_URL ACKNOWLEDGED COUNT
"""

import sys
from pathlib import Path

import anyio
from fakes.gemini_server import KEY
from harness import picture, written
from pydantic import SecretStr

from memory.model import TextPart
from memory.requests import Remembrance
from server.composition import open_backend
from server.settings import Settings
from server.warming import Backend

EVERY_PICTURE = 25


def text_of(number: int) -> str:
    """What item `number` says; all are different."""
    return f"item {number}: the {['ferry', 'train', 'meeting', 'invoice'][number % 4]} of day {number * 37 % 1009}"


async def main(home: Path, base_url: str, acknowledged: Path, items: list[int], at_once: int) -> None:
    """Remember these items, and stay until everything has its vectors."""
    settings = Settings(
        home=home, roots=(home.parent,), embedder="gemini", gemini_api_key=SecretStr(KEY), gemini_base_url=base_url
    )
    turns = anyio.Semaphore(at_once)
    async with open_backend(settings, is_local=True) as backend, anyio.create_task_group() as background:
        background.start_soon(backend.service.keep_up)
        async with anyio.create_task_group() as group:
            for number in items:
                group.start_soon(_remember, backend, turns, acknowledged, number)
        while not (await backend.service.backlog()).is_empty:
            await backend.service.take_a_turn()
        background.cancel_scope.cancel()


async def _remember(backend: Backend, turns: anyio.Semaphore, acknowledged: Path, number: int) -> None:
    async with turns:
        note = TextPart(text=text_of(number))
        if number % EVERY_PICTURE:
            await backend.service.remember(Remembrance(owner="local", parts=(note,)))
        else:
            path = written(backend.service.home.parent / "in", f"{number}.png", picture("red", str(number)))
            async with backend.sources.fetched([path], "local") as parts:
                await backend.service.remember(Remembrance(owner="local", parts=(note, *parts)))
        with acknowledged.open("a") as file:
            file.write(f"{number}\n")


if __name__ == "__main__":
    told = Path(sys.argv[3])
    known = set(told.read_text().split()) if told.exists() else set[str]()
    rest = [number for number in range(int(sys.argv[4])) if str(number) not in known]
    anyio.run(main, Path(sys.argv[1]), sys.argv[2], told, rest, int(sys.argv[5]))
