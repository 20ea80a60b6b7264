"""Remember six things, end the process, recall each from a new one, forget one: `make demo`.

Exits with 0 if everything expected came back first and what was forgotten is gone.
"""

import sys
import time
from collections.abc import Awaitable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO, TypeVar, cast

import anyio
from answers import Forgotten, Recalled, Remembered
from demonstration import show
from demonstration.story import KEEPSAKES, PHOTO, ROOT, VOICE, Keepsake, Question, questions, recording
from mcp.shared.exceptions import MCPError
from rich.console import Console
from session import AnswerError, Session, session

Answer = TypeVar("Answer")


class Demo:
    """Runs the story on one store, prints it, and keeps count of what went wrong."""

    def __init__(self, console: Console, *, home: Path, log: TextIO) -> None:
        self.console = console
        self.home = home
        self.log = log
        self.ids: dict[str, str] = {}
        self.checked = 0
        self.failures: list[str] = []
        self.warnings: list[str] = []

    def check(self, otherwise: str, *, holds: bool) -> bool:
        """Count an expectation, and keep `otherwise` for the end if it does not hold."""
        self.checked += 1
        if not holds:
            self.failures.append(otherwise)
        return holds

    async def run(self) -> None:
        """Both sessions; each is a server process of its own."""
        show.heading(self.console, "First session: remember", f"a new process on an empty store, {self.home}")
        async with session(self.home, folder=ROOT, log=self.log) as first:
            show.lines_about(self.console, await first.status(), "embedder", "pictures", "recordings")
            await self.remember_all(first)
        show.heading(self.console, "Second session: recall", "the first process is gone; a new one on its store")
        async with session(self.home, folder=ROOT, log=self.log) as second:
            for question in questions():
                await self.recall(second, question)
            await self.look(second, PHOTO)
            await self.forget(second, VOICE)

    async def remember_all(self, server: Session) -> None:
        """Give every keepsake to the server, and one of them once more."""
        table = show.memories_table()
        for keepsake in KEEPSAKES:
            kept = await self.remember(server, keepsake, table, status="stored")
            self.ids[keepsake.what] = kept.id
        again = await self.remember(server, KEEPSAKES[1], table, status="duplicate")
        self.check("the second copy is another memory", holds=again.id == self.ids[KEEPSAKES[1].what])
        self.console.print(table)
        show.notices(self.console, self.warnings)

    async def remember(self, server: Session, keepsake: Keepsake, table: show.Table, *, status: str) -> Remembered:
        """Remember one thing and add its row to the table."""
        with self.console.status(f"remembering the {keepsake.what} …"):
            kept, took_ms = await timed(server.ask("remember", keepsake.arguments, Remembered))
        good = self.check(f"the {keepsake.what} was {kept.status}, not {status}", holds=kept.status == status)
        show.add_memory(table, keepsake, kept, took_ms, good=good)
        self.warnings += [f"{keepsake.what}: {warning}" for warning in kept.warnings]
        return kept

    async def recall(self, server: Session, question: Question) -> None:
        """Ask one question and show what came first."""
        with self.console.status("recalling …"):
            found, took_ms = await timed(server.ask("recall", question.arguments, Recalled))
        first = found.hits[0] if found.hits else None
        good = first is not None and first.id == self.ids[question.expects]
        self.check(f"{question.title!r} did not bring back the {question.expects} first", holds=good)
        if question.anchor:
            there = first is not None and first.anchor == question.anchor
            self.check(f"{question.title!r} did not find {question.anchor}", holds=there)
        self.console.print(show.recalled(question, first, took_ms, good=good))

    async def look(self, server: Session, question: Question) -> None:
        """The same recall with pictures: what a model would be shown."""
        show.heading(
            self.console,
            "What comes back is the picture itself",
            f"recall {question.query!r}, first thumbnail",
        )
        _, pictures = await server.look(question.query, limit=1)
        if self.check("recall brought no thumbnail of the photo", holds=bool(pictures)):
            show.picture(self.console, pictures[0])

    async def forget(self, server: Session, question: Question) -> None:
        """Forget what the question finds, show the receipt, and ask again."""
        show.heading(
            self.console,
            f"Forget the {question.expects}",
            "and look for it again, in recall and in the store's files",
        )
        forgotten = self.ids[question.expects]
        before = self.files_with(recording())
        receipt, took_ms = await timed(server.ask("forget", {"ids": [forgotten]}, Forgotten))
        after = self.files_with(recording())
        taken = (receipt.status, receipt.memories)
        self.check(f"the receipt says {taken}", holds=taken == ("forgotten", 1))
        self.check(f"not erased: {receipt.detail}", holds=receipt.erased)
        self.check(f"the recording was in {before} files, and still is in {after}", holds=before > after == 0)
        again = await server.ask("recall", question.arguments, Recalled)
        gone = self.check("it is still recalled", holds=forgotten not in {hit.id for hit in again.hits})
        show.receipt(self.console, receipt, took_ms, files=(before, after), gone=gone)

    def files_with(self, content: bytes) -> int:
        """How many files of the store hold these bytes."""
        files = [path for path in self.home.rglob("*") if path.is_file()]
        return sum(content in path.read_bytes() for path in files)


async def timed(answer: Awaitable[Answer]) -> tuple[Answer, float]:
    """An answer, and the milliseconds it took."""
    started = time.perf_counter()
    return await answer, (time.perf_counter() - started) * 1000


def messages(error: BaseException) -> list[str]:
    """What an error says, or every error in a group of groups."""
    if not isinstance(error, BaseExceptionGroup):
        return [str(error)]
    inner = cast("tuple[BaseException, ...]", error.exceptions)
    return [message for one in inner for message in messages(one)]


def main() -> int:
    """Run the demo on a store of its own, which goes when it ends; returns the exit code."""
    console = Console()
    with TemporaryDirectory(prefix="sensorium-demo-") as folder:
        log = Path(folder, "server.log")
        with log.open("w", encoding="utf-8") as written:
            demo = Demo(console, home=Path(folder, "store"), log=written)
            try:
                anyio.run(demo.run)
            except* (AnswerError, MCPError) as errors:
                demo.failures += messages(errors)
                show.log_tail(console, log)
    show.summary(console, checked=demo.checked, failures=demo.failures)
    return 1 if demo.failures else 0


if __name__ == "__main__":
    sys.exit(main())
