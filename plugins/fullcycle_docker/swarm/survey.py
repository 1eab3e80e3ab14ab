"""Survey: what an environment of a Swarm runs now, and what is amiss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import Status, parts
from fullcycle.rollout.outcome import title
from fullcycle.rollout.records import live, unfinished

from .manager import works
from .proxy import address
from .specs import service_name
from .tasks import Task, replica
from .watch import BUSY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Deployment, Replica
    from fullcycle.providers import Target

    from .manager import Json, Manager
    from .services import Services


def survey(target: Target, services: Services, records: Sequence[Deployment]) -> Status:
    """Read the status from the Swarm."""
    found = services.processes()
    meant = live(records)
    present = tuple(replicas(services))
    return Status(
        app=target.app,
        environment=target.environment,
        url=url(services, meant) if present and meant else "",
        desired=meant.workload.replicas if meant else 0,
        replicas=present,
        deployment=meant,
        notes=tuple(_notes(services, found, records, meant, present)),
    )


def replicas(services: Services) -> Iterator[Replica]:
    """All replicas, those on the node we talk to first: only there commands can be run."""
    home = services.manager.engine.info["Swarm"]["NodeID"]
    listed, lost = [], services.manager.lost()
    for each in services.processes().values():
        tasks = tasks_of(services.manager, each)
        port = _port(each)
        listed += [
            (task.node != home, replica(task, port, tasks)) for task in tasks if task.there(lost)
        ]
    yield from (one for _, one in sorted(listed, key=lambda pair: (pair[0], pair[1].id)))


def local(services: Services) -> set[str]:
    """The replicas that run on the node we talk to."""
    home = services.manager.engine.info["Swarm"]["NodeID"]
    found = (
        task for each in services.processes().values() for task in tasks_of(services.manager, each)
    )
    return {task.name for task in found if task.live and task.node == home and task.container}


def tasks_of(manager: Manager, service: Json) -> list[Task]:
    """All tasks of a service that the Swarm remembers."""
    return [Task(raw) for raw in manager.tasks({"service": [service["ID"]]})]


def url(services: Services, meant: Deployment) -> str:
    """Where users reach it: at any node that is at work, best the one we talk to."""
    nodes = services.manager.nodes()
    home = services.manager.engine.info["Swarm"]["NodeID"]
    able = [node for node in nodes.values() if works(node)] or list(nodes.values())
    best = min(able, key=lambda node: bool(node["ID"] != home))
    return f"http://{address(best)}:{meant.workload.port}"


def _port(service: Json) -> int:
    return int(service["Spec"]["Labels"].get("fullcycle.port", 0))


def _notes(
    services: Services,
    found: dict[str, Json],
    records: Sequence[Deployment],
    meant: Deployment | None,
    present: Sequence[Replica],
) -> Iterator[str]:
    for deployment in unfinished(records):
        yield (
            f"deployment {deployment.id} of {title(deployment)} is under way or was cut off;"
            " the next deployment finishes or undoes it"
        )
    for name, each in found.items():
        state = each.get("UpdateStatus") or {}
        if state.get("State") in BUSY | {"paused", "rollback_paused"}:
            yield f"{name} is {state['State'].replace('_', ' ')}: {state.get('Message', '')}"
        for task in tasks_of(services.manager, each):
            if task.state == "pending" and task.wanted:
                yield f"{task.name} has no node: {task.trouble or 'the Swarm is looking for one'}"
    for node in services.manager.nodes().values():
        if node["Status"]["State"] != "ready":
            yield f"node {node['Description']['Hostname']} is {node['Status']['State']}"
    for part in parts(meant.workload) if meant else ():
        there = sum(one.process == part.process for one in present)
        if service_name(services.owner, part.process) not in found or there < part.replicas:
            yield f"{there} of {part.replicas} replicas of {part.process} are there"
