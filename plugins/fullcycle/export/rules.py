"""Alert rules for Prometheus, from what the settings call too much."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from . import queries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fullcycle.settings.schema import Thresholds

Severity = Literal["page", "ticket"]
PLACE = "{{ $labels.app }} in {{ $labels.environment }}"
PERCENT = "{{ $value | humanizePercentage }}"
SECONDS = "{{ $value | humanizeDuration }}"
SOON, LATER = "1m", "5m"
"""How long something must be too much: what users feel, and what they don't feel yet."""
WINDOW = "5m"
"""Of what failed: four samples at least of a server that is asked once a minute."""
STALE = 300
"""Seconds without any reading: Prometheus itself forgets a value after them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A rule that alerts."""

    name: str
    expression: str
    lasts: str
    severity: Severity
    summary: str
    labels: Mapping[str, str] = field(default_factory=dict)
    """Beside the severity, and what the expression keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A rule that records the values of an expression under a name."""

    name: str
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules that are evaluated together."""

    name: str
    rules: tuple[Alert | Record, ...]


def thresholds(app: str, limits: Thresholds) -> Group:
    """Rules for `[monitor.thresholds]`."""
    rules = (*_endpoints(app, limits), *_replicas(app, limits), *_platform(app, limits))
    return Group(name=f"fullcycle {app}: thresholds", rules=rules)


def yaml(groups: list[Group]) -> str:
    """A rule file."""
    return "groups:\n" + "".join(map(_group, groups))


def selected(app: str) -> str:
    """What selects an application's metrics."""
    return f"app={quoted(app)}"


def quoted(text: str) -> str:
    """A string as PromQL, YAML and JSON write it."""
    import json

    return json.dumps(text, ensure_ascii=False)


def _endpoints(app: str, limits: Thresholds) -> Iterator[Alert]:
    endpoint = f"{{{{ $labels.endpoint }}}} of {PLACE}"
    yield Alert(
        name="FullcycleEndpointDown",
        expression=f"{queries.reached(selected(app))} == 0",
        lasts=SOON,
        severity="page",
        summary=f"{endpoint} does not answer as it should",
    )
    yield Alert(
        name="FullcycleEndpointSlow",
        expression=f"{queries.response(selected(app))} > {limits.response:g}",
        lasts=LATER,
        severity="ticket",
        summary=f"{endpoint} takes {SECONDS} to answer, more than {limits.response:g} s",
    )
    yield Alert(
        name="FullcycleErrors",
        expression=f"{queries.errors(selected(app), WINDOW)} > {limits.error_rate:g}",
        lasts=SOON,
        severity="page",
        summary=f"{PERCENT} of the requests to {PLACE} fail, more than {limits.error_rate:.2%}",
    )


def _replicas(app: str, limits: Thresholds) -> Iterator[Alert]:
    yield Alert(
        name="FullcycleReplicaBusy",
        expression=f"{queries.cpu(selected(app))} > {limits.cpu / 100:g}",
        lasts=LATER,
        severity="ticket",
        summary=f"replica {{{{ $labels.replica }}}} of {PLACE} uses {PERCENT} of a core,"
        f" more than {limits.cpu:g} %",
    )
    yield Alert(
        name="FullcycleMemoryFull",
        expression=f"{queries.memory_share(selected(app))} > {limits.memory / 100:g}",
        lasts=LATER,
        severity="ticket",
        summary=f"the replicas of {PLACE} use {PERCENT} of the host's memory,"
        f" more than {limits.memory:g} %",
    )
    yield Alert(
        name="FullcycleReplicasMissing",
        expression=f"{queries.healthy(selected(app))} < {queries.desired(selected(app))}",
        lasts=LATER,
        severity="page",
        summary=f"only {{{{ $value }}}} replicas of {PLACE} are healthy",
    )


def _platform(app: str, limits: Thresholds) -> Iterator[Alert]:
    yield Alert(
        name="FullcycleDiskFull",
        expression=f"{queries.disk(selected(app))} > {limits.disk / 100:g}",
        lasts=LATER,
        severity="ticket",
        summary=f"the disk of {PLACE} is {PERCENT} full, more than {limits.disk:g} %",
    )
    yield Alert(
        name="FullcycleReadingsMissing",
        expression=f"{queries.age(selected(app))} > {STALE}",
        lasts=SOON,
        severity="ticket",
        summary=f"nothing has been measured of {PLACE} for {SECONDS}",
    )


def _group(group: Group) -> str:
    rules = "".join(map(_rule, group.rules))
    return f"  - name: {quoted(group.name)}\n    rules:\n{rules}"


def _rule(rule: Alert | Record) -> str:
    if isinstance(rule, Record):
        return _lines(6, f"- record: {rule.name}", f"  expr: {quoted(rule.expression)}")
    labels = {"severity": rule.severity, **rule.labels}
    return _lines(
        6,
        f"- alert: {rule.name}",
        f"  expr: {quoted(rule.expression)}",
        f"  for: {rule.lasts}",
        "  labels:",
        *(f"    {name}: {quoted(label)}" for name, label in labels.items()),
        "  annotations:",
        f"    summary: {quoted(rule.summary)}",
    )


def _lines(indent: int, *lines: str) -> str:
    return "".join(f"{' ' * indent}{line}\n" for line in lines)
