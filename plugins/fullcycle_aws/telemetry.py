"""AwsTelemetry: what CloudWatch and ECS know of an environment.

Without further cost CloudWatch measures CPU and memory of a service, not of its tasks: so every
replica has the mean of its process. It is two to three minutes behind.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

from fullcycle.model import APP, WEB, Reading, parts
from fullcycle.observe.derive import PERCENTILES
from fullcycle.observe.measured import RUNNING, known, reading

from .fargate import Size, fitting
from .faults import translated
from .ground import standing
from .metrics import Query, Span, ask
from .scaler import served
from .stack.alarms import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fullcycle.model import Status

    from .clients import Clients
    from .ground import Ground
    from .metrics import Points
    from .names import Names
    from .options import Options

MINUTE, HOUR = 60, 3600
WINDOW = timedelta(minutes=10)
"""How far back a figure may be that counts as the present one."""
USED = {"CPUUtilization": "cpu_ratio", "MemoryUtilization": "memory_bytes"}
"""ECS' percentages → what they are here."""
TIMES = {"Average": "response_seconds"} | {
    f"p{percent}": f"response_p{percent}_seconds" for percent in PERCENTILES
}
COUNTED = {
    "RequestCount": "requests_total",
    "HTTPCode_Target_5XX_Count": "errors_total",
    "TargetConnectionErrorCount": "errors_total",
}
"""The load balancer's counters → ours; requests that no task took are errors, too."""


class AwsTelemetry:
    """The readings of one environment."""

    def __init__(
        self, clients: Clients, names: Names, options: Options, status: Callable[[], Status]
    ) -> None:
        self._clients = clients
        self._names = names
        self._options = options
        self._status = status
        self._figures: tuple[object, list[Reading]] = (None, [])
        """What was asked of CloudWatch last, and for which minute and replicas."""

    def readings(self) -> Sequence[Reading]:
        """See Telemetry.readings."""
        place = standing(self._clients, self._names)
        if place is None:
            return []
        status, now = self._status(), datetime.now(UTC)
        found = [each for one in status.replicas for each in known(one, now)]
        if status.replicas:
            found += self._asked(place, status, now)
        return [*found, *self._alarms(now)]

    def _asked(self, place: Ground, status: Status, now: datetime) -> list[Reading]:
        """CloudWatch's figures, which are new once a minute, and cost something every time."""
        occasion = (_recent(now), [each.id for each in status.replicas])
        if self._figures[0] != occasion:
            figures = [*self._present(place, status, now), *self._counted(place, status, now)]
            self._figures = (occasion, figures)
        return self._figures[1]

    def _present(self, place: Ground, status: Status, now: datetime) -> Iterator[Reading]:
        """CPU and memory of each replica, and response times, of the last minute that is known."""
        used = {
            (process, metric): self._of_service(place, process, metric)
            for process, metric in product({one.process for one in status.replicas}, USED)
        }
        times = {each: self._of_groups(place, "TargetResponseTime", each) for each in TIMES}
        queries = [*used.values(), *(query for both in times.values() for query in both)]
        asked = ask(self._clients, queries, _recent(now))
        yield from self._used(status, {key: asked[query] for key, query in used.items()}, now)
        for statistic, both in times.items():
            latest = max((asked[query][0] for query in both if asked[query]), default=None)
            if latest:
                yield _minute(TIMES[statistic], latest[1], "seconds", APP, latest[0])

    def _used(
        self, status: Status, percent: Mapping[tuple[str, str], Points], now: datetime
    ) -> Iterator[Reading]:
        """What tasks use of their size, by the mean of their process."""
        sizes = self._sizes(status)
        for one in (each for each in status.replicas if each.state in RUNNING):
            size = sizes.get(one.process, self._options.size)
            memory = size.mebibytes * 2**20
            yield reading("memory_limit_bytes", memory, "bytes", one.id, now)
            for metric, whole, unit in (
                ("CPUUtilization", size.units / 1024, "ratio"),
                ("MemoryUtilization", memory, "bytes"),
            ):
                for at, value in percent[one.process, metric][:1]:
                    yield _minute(USED[metric], value / 100 * whole, unit, one.id, at)

    def _sizes(self, status: Status) -> Mapping[str, Size]:
        workload = status.deployment.workload if status.deployment else None
        return {
            part.process: fitting(part.resources.cpus, part.resources.memory, self._options.size)
            for part in (parts(workload) if workload else ())
        }

    def _counted(self, place: Ground, status: Status, now: datetime) -> Iterator[Reading]:
        """Requests and errors since the hour in which what runs was deployed."""
        if status.deployment is None:
            return
        begin = status.deployment.started.replace(minute=0, second=0, microsecond=0)
        queries = {each: self._of_groups(place, each, "Sum") for each in COUNTED}
        asked = ask(
            self._clients,
            [query for both in queries.values() for query in both],
            Span(begin, now, HOUR),
        )
        totals = dict.fromkeys(COUNTED.values(), 0.0)
        for metric, both in queries.items():
            totals[COUNTED[metric]] += sum(value for query in both for _, value in asked[query])
        for name, total in totals.items():
            yield reading(name, total, "count", WEB, now)

    def _alarms(self, now: datetime) -> Iterator[Reading]:
        """1 for an alarm that fires, 0 for one that doesn't, or knows nothing."""
        names = [self._names.alarm(kind) for kind in KINDS]
        with translated("looking at alarms"):
            pages = self._clients.cloudwatch.get_paginator("describe_alarms")
            for page in pages.paginate(AlarmNames=names, AlarmTypes=["MetricAlarm"]):
                for each in page["MetricAlarms"]:
                    fires = each["StateValue"] == "ALARM"
                    yield reading("alarm_firing", fires, "count", each["AlarmName"], now)

    def _of_service(self, place: Ground, process: str, metric: str) -> Query:
        service = self._names.service(process)
        found_by = (("ClusterName", place.cluster), ("ServiceName", service))
        return Query("AWS/ECS", metric, found_by, "Average")

    def _of_groups(self, place: Ground, metric: str, statistic: str) -> list[Query]:
        """The same of either target group: deployments swap them."""
        asked = served(place, self._names)
        return [
            Query(
                "AWS/ApplicationELB",
                metric,
                (("LoadBalancer", asked.load_balancer), ("TargetGroup", group)),
                statistic,
            )
            for group in asked.target_groups
        ]


def _recent(now: datetime) -> Span:
    """Whole minutes; the present one is not over."""
    end = now.replace(second=0, microsecond=0)
    return Span(end - WINDOW, end, MINUTE)


def _minute(metric: str, value: float, unit: str, subject: str, at: datetime) -> Reading:
    """An average of the minute that began then."""
    return Reading(
        metric=metric, value=value, unit=unit, subject=subject, at=at, seconds=float(MINUTE)
    )
