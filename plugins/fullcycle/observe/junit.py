"""What a test suite's JUnit files say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from fullcycle.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from fullcycle.providers import Completed

MOST_FAILURES = 50
MOST_SKIPPED = 20
SLOWEST = 10
NAMED = 5
"""Failed tests that the reason of a failed step names."""
MESSAGE_CHARACTERS = 1000
DETAIL_CHARACTERS = 6000
"""Kept of what a failed test says, from its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test."""

    name: str
    seconds: float = 0.0
    message: str = ""
    """Why it failed or was skipped."""
    detail: str = ""
    """Where it failed: the end of its traceback."""
    file: str = ""
    """The file it is in, where the report tells."""
    row: int = 0
    """Its line in the file, from 1; 0 where the report doesn't tell."""

    @property
    def line(self) -> str:
        """`test name: message`, in one line."""
        said = (self.message or self.detail.strip()).splitlines() or [""]
        return f"{self.name}: {said[0]}"[:200] if said[0] else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The sum of a suite's reports."""

    tests: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    """Of all tests together."""
    failures: tuple[Case, ...] = ()
    """The first MOST_FAILURES."""
    skips: tuple[Case, ...] = ()
    """The first MOST_SKIPPED."""
    slowest: tuple[Case, ...] = ()
    """The slowest first."""

    @property
    def passed(self) -> int:
        """Tests that ran and did not fail."""
        return self.tests - self.failed - self.skipped

    @property
    def summary(self) -> str:
        """`212 passed, 3 failed, 1 skipped`."""
        if not self.tests:
            return "no test report"
        parts = [f"{self.passed} passed"]
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
            shown = "; ".join(case.line for case in self.failures[:NAMED])
            more = f" and {self.failed - NAMED} more" if self.failed > NAMED else ""
            message = f"{self.summary}: {shown}{more}"
        else:
            message = f"exit code {completed.exit_code}"
        raise StepError(message, log_tail=completed.tail)


def collect(root: Path, patterns: Sequence[str], since: float, mask: Callable[[str], str]) -> Suite:
    """Sum up the JUnit files written since a moment; a file that is no XML counts as nothing.

    Args:
        root: the folder of the patterns.
        patterns: glob patterns.
        since: seconds since 1970; older files are of another run.
        mask: hides secrets in what tests say.
    """
    elements = [
        element
        for pattern in patterns
        for file in sorted(root.glob(pattern))
        if file.stat().st_mtime >= since - 1
        for element in _cases(file)
    ]
    failed = [e for e in elements if _verdict(e, "failure", "error") is not None]
    skipped = [e for e in elements if _verdict(e, "skipped") is not None]
    slowest = sorted(elements, key=_seconds, reverse=True)[:SLOWEST]
    return Suite(
        tests=len(elements),
        failed=len(failed),
        skipped=len(skipped),
        seconds=round(sum(map(_seconds, elements)), 3),
        failures=tuple(_case(e, mask, "failure", "error") for e in failed[:MOST_FAILURES]),
        skips=tuple(_case(e, mask, "skipped") for e in skipped[:MOST_SKIPPED]),
        slowest=tuple(_case(e, mask) for e in slowest if _seconds(e) > 0),
    )


def _cases(file: Path) -> Iterator[ET.Element]:
    try:
        return ET.parse(file).iter("testcase")  # noqa: S314 (the project's own file)
    except ET.ParseError:
        return iter(())


def _verdict(case: ET.Element, *tags: str) -> ET.Element | None:
    return next((found for tag in tags if (found := case.find(tag)) is not None), None)


def _case(case: ET.Element, mask: Callable[[str], str], *tags: str) -> Case:
    name = f"{case.get('classname', '')}.{case.get('name', '')}".strip(".")
    verdict = _verdict(case, *tags)
    message = verdict.get("message", "") if verdict is not None else ""
    detail = (verdict.text or "") if verdict is not None else ""
    return Case(
        name=mask(name),
        seconds=_seconds(case),
        message=mask(message)[:MESSAGE_CHARACTERS],
        detail=mask(detail).strip("\n")[-DETAIL_CHARACTERS:],
        file=mask(case.get("file", "")),
        row=int(row) if (row := case.get("line", "")).isdecimal() else 0,
    )


def _seconds(case: ET.Element) -> float:
    """Some writers put commas between thousands, and some no number at all."""
    try:
        return max(float(case.get("time", "0").replace(",", "")), 0.0)
    except ValueError:
        return 0.0
