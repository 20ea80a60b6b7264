"""From what was found to figures: recall of each direction, rates, and peak memory."""

import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import anyio
import mediamakers as make
from mediarates import EMBEDDING, Rate, measured
from mediasets import SETS, Ask, Corpus, Direction, build
from mediastore import SHOWN, Found, Outcome, say, tried
from rich.console import Console
from rich.table import Table

RATES = "rates"
_AT_A_TIME = 2
_SAMPLE = 30

Judge = Callable[[Ask, Found], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the report.

    Attributes:
        asked: number of questions.
        at_1: share of questions with a right memory first; `at_5` among the first five.
        precision: share of right ones among the first ten; None where a question has few.
    """

    corpus: str
    direction: str
    asked: int
    at_1: float
    at_5: float
    precision: float | None
    note: str


def run(data: Path, names: Sequence[str], target: Path | None) -> None:
    """Measure and print."""
    if unknown := set(names) - {*SETS, RATES}:
        raise SystemExit(f"no such sets: {', '.join(sorted(unknown))}; known: {', '.join([*SETS, RATES])}")
    began = time.monotonic()
    console = Console(highlight=False, width=160)
    console.print(f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} cores")
    facts: dict[str, Any] = {"sets": {}, "rates": []}
    rows: list[Row] = []
    chosen = [one for one in SETS if one in names or not names]
    for name, (corpus, outcome) in zip(chosen, _all_tried(chosen, data), strict=True):
        rows += _rows(corpus, outcome)
        facts["sets"][name] = _facts(corpus, outcome)
    if rows:
        _print_sets(console, rows, facts)
        _keep(facts, target)
    if RATES in names or not names:
        rates = _rates(data)
        facts["rates"] = [asdict(rate) for rate in rates]
        console.print(_rates_table(rates))
    console.print(f"{time.monotonic() - began:,.0f} s in all")
    _keep(facts, target)


def _keep(facts: dict[str, Any], target: Path | None) -> None:
    if target:
        target.write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")


def _all_tried(names: Sequence[str], data: Path) -> Iterator[tuple[Corpus, Outcome]]:
    """Every set in a process of its own, two at a time; in the order given."""
    with ProcessPoolExecutor(_AT_A_TIME, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        yield from pool.map(_tried, names, repeat(data))


def _tried(name: str, data: Path) -> tuple[Corpus, Outcome]:
    with tempfile.TemporaryDirectory(prefix="sensorium-bench-") as folder:
        files = Path(folder).resolve() / "files"
        files.mkdir()
        say(f"{name}: making files")
        corpus = build(name, data, files)
        outcome = anyio.run(tried, corpus, files.parent / "store", files)
        for row in _rows(corpus, outcome):
            say(f"  {name}, {row.direction}: {row.asked} asked, Recall@1 {row.at_1:.2f}, Recall@5 {row.at_5:.2f}")
        return corpus, outcome


def _rows(corpus: Corpus, outcome: Outcome) -> Iterator[Row]:
    for direction, answers in zip(corpus.directions, outcome.answers, strict=True):
        asked = list(zip(direction.asks, answers, strict=True))
        for group in dict.fromkeys(group for ask in direction.asks for group in ask.groups):
            some = [(ask, found) for ask, found in asked if group in ask.groups]
            yield _row(corpus, direction, group, some, _is_right)
        if placed := [(ask, found) for ask, found in asked if ask.page]:
            yield _row(corpus, direction, "right page", placed, _is_right_page)
            known = [(ask, [one for one in found if _is_right(ask, one)]) for ask, found in placed]
            found = [(ask, hits) for ask, hits in known if hits]
            if found:
                yield _row(
                    corpus, direction, "right page of the right document, wherever that came", found, _is_right_page
                )


def _row(
    corpus: Corpus, direction: Direction, group: str, asked: Sequence[tuple[Ask, Sequence[Found]]], judge: Judge
) -> Row:
    right = [[judge(ask, one) for one in found] for ask, found in asked]
    return Row(
        corpus=corpus.name,
        direction=f"{direction.name}: {group}" if group else direction.name,
        asked=len(asked),
        at_1=sum(any(one[:1]) for one in right) / len(right),
        at_5=sum(any(one[:5]) for one in right) / len(right),
        precision=sum(sum(one) for one in right) / len(right) / SHOWN if direction.is_broad else None,
        note=direction.note,
    )


def _is_right(ask: Ask, found: Found) -> bool:
    return not ask.relevant.isdisjoint(found.ids)


def _is_right_page(ask: Ask, found: Found) -> bool:
    return _is_right(ask, found) and found.page == ask.page


def _facts(corpus: Corpus, outcome: Outcome) -> dict[str, Any]:
    misses = [
        {
            "direction": direction.name,
            "asked": ask.like.name if ask.like else ask.query,
            "relevant": sorted(ask.relevant),
            "page": ask.page,
            "found": [[sorted(one.ids), one.shown] for one in found[:5]],
        }
        for direction, answers in zip(corpus.directions, outcome.answers, strict=True)
        for ask, found in zip(direction.asks, answers, strict=True)
        if not found or not (_is_right_page if ask.page else _is_right)(ask, found[0])
    ]
    return {
        "memories": len(corpus.memories),
        "pieces": outcome.pieces,
        "seconds": {"remember": outcome.remembered_s, "catch up": outcome.read_s, "ask": outcome.asked_s},
        "server_peak_mb": outcome.server_peak_mb,
        "reader_peak_mb": outcome.reader_peak_mb,
        "rows": [asdict(row) for row in _rows(corpus, outcome)],
        "refused": list(outcome.refused),
        "warnings": list(outcome.warnings),
        "misses": misses,
    }


def _print_sets(console: Console, rows: Sequence[Row], facts: dict[str, Any]) -> None:
    table = Table(title="found through the tools, offline embedder", title_justify="left")
    for name in ("set", "direction"):
        table.add_column(name)
    for name in ("n", "Recall@1", "Recall@5", "P@10"):
        table.add_column(name, justify="right")
    for row in rows:
        precision = "" if row.precision is None else f"{row.precision:.2f}"
        table.add_row(row.corpus, row.direction, str(row.asked), f"{row.at_1:.2f}", f"{row.at_5:.2f}", precision)
    console.print(table)
    for corpus, direction, note in dict.fromkeys(
        (row.corpus, row.direction.partition(":")[0], row.note) for row in rows
    ):
        console.print(f"{corpus}, {direction}: {note}", soft_wrap=True)
    console.print(_work_table(facts["sets"]))
    for name, one in facts["sets"].items():
        for refusal in one["refused"]:
            console.print(f"{name}, not remembered: {refusal}", soft_wrap=True)


def _work_table(sets: dict[str, Any]) -> Table:
    table = Table(
        title=f"what that took, {_AT_A_TIME} sets at a time; a server shares its process with client and benchmark",
        title_justify="left",
    )
    table.add_column("set")
    for name in ("memories", "pieces", "remember, s", "catch up, s", "ask, s", "server, peak MB", "reader, peak MB"):
        table.add_column(name, justify="right")
    for name, one in sets.items():
        seconds = [f"{value:,.0f}" for value in one["seconds"].values()]
        peaks = [f"{one[process]:,.0f}" for process in ("server_peak_mb", "reader_peak_mb")]
        table.add_row(name, str(one["memories"]), str(one["pieces"]), *seconds, *peaks)
    return table


def _rates(data: Path) -> list[Rate]:
    with tempfile.TemporaryDirectory(prefix="sensorium-bench-") as folder:
        rates: list[Rate] = []
        for kind, files in _samples(data, Path(folder)).items():
            say(f"rate: {kind}")
            rates.append(measured(kind, files))
        return rates


def _samples(data: Path, work: Path) -> dict[str, list[Path]]:
    reports = _files(data / "pdf_sec10q" / "pdfs")
    office = [file for file in _files(data / "docs_office" / "files") if file.suffix in (".docx", ".pptx", ".xlsx")]
    scans = [
        make.scan(report, page, work / f"{report.stem}-{page}.pdf")
        for report in reports[:2]
        for page in range(3, 3 + 4)
    ]
    return {
        "screenshots": _spread(_files(data / "screenshots_docs" / "media")),
        "photos": _spread(_files(data / "photos_openstax" / "images")),
        "speech": _spread(_files(data / "speech_clips" / "media")),
        "sounds": _spread(_files(data / "sound_events" / "media")),
        "PDF with text": reports,
        "scanned PDF": scans,
        "office files": _spread(office),
        "films": _files(data / "video_clips" / "media")[::-1],
        EMBEDDING: reports[:1],
    }


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.is_file())


def _spread(files: Sequence[Path]) -> list[Path]:
    """Some of them, from all over."""
    return list(files[:: max(1, len(files) // _SAMPLE)][:_SAMPLE])


def _rates_table(rates: Sequence[Rate]) -> Table:
    table = Table(title="read by one process, its models loaded", title_justify="left")
    for name in ("what", "amount"):
        table.add_column(name)
    for name in ("per CPU second", "characters per CPU second", "CPU s per wall s", "peak MB"):
        table.add_column(name, justify="right")
    for rate in rates:
        per_s, characters = rate.amount / rate.cpu_s, rate.characters / rate.cpu_s
        cores = f"{rate.cpu_s / rate.wall_s:.1f}"
        amount = f"{rate.amount:,.0f} {rate.unit}"
        table.add_row(rate.kind, amount, f"{per_s:,.2f}", f"{characters:,.0f}", cores, f"{rate.peak_mb:,.0f}")
    return table
