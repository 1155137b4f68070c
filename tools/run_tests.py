"""Run pytest, and those that failed beside others once more, alone.

    python -m tools.run_tests [arguments of pytest]

Tests of real processes, brokers and browsers wait for each other's processor when several run at
once. One that passes alone was starved, not broken: it is named as such, so that it is mended, and
does not fail the run. One that fails alone, too, fails it; so do more than a few failures, what
cannot be collected, and a run without tests. Exit codes are those of pytest.
Source: CPython's `regrtest --rerun`, whose word for it is "FAILURE then SUCCESS"; ADR 0026.
"""

import subprocess
import sys
from collections.abc import Sequence
from typing import Final

import pytest

MOST: Final = 5
"""So many may be starved by their neighbours; more of them are a fault of the house."""


class Failures:
    """Remembers which tests failed, in whichever worker they ran."""

    def __init__(self) -> None:
        self.ids: dict[str, None] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a report of one phase of one test."""
        if report.failed:
            self.ids[report.nodeid] = None


def main(arguments: Sequence[str]) -> int:
    """Run pytest with `arguments`; return its exit code, or that of the failed tests alone."""
    failures = Failures()
    code = pytest.main([*arguments], plugins=[failures])
    if code != pytest.ExitCode.TESTS_FAILED or not 0 < len(failures.ids) <= MOST:
        return int(code)
    _say(f"\n{len(failures.ids)} failed beside others; once more, alone:")
    again = [sys.executable, "-m", "pytest", *failures.ids]
    alone = subprocess.run(again, check=False).returncode  # noqa: S603 - pytest, and its own names
    if alone == pytest.ExitCode.OK:
        for name in failures.ids:
            _say(f"failed beside others, passed alone (find out why it waits): {name}")
    return alone


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
