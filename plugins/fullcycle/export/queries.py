"""PromQL that alert rules and the Grafana dashboard have in common.

Each takes a selector: what stands between the braces, such as `app="shop"`. Where two servers
export the same environment, the larger value counts.
"""

from __future__ import annotations

BY = "app, environment"


def largest(metric: str, selector: str, by: str = "") -> str:
    """The largest value of a metric, for each value of a label if one is named."""
    return f"max by ({_by(by)}) (fullcycle_{metric}{{{selector}}})"


def smallest(metric: str, selector: str, by: str = "") -> str:
    """The smallest value of a metric, for each value of a label if one is named."""
    return f"min by ({_by(by)}) (fullcycle_{metric}{{{selector}}})"


def memory_share(selector: str) -> str:
    """Share of the host's memory that all replicas use together."""
    used = largest("replica_memory_bytes", selector, "replica")
    return f"sum by ({BY}) ({used}) / {largest('host_memory_total_bytes', selector)}"


def memory_limit_share(selector: str) -> str:
    """Share of its own limit that every replica uses, where it has one."""
    used = largest("replica_memory_bytes", selector, "replica")
    return f"{used} / {largest('replica_memory_limit_bytes', selector, 'replica')}"


def requests(selector: str, window: str) -> str:
    """Requests per second, of all replicas together."""
    return f"sum by ({BY}) ({_rate('requests', selector, window)})"


def errors(selector: str, window: str) -> str:
    """Share of the requests that failed; nothing where there were none."""
    return f"sum by ({BY}) ({_rate('errors', selector, window)}) / {requests(selector, window)}"


def healthy(selector: str) -> str:
    """Replicas that are healthy."""
    return largest("replicas", f'{selector}, state="healthy"')


def age(selector: str) -> str:
    """Seconds since something was measured last."""
    return f"time() - {largest('last_reading_timestamp_seconds', selector)}"


def _by(label: str) -> str:
    return f"{BY}, {label}" if label else BY


def _rate(what: str, selector: str, window: str) -> str:
    total = f"fullcycle_replica_{what}_total{{{selector}}}"
    return f"max by ({BY}, replica) (rate({total}[{window}]))"
