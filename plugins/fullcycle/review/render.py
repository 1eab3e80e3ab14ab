"""A review as text, at most 100 columns wide."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from fullcycle.words import UNKNOWN, duration, plural

from .dora import TIERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fullcycle.model import Finding

    from .dora import Metric
    from .review import Review
    from .stages import Timing, Waste

WIDTH = 100
_NAME = 34
_SHOWN = 15
"""Steps shown."""

NOUNS = {
    "change lead time": "commit",
    "deployment frequency": "deployment",
    "change fail rate": "deployment",
    "failed deployment recovery time": "failure",
    "deployment rework rate": "deployment",
}
"""What each metric counts."""


def render(review: Review) -> str:
    """The review as text."""
    looked_at = (
        f"{plural(len(review.runs), 'run')}, {plural(len(review.deployments), 'deployment')}"
    )
    sections = [
        [f"Review of {looked_at}"],
        ["Delivery", *(_metric(metric) for metric in review.dora.metrics)],
        ["Steps, the longest first", *_timings(review.timings)],
        ["Work in vain", f"  {said_waste(review.waste)}"],
        ["Findings", *_findings(review.findings)],
    ]
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def said(metric: Metric) -> str:
    """A metric's value: `1 h 04 min`, `2.5 a week`, `12.5 %`; a dash when there is none."""
    if metric.value is None:
        return UNKNOWN
    match metric.unit:
        case "seconds":
            return duration(metric.value)
        case "ratio":
            return f"{metric.value:.1%}".replace("%", " %")
        case _:
            return _often(metric.value)


def basis(metric: Metric) -> str:
    """What it rests on: `elite tier (DORA 2024), median of 12 commits`, or what is missing."""
    if metric.value is None:
        return metric.note
    counted = plural(metric.count, NOUNS[metric.name])
    middle = f"median of {counted}" if metric.unit == "seconds" else counted
    tier = f"{metric.tier} tier ({TIERS})" if metric.tier else ""
    return ", ".join(part for part in (tier, " ".join(filter(None, (middle, metric.note)))) if part)


def said_trend(timing: Timing) -> str:
    """The last against the usual: `+20 % (usually 3.2 s)`."""
    if timing.usual is None or timing.trend is None:
        return "first time"
    change = round(timing.trend * 100) - 100
    return f"{change:+} % (usually {duration(timing.usual)})" if change else "as usual"


def said_waste(waste: Waste) -> str:
    """How much time was in vain."""
    if not waste.runs:
        return "none"
    return (
        f"{duration(waste.seconds)} in {plural(waste.runs, 'run')}, {waste.ratio:.0%} of the time"
        " of all steps: after a failure, or cancelled"
    )


def _often(per_day: float) -> str:
    for days, period in ((1, "day"), (7, "week"), (30, "month")):
        if per_day * days >= 1:
            return f"{per_day * days:.1f} a {period}"
    return f"{per_day * 365:.1f} a year"


def _metric(metric: Metric) -> str:
    return f"  {metric.name:<{_NAME}}{said(metric):<16}{basis(metric)}".rstrip()


def _timings(timings: tuple[Timing, ...]) -> Iterable[str]:
    if not timings:
        yield "  no step has succeeded yet"
    for timing in timings[:_SHOWN]:
        name = timing.step if len(timing.step) < _NAME else f"{timing.step[: _NAME - 2]}…"
        yield f"  {name:<{_NAME}}{duration(timing.last):<16}{said_trend(timing)}"
    if len(timings) > _SHOWN:
        yield f"  and {len(timings) - _SHOWN} shorter ones"


def _findings(findings: tuple[Finding, ...]) -> Iterable[str]:
    if not findings:
        yield "  none"
    for finding in findings:
        detail = f" ({finding.detail})" if finding.detail else ""
        label = f"  {finding.severity:<9}"
        text = " ".join(f"{finding.title}{detail}".split())
        yield "\n".join(wrap(text, WIDTH, initial_indent=label, subsequent_indent=" " * len(label)))
