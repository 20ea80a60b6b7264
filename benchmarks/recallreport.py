"""From answers to figures: a line for each set and mode, how it is known, and every answer in a file."""

import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from recalldata import Ask, Corpus, Half
from recallfigures import MEASURES, Figure, difference, figure, ndcg, right_page
from recallsets import build
from recallstore import MODES, Answer, EmbedderName, Mode, Store, home, opened, say
from rich.console import Console
from rich.table import Table

from memory.concurrency import all_of

_AT_A_TIME = 2
"""Questions asked side by side: one for each core of the smallest machine this is meant for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be measured; see the options."""

    data: Path
    sets: tuple[str, ...]
    half: Half
    is_full: bool
    embedder: EmbedderName
    store: Path | None
    answers: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question, and what it brought in one mode."""

    ask: Ask
    mode: Mode
    answer: Answer


def run(order: Order) -> None:
    """Measure and print."""
    began = time.monotonic()
    console = Console(highlight=False, width=150)
    with tempfile.TemporaryDirectory(prefix="sensorium-bench-") as folder:
        files = Path(folder).resolve()
        corpus = build(order.data, files, order.sets, is_full=order.is_full)
        with home(order.store) as store:
            embedder, asked = anyio.run(_answers, order, corpus, store, files)
    order.answers.write_text("".join(json.dumps(_record(one), ensure_ascii=False) + "\n" for one in asked), "utf-8")
    console.print(
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} cores, {embedder}; "
        f"{len(corpus.memories):,} memories, questions of the half '{order.half}'"
    )
    for table in _tables(asked):
        console.print(table)
    console.print(f"every answer: {order.answers}; {time.monotonic() - began:,.0f} s in all")


async def _answers(order: Order, corpus: Corpus, kept: Path, files: Path) -> tuple[str, list[Asked]]:
    async with opened(kept, files, order.embedder) as store:
        began = time.monotonic()
        await store.fill(corpus.memories)
        say(f"  remembered, read and embedded in {time.monotonic() - began:,.0f} s")
        for refusal in store.refused:
            say(f"  not remembered: {refusal}")
        asks = [ask for ask in corpus.asks if ask.half == order.half]
        asked = await all_of([partial(_asked, store, *one) for one in enumerate(asks, 1)], at_once=_AT_A_TIME)
        return store.service.embedding.name, [one for some in asked for one in some]


async def _asked(store: Store, number: int, ask: Ask) -> list[Asked]:
    if number % 250 == 0:
        say(f"  {number} asked")
    modes = MODES if ask.query else MODES[-1:]
    return [Asked(ask=ask, mode=mode, answer=await store.ask(ask, mode)) for mode in modes]


def _tables(asked: Sequence[Asked]) -> Iterator[Table]:
    rows: dict[str, list[Asked]] = {}
    for one in asked:
        rows.setdefault(one.ask.row, []).append(one)
    yield _quality(rows)
    yield _fusion(rows)
    yield _pages(rows)
    yield _nothing(rows)
    yield _speed(asked)


def _quality(rows: Mapping[str, Sequence[Asked]]) -> Table:
    table = _table("what is found, with 95 % intervals", ["set", "mode"], ["n", *MEASURES])
    for row, some in rows.items():
        for mode in MODES:
            if known := [one for one in some if one.mode == mode and one.ask.relevant]:
                values = [figure([of(one.ask, one.answer.found) for one in known]) for of in MEASURES.values()]
                table.add_row(row, mode, str(len(known)), *map(_shown, values))
    return table


def _fusion(rows: Mapping[str, Sequence[Asked]]) -> Table:
    """Whether the two searches together are as good as the better of them."""
    table = _table("hybrid less the better of its parts, nDCG@10", ["set", "better part"], ["n", "difference"])
    for row, some in rows.items():
        values = {
            mode: [ndcg(one.ask, one.answer.found) for one in some if one.mode == mode and one.ask.relevant]
            for mode in MODES
        }
        if values["keyword"]:
            better = max(MODES[:2], key=lambda mode: sum(values[mode]))
            gain = difference(values["hybrid"], values[better])
            table.add_row(row, better, str(len(values["hybrid"])), _shown(gain, sign="+"))
    return table


def _pages(rows: Mapping[str, Sequence[Asked]]) -> Table:
    table = _table("the right page of the right document, among those shown", ["set"], ["n", "share"])
    for row, some in rows.items():
        if known := [one for one in some if one.mode == "hybrid" and one.ask.page]:
            share = figure([right_page(one.ask, one.answer.found) for one in known])
            table.add_row(row, str(len(known)), _shown(share))
    return table


def _nothing(rows: Mapping[str, Sequence[Asked]]) -> Table:
    """How often an answer passes for one: where there is none it must not, where there is one it must."""
    title = "what passes for an answer (not said to be unsure)"
    table = _table(title, ["questions", "mode"], ["n", "passes", "of those whose first is right", "best score"])
    for row, some in rows.items():
        for mode in MODES:
            known = [one for one in some if one.mode == mode]
            if not known:
                continue
            passes = figure([float(not one.answer.is_unsure) for one in known])
            right = [one for one in known if one.answer.found and one.ask.relevant & one.answer.found[0].ids]
            of_right = _shown(figure([float(not one.answer.is_unsure) for one in right])) if right else ""
            best = statistics.median(one.answer.found[0].score if one.answer.found else 0.0 for one in known)
            table.add_row(row, mode, str(len(known)), _shown(passes), of_right, f"{best:.2f}")
    return table


def _speed(asked: Sequence[Asked]) -> Table:
    table = _table("a recall through the tool, two at a time, milliseconds", ["mode"], ["n", "median", "95 of 100"])
    for mode in MODES:
        took = sorted(1e3 * one.answer.took_s for one in asked if one.mode == mode)
        if took:
            late = took[min(len(took) - 1, len(took) * 95 // 100)]
            table.add_row(mode, str(len(took)), f"{statistics.median(took):.0f}", f"{late:.0f}")
    return table


def _table(title: str, names: Sequence[str], figures: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in names:
        table.add_column(name)
    for name in figures:
        table.add_column(name, justify="right")
    return table


def _shown(value: Figure, sign: str = "") -> str:
    return f"{value.mean:{sign}.2f} [{value.low:{sign}.2f}, {value.high:{sign}.2f}]"


def _record(one: Asked) -> dict[str, Any]:
    return {
        "id": one.ask.id,
        "row": one.ask.row,
        "mode": one.mode,
        "query": one.ask.query,
        "like": [str(example) if isinstance(example, str) else example.name for example in one.ask.like],
        "relevant": sorted(one.ask.relevant),
        "found": [[sorted(hit.ids), hit.score, hit.page] for hit in one.answer.found],
        "unsure": one.answer.is_unsure,
        **({name: of(one.ask, one.answer.found) for name, of in MEASURES.items()} if one.ask.relevant else {}),
    }
