"""How the longest files fare: the installed command, given each on a new store and watched for a minute."""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from fpdf import FPDF
from mediapeaks import peak_mb, readers_peak_mb
from recalldata import lines
from recallstore import say
from rich.console import Console
from wire import BenchmarkError, Child

WATCHED_S = 60.0
LOOKS = 6
"""How often the status is printed meanwhile."""

_VOICE = Path(__file__).parent.parent / "examples" / "assets" / "voice-01.ogg"
_PAGES = 1_000
_PAGE_CHARS = 2_400
_RATE = 16_000
_HOURS = 3
_PAUSE_S = 5
_TEXT_BYTES = 50_000_000
_REACHED = re.compile(r"still being read: (?P<done>[\d,.:]+) of [\d,.:]+ ?(?P<unit>[A-Za-z]*)")


@dataclass(slots=True, kw_only=True)
class Watch:
    """What was seen of one long file."""

    acknowledged_s: float
    state: str
    first_pieces: int
    pace: str = "to its end"
    recalled_s: float = 0.0
    read_s: float = 0.0
    server_mb: float = 0.0
    reader_mb: float = 0.0


def run(data: Path) -> None:
    """Make, remember and watch each."""
    paragraphs = [one["text"] for one in lines(data / "xquad" / "memories.jsonl")]
    makers: dict[str, Callable[[Path], Path]] = {
        f"a PDF of {_PAGES:,} pages": lambda folder: _document(folder / "0001.pdf", paragraphs),
        f"a recording of {_HOURS} hours": lambda folder: _recording(folder / "0001.flac"),
        f"{_TEXT_BYTES / 1e6:.0f} MB of text": lambda folder: _text(folder / "0001.txt", paragraphs),
    }
    console = Console(highlight=False, width=140)
    for name, make in makers.items():
        with tempfile.TemporaryDirectory(prefix="sensorium-bench-") as folder:
            files = Path(folder).resolve() / "files"
            files.mkdir()
            say(f"making {name}")
            file = make(files)
            console.rule(f"{name}: {file.suffix[1:].upper()}, {file.stat().st_size / 1e6:,.1f} MB", align="left")
            _watch(console, file)


def _watch(console: Console, file: Path) -> None:
    child = _spawned(file.parent.parent / "store", file.parent)
    try:
        child.open("legacy")
        child.use("recall", {})  # answered when the store is open
        idle_mb = peak_mb(child.process.pid)
        began = time.monotonic()
        facts = child.use("remember", {"files": [str(file)]})["structuredContent"]
        watch = Watch(acknowledged_s=time.monotonic() - began, state=facts["state"], first_pieces=facts["segments"])
        for said in _looked(child, watch, facts["id"]):
            console.print(said, soft_wrap=True)
    finally:
        child.kill()
    console.print(
        f"acknowledged after {watch.acknowledged_s:.1f} s as {watch.state!r} with {watch.first_pieces} pieces; "
        f"read on and embedded for {watch.read_s:.0f} s, {watch.pace}; "
        f"a recall meanwhile took up to {watch.recalled_s:.1f} s; "
        f"peak {watch.server_mb:,.0f} MB of the server ({idle_mb:,.0f} before), {watch.reader_mb:,.0f} MB of a reader",
        soft_wrap=True,
    )


def _looked(child: Child, watch: Watch, id_: str) -> Iterator[str]:
    began = time.monotonic()
    for look in range(LOOKS):
        while time.monotonic() < began + WATCHED_S * (look + 1) / LOOKS:
            watch.server_mb = peak_mb(child.process.pid)
            watch.reader_mb = max(watch.reader_mb, readers_peak_mb(child.process.pid))
            time.sleep(0.2)
        asked = time.monotonic()
        child.use("recall", {"query": "How many points did the Panthers defense surrender?", "media": "none"})
        watch.recalled_s = max(watch.recalled_s, time.monotonic() - asked)
        watch.read_s = time.monotonic() - began
        said = _status(child, id_)
        yield f"{watch.read_s:4.0f} s: {'; '.join(said)}"
        if reached := _REACHED.search(" ".join(said)):
            watch.pace = f"{_amount(reached['done']) / watch.read_s:,.2f} {reached['unit'] or 'seconds'} a second"
        elif "pending: none" in said:
            return


def _amount(said: str) -> float:
    """A number, or a time as seconds."""
    hours, minutes, rest = ["0", "0", *said.replace(",", "").split(":")][-3:]
    return int(hours) * 3_600 + int(minutes) * 60 + float(rest)


def _status(child: Child, id_: str) -> list[str]:
    """What `memory://status` says of how far it is."""
    contents: list[dict[str, Any]] = child.call("resources/read", {"uri": "memory://status"})["contents"]
    telling = (id_, "memories:", "pending:", "failed:", "upkeep stopped:")
    return [line.replace(id_, "m…") for line in contents[0]["text"].splitlines() if line.startswith(telling)]


def _spawned(home: Path, files: Path) -> Child:
    """The installed command, which may read `files`, with no key in its environment."""
    command = shutil.which("sensorium", path=str(Path(sys.executable).parent))
    if command is None:
        raise BenchmarkError("no `sensorium` command beside this Python: run `make bench-media`")
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "USER") if name in os.environ}
    environment = {**kept, "SENSORIUM_HOME": str(home), "SENSORIUM_ROOTS": str(files), "SENSORIUM_EMBEDDER": "local"}
    process = subprocess.Popen([command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    return Child(process, time.perf_counter())


def _words(paragraphs: list[str]) -> Iterator[str]:
    """Sentences of the paragraphs without end, always in the same mixed order."""
    sentences = [sentence.strip() for paragraph in paragraphs for sentence in paragraph.split(". ")]
    chance = random.Random(3)  # noqa: S311  # a text, not a secret
    while True:
        yield f"{chance.choice(sentences)}. "


def _document(file: Path, paragraphs: list[str]) -> Path:
    document, words = FPDF(), _words(paragraphs)
    document.set_font("Helvetica", size=10)
    document.set_auto_page_break(False)
    for number in range(1, _PAGES + 1):
        document.add_page()
        text = f"Page {number} of {_PAGES}. "
        while len(text) < _PAGE_CHARS:
            text += next(words)
        document.multi_cell(0, 5, text.encode("latin-1", "replace").decode("latin-1"))
    document.output(str(file))
    return file


def _recording(file: Path) -> Path:
    turn = np.concatenate([_spoken(), np.zeros(_PAUSE_S * _RATE, np.int16)])
    with av.open(file, "w") as target:
        writer = cast("Any", target)
        stream = writer.add_stream("flac", rate=_RATE, layout="mono")
        for start in range(0, int(_HOURS * 3_600 * _RATE), len(turn)):
            frame = av.AudioFrame.from_ndarray(turn[np.newaxis], format="s16", layout="mono")
            frame.sample_rate, frame.pts = _RATE, start
            writer.mux(stream.encode(frame))
        writer.mux(stream.encode(None))
    return file


def _spoken() -> "np.ndarray[Any, np.dtype[np.int16]]":
    resampler = av.AudioResampler(format="s16", layout="mono", rate=_RATE)
    with av.open(_VOICE) as source:
        frames = [part for frame in source.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.int16)


def _text(file: Path, paragraphs: list[str]) -> Path:
    words, written, number = _words(paragraphs), 0, 0
    with file.open("wb") as target:
        while written < _TEXT_BYTES:
            number += 1
            text = f"Entry {number}. " + "".join(next(words) for _ in range(5)) + "\n\n"
            written += target.write(text.encode())
    return file
