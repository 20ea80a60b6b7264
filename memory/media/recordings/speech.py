"""English speech to text: Moonshine base-en through onnxruntime, from the weights in a package.

The weights lie in `moonshine_cpp`, whose own library is never imported: it dies on processors
without AVX-512. Languages other than English come out as fluent nonsense; how sure the model was
of its words tells them apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from memory.inference import onnxruntime
from memory.weights import complaint, package_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

Samples = NDArray[np.float32]
"""Shape `(n,)`, float32 in -1 to 1, mono, `RATE` a second."""

RATE = 16_000
HOP_S = 0.05
"""Seconds of sound that `loudness` says one number about."""

DOUBTFUL = -0.35
"""Mean log-probability of a token below which a transcript is called a guess; see `Trust`."""

NONSENSE = -0.7
"""Mean log-probability of a token below which a transcript is dropped; see `Trust`."""

_ENCODER, _DECODER, _TOKENS = "encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"
_CHECKSUMS = {
    _ENCODER: "9d1a19e044cbf89a207723d1adb667de89a5671a1e3e611b8ebe721b2c31219c",
    _DECODER: "370e0c1f161d68dc1c2264c1a82024fb123380da3b73f47f05531d1e8d3308c3",
    _TOKENS: "04670d78994d030185c3dd843c60591788fed0a56cc6750747bd326825f13ca9",
}
_BEGIN, _END = 1, 2
_HEADS, _HEAD_WIDTH = 8, 52
_TOKENS_A_SECOND = 6.5  # measured speech stays under 5.5; a loop does not
_MIN_SAMPLES = RATE // 10
_SPACE = "\u2581"
_QUIET_SHARE = 10 ** (-35 / 10)
_MARGIN_S = 0.2
_SHORT_S = 2.0
_FRAME_S = 0.25
_DOUBTS_LISTED = 12

_Tensor = NDArray[np.generic]


class Trust(StrEnum):
    """How far a transcript can be believed.

    By the mean log-probability of its tokens. Measured on whole clips: 36 of 37 clips of English
    are sure, one with made-up words lies at -0.59; English under noise of 5 dB lies over -0.55;
    single words of under half a second lie anywhere. 10 clips in 8 other languages lie between
    -0.51 (Italian) and -1.38 (French), and between -0.7 and -1.4 once their quiet ends are cut off.
    """

    SURE = "sure"
    GUESS = "guess"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was heard: empty where nobody speaks, and where the words were dropped."""

    text: str
    trust: Trust = Trust.SURE


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """Stretches of seconds whose transcript is a guess, and such whose transcript was dropped."""

    guessed: list[list[float]] = field(default_factory=list[list[float]])
    dropped: list[list[float]] = field(default_factory=list[list[float]])

    @classmethod
    def of(cls, cursor: Mapping[str, Any]) -> "Doubts":
        """Those that `kept` put into `cursor`."""
        guessed, dropped = ([list(pair) for pair in cursor.get(kind, [])] for kind in ("guessed", "dropped"))
        return cls(guessed=guessed, dropped=dropped)

    def kept(self) -> dict[str, list[list[float]]]:
        """Plain JSON, as `of` takes it."""
        return {"guessed": self.guessed, "dropped": self.dropped}

    def note(self, transcript: Transcript, start_s: float, end_s: float) -> None:
        """Keep what there is to say about one transcript; neighbours become one stretch."""
        if transcript.trust is Trust.SURE:
            return
        found = self.guessed if transcript.trust is Trust.GUESS else self.dropped
        if found and found[-1][1] == start_s:
            found[-1][1] = end_s
        else:
            found.append([start_s, end_s])

    def warnings(self) -> tuple[str, ...]:
        """What to tell the user once everything is read."""
        guess = f"Speech at {_listed(self.guessed)} may not be English: its transcript is a guess"
        drop = f"Speech at {_listed(self.dropped)} does not seem to be English: it is stored, but not read"
        return (*((guess,) if self.guessed else ()), *((drop,) if self.dropped else ()))


class _Node(Protocol):
    name: str


class _Session(Protocol):
    def run(self, outputs: "Sequence[str] | None", inputs: dict[str, _Tensor]) -> list[_Tensor]: ...
    def get_inputs(self) -> "list[_Node]": ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    encoder: _Session
    decoder: _Session
    tokens: list[bytes]
    past: tuple[str, ...]


class Speech:
    """Transcribes English; the model is loaded at the first recording (about 1 s) and then kept."""

    engine: Final = "Moonshine base-en, English only"

    def __init__(self, models: Path | None = None) -> None:
        """Use the weights in `models`, by default those in the installed moonshine_cpp."""
        package = package_folder("moonshine_cpp")
        self._models = models or (package and package / "models" / "base-en")
        self._lock = Lock()
        self._model: _Model | None = None
        self._checked = False
        self._complaint: str | None = None

    def unavailable(self) -> str | None:
        """Why speech is not recognised here, or None where it is; loads nothing."""
        with self._lock:
            return self._why_not()

    def transcribe(self, sound: Samples) -> Transcript:
        """What is said in `sound`, best up to 20 s at a time; nothing where `unavailable`.

        Takes about half a second of one core for a second of sound: the decoder widens its 8-bit
        weights anew for every token.
        """
        if len(sound) < _MIN_SAMPLES or not sound.any():
            return Transcript(text="")
        with self._lock:
            if self._why_not() or self._models is None:
                return Transcript(text="")
            model = self._model = self._model or _loaded(self._models)
        tokens, certainty = _decoded(model, _framed(trimmed(sound)))
        return _judged(_spelled(model.tokens, tokens), certainty)

    def _why_not(self) -> str | None:
        if not self._checked:
            self._complaint = (
                complaint(self._models, _CHECKSUMS)
                if self._models
                else "the speech model (moonshine-cpp) comes for Linux on x86_64 only"
            )
            self._checked = True
        return self._complaint


def loudness(sound: Samples) -> Samples:
    """Mean square of each hop, smoothed over three so that a click's edge is not taken for a pause."""
    hop = int(HOP_S * RATE)
    energy = np.square(sound[: len(sound) // hop * hop].reshape(-1, hop)).mean(axis=1)
    return np.convolve(energy, np.ones(3, dtype=np.float32) / 3, mode="same") if len(energy) else energy


def trimmed(sound: Samples) -> Samples:
    """`sound` without quiet at its ends: more than 35 dB below its loudest moment, all but 0.2 s.

    A second of silence at both ends made the speech model hear nothing in 3 of 10 clips.
    """
    heard = loudness(sound)
    loud = np.flatnonzero(heard > heard.max(initial=0) * _QUIET_SHARE)
    if not len(loud):
        return sound
    hop, margin = int(HOP_S * RATE), int(_MARGIN_S * RATE)
    return sound[max(0, int(loud[0]) * hop - margin) : (int(loud[-1]) + 1) * hop + margin]


def _framed(sound: Samples) -> Samples:
    """A short `sound` with silence around it: of 120 single words, 76 are right instead of 51.

    With half a second of silence they are 58, most others being lost.
    """
    if len(sound) >= _SHORT_S * RATE:
        return sound
    return np.pad(sound, round(_FRAME_S * RATE))


def _listed(stretches: list[list[float]]) -> str:
    named = ", ".join(f"{start:.0f}-{end:.0f} s" for start, end in stretches[:_DOUBTS_LISTED])
    more = len(stretches) - _DOUBTS_LISTED
    return f"{named} and {more} more places" if more > 0 else named


def _judged(text: str, certainty: float) -> Transcript:
    if certainty < NONSENSE:
        return Transcript(text="", trust=Trust.DROPPED)
    return Transcript(text=text, trust=Trust.GUESS if text and certainty < DOUBTFUL else Trust.SURE)


def _loaded(folder: Path) -> _Model:
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    encoder, decoder = (
        cast(
            "_Session",
            runtime.InferenceSession(str(folder / name), options, providers=["CPUExecutionProvider"]),
        )
        for name in (_ENCODER, _DECODER)
    )
    past = tuple(node.name for node in decoder.get_inputs() if node.name.startswith("past_key_values."))
    return _Model(encoder=encoder, decoder=decoder, tokens=_vocabulary((folder / _TOKENS).read_bytes()), past=past)


def _vocabulary(data: bytes) -> list[bytes]:
    """The pieces of words by id: a length in one byte, or two from 128 on, and then the bytes."""
    pieces: list[bytes] = []
    at = 0
    while at < len(data):
        length = data[at]
        at += 1
        if length >= 128:
            length += 128 * (data[at] - 1)
            at += 1
        pieces.append(data[at : at + length])
        at += length
    return pieces


def _decoded(model: _Model, sound: Samples) -> tuple[list[int], float]:
    """The likeliest tokens one by one, and the mean of their log-probabilities, the end's included."""
    (states,) = model.encoder.run(None, {"input_values": sound[None, :]})
    empty = np.zeros((1, _HEADS, 0, _HEAD_WIDTH), np.float32)
    past: dict[str, _Tensor] = dict.fromkeys(model.past, empty)
    token, tokens, certainty = _BEGIN, list[int](), list[float]()
    # The sound's own keys come out of the first step, and stay.
    growing = model.past
    for step in range(int(len(sound) / RATE * _TOKENS_A_SECOND) + 1):
        inputs = {
            "input_ids": np.array([[token]]),
            "encoder_hidden_states": states,
            "use_cache_branch": np.array([step > 0]),
        }
        names = ["logits", *(name.replace("past_key_values", "present") for name in growing)]
        logits, *present = model.decoder.run(names, inputs | past)
        past.update(zip(growing, present, strict=True))
        growing = tuple(name for name in model.past if ".decoder." in name)
        token, log_probability = _likeliest(logits[0, -1])
        certainty.append(log_probability)
        if token == _END:
            break
        tokens.append(token)
    return tokens, float(np.mean(certainty))


def _likeliest(logits: NDArray[np.float32]) -> tuple[int, float]:
    best = int(logits.argmax())
    return best, -float(np.log(np.exp(logits - logits[best]).sum()))


def _spelled(vocabulary: list[bytes], tokens: list[int]) -> str:
    """The text of tokens; ids past the vocabulary (32,000 of 32,768) are marks, not words."""
    spelling = b"".join(vocabulary[token] for token in tokens if _END < token < len(vocabulary))
    return spelling.decode("utf-8", "replace").replace(_SPACE, " ").strip()
