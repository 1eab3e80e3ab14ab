"""What a test suite's JUnit files say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from fullcycle.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fullcycle.providers import Completed


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The sum of a suite's reports."""

    tests: int = 0
    failed: int = 0
    skipped: int = 0
    failures: tuple[str, ...] = ()
    """`test name: message`, one per failed test."""

    @property
    def summary(self) -> str:
        """`212 passed, 3 failed, 1 skipped`."""
        if not self.tests:
            return "no test report"
        parts = [f"{self.tests - self.failed - self.skipped} passed"]
        parts += [f"{self.failed} failed"] if self.failed else []
        parts += [f"{self.skipped} skipped"] if self.skipped else []
        return ", ".join(parts)

    def raise_failures(self, completed: Completed) -> None:
        """Fail when the suite did.

        Raises:
            StepError: naming the failed tests, or the exit code when no report tells.
        """
        if completed.exit_code == 0 and not self.failed:
            return
        if self.failed:
            shown = "; ".join(self.failures[:5])
            more = f" and {self.failed - 5} more" if self.failed > len(self.failures[:5]) else ""
            message = f"{self.summary}: {shown}{more}"
        else:
            message = f"exit code {completed.exit_code}"
        raise StepError(message, log_tail=completed.tail)


def collect(root: Path, patterns: Sequence[str], since: float) -> Suite:
    """Sum up the JUnit files written since a moment; a file that is no XML counts as nothing.

    Args:
        root: the folder of the patterns.
        patterns: glob patterns.
        since: seconds since 1970; older files are of another run.
    """
    cases = [
        case
        for pattern in patterns
        for file in sorted(root.glob(pattern))
        if file.stat().st_mtime >= since - 1
        for case in _cases(file)
    ]
    failed = [case for case in cases if _has(case, "failure", "error")]
    return Suite(
        tests=len(cases),
        failed=len(failed),
        skipped=sum(_has(case, "skipped") for case in cases),
        failures=tuple(_describe(case) for case in failed),
    )


def _cases(file: Path) -> list[ET.Element]:
    try:
        return list(ET.parse(file).iter("testcase"))  # noqa: S314
    except ET.ParseError:
        return []


def _has(case: ET.Element, *tags: str) -> bool:
    return any(case.find(tag) is not None for tag in tags)


def _describe(case: ET.Element) -> str:
    name = f"{case.get('classname', '')}.{case.get('name', '')}".strip(".")
    for tag in ("failure", "error"):
        found = case.find(tag)
        if found is not None:
            message = (found.get("message") or "").splitlines() or [""]
            return f"{name}: {message[0]}"[:200]
    return name
