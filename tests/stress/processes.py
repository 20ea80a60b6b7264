"""Processes that start in a moment: forked from one that has everything imported and nothing begun."""

import multiprocessing
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ParamSpec

from stress.examining import examine
from stress.journal import Examination

PATIENCE_S = 90.0
"""How long a process may take for what takes a second, on a crowded machine."""

P = ParamSpec("P")

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["stress.roles", "stress.marking"])


def run(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> int | None:
    """Call a function in a process of its own; its exit code, None where it took too long and was killed."""
    process = CONTEXT.Process(target=function, args=args, kwargs=kwargs, daemon=True)
    process.start()
    process.join(PATIENCE_S)
    code = process.exitcode
    process.kill()
    process.join()
    return code


def examined(home: Path, *, seed: str) -> Examination:
    """What a fresh process finds in the store, after it let it recover."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        code = run(examine, home, report, seed=seed)
        if code == 0:
            return Examination.model_validate_json(report.read_text())
    return Examination(wrong=[f"the store cannot be examined (exit code {code}; stderr says why)"])
