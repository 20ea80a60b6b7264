"""`sensorium doctor`: what the settings lead to, each check with a verdict and the mend."""

import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, cast

import anyio
from rich.console import Console
from rich.table import Table
from rich.text import Text

from memory.embedders.cached import QUESTIONS
from memory.embedders.jobs import JOBS
from memory.embedders.protocol import Content
from memory.embedding import Embedding
from memory.errors import AccountRefusedError, EmbeddingError, SensoriumError
from memory.imports import IMPORTS
from memory.store.repair.damage import Damage, history
from memory.store.repair.examination import Books
from memory.store.repair.examination import examine as examine_files
from memory.threads import in_io_thread
from server.choosing import Chosen, choose_embedder
from server.composition import build_reader, open_store, places
from server.costs import spending_lines
from server.extras import EXTRAS
from server.printing import print_facts
from server.settings import Settings, variables

Verdict = Literal["ok", "limited", "broken", "absent"]
_BOOKS = Books(
    caches=[QUESTIONS],
    ledgers={
        "spending.db": "what was spent today is no longer known, and its limits count anew",
        IMPORTS: "which files were imported is no longer known: the next import reads all of them again",
        JOBS: "batch jobs that are running are no longer known: what they embed will be embedded, and paid for, again",
    },
)
"""The databases beside the store, and what the loss of one means."""
_COLOURS = {"ok": "green", "limited": "yellow", "broken": "red", "absent": "dim"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: `limited` works with less than it could, `broken` does not work; `absent` need not be there.

    The finding says what mends it.
    """

    name: str
    verdict: Verdict
    finding: str


def examine(settings: Settings, *, as_json: bool = False) -> int:
    """Print every check; returns the exit code: 1 where something is broken."""
    checks = anyio.run(_gather, settings)
    console, is_whole = Console(), all(check.verdict != "broken" for check in checks)
    if as_json:
        shown = {name: _shown(getattr(settings, name)) for name in Settings.model_fields}
        found = {"whole": is_whole, "settings": shown, "checks": [asdict(check) for check in checks]}
        print_facts(found)
    else:
        console.print(_settings_table(settings))
        console.print(_table(checks))
    return int(not is_whole)


async def _gather(settings: Settings) -> list[Check]:
    return [check async for check in _checks(settings)]


async def _checks(settings: Settings) -> AsyncIterator[Check]:
    embedding = Embedding(None)
    for check in await _store_checks(settings):
        yield check
    try:
        store = await open_store(settings)
        spaces = await store.table.spaces()
        rows = await store.table.count("true")
        yield Check(name="store", verdict="ok", finding=f"{store.place}: {rows} pieces, {len(spaces)} space(s)")
        chosen = await choose_embedder(settings, spaces)
        embedding = chosen.embedding
        for check in await _embedder_checks(chosen):
            yield check
    except SensoriumError as error:
        yield Check(name="store and embedder", verdict="broken", finding=str(error))
    for reader in build_reader(settings, embedding).capabilities():
        yield Check(name=reader.kind, verdict="ok" if reader.available else "limited", finding=reader.detail)
    for check in _extra_checks():
        yield check
    roots, allow_urls = places(settings, is_local=True)
    folders = ", ".join(map(str, roots)) or "no folders"
    yield Check(name="files (stdio)", verdict="ok", finding=f"{folders}; https: {'yes' if allow_urls else 'no'}")


async def _store_checks(settings: Settings) -> list[Check]:
    """What is wrong with the store's files, what was mended now, and what was before."""
    if settings.uri:
        told = f"{settings.uri}: what the service acknowledged is there whole; its objects are not read one by one"
        return [Check(name="store files", verdict="ok", finding=told)]
    known = await in_io_thread(history, settings.home)
    earlier = [Check(name="  mended", verdict="ok", finding=f"{at}: {damage.what}: {damage}") for at, damage in known]
    try:
        found = await examine_files(settings.home, _BOOKS)
    except SensoriumError as error:
        return [*earlier, Check(name="store files", verdict="broken", finding=str(error))]
    now = [_damage_check(damage) for damage in found]
    whole = Check(
        name="store files", verdict="ok", finding="rows, indexes, media and databases were read, and are whole"
    )
    return [*earlier, *(now or [whole])]


def _damage_check(damage: Damage) -> Check:
    mended = "limited" if damage.is_loss else "ok"
    return Check(name=damage.what, verdict=mended if damage.done else "broken", finding=str(damage))


async def _embedder_checks(chosen: Chosen) -> list[Check]:
    in_use = Check(
        name="embedder",
        verdict="ok" if chosen.embedding.embedder else "limited",
        finding=chosen.embedding.name,
    )
    rungs = [
        Check(
            name=f"  {rung.name}",
            verdict="ok" if rung.available else "limited",
            finding=rung.reason or "runs here",
        )
        for rung in chosen.rungs
    ]
    return [in_use, *rungs, *await _answer(chosen)]


async def _answer(chosen: Chosen) -> list[Check]:
    """Whether the embedder embeds, tried on one word; what it costs is one request."""
    if chosen.embedding.embedder is None:
        return []
    try:
        await chosen.embedding.documents([Content(text="hello")])  # a question may be known already
        spent = "; ".join(spending_lines(await chosen.embedding.spending()))
        return [
            Check(name="  a word", verdict="ok", finding="was embedded"),
            *([Check(name="  cost", verdict="ok", finding=spent)] if spent else []),
        ]
    except AccountRefusedError as error:
        return [Check(name="  a word", verdict="broken", finding=f"the account is refused: {error}")]
    except EmbeddingError as error:
        return [Check(name="  a word", verdict="limited", finding=f"could not be embedded: {error}")]
    finally:
        await chosen.aclose()


def _extra_checks() -> list[Check]:
    return [
        Check(name=f"extra {extra.name}", verdict="ok", finding=f"installed: {extra.gives}")
        if extra.is_installed
        else Check(name=f"extra {extra.name}", verdict="absent", finding=f"{extra.gives}: {extra.mend}")
        for extra in EXTRAS
    ]


def _settings_table(settings: Settings) -> Table:
    table = Table(title="Settings", title_justify="left")
    table.add_column("variable", no_wrap=True)
    table.add_column("value")
    for name in Settings.model_fields:
        table.add_row("\n".join(variables(name)), Text(_shown(getattr(settings, name))))
    return table


def _shown(value: object) -> str:
    match value:
        case None:
            return "(not set)"
        case ():
            return "none"
        case tuple():
            return os.pathsep.join(map(str, cast("tuple[object, ...]", value)))
        case _:
            return str(value)


def _table(checks: Sequence[Check]) -> Table:
    table = Table(title="Checks", title_justify="left")
    table.add_column("check", no_wrap=True)
    table.add_column("verdict")
    table.add_column("finding")
    for check in checks:
        # Text, as a folder may be called what Rich takes for markup.
        table.add_row(check.name, Text(check.verdict, style=_COLOURS[check.verdict]), Text(check.finding))
    return table
