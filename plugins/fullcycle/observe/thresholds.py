"""Which readings are too much, said for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Reading


HOST = "host"
"""The subject of readings that are about the machine."""


class Thresholds(Protocol):
    """What `[monitor.thresholds]` says."""

    @property
    def cpu(self) -> float:
        """Percent of one core, per replica."""

    @property
    def memory(self) -> float:
        """Percent of the host's memory, over all replicas."""

    @property
    def disk(self) -> float:
        """Percent of the disk used."""

    @property
    def response(self) -> float:
        """Seconds an endpoint may take to answer."""

    @property
    def error_rate(self) -> float:
        """Share of requests that may fail."""


def breaches(readings: Sequence[Reading], thresholds: Thresholds) -> list[str]:
    """One line per threshold that is breached; empty when all is well."""
    return [
        *_endpoints(readings),
        *_each(readings, "response_seconds", thresholds.response, _slow),
        *_each(_of_replicas(readings), "cpu_ratio", thresholds.cpu / 100, _busy),
        *_each(readings, "disk_used_ratio", thresholds.disk / 100, _full),
        *_memory(readings, thresholds.memory / 100),
        *_errors(readings, thresholds.error_rate),
    ]


def _endpoints(readings: Sequence[Reading]) -> Iterator[str]:
    status = {r.subject: r.value for r in readings if r.metric == "response_status"}
    for reading in readings:
        if reading.metric == "up" and not reading.value:
            answer = status.get(reading.subject)
            what = f"answers {answer:.0f}" if answer else "does not answer"
            yield f"{reading.subject} {what}"


def _each(readings: Sequence[Reading], metric: str, limit: float, words: Words) -> Iterator[str]:
    for reading in readings:
        if reading.metric == metric and reading.value > limit:
            yield words(reading.subject, reading.value, limit)


class Words(Protocol):
    """Says that a subject's value is over its limit."""

    def __call__(self, subject: str, value: float, limit: float) -> str:
        """One line."""


def _of_replicas(readings: Sequence[Reading]) -> list[Reading]:
    return [reading for reading in readings if reading.subject != HOST]


def _slow(subject: str, value: float, limit: float) -> str:
    return f"{subject} took {value:.2f} s to answer, more than {limit:g} s"


def _busy(subject: str, value: float, limit: float) -> str:
    return f"replica {subject} uses {value:.0%} of a core, more than {limit:.0%}"


def _full(subject: str, value: float, limit: float) -> str:
    return f"the disk of {subject} is {value:.0%} full, more than {limit:.0%}"


def _memory(readings: Sequence[Reading], limit: float) -> Iterator[str]:
    total = sum(r.value for r in readings if r.metric == "memory_total_bytes")
    used = sum(r.value for r in _of_replicas(readings) if r.metric == "memory_bytes")
    if total and used / total > limit:
        yield (
            f"the replicas use {used / total:.0%} of the host's memory"
            f" ({used / 2**20:.0f} of {total / 2**20:.0f} MiB), more than {limit:.0%}"
        )


def _errors(readings: Sequence[Reading], limit: float) -> Iterator[str]:
    requests = sum(r.value for r in readings if r.metric == "requests_total")
    errors = sum(r.value for r in readings if r.metric == "errors_total")
    if requests and errors / requests > limit:
        yield (
            f"{errors / requests:.2%} of requests failed ({errors:.0f} of {requests:.0f}),"
            f" more than {limit:.2%}"
        )
