"""Watch: follow what ECS does until services are as they were meant to be.

That a deployment has ended says nothing: ECS ends those that it rolled back, too. What counts is
which task definition the PRIMARY deployment has, and which tasks run.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from fullcycle.errors import StepError
from fullcycle.model import Event
from fullcycle.words import plural

from .failure import failed, failure, hint
from .streams import stream, tail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .platform import Ecs

PAUSES = (0.3, 3.0)
"""Seconds between two looks: at first, and when nothing has changed for a while."""
PULSE = 10.0
"""Seconds after which there is an event even when nothing happens, so that the caller can act."""
STEADY = 2.0
"""Seconds for which everything must be as it was meant to be."""
STARTING = 600.0
"""Seconds beyond the health check's deadline and the grace periods in which something has to
change: Fargate takes a minute or two to place a task and fetch its image."""
BACK = ("ROLLBACK", "STOP")
"""How the states begin of a deployment that ECS undoes, or was told to."""
UNDER_WAY = frozenset({"PENDING", "IN_PROGRESS"})
GOING_BACK = frozenset({"ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "STOP_REQUESTED"})
_STUCK = re.compile(r"was unable to|AccessDenied|is unable to", re.IGNORECASE)
_SICK = re.compile(r"unhealthy in .* due to \(reason (.+?)\)\.?$")


class Watch:
    """The services of one deployment, on their way."""

    def __init__(self, ecs: Ecs, names: Sequence[str], patience: float) -> None:
        """Begin, before anything is changed: what has failed before is not held against it.

        Args:
            ecs: the environment.
            names: the services that are changed.
            patience: seconds that tasks may take to become healthy and to end, together.
        """
        self._ecs = ecs
        self._patience = patience + STARTING
        self._wanted: dict[str, str] = {}
        self._former: set[str] = set()
        self._past = {
            each["serviceDeploymentArn"] for name in names for each in ecs.deployments(name)
        }
        self._heard: set[str] = set()
        self._seen: dict[str, str] = {}
        for service in ecs.look(names):
            self._heard |= {each["id"] for each in service.get("events", [])}
            stopped = ecs.tasks(service["serviceName"], stopped=True)
            self._former |= {task["taskArn"] for task in stopped}
            running = ecs.tasks(service["serviceName"])
            self._seen |= {task["taskArn"]: _words(task) for task in running}

    def expect(self, service: str, definition: str) -> None:
        """A service shall come to run a task definition."""
        self._wanted[service] = definition

    def until_there(self, *, tolerant: bool = False) -> Iterator[Event]:
        """Events until every service runs what it shall, and nothing else.

        Args:
            tolerant: go on when tasks fail: ECS starts others.

        Raises:
            StepError: a task failed, ECS rolled back, or nothing changed for too long.
        """
        changed = said = time.monotonic()
        steady: float | None = None
        pause = PAUSES[0]
        while True:
            lacking, events = self._look(tolerant=tolerant)
            now = time.monotonic()
            changed, pause = (now, PAUSES[0]) if events else (changed, min(PAUSES[1], pause * 1.3))
            steady = None if lacking or events else steady or now
            if steady and now - steady >= STEADY:
                return
            if lacking and not events and now - said >= PULSE:
                events = [Event(message=f"waiting for {', '.join(lacking)}")]
            for event in events:
                said = now
                yield event
            if now - changed > self._patience:
                waited = lacking[0] if lacking else "the tasks to stay"
                raise StepError(f"nothing changed for {now - changed:.0f} s; waiting for {waited}")
            time.sleep(pause)

    def _look(self, *, tolerant: bool) -> tuple[list[str], list[Event]]:
        lacking: list[str] = []
        events: list[Event] = []
        there = {each["serviceName"]: each for each in self._ecs.look(list(self._wanted))}
        for name, definition in self._wanted.items():
            service: Mapping[str, Any] | None = there.get(name)
            if service is None:
                raise StepError(f"service {name} was removed by somebody else")
            tasks = self._ecs.tasks(name)
            stopped = self._ecs.tasks(name, stopped=True)
            events += self._news([*tasks, *stopped])
            if not tolerant:
                self._judge_tasks(name, stopped, definition)
                self._judge_service(service, definition)
            lacking += _lacking(service, tasks, definition)
            lacking += self._unfinished(name, tolerant=tolerant)
        return lacking, events

    def _news(self, tasks: Sequence[Mapping[str, Any]]) -> list[Event]:
        events = []
        for task in tasks:
            arn, words = task["taskArn"], _words(task)
            before = self._seen.get(arn)
            if before != words and arn not in self._former:
                self._seen[arn] = words
                known = before is not None or "STOPPED" not in words
                events += [Event(message=f"{_name(task)}: {words}", replica=_id(task))] * known
        return events

    def _judge_tasks(
        self, service: str, stopped: Sequence[Mapping[str, Any]], definition: str
    ) -> None:
        for task in stopped:
            new = task["taskArn"] not in self._former and task["taskDefinitionArn"] == definition
            if new and failed(task):
                raise self._failure(service, task)

    def _failure(self, service: str, task: Mapping[str, Any]) -> StepError:
        """The error, with the log's end; CloudWatch may have it a moment later."""
        process = service.removeprefix(f"{self._ecs.names.prefix}-")
        started = task.get("stopCode") != "TaskFailedToStart"
        words = settled(lambda: self._tail(process, task)) if started else ""
        now: Mapping[str, Any] = next(self._ecs.look([service]), {})
        return failure(_name(task), task, words, sickness(now, _id(task)))

    def _tail(self, process: str, task: Mapping[str, Any]) -> str:
        group = self._ecs.place.ground.log_group
        return tail(self._ecs.clients, group, stream(process, task["taskArn"]))

    def _judge_service(self, service: Mapping[str, Any], definition: str) -> None:
        name = service["serviceName"]
        for event in service.get("events", []):
            if event["id"] not in self._heard and _STUCK.search(event["message"]):
                raise StepError(event["message"].strip(), hint=hint(event["message"]))
        for each in service["deployments"]:
            ours = each["taskDefinition"] == definition
            primary = each["status"] == "PRIMARY"
            if ours and each.get("rolloutState") == "FAILED":
                raise StepError(f"ECS gave {name} up: {each.get('rolloutStateReason', '')}")
            if primary and not ours:
                raise StepError(
                    f"ECS rolled {name} back to {each['taskDefinition'].rpartition('/')[2]}"
                )

    def _unfinished(self, name: str, *, tolerant: bool) -> list[str]:
        """What ECS' own record of the newest deployment says; not every deployment has one."""
        newest = next(iter(self._ecs.deployments(name)), None)
        if newest is None:
            return []
        status = newest["status"]
        if status.startswith(BACK) and not tolerant and self._is_new(newest):
            reason = newest.get("statusReason") or status.replace("_", " ").lower()
            raise StepError(f"ECS undoes the deployment of {name}: {reason}", hint=hint(reason))
        if status not in UNDER_WAY | GOING_BACK:
            return []
        stage = str(newest.get("lifecycleStage", "")).replace("_", " ").lower()
        return [f"ECS to end its deployment of {name}{f' ({stage})' if stage else ''}"]

    def _is_new(self, deployment: Mapping[str, Any]) -> bool:
        return deployment["serviceDeploymentArn"] not in self._past


def sickness(service: Mapping[str, Any], task: str) -> str:
    """What the load balancer found wrong with a task, as ECS tells it in the service's events."""
    told = (each["message"] for each in service.get("events", []) if task in each["message"])
    found = (_SICK.search(message) for message in told)
    return next((match.group(1) for match in found if match), "")


def settled(read: Callable[[], str], limit: float = 5.0) -> str:
    """What is read twice alike, and isn't empty; at the latest what there is after `limit` s."""
    end, last = time.monotonic() + limit, ""
    while time.monotonic() < end:
        found = read()
        if found and found == last:
            return found
        last = found
        time.sleep(PAUSES[0])
    return last


def _lacking(
    service: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], definition: str
) -> list[str]:
    """What is still to come of a service, for people."""
    name = service["serviceName"]
    primary = next(each for each in service["deployments"] if each["status"] == "PRIMARY")
    own = [task for task in tasks if _of(task, service, definition, primary)]
    missing = service["desiredCount"] - sum(task["lastStatus"] == "RUNNING" for task in own)
    old = len(tasks) - len(own)
    found = []
    if missing > 0:
        found.append(f"{plural(missing, 'task')} of {name} to become healthy")
    if old or missing < 0:
        found.append(f"{plural(old - min(0, missing), 'task')} of {name} to end")
    if primary.get("rolloutState") == "IN_PROGRESS":
        found.append(f"ECS to find {name} steady")
    return found


def _of(
    task: Mapping[str, Any],
    service: Mapping[str, Any],
    definition: str,
    primary: Mapping[str, Any],
) -> bool:
    """Whether a task is of the newest deployment; a forced one has the same definition."""
    if task["taskDefinitionArn"] != definition:
        return False
    others = {each["id"] for each in service["deployments"]} - {primary["id"]}
    return task.get("startedBy") not in others


def _words(task: Mapping[str, Any]) -> str:
    """What a task is doing; `RUNNING, HEALTHY`."""
    health = task.get("healthStatus", "UNKNOWN")
    reason = " ".join(task.get("stoppedReason", "").split())
    parts = (task["lastStatus"], health if health != "UNKNOWN" else "", reason)
    return ", ".join(filter(None, parts))


def _id(task: Mapping[str, Any]) -> str:
    return str(task["taskArn"].rpartition("/")[2])


def _name(task: Mapping[str, Any]) -> str:
    family = task["taskDefinitionArn"].rpartition("/")[2].rpartition(":")[0]
    return f"task {_id(task)[:8]} of {family}"
