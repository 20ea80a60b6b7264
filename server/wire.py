r"""What models put on the wire that no JSON parser of the SDK takes: halves of characters.

A model that cuts an emoji in two sends `"\ud83d"` alone. The SDK cannot parse the line, drops it
with its request id, and the client waits for ever. Here the half becomes a noncharacter, which the
memory refuses with a word on what to do.
"""

import io
import os
import re
import sys
from typing import BinaryIO

from memory.checks import HALF_CHARACTER

_PAIR = rb"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_HALF = rb"u[dD][89a-fA-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"\\(?:" + _PAIR + rb"|(?P<half>" + _HALF + rb")|.)", re.DOTALL)
_STAND_IN = HALF_CHARACTER.encode("ascii", "backslashreplace")


def mended(line: bytes) -> bytes:
    """A line of JSON whose escapes are all whole characters; any other line as it is."""
    if b"\\ud" not in line and b"\\uD" not in line:
        return line
    return _ESCAPE.sub(lambda found: _STAND_IN if found["half"] else found[0], line)


class _MendedLines(io.RawIOBase):
    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # pyright: ignore[reportIncompatibleMethodOverride]  # as io calls it
        if not self._rest:
            self._rest = mended(self._source.readline())
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def mend_stdin() -> None:
    """Put the mending before `sys.stdin`; children of this process find an empty standard input."""
    source: BinaryIO = sys.stdin.buffer
    if os.name == "posix":
        source = os.fdopen(os.dup(0), "rb")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(_MendedLines(source)), encoding="utf-8", errors="replace")
