"""The official conformance suite: what it checks, and what of that is as expected."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.node import FOLDER, SUITE

RESULTS = FOLDER / "results"
VERSIONS = ("2025-06-18", "2025-11-25", "2026-07-28")
WITHOUT_FIXTURES = (
    "server-initialize",
    "ping",
    "tools-list",
    "resources-list",
    "sep-2164-resource-not-found",
    "prompts-list",
    "dns-rebinding-protection",
    "caching",
    "http-header-validation",
    "input-required-result-unsupported-methods",
)
"""Scenarios that any server can pass, so the product must as it is."""
EXPECTED = Path(__file__).with_name("expected-failures.yaml")
_ENTRY = re.compile(r"  - (\S+:\S+)  # \S.*")
_SUMMARY = re.compile("^[✓✗] .+: ", re.MULTILINE)
_FOLDER = re.compile(r"server-(.+)-\d{4}-\d\d-\d\dT.+Z")
_VERDICTS = ("SUCCESS", "WARNING", "FAILURE")
"""From the best to the worst; what else a check may say is no verdict."""
_TIMEOUT_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one scenario went.

    Attributes:
        checks: status by `scenario:check`, the worst where a check was made more than once.
    """

    scenario: str
    checks: Mapping[str, str]

    @property
    def failures(self) -> frozenset[str]:
        """The checks that failed, or that warn."""
        return frozenset(check for check, status in self.checks.items() if status in ("FAILURE", "WARNING"))

    @property
    def has_passed(self) -> bool:
        """Whether something was checked, and all of it was right."""
        return not self.failures and "SUCCESS" in self.checks.values()


def run_suite(url: str, name: str, version: str) -> list[Outcome]:
    """Every scenario of a version of the protocol; details lie in the results' folder.

    Raises:
        RuntimeError: the suite itself broke down.
    """
    folder = RESULTS / name / version
    shutil.rmtree(folder, ignore_errors=True)
    command = [*SUITE, "server", "--url", url, "--suite", "all", "--spec-version", version, "--output-dir", folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    outcomes = [_outcome(path) for path in sorted(folder.glob("*/checks.json"))]
    if not outcomes or len(outcomes) != len(_SUMMARY.findall(done.stdout)):
        raise RuntimeError(f"the suite broke down: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return outcomes


def expected_failures() -> frozenset[str]:
    """The checks that are known to fail.

    Raises:
        ValueError: one is without a reason.
    """
    lines = [line for line in EXPECTED.read_text().splitlines() if line.lstrip().startswith("-")]
    entries = [_ENTRY.fullmatch(line) for line in lines]
    if None in entries:
        raise ValueError(f"{EXPECTED.name}: no reason is given in {lines[entries.index(None)]!r}")
    return frozenset(entry[1] for entry in entries if entry)


def surprises(outcomes: Iterable[Outcome], expected: frozenset[str]) -> list[str]:
    """What failed and should not have, and what should have failed and passed."""
    return [
        f"{check}: {'fails' if check in outcome.failures else 'passes, and is expected to fail'}"
        for outcome in outcomes
        for check, status in outcome.checks.items()
        if (check in outcome.failures) != (check in expected) and status in _VERDICTS
    ]


def _outcome(path: Path) -> Outcome:
    scenario = _FOLDER.sub(r"\1", path.parent.name)
    made: Sequence[Mapping[str, Any]] = json.loads(path.read_text())
    worst = sorted(made, key=lambda check: _VERDICTS.index(check["status"]) if check["status"] in _VERDICTS else -1)
    return Outcome(scenario=scenario, checks={f"{scenario}:{check['id']}": check["status"] for check in worst})
