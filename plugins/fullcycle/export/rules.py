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
DAY = 86400
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
    chosen = selected(app)
    rules = (
        *_reached(chosen),
        *_requests(chosen, limits),
        *_shares(chosen, limits),
        *_counts(chosen, limits),
    )
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


def _reached(chosen: str) -> Iterator[Alert]:
    yield Alert(
        name="FullcycleEndpointDown",
        expression=f"{queries.smallest('endpoint_up', chosen, 'endpoint')} == 0",
        lasts=SOON,
        severity="page",
        summary=f"{{{{ $labels.endpoint }}}} of {PLACE} does not answer as it should",
    )
    yield Alert(
        name="FullcycleReplicasMissing",
        expression=f"{queries.healthy(chosen)} < {queries.largest('replicas_desired', chosen)}",
        lasts=LATER,
        severity="page",
        summary=f"only {{{{ $value }}}} replicas of {PLACE} are healthy",
    )
    yield Alert(
        name="FullcycleReadingsMissing",
        expression=f"{queries.age(chosen)} > {STALE}",
        lasts=SOON,
        severity="ticket",
        summary=f"nothing has been measured of {PLACE} for {SECONDS}",
    )


def _requests(chosen: str, limits: Thresholds) -> Iterator[Alert]:
    yield Alert(
        name="FullcycleErrors",
        expression=f"{queries.errors(chosen, WINDOW)} > {limits.error_rate:g}",
        lasts=SOON,
        severity="page",
        summary=f"{PERCENT} of the requests to {PLACE} fail, more than {limits.error_rate:.2%}",
    )
    slow = {"EndpointSlow": ("endpoint_response_seconds", "endpoint", limits.response)}
    slow |= {
        f"RequestsSlowP{percent}": (f"app_response_p{percent}_seconds", "", seconds)
        for percent, seconds in ((95, limits.p95), (99, limits.p99))
        if seconds is not None
    }
    for name, (metric, by, seconds) in slow.items():
        query = queries.largest(metric, chosen, by)
        what = f"{_named(by)}{PLACE} takes {SECONDS} to answer, more than {seconds:g} s"
        yield _late(name, f"{query} > {seconds:g}", what)
    expiry = queries.smallest("endpoint_tls_expiry_seconds", chosen, "endpoint")
    what = f"the certificate of {_named('endpoint')}{PLACE} expires in {SECONDS}"
    yield _late("CertificateExpires", f"{expiry} < {limits.tls_days * DAY:g}", what)


def _shares(chosen: str, limits: Thresholds) -> Iterator[Alert]:
    largest = queries.largest
    for name, query, what, limit in (
        ("ReplicaBusy", largest("replica_cpu_ratio", chosen, "replica"), "CPU", limits.cpu),
        ("MemoryLimitNear", queries.memory_limit_share(chosen), "memory", limits.memory_limit),
    ):
        of = f"{_named('replica')}{PLACE}"
        yield _late(name, *_share(query, f"the {what} of {of}", limit))
    for name, query, what, limit in (
        ("MemoryFull", queries.memory_share(chosen), "memory used by the replicas", limits.memory),
        ("DiskFull", largest("host_disk_used_ratio", chosen), "disk", limits.disk),
        ("InodesFull", largest("host_inodes_used_ratio", chosen), "inodes", limits.inodes),
        ("HostBusy", largest("host_cpu_ratio", chosen), "host's CPU", limits.host_cpu),
        (
            "HostFull",
            largest("host_memory_used_ratio", chosen),
            "host's memory",
            limits.host_memory,
        ),
    ):
        yield _late(name, *_share(query, f"the {what} of {PLACE}", limit))


def _counts(chosen: str, limits: Thresholds) -> Iterator[Alert]:
    for name, metric, what, limit in (
        ("ReplicaRestarts", "replica_restarts_total", "started again", limits.restarts),
        ("OutOfMemory", "replica_out_of_memory_total", "out of memory", limits.out_of_memory),
    ):
        if limit is not None:
            query = queries.largest(metric, chosen, "replica")
            of = f"{_named('replica')}{PLACE}"
            what_ = f"{of}: {{{{ $value }}}} times {what}, more than {limit}"
            yield _late(name, f"{query} > {limit}", what_)


def _share(query: str, what: str, percent: float) -> tuple[str, str]:
    return f"{query} > {percent / 100:g}", f"{what} is at {PERCENT}, more than {percent:g} %"


def _late(name: str, expression: str, summary: str) -> Alert:
    return Alert(
        name=f"Fullcycle{name}",
        expression=expression,
        lasts=LATER,
        severity="ticket",
        summary=summary,
    )


def _named(label: str) -> str:
    """The value of a label, and of what it is."""
    return f"{{{{ $labels.{label} }}}} of " if label else ""


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
