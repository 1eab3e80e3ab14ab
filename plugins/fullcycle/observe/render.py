"""Readings as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import APP, HOST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fullcycle.model import Reading

    from .collector import Observation
    from .slo import Standing


REPLICAS = {
    "up": "up",
    "cpu": "cpu_ratio",
    "memory": "memory_bytes",
    "restarts": "restarts_total",
    "uptime": "uptime_seconds",
    "requests/s": "requests_per_second",
    "errors": "error_ratio",
    "p95": "response_p95_seconds",
}
"""Column → metric."""
ENDPOINTS = {
    "up": "up",
    "status": "response_status",
    "response": "response_seconds",
    "p95": "response_p95_seconds",
    "certificate": "tls_expiry_seconds",
}
WHOLE = {
    "cpu": "cpu_ratio",
    "memory": "memory_used_ratio",
    "disk": "disk_used_ratio",
    "inodes": "inodes_used_ratio",
    "requests/s": "requests_per_second",
    "errors": "error_ratio",
    "p50": "response_p50_seconds",
    "p95": "response_p95_seconds",
    "p99": "response_p99_seconds",
}


def overview(seen: Observation) -> list[str]:
    """What a round found, for people: tables of the application, replicas, endpoints and SLOs."""
    values: dict[str, dict[str, Reading]] = {}
    for each in seen.readings:
        values.setdefault(each.subject, {})[each.metric] = each
    whole = [name for name in (APP, HOST) if name in values]
    replicas = [name for name, of in values.items() if "restarts_total" in of]
    endpoints = [name for name, of in values.items() if "up" in of and name not in replicas]
    tables = (
        _table("", whole, WHOLE, values),
        _table("replica", replicas, REPLICAS, values),
        _table("endpoint", endpoints, ENDPOINTS, values),
        budgets(seen.objectives),
        [f"alert since {each.opened:%Y-%m-%d %H:%M} UTC: {each.title}" for each in seen.alerts],
        [f"note: {each}" for each in seen.notes],
    )
    lines = [line for table in tables if table for line in (*table, "")]
    return lines[:-1] or ["nothing was measured"]


def line(seen: Observation) -> str:
    """What a round found, in one line."""
    of = {(each.subject, each.metric): each for each in seen.readings}
    replicas = sum(each.metric == "restarts_total" for each in seen.readings)
    words = [f"{seen.at:%H:%M:%S}", f"{replicas} replicas"]
    for name, metric in WHOLE.items():
        for subject in (APP, HOST):
            found = of.get((subject, metric))
            if found is not None:
                words.append(f"{name} {amount(found.value, found.unit)}")
    wrong = [each.text for each in seen.breaches] + list(seen.notes)
    return "  ".join(words) + "".join(f"\n  {each}" for each in wrong)


def budgets(standings: Sequence[Standing]) -> list[str]:
    """A table of objectives, their error budgets and how fast they burn."""
    rows = [_budget(each) for each in standings]
    if not rows:
        return []
    windows = [f"burn {burn.name}" for burn in standings[0].burns]
    return columns([("objective", "target", "attained", "budget left", *windows, ""), *rows])


def _budget(standing: Standing) -> tuple[str, ...]:
    objective = standing.objective
    attained = "" if standing.attained is None else f"{standing.attained:.4%}"
    state = ", ".join(f"{each.severity}: burns too fast" for each in standing.firing[:1])
    return (
        objective.name,
        f"{objective.target:.6g}",
        attained,
        f"{standing.budget_left:.1%}",
        *(f"{burn.long_rate:.1f}" for burn in standing.burns),
        state,
    )


def _table(
    title: str,
    subjects: Sequence[str],
    metrics: Mapping[str, str],
    values: Mapping[str, Mapping[str, Reading]],
) -> list[str]:
    """A row for each subject; columns that nobody has are left out."""
    if not subjects:
        return []
    shown = {
        name: metric
        for name, metric in metrics.items()
        if any(metric in values[subject] for subject in subjects)
    }
    rows = [
        (subject, *(_cell(values[subject].get(metric)) for metric in shown.values()))
        for subject in subjects
    ]
    return columns([(title, *shown), *rows])


def _cell(found: Reading | None) -> str:
    if found is None:
        return ""
    if found.metric == "up":
        return "yes" if found.value else "NO"
    return amount(found.value, found.unit)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines in columns, the first to the left and all others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:<{width}}" if place == 0 else f"{cell:>{width}}"
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def amount(value: float, unit: str) -> str:
    """A value with its unit: `12.5 %`, `34.0 MiB`, `3.2 ms`, `17`."""
    if unit == "ratio":
        return f"{value:.1%}".replace("%", " %")
    if unit == "bytes":
        return _scaled(value)
    if unit == "seconds":
        return _time(value)
    return f"{value:,.4g}" if value != int(value) else f"{value:,.0f}"


def _time(seconds: float) -> str:
    if abs(seconds) < 1:
        return f"{seconds * 1000:.1f} ms"
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if abs(seconds) >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def _scaled(value: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:  # noqa: PLR2004 (bytes of the next unit)
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"
