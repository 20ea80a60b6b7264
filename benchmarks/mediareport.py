"""How fast each medium is read, and in how much memory."""

import json
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import mediamakers as make
from mediarates import EMBEDDING, Rate, measured
from recallstore import say
from rich.console import Console
from rich.table import Table

_SAMPLE = 30


def run(data: Path, target: Path | None) -> None:
    """Measure and print."""
    began = time.monotonic()
    console = Console(highlight=False, width=160)
    console.print(f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} cores")
    rates = _rates(data)
    console.print(_rates_table(rates))
    console.print(f"{time.monotonic() - began:,.0f} s in all")
    if target:
        target.write_text(json.dumps([asdict(rate) for rate in rates], indent=1), encoding="utf-8")


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
