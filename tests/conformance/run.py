"""The official conformance suite and the Inspector against the real HTTP server: `make conformance`.

The product is tested as it is, where a scenario wants nothing that only a test has; then the same
server with the suite's fixtures, in all scenarios.
"""

import sys
from collections.abc import Sequence

from conformance.inspector import ERAS, inspect
from conformance.node import install
from conformance.serving import PRODUCT, WITH_FIXTURES, serving
from conformance.suite import (
    EXPECTED,
    RESULTS,
    VERSIONS,
    WITHOUT_FIXTURES,
    Outcome,
    expected_failures,
    run_suite,
    surprises,
)


def main() -> int:
    """Run everything and print what came of it.

    Returns:
        The exit code: 1 where anything is not as expected.
    """
    install()
    _row("server", "version", "passed", "expected failures", "unexpected", "nothing to check")
    problems = [*_product(), *_fixtures()]
    for problem in problems:
        _say(f"✗ {problem}")
    _say(f"details: {RESULTS}" if problems else "all as expected")
    return 1 if problems else 0


def _product() -> list[str]:
    """The product as it is, of which nothing is expected to fail."""
    with serving(PRODUCT, RESULTS / "product.log") as url:
        outcomes: list[Outcome] = []
        problems: list[str] = []
        for version in VERSIONS:
            ran = [one for one in run_suite(url, "product", version) if one.scenario in WITHOUT_FIXTURES]
            problems += _judged("product", version, ran, frozenset())
            outcomes += ran
        unknown = set(WITHOUT_FIXTURES) - {one.scenario for one in outcomes}
        return [*problems, *(f"product: there is no scenario {name}" for name in sorted(unknown)), *_inspected(url)]


def _fixtures() -> list[str]:
    """All scenarios; what is expected to fail must, in one version at least."""
    expected = expected_failures()
    with serving(WITH_FIXTURES, RESULTS / "fixtures.log") as url:
        failed: set[str] = set()
        problems: list[str] = []
        for version in VERSIONS:
            outcomes = run_suite(url, "fixtures", version)
            problems += _judged("fixtures", version, outcomes, expected)
            failed.update(*(one.failures for one in outcomes))
    stale = sorted(expected - failed)
    return [*problems, *(f"{EXPECTED.name}: {check} fails in no version" for check in stale)]


def _judged(server: str, version: str, outcomes: Sequence[Outcome], expected: frozenset[str]) -> list[str]:
    found = surprises(outcomes, expected)
    failures = [one for one in outcomes if one.failures]
    passed = sum(one.has_passed for one in outcomes)
    idle = len(outcomes) - passed - len(failures)
    known = sum(one.failures <= expected for one in failures)
    _row(server, version, str(passed), str(known), str(len(found)), str(idle))
    return [f"{server}, {version}: {what}" for what in found]


def _inspected(url: str) -> list[str]:
    problems: list[str] = []
    for era in ERAS:
        calls, findings = inspect(url, era)
        _say(f"Inspector, {era} protocol: {calls} calls, {len(findings)} findings")
        problems += [f"Inspector, {era} protocol: {finding}" for finding in findings]
    return problems


def _row(*cells: str) -> None:
    _say("".join(f"{cell:<12}" if number < 2 else f"{cell:>19}" for number, cell in enumerate(cells)))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
