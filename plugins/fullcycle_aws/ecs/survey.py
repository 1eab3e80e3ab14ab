"""Survey: what an environment runs on ECS now, and what is amiss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fullcycle.model import WEB, Replica, ReplicaState, Status, parts
from fullcycle.rollout.outcome import title
from fullcycle.rollout.records import live, unfinished
from fullcycle_aws.links import links

from .definition import DEPLOYMENT, DIGEST, PROCESS, VERSION
from .failure import failed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fullcycle.model import Deployment

    from .platform import Ecs

STATES = {
    "RUNNING": ReplicaState.HEALTHY,
    "DEACTIVATING": ReplicaState.DRAINING,
    "STOPPING": ReplicaState.DRAINING,
    "DEPROVISIONING": ReplicaState.DRAINING,
    "STOPPED": ReplicaState.STOPPED,
}
"""What a task does → what that is here; it is starting, else."""


def survey(ecs: Ecs, records: Sequence[Deployment]) -> Status:
    """Read the status from ECS."""
    ground, meant = ecs.standing, live(records)
    services = ecs.services() if ground else {}
    present = tuple(each for name in services for each in _replicas(ecs, name))
    return Status(
        app=ecs.names.app,
        environment=ecs.names.environment,
        url=ground.url if ground and present else "",
        desired=_desired(ecs, services, meant),
        replicas=present,
        deployment=meant,
        notes=tuple(_notes(ecs, services, records, meant)),
        links=links(ecs.names, ground, ecs.clients.region) if ground and services else {},
    )


def _desired(ecs: Ecs, services: Mapping[str, Mapping[str, Any]], meant: Deployment | None) -> int:
    """As many as ECS shall run: that may be others than were deployed, where AWS scales."""
    if meant is None:
        return 0
    served = services.get(ecs.names.service(WEB))
    return int(served["desiredCount"]) if served else meant.workload.replicas


def _replicas(ecs: Ecs, service: str) -> Iterator[Replica]:
    """The tasks of a service; ECS never starts one again, so restarts are the newest's."""
    tasks = sorted(ecs.tasks(service), key=lambda task: task["createdAt"], reverse=True)
    gone = ecs.tasks(service, stopped=True) if tasks else []
    for number, task in enumerate(tasks):
        same = [each for each in gone if each["taskDefinitionArn"] == task["taskDefinitionArn"]]
        restarts = sum(map(failed, same)) if number == 0 else 0
        yield _replica(ecs, task, restarts)


def _replica(ecs: Ecs, task: Mapping[str, Any], restarts: int) -> Replica:
    labels = ecs.labels(task["taskDefinitionArn"])
    state = STATES.get(task["lastStatus"], ReplicaState.STARTING)
    if state is ReplicaState.HEALTHY and task.get("healthStatus") == "UNHEALTHY":
        state = ReplicaState.UNHEALTHY
    return Replica(
        id=task["taskArn"].rpartition("/")[2],
        deployment=labels.get(DEPLOYMENT, ""),
        version=labels.get(VERSION, ""),
        digest=labels.get(DIGEST, ""),
        state=state,
        process=labels.get(PROCESS, WEB),
        address=_address(task),
        started=task.get("startedAt"),
        restarts=restarts,
        native_id=task["taskArn"],
    )


def _address(task: Mapping[str, Any]) -> str:
    for attachment in task.get("attachments", []):
        for detail in attachment.get("details", []):
            if detail["name"] == "privateIPv4Address":
                return str(detail["value"])
    return ""


def _notes(
    ecs: Ecs,
    services: Mapping[str, Mapping[str, Any]],
    records: Sequence[Deployment],
    meant: Deployment | None,
) -> Iterator[str]:
    for deployment in unfinished(records):
        yield (
            f"deployment {deployment.id} of {title(deployment)} is under way or was cut off;"
            " the next deployment finishes or undoes it"
        )
    for part in parts(meant.workload) if meant else ():
        name = ecs.names.service(part.process)
        each = services.get(name)
        if each is None:
            yield f"service {name} is gone: deploy again"
        elif each["runningCount"] < each["desiredCount"]:
            yield f"{each['runningCount']} of {each['desiredCount']} tasks of {name} run"
