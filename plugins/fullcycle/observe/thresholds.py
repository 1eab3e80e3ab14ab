"""Which readings are too much, said for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from fullcycle.model import APP, HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fullcycle.model import Reading
    from fullcycle.settings.schema import EndpointSettings, Thresholds

DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Breach:
    """Something that is too much, or should answer and does not."""

    name: str
    """What it is about: `cpu_ratio web-1`; the same for the same trouble."""
    text: str
    """One line, with the value and what it may be."""


class Rule(NamedTuple):
    """The most that a metric may be."""

    metric: str
    limit: float | None
    words: Callable[[str, float, float], str]
    """Subject, value, limit → what is said."""


def breaches(
    readings: Sequence[Reading],
    thresholds: Thresholds,
    endpoints: Sequence[EndpointSettings] = (),
) -> list[Breach]:
    """What is too much; empty when all is well.

    Args:
        readings: of one round.
        thresholds: what may be.
        endpoints: those with limits of their own.
    """
    replicas = [each for each in readings if each.subject not in {HOST, APP}]
    host = [each for each in readings if each.subject == HOST]
    app = [each for each in readings if each.subject == APP]
    return [
        *_answers(readings),
        *_endpoints(readings, thresholds, endpoints),
        *_over(replicas, _replica_rules(thresholds)),
        *_over(replicas + host, _disk_rules(thresholds)),
        *_over(host, _host_rules(thresholds)),
        *_over(app, _app_rules(thresholds)),
        *_memory(readings, thresholds.memory / 100),
        *_memory_limits(replicas, thresholds.memory_limit / 100),
        *_errors(readings, thresholds.error_rate),
        *_alarms(readings),
    ]


def is_of(subject: str, url: str) -> bool:
    """Whether a reading's subject is the endpoint that settings write as a path or a URL."""
    if subject == url:
        return True
    parts = urlsplit(subject)
    return url.startswith("/") and url == parts.path + (f"?{parts.query}" if parts.query else "")


def _replica_rules(thresholds: Thresholds) -> tuple[Rule, ...]:
    return (
        Rule("cpu_ratio", thresholds.cpu / 100, _busy),
        Rule("restarts_total", thresholds.restarts, _restarted),
        Rule("out_of_memory_total", thresholds.out_of_memory, _killed),
    )


def _disk_rules(thresholds: Thresholds) -> tuple[Rule, ...]:
    return (
        Rule("disk_used_ratio", thresholds.disk / 100, _full("disk")),
        Rule("inodes_used_ratio", thresholds.inodes / 100, _full("table of inodes")),
    )


def _host_rules(thresholds: Thresholds) -> tuple[Rule, ...]:
    return (
        Rule("cpu_ratio", thresholds.host_cpu / 100, _host_busy),
        Rule("memory_used_ratio", thresholds.host_memory / 100, _full("memory")),
    )


def _app_rules(thresholds: Thresholds) -> tuple[Rule, ...]:
    return (
        Rule("response_p95_seconds", thresholds.p95, _slow_share(95)),
        Rule("response_p99_seconds", thresholds.p99, _slow_share(99)),
    )


def _over(readings: Sequence[Reading], rules: Sequence[Rule]) -> Iterator[Breach]:
    for rule in rules:
        for each in readings:
            if each.metric == rule.metric and rule.limit is not None and each.value > rule.limit:
                text = rule.words(each.subject, each.value, rule.limit)
                yield Breach(f"{each.metric} {each.subject}", text)


def _answers(readings: Sequence[Reading]) -> Iterator[Breach]:
    """What should be up and is not."""
    status = {r.subject: r.value for r in readings if r.metric == "response_status"}
    wrong = {r.subject for r in readings if r.metric == "response_matches" and not r.value}
    for reading in readings:
        if reading.metric == "up" and not reading.value:
            answer = status.get(reading.subject)
            what = f"answers {answer:.0f}" if answer else "does not answer"
            if reading.subject in wrong:
                what += ", and not what it should"
            yield Breach(f"up {reading.subject}", f"{reading.subject} {what}")


def _endpoints(
    readings: Sequence[Reading], thresholds: Thresholds, endpoints: Sequence[EndpointSettings]
) -> Iterator[Breach]:
    """Response times and certificates, each endpoint by its own limits or those of all."""
    for each in readings:
        own = next((one for one in endpoints if is_of(each.subject, one.url)), None)
        usual = own.response if own and own.response is not None else thresholds.response
        rules = [Rule("response_seconds", usual, _slow)]
        if own:
            rules.append(Rule("response_p95_seconds", own.p95, _slow_share(95)))
        yield from _over([each], rules)
        days = own.tls_days if own and own.tls_days is not None else thresholds.tls_days
        if each.metric == "tls_expiry_seconds" and each.value < days * DAY:
            yield Breach(
                f"tls_expiry_seconds {each.subject}",
                f"the certificate of {each.subject} is good for {each.value / DAY:.1f} days,"
                f" less than {days:g}",
            )


def _alarms(readings: Sequence[Reading]) -> Iterator[Breach]:
    """The platform's own, which have thresholds there."""
    for each in readings:
        if each.metric == "alarm_firing" and each.value:
            yield Breach(f"alarm_firing {each.subject}", f"the alarm {each.subject} fires")


def _memory(readings: Sequence[Reading], limit: float) -> Iterator[Breach]:
    total = sum(r.value for r in readings if r.metric == "memory_total_bytes")
    used = sum(r.value for r in readings if r.metric == "memory_bytes" and r.subject != HOST)
    if total and used / total > limit:
        yield Breach(
            "memory",
            f"the replicas use {used / total:.0%} of the host's memory"
            f" ({used / 2**20:.0f} of {total / 2**20:.0f} MiB), more than {limit:.0%}",
        )


def _memory_limits(replicas: Sequence[Reading], limit: float) -> Iterator[Breach]:
    limits = {r.subject: r.value for r in replicas if r.metric == "memory_limit_bytes"}
    for each in replicas:
        own = limits.get(each.subject)
        if each.metric == "memory_bytes" and own and each.value / own > limit:
            yield Breach(
                f"memory_bytes {each.subject}",
                f"replica {each.subject} uses {each.value / own:.0%} of the memory it may use"
                f" ({own / 2**20:.0f} MiB), more than {limit:.0%}",
            )


def _errors(readings: Sequence[Reading], limit: float) -> Iterator[Breach]:
    """Of the requests since the last round, or of all when this is the first."""
    lately = [r for r in readings if r.metric == "error_ratio" and r.subject == APP]
    requests = sum(r.value for r in readings if r.metric == "requests_total")
    errors = sum(r.value for r in readings if r.metric == "errors_total")
    if lately and lately[0].value > limit:
        share, seconds = lately[0].value, lately[0].seconds
        yield Breach(
            "errors",
            f"{share:.2%} of requests failed in the last {seconds:.0f} s, more than {limit:.2%}",
        )
    elif not lately and requests and errors / requests > limit:
        yield Breach(
            "errors",
            f"{errors / requests:.2%} of requests failed ({errors:.0f} of {requests:.0f}),"
            f" more than {limit:.2%}",
        )


def _slow(subject: str, value: float, limit: float) -> str:
    return f"{subject} took {value:.2f} s to answer, more than {limit:g} s"


def _slow_share(percent: int) -> Callable[[str, float, float], str]:
    def words(subject: str, value: float, limit: float) -> str:
        whose = "users' requests" if subject == APP else f"answers of {subject}"
        return f"{percent}% of {whose} took up to {value:.2f} s, more than {limit:g} s"

    return words


def _busy(subject: str, value: float, limit: float) -> str:
    return f"replica {subject} uses {value:.0%} of a core, more than {limit:.0%}"


def _host_busy(subject: str, value: float, limit: float) -> str:
    return f"the cores of {subject} are {value:.0%} busy, more than {limit:.0%}"


def _restarted(subject: str, value: float, limit: float) -> str:
    return f"replica {subject} was started again {value:.0f} times, more than {limit:g}"


def _killed(subject: str, value: float, limit: float) -> str:
    return f"replica {subject} was killed for want of memory {value:.0f} times, more than {limit:g}"


def _full(what: str) -> Callable[[str, float, float], str]:
    return lambda subject, value, limit: (
        f"the {what} of {subject} is {value:.0%} full, more than {limit:.0%}"
    )
