"""PromQL that alert rules and the Grafana dashboard have in common.

Each takes a selector: what stands between the braces, such as `app="shop"`. Where two servers
export the same environment, the larger value counts.
"""

from __future__ import annotations

BY = "app, environment"


def cpu(selector: str) -> str:
    """CPU of every replica; 1 is one core."""
    return f"max by ({BY}, replica) (fullcycle_replica_cpu_ratio{{{selector}}})"


def memory(selector: str) -> str:
    """Bytes that every replica uses."""
    return f"max by ({BY}, replica) (fullcycle_replica_memory_bytes{{{selector}}})"


def memory_share(selector: str) -> str:
    """Share of the host's memory that all replicas use together."""
    host = f"max by ({BY}) (fullcycle_host_memory_total_bytes{{{selector}}})"
    return f"sum by ({BY}) ({memory(selector)}) / {host}"


def disk(selector: str) -> str:
    """Share of the host's disk in use."""
    return f"max by ({BY}) (fullcycle_host_disk_used_ratio{{{selector}}})"


def reached(selector: str) -> str:
    """Whether every endpoint answers as it should: 1 or 0."""
    return f"min by ({BY}, endpoint) (fullcycle_endpoint_up{{{selector}}})"


def response(selector: str) -> str:
    """Seconds that every endpoint takes to answer."""
    return f"max by ({BY}, endpoint) (fullcycle_endpoint_response_seconds{{{selector}}})"


def requests(selector: str, window: str) -> str:
    """Requests per second, of all replicas together."""
    return f"sum by ({BY}) ({_rate('requests', selector, window)})"


def errors(selector: str, window: str) -> str:
    """Share of the requests that failed; nothing where there were none."""
    return f"sum by ({BY}) ({_rate('errors', selector, window)}) / {requests(selector, window)}"


def healthy(selector: str) -> str:
    """Replicas that are healthy."""
    return f'max by ({BY}) (fullcycle_replicas{{{selector}, state="healthy"}})'


def desired(selector: str) -> str:
    """Replicas that there should be."""
    return f"max by ({BY}) (fullcycle_replicas_desired{{{selector}}})"


def age(selector: str) -> str:
    """Seconds since something was measured last."""
    return f"time() - max by ({BY}) (fullcycle_last_reading_timestamp_seconds{{{selector}}})"


def _rate(what: str, selector: str, window: str) -> str:
    total = f"fullcycle_replica_{what}_total{{{selector}}}"
    return f"max by ({BY}, replica) (rate({total}[{window}]))"
