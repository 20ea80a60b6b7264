"""Lance itself, the engine's library of files: opening a table without the engine, and what both raise.

A child that only reads files starts in a fifth of the time without the engine.
"""

# lance is not typed: what it leaves unknown stops in this folder.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import lance


class EngineError(RuntimeError):
    """The engine raised something, which is the cause of this; never seen outside this folder."""


def is_engines(error: BaseException) -> bool:
    """Whether an error is the engine's; on damaged files it panics too, in classes that cannot be imported."""
    return isinstance(error, (RuntimeError, OSError, ValueError)) or type(error).__module__.startswith("pyo3_")


@contextmanager
def engine_errors() -> Generator[None]:
    """Whatever the engine raises, as one class.

    Raises:
        EngineError: the engine's own error is its cause, and what that says its message.
    """
    try:
        yield
    except BaseException as error:  # its panics are no `Exception`, and their classes cannot be imported
        if not is_engines(error):
            raise
        raise EngineError(str(error) or type(error).__name__) from error


def open_dataset(location: Path | str, version: int | None = None) -> Any:
    """A table as its files' own library opens it: the newest version, or the one with this number."""
    return cast("Any", lance).dataset(str(location), version=version)
