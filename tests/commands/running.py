"""The real command line, on a store of its own."""

import json
from typing import Any, Protocol

from typer.testing import Result


class Run(Protocol):
    """Runs `sensorium` with these arguments and this standard input; a test fails where it ends with another code."""

    def __call__(self, *arguments: str, given: str = "", code: int = 0) -> Result: ...


def facts_of(result: Result) -> Any:
    """What a command with `--json` printed: one value, and nothing else on stdout."""
    return json.loads(result.stdout)
