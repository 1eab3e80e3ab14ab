"""Pictures of environments as families of Prometheus metrics.

Names follow https://prometheus.io/docs/practices/naming/. What a provider measures is exported
under the kind of its subject: `fullcycle_replica_cpu_ratio`, `fullcycle_host_disk_used_ratio`,
`fullcycle_endpoint_response_seconds`.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from fullcycle.model import BUCKET, DeploymentStatus, ReplicaState
from fullcycle.observe.slo import METRICS as OBJECTIVES
from fullcycle.observe.subjects import kind
from fullcycle.words import utc

from .exposition import Family, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fullcycle.model import Deployment, Reading, Run

    from .picture import Picture

PREFIX = "fullcycle"
Kind = Literal["gauge", "counter"]
HELP = {
    "cpu_ratio": "CPU time used per second; 1 is one core.",
    "memory_bytes": "Memory in use.",
    "memory_total_bytes": "Memory there is.",
    "memory_used_ratio": "Share of the memory in use.",
    "disk_used_ratio": "Share of the disk in use.",
    "inodes_used_ratio": "Share of the file system's inodes in use.",
    "up": "Whether it runs, or answers as it should.",
    "response_seconds": "Time that an answer took.",
    "response_status": "Status of the last HTTP answer.",
    "requests_total": "Requests routed to it.",
    "errors_total": "Requests that failed: answers of 500 and more, and none at all.",
    "restarts_total": "Restarts by the platform.",
    "uptime_seconds": "Time since it was started.",
    "tls_expiry_seconds": "Time until its TLS certificate expires.",
}


class Families:
    """Families by name, in the order in which they were first asked for."""

    def __init__(self) -> None:
        self._known: dict[str, Family] = {}

    def __call__(self, name: str, explained: str, kind: Kind = "gauge") -> Family:
        """The family of that name."""
        name = f"{PREFIX}_{name}"
        return self._known.setdefault(name, Family(name, explained, kind))

    def __iter__(self) -> Iterator[Family]:
        return iter(self._known.values())


def families(pictures: Iterable[Picture], runs: Iterable[Run] = ()) -> Families:
    """Everything that is exported.

    Args:
        pictures: one for each environment.
        runs: the newest first; of every chain the newest that has ended counts.
    """
    found = Families()
    for picture in pictures:
        _deployments(found, picture)
        _replicas(found, picture)
        for reading in picture.readings:
            _reading(found, picture.environment, reading)
        _moment(found, picture)
        _objectives(found, picture)
        _alerts(found, picture)
    _runs(found, runs)
    return found


def _reading(found: Families, environment: str, reading: Reading) -> None:
    if reading.metric.startswith(BUCKET):
        return
    about = kind(reading.metric, reading.subject)
    metric = named(reading.metric)
    counts: Kind = "counter" if metric.endswith("_total") else "gauge"
    explained = HELP.get(reading.metric, f"What is measured as {reading.metric}.")
    name = "_".join(filter(None, (about, metric)))
    found(name, explained, counts).add(
        reading.value, environment=environment, **_label(about, reading)
    )


def _label(about: str, reading: Reading) -> dict[str, str]:
    """Replicas, endpoints and objectives have names, the others don't."""
    if about in {"replica", "endpoint"}:
        return {about: reading.subject}
    return {"objective": reading.subject} if reading.metric in OBJECTIVES else {}


def _moment(found: Families, picture: Picture) -> None:
    if picture.measured:
        family = found("last_reading_timestamp_seconds", "When something was measured, since 1970.")
        family.add(utc(picture.measured).timestamp(), environment=picture.environment)


def _objectives(found: Families, picture: Picture) -> None:
    place = {"environment": picture.environment}
    target = found("slo_objective_ratio", "Share of events that have to be good.")
    attained = found("slo_attained_ratio", "Share of events that were good, over the window.")
    left = found("slo_error_budget_left_ratio", "1: nothing was bad; 0: the budget is spent.")
    rate = found("slo_burn_rate", "How fast the budget burns; at 1 it lasts its window.")
    for standing in picture.standings:
        name = standing.objective.name
        target.add(standing.objective.target, **place, objective=name)
        left.add(standing.budget_left, **place, objective=name)
        if standing.attained is not None:
            attained.add(standing.attained, **place, objective=name)
        for burn in standing.burns:
            rate.add(burn.long_rate, **place, objective=name, window=burn.name)


def _alerts(found: Families, picture: Picture) -> None:
    opened = found("alerts_open", "Alerts that are open.")
    numbers = Counter(alert.severity for alert in picture.alerts)
    for severity in ("page", "ticket"):
        opened.add(numbers[severity], environment=picture.environment, severity=severity)


def _replicas(found: Families, picture: Picture) -> None:
    if picture.desired is None:
        return
    environment = picture.environment
    desired = found("replicas_desired", "Replicas that there should be.")
    desired.add(picture.desired, environment=environment)
    states = Counter(replica.state for replica in picture.replicas)
    number = found("replicas", "Replicas that there are, by their state.")
    for state in ReplicaState:
        number.add(states[state], environment=environment, state=state.value)
    about = found("replica_info", "What a replica runs.")
    for replica in picture.replicas:
        about.add(
            1,
            environment=environment,
            replica=replica.id,
            version=replica.version,
            process=replica.process,
            state=replica.state.value,
        )


def _deployments(found: Families, picture: Picture) -> None:
    if not picture.deployments:
        return
    environment = picture.environment
    total = found("deployments_total", "Deployments, by how they ended.", "counter")
    ended = Counter(deployment.status for deployment in picture.deployments)
    for status in DeploymentStatus:
        if status is not DeploymentStatus.RUNNING:
            total.add(ended[status], environment=environment, status=status.value)
    serving = _serving(picture.deployments)
    if serving is None:
        return
    release = serving.workload.release
    found("deployment_info", "The last deployment that succeeded.").add(
        1, environment=environment, version=release.version, digest=release.digest
    )
    moment = found("deployment_timestamp_seconds", "When it began, in seconds since 1970.")
    moment.add(utc(serving.started).timestamp(), environment=environment)


def _serving(newest_first: Sequence[Deployment]) -> Deployment | None:
    succeeded = (d for d in newest_first if d.status is DeploymentStatus.SUCCEEDED)
    return next(succeeded, None)


def _runs(found: Families, newest_first: Iterable[Run]) -> None:
    success = found("run_success", "Whether the last run of a chain succeeded.")
    seconds = found("run_duration_seconds", "How long the last run of a chain took.")
    moment = found("run_timestamp_seconds", "When the last run of a chain ended, since 1970.")
    seen: set[str] = set()
    for run in newest_first:
        if run.finished is None or run.chain in seen:
            continue
        seen.add(run.chain)
        success.add(not run.result.bad, chain=run.chain)
        seconds.add((utc(run.finished) - utc(run.started)).total_seconds(), chain=run.chain)
        moment.add(utc(run.finished).timestamp(), chain=run.chain)
