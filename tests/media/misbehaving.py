"""What a decoder should never do: each a function that the tests have run in a child process."""

import ctypes
import os
import signal
import sys
import threading
import time
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from memory.errors import NotFoundError, TooLargeError, UndecodableError

ERRORS = {error.__name__: error for error in (NotFoundError, TooLargeError, UndecodableError)}
_BLOCK_BYTES = 1 << 28


def crash() -> None:
    ctypes.string_at(0)


def abort() -> NoReturn:
    os.abort()


def spin() -> NoReturn:
    while True:
        pass


class Panic(BaseException):  # as a native library's, no ordinary exception
    """What Rust's panics look like."""


def panic() -> NoReturn:
    raise Panic


def fail() -> NoReturn:
    raise PermissionError


def compute(cpu_s: float) -> int:
    """Keep the processor busy for so many seconds of it; returns which process that was."""
    until = time.process_time() + cpu_s
    while time.process_time() < until:
        pass
    return os.getpid()


def wait() -> None:
    threading.Event().wait()


def swell() -> None:
    held: list[NDArray[np.uint8]] = []
    while True:
        held.append(np.zeros(_BLOCK_BYTES, np.uint8))


def hold(size_bytes: int) -> int:
    return np.zeros(size_bytes, np.uint8).nbytes


def blunder() -> str:
    found: dict[str, str] = {}
    return found["no such key"]


def fall_deep(depth: int = 0) -> int:
    return fall_deep(depth + 1) + 1


def refuse(error: str, message: str) -> None:
    raise ERRORS[error](message)


def chatter() -> str:
    print("from Python", file=sys.stdout)  # noqa: T201  # what is tested
    print("from Python", file=sys.stderr)  # noqa: T201  # what is tested
    os.write(2, b"from a library\n" * 100_000)  # more than a pipe that nobody reads would take
    return "said"


def babble() -> str:
    """Write where the answers go."""
    os.write(1, b"from a library\n")
    return "said"


def close_down() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    wait()


def answer(value: str) -> str:
    return value


def process() -> int:
    return os.getpid()
