"""Words in pictures, by RapidOCR with the weights its wheel carries: nothing is downloaded."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final, Protocol, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

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
        text: what they say.
        box: left, top, right, bottom, in pixels of the picture.
        confidence: the recogniser's own, 0 to 1.
    """

    text: str
    box: tuple[float, float, float, float]
    confidence: float

    @property
    def middle(self) -> float:
        """Height of the line's centre, in pixels from the top."""
        return (self.box[1] + self.box[3]) / 2

    @property
    def height(self) -> float:
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

    def lines(self, image: Image.Image) -> tuple[Line, ...]:
        """The lines of words in `image`, in reading order; none where `unavailable`.

        A line's confidence is at least 0.5. Takes 1 to 4 s of one core for a screenshot.
        """
        return tuple(line for row in self._found(image) for line in row)

    def text(self, image: Image.Image) -> str:
        """The words in `image`, a text line for each line of the picture, from the top."""
        return "\n".join(" ".join(line.text for line in row) for row in self._found(image))

    def _found(self, image: Image.Image) -> list[list[Line]]:
        if min(image.size) < _MIN_SIDE_PX or max(image.size) > _MAX_RATIO * min(image.size):
            return []
        pixels = np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])  # the engine wants BGR
        return _rows([line for top, band in _bands(pixels) for line in _lines(self._read(band), top)])

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
        from rapidocr import RapidOCR  # noqa: PLC0415  # OpenCV and onnxruntime: only once needed

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


def _bands(pixels: NDArray[np.uint8]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """A tall picture in bands, each with its top; the engine would shrink it past legibility.

    Cut where a row of pixels is plainest, so that no line of words is cut.
    """
    height, width = pixels.shape[:2]
    tallest = max(_BAND_PX, 2 * width)
    top = 0
    while height - top > tallest:
        rows = pixels[top + tallest // 2 : top + tallest]
        bottom = top + tallest // 2 + int(rows.std(axis=1).sum(axis=1).argmin())
        yield top, pixels[top:bottom]
        top = bottom
    yield top, pixels[top:]


def _lines(output: _Output | None, top: int) -> list[Line]:
    if output is None or output.boxes is None or output.txts is None or output.scores is None:
        return []
    boxes = output.boxes + np.array([0, top])
    corners = zip(boxes.min(axis=1).tolist(), boxes.max(axis=1).tolist(), strict=True)
    found = zip(output.txts, corners, output.scores, strict=True)
    return [Line(text=text, box=(*low, *high), confidence=float(score)) for text, (low, high), score in found]


def _rows(lines: list[Line]) -> list[list[Line]]:
    """Lines side by side belong to one row; rows go downwards, lines to the right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if rows and abs(line.middle - rows[-1][0].middle) < _SAME_ROW * min(line.height, rows[-1][0].height):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.box[0]) for row in rows]
