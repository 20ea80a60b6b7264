"""Words in pictures, by RapidOCR with the weights its wheel carries: nothing is downloaded."""

import math
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final, Protocol, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from memory.inference import onnxruntime
from memory.media.pictures.regions import union
from memory.pieces import Box
from memory.weights import complaint, package_folder

_DETECTOR = "PP-OCRv6_det_small.onnx"
_RECOGNISER = "PP-OCRv6_rec_small.onnx"
_CHECKSUMS = {
    _DETECTOR: "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    _RECOGNISER: "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
}
_MIN_SIDE_PX = 8
_SAME_ROW = 0.5
_MAX_RATIO = 100  # past it the engine fails
_BAND_PX = 1_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Words that stand in one line of a picture.

    Attributes:
        text: what they say, never empty, with single spaces for all white space.
        box: where they stand; never empty, never past the picture.
        confidence: the recogniser's own, 0 to 1; of several stretches of words, the lowest.
    """

    text: str
    box: Box
    confidence: float

    @property
    def middle(self) -> float:
        """Height of the line's centre, in pixels from the top."""
        return (self.box[1] + self.box[3]) / 2

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return self.box[3] - self.box[1]


class _Output(Protocol):
    boxes: NDArray[np.float32] | None
    txts: tuple[str, ...] | None
    scores: tuple[float, ...] | None


class _Engine(Protocol):
    def __call__(self, img_content: NDArray[np.uint8]) -> _Output: ...


class Ocr:
    """Reads pictures; the engine is loaded at the first picture (about 3 s) and then kept.

    Calls from several threads take turns: the engine keeps state between its steps.
    """

    engine: Final = "rapidocr 3.10 (PP-OCRv6)"

    def __init__(self, models: Path | None = None) -> None:
        """Use the weights in `models`, by default those in the installed rapidocr."""
        package = package_folder("rapidocr")
        self._models = models or (package and package / "models")
        self._lock = Lock()
        self._engine: _Engine | None = None
        self._checked = False
        self._complaint: str | None = None

    def unavailable(self) -> str | None:
        """Why pictures cannot be read here, or None where they can; loads nothing."""
        with self._lock:
            return self._why_not()

    def read(self, image: Image.Image) -> tuple[Line, ...]:
        """The lines of words in `image`, in reading order; none where `unavailable`.

        Words side by side are one line. A line's confidence is at least 0.5. Takes 1 to 4 s of
        one core for a screenshot.
        """
        lines: list[Line] = []
        top = 0
        while top < image.height:
            found, top = self.read_band(image, top)
            lines += found
        return tuple(lines)

    def read_band(self, image: Image.Image, top: int) -> tuple[tuple[Line, ...], int]:
        """As `read`, of the band of `image` that begins at `top`, and where the next one begins.

        Bands lie one below the other and cut no line of words; a picture that is not tall is one.
        The last one ends at the picture's height.
        """
        if min(image.size) < _MIN_SIDE_PX or max(image.size) > _MAX_RATIO * min(image.size) or self.unavailable():
            return (), image.height
        bottom = _band_end(image, top)
        band = np.asarray(image.crop((0, top, image.width, bottom)).convert("RGB"))
        output = self._read(np.ascontiguousarray(band[:, :, ::-1]))  # the engine wants BGR
        return tuple(map(_joined, _rows(_lines(output, top, image.size)))), bottom

    def text(self, image: Image.Image) -> str:
        """The words in `image`, a text line for each line of `read`."""
        return "\n".join(line.text for line in self.read(image))

    def _read(self, pixels: NDArray[np.uint8]) -> "_Output | None":
        with self._lock:
            if self._why_not():
                return None
            self._engine = self._engine or self._loaded()
            return self._engine(pixels)

    def _why_not(self) -> str | None:
        if not self._checked:
            self._complaint = complaint(self._models, _CHECKSUMS) if self._models else "rapidocr is not installed"
            self._checked = True
        return self._complaint

    def _loaded(self) -> _Engine:
        onnxruntime()
        from rapidocr import RapidOCR  # noqa: PLC0415  # OpenCV: only once needed

        assert self._models is not None  # noqa: S101  # _why_not has seen to it
        parameters: dict[str, Any] = {
            "Global.log_level": "critical",
            # The line-orientation step turns long lines upside down.
            "Global.use_cls": False,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            # Named outright: otherwise a damaged file would be downloaded anew.
            "Det.model_path": str(self._models / _DETECTOR),
            "Det.limit_type": "max",
            "Det.limit_side_len": 960,
            "Rec.model_path": str(self._models / _RECOGNISER),
            "Rec.rec_batch_num": 1,
        }
        return cast("_Engine", RapidOCR(params=parameters))


def _band_end(image: Image.Image, top: int) -> int:
    """Where the band from `top` ends; of a tall picture the engine would shrink the words past legibility.

    It ends where a row of pixels is plainest, so that no line of words is cut.
    """
    tallest = max(_BAND_PX, 2 * image.width)
    if image.height - top <= tallest:
        return image.height
    lowest = top + tallest // 2
    greys = np.asarray(image.crop((0, lowest, image.width, top + tallest)).convert("L"))
    return lowest + int(greys.std(axis=1, dtype=np.float32).argmin())


def _lines(output: _Output | None, top: int, size: tuple[int, int]) -> list[Line]:
    if output is None or output.boxes is None or output.txts is None or output.scores is None:
        return []
    found = zip(output.txts, output.boxes, output.scores, strict=True)
    return [
        Line(text=words, box=_box(corners + np.array([0, top]), size), confidence=float(score))
        for text, corners, score in found
        if (words := " ".join(text.split()))
    ]


def _box(corners: NDArray[np.floating], size: tuple[int, int]) -> Box:
    """The upright box around `corners`, in whole pixels within a picture of `size`."""
    left, top = (max(0, min(math.floor(low), side - 1)) for low, side in zip(corners.min(axis=0), size, strict=True))
    right, bottom = (min(math.ceil(high), side) for high, side in zip(corners.max(axis=0), size, strict=True))
    return (left, top, max(right, left + 1), max(bottom, top + 1))


def _rows(lines: list[Line]) -> list[list[Line]]:
    """Lines side by side belong to one row; rows go downwards, lines to the right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if rows and abs(line.middle - rows[-1][0].middle) < _SAME_ROW * min(line.height, rows[-1][0].height):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.box[0]) for row in rows]


def _joined(row: list[Line]) -> Line:
    return Line(
        text=" ".join(line.text for line in row),
        box=union([line.box for line in row]),
        confidence=min(line.confidence for line in row),
    )
