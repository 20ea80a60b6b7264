"""What files will cost: by kind, before anything is sent; and whether that is agreed to."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from rich.console import Console
from rich.prompt import Confirm
from rich.table import Table

from memory.errors import InvalidInputError, NotFoundError
from memory.estimating import expected_usage
from memory.media.sniff import modality_of, sniff
from memory.pieces import File, Modality
from memory.service import MemoryService
from memory.threads import in_io_thread
from memory.usage import Usage
from server.costs import dollars, usage_facts
from server.importing.orders import Order, Outcome


@dataclass(slots=True, kw_only=True)
class Estimate:
    """What files will cost.

    Attributes:
        kinds: how many there are of a kind, and what embedding them will use.
    """

    kinds: dict[Modality, tuple[int, Usage]] = field(default_factory=dict[Modality, tuple[int, Usage]])

    @property
    def total(self) -> Usage:
        """What they will use together."""
        return sum((usage for _, usage in self.kinds.values()), Usage())

    async def add(self, service: MemoryService, path: Path, outcome: Outcome) -> None:
        """Look at one more; one that cannot be remembered goes into the outcome."""
        try:
            file = await in_io_thread(_found, path)
            usage = expected_usage(await service.reader.extent(file), service.embedding)
        except (InvalidInputError, NotFoundError) as error:
            outcome.refuse(path, str(error))
            return
        except OSError as error:
            outcome.refuse(path, f"cannot be read: {error.strerror}")
            return
        kind = modality_of(file.mime) or Modality.TEXT
        count, before = self.kinds.get(kind, (0, Usage()))
        self.kinds[kind] = (count + 1, before + usage)

    def table(self) -> Table:
        """The estimate for a person."""
        table = Table(box=None, title="What embedding will use, at most", title_justify="left")
        for heading in ("kind", "files", "pieces", "tokens", "dollars"):
            table.add_column(heading, justify="left" if heading == "kind" else "right")
        for kind, (count, usage) in sorted(self.kinds.items()):
            cost = dollars(usage.all_dollars)
            table.add_row(kind, f"{count:,}", f"{usage.contents:,}", f"{usage.all_tokens:,}", cost)
        return table

    def facts(self, order: Order) -> dict[str, Any]:
        """The estimate for a program."""
        kinds = {kind: {"files": count, **usage_facts(usage)} for kind, (count, usage) in sorted(self.kinds.items())}
        total = usage_facts(self.total)
        if order.batch:
            total["batch_dollars"] = total["total_dollars"] / 2
        return {"kinds": kinds, "total": total}

    def sum(self, embedder: str, order: Order) -> str:
        """What it comes to, in a sentence."""
        if not self.total.contents:
            return f"{embedder}: embedding costs nothing"
        halved = f", {dollars(self.total.all_dollars / 2)} by batch jobs" if order.batch else ""
        return f"{embedder}: about {dollars(self.total.all_dollars)}{halved}"


async def agreed(service: MemoryService, order: Order, paths: Iterable[Path], console: Console) -> bool:
    """Whether these files may be imported: what costs nothing may; for the rest a yes is needed.

    Raises:
        InvalidInputError: there is nobody to ask.
    """
    if order.yes or service.embedding.expected is None:
        return True
    estimate, unseen = Estimate(), Outcome()
    for path in paths:
        await estimate.add(service, path, unseen)
    said = estimate.sum(service.embedding.name, order)
    if not estimate.total.all_dollars:
        return True
    if order.as_json or not (sys.stdin.isatty() and console.is_terminal):
        raise InvalidInputError(f"{said}. Nothing was sent: --yes agrees to that, --dry-run shows it by kind")
    console.print(estimate.table())
    console.print(said)
    return await anyio.to_thread.run_sync(lambda: Confirm.ask("Go on?", console=console, default=False))


def _found(path: Path) -> File:
    return File(path=path, mime=sniff(path, path.name), size_bytes=path.stat().st_size, sha256="")
