"""What the report shows of a test suite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fullcycle.words import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.observe.coverage import Coverage
    from fullcycle.observe.junit import Case
    from fullcycle.observe.tested import Tested


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a bar, in percent of its width."""

    tone: str
    left: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A test."""

    name: str
    seconds: str
    share: float
    """Percent of the slowest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteView:
    """A suite."""

    step: str
    summary: str
    seconds: str
    parts: tuple[Part, ...]
    failures: tuple[Case, ...]
    more_failures: int
    skips: tuple[Case, ...]
    more_skips: int
    slowest: tuple[CaseView, ...]
    coverage: Coverage | None
    covered: float
    """Percent of the lines."""


def suite_view(tested: Tested) -> SuiteView:
    """A suite as it is shown."""
    suite = tested.suite
    return SuiteView(
        step=tested.step,
        summary=suite.summary,
        seconds=duration(suite.seconds),
        parts=_parts(
            (("bad", suite.failed), ("ok", suite.passed), ("quiet", suite.skipped)), suite.tests
        ),
        failures=suite.failures,
        more_failures=suite.failed - len(suite.failures),
        skips=suite.skips,
        more_skips=suite.skipped - len(suite.skips),
        slowest=_slowest(suite.slowest),
        coverage=tested.coverage,
        covered=round(tested.coverage.total.ratio * 100, 2) if tested.coverage else 0.0,
    )


def _parts(counts: Sequence[tuple[str, int]], total: int) -> tuple[Part, ...]:
    """Side by side; what there is at all can be seen."""
    parts, left = [], 0.0
    for tone, count in counts:
        if count:
            width = max(count / total * 100, 1.0)
            parts.append(Part(tone=tone, left=round(left, 2), width=round(width, 2)))
            left += width
    return tuple(parts)


def _slowest(cases: Sequence[Case]) -> tuple[CaseView, ...]:
    top = max((case.seconds for case in cases), default=0.0)
    return tuple(
        CaseView(
            name=case.name,
            seconds=duration(case.seconds),
            share=round(case.seconds / top * 100, 2) if top else 0.0,
        )
        for case in cases
    )
