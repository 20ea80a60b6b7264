"""One client of a team's server: what it asks for, over HTTP, and what it takes for an answer."""

import io
import json
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx2
from PIL import Image, ImageDraw
from wire import BenchmarkError

KEPT = 10
"""Memories that a client does not forget, so that there is always something to look for."""
_SUBJECTS = ("the boiler", "an invoice", "the bread", "the staging database", "a flight", "the garden", "the lease")
_DEEDS = ("was moved to", "must be done by", "was seen on", "costs more since", "is not needed after")
_OK, _CREATED = 200, 201
_HEADERS = {"accept": "application/json, text/event-stream"}


@dataclass(slots=True)
class Member:
    """An owner with a connection, and what it has remembered; every method asks once.

    Each raises `BenchmarkError` where the answer is not what it must be, and `httpx2.HTTPError` where there is none.
    """

    number: int
    web: httpx2.AsyncClient
    draw: random.Random
    ids: list[str] = field(default_factory=list[str])
    sent: int = 0

    def deeds(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """What it can do, by name."""
        return {
            "recall by words": self.search,
            "recall by example": self.search_alike,
            "recall by id": self.open,
            "remember a note": self.note,
            "upload and remember": self.picture,
            "forget": self.forget,
            "read the status": self.status,
        }

    async def note(self) -> None:
        """Remember a sentence that no other is."""
        self.sent += 1
        day = self.draw.randrange(1, 29)
        text = f"{self.draw.choice(_SUBJECTS)} {self.draw.choice(_DEEDS)} March {day}: {self.number}-{self.sent}"
        self.ids.append((await self._call("remember", text=text, tags=["load"]))["id"])

    async def picture(self) -> None:
        """Send a picture ahead, and remember it by its ticket."""
        self.sent += 1
        data, colour = io.BytesIO(), (self.draw.randrange(200), self.draw.randrange(200), 120)
        image = Image.new("RGB", (640, 480), colour)
        ImageDraw.Draw(image).text((40, 200), f"picture {self.number}-{self.sent}", fill="white", font_size=48)
        image.save(data, "PNG")
        answer = await self.web.post("/upload", content=data.getvalue(), params={"name": "picture.png"})
        if answer.status_code != _CREATED:
            raise BenchmarkError(f"upload: {answer.status_code} {answer.text[:200]}")
        self.ids.append((await self._call("remember", files=[answer.json()["upload"]]))["id"])

    async def search(self) -> None:
        """A question in words."""
        query = f"what about {self.draw.choice(_SUBJECTS)} in March?"
        if not (await self._call("recall", query=query))["hits"]:
            raise BenchmarkError(f"nothing was found for {query!r} among {len(self.ids)} memories")

    async def search_alike(self) -> None:
        """What is like one of its memories."""
        await self._call("recall", like=[self.draw.choice(self.ids)])

    async def open(self) -> None:
        """A memory by its id."""
        id_ = self.draw.choice(self.ids)
        if [one["id"] for one in (await self._call("recall", ids=[id_]))["memories"]] != [id_]:
            raise BenchmarkError(f"{id_} was not opened")

    async def forget(self) -> None:
        """Erase one of its memories; remember one where it has few."""
        if len(self.ids) <= KEPT:
            await self.note()
            return
        id_ = self.ids.pop(self.draw.randrange(len(self.ids)))
        if not (await self._call("forget", ids=[id_]))["erased"]:
            raise BenchmarkError(f"{id_} was not erased")

    async def status(self) -> None:
        """The memory's health, as a resource."""
        await self._ask("resources/read", {"uri": "memory://status"})

    async def _call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        given = {**arguments, "media": "none"} if tool == "recall" else arguments
        result = await self._ask("tools/call", {"name": tool, "arguments": given})
        if result.get("isError"):
            raise BenchmarkError(f"{tool}: {result['content'][0]['text'][:200]}")
        return result["structuredContent"]

    async def _ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = await self.web.post("/mcp", json=body, headers=_HEADERS)
        told = answer.json()
        if answer.status_code != _OK or "error" in told:
            raise BenchmarkError(f"{method}: {answer.status_code} {json.dumps(told)[:200]}")
        return told["result"]
