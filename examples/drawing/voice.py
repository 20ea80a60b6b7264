"""A voice note, spoken by Flite and written as Opus."""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av

WORDS = (
    "Hi, it's Anna. The heating engineer is coming on Thursday at half past nine to look at the boiler. "
    "The pressure keeps dropping. Please leave the basement key with the neighbours."
)
SPEAKER = "slt"
"""Debian's flite; its voices are Carnegie Mellon University's, free for any use with the notice kept."""


def can_speak() -> bool:
    """Whether Flite is installed here."""
    return shutil.which("flite") is not None


def speak(target: Path, words: str = WORDS) -> None:
    """Write the note, or other words, as Ogg Opus, 16 kHz mono at 24 kbit/s.

    Raises:
        FileNotFoundError: Flite is not installed.
    """
    with TemporaryDirectory() as folder:
        spoken = Path(folder) / "spoken.wav"
        subprocess.run(["flite", "-voice", SPEAKER, "-t", words, "-o", str(spoken)], check=True)  # noqa: S607  # on the path by design: a development tool
        _encode(spoken, target)


def _encode(spoken: Path, target: Path) -> None:
    with av.open(str(spoken)) as source, av.open(str(target), "w", options={"fflags": "+bitexact"}) as opened:
        sink: Any = opened  # av's stubs leave a packet's type open
        stream = sink.add_stream("libopus", rate=16_000, layout="mono", bit_rate=24_000)
        resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
        for frame in (*source.decode(audio=0), None):
            for resampled in resampler.resample(frame):
                sink.mux(stream.encode(resampled))
        sink.mux(stream.encode(None))
