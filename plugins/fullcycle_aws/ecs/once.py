"""Once: a command that is run in a task of its own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fullcycle.errors import StepError
from fullcycle_aws.faults import translated

from .definition import once
from .failure import KILLED, hint, why
from .service import network
from .streams import Reader, stream
from .watch import PAUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fullcycle.model import Workload
    from fullcycle.providers import Bench

    from .platform import Ecs

START = 600.0
"""Seconds in which a task has to run: Fargate places it, and fetches its image."""
LAST_WORDS = 3.0
"""Seconds for which CloudWatch may lag behind the end of a task."""


def run_once(ecs: Ecs, workload: Workload, command: str, bench: Bench) -> int:
    """Run a command inside the workload's release; returns its exit code.

    The task is stopped when the step is cancelled.

    Raises:
        StepError: it could not be started.
    """
    definition = ecs.register(once(workload, command, ecs.place))
    try:
        task = _start(ecs, definition)
        bench.log(f"task {task.rpartition('/')[2]}")
        try:
            return _follow(ecs, workload, task, bench)
        except BaseException:
            with translated("stopping the task"):
                ecs.clients.ecs.stop_task(cluster=ecs.place.ground.cluster, task=task)
            raise
    finally:
        ecs.forget(definition)


def _start(ecs: Ecs, definition: str) -> str:
    place = ecs.place
    with translated("starting a task"):
        answer = ecs.clients.ecs.run_task(
            cluster=place.ground.cluster,
            taskDefinition=definition,
            count=1,
            launchType="FARGATE",
            networkConfiguration=network(place),  # type: ignore[arg-type]
            enableECSManagedTags=True,
            startedBy="fullcycle",
            tags=[{"key": key, "value": value} for key, value in place.names.tags.items()],
        )
    if not answer["tasks"]:
        reason = answer["failures"][0].get("reason", "") if answer["failures"] else ""
        raise StepError(f"ECS starts no task: {reason or 'it gives no reason'}", hint=hint(reason))
    return answer["tasks"][0]["taskArn"]


def _follow(ecs: Ecs, workload: Workload, arn: str, bench: Bench) -> int:
    """Pass on what the task writes until it has ended."""
    reader = Reader(ecs.clients, ecs.place.ground.log_group, stream(workload.process, arn))
    limit, started = time.monotonic() + START, False
    while True:
        bench.checkpoint()
        task: Mapping[str, Any] = ecs.detailed([arn])[0]
        started = started or task["lastStatus"] in {"RUNNING", "STOPPED"}
        if started:
            _pass_on(reader, bench)
        if task["lastStatus"] == "STOPPED":
            return _ended(task, reader, bench)
        if not started and time.monotonic() > limit:
            raise StepError(f"the task did not start within {START:g} s: {task['lastStatus']}")
        time.sleep(PAUSES[0] if started else PAUSES[0] * 2)


def _ended(task: Mapping[str, Any], reader: Reader, bench: Bench) -> int:
    code = task["containers"][0].get("exitCode")
    if code is None or task.get("stopCode") == "TaskFailedToStart":
        reason = why(task)
        raise StepError(f"the command could not be run: {reason}", hint=hint(reason))
    quiet = time.monotonic() + LAST_WORDS
    while time.monotonic() < quiet:
        if _pass_on(reader, bench):
            break
        time.sleep(PAUSES[0])
    if code == KILLED:
        bench.log(f"the task was killed: {why(task)}")
    return int(code)


def _pass_on(reader: Reader, bench: Bench) -> bool:
    """Whether there was anything."""
    count = 0
    for line in reader.more():
        count += 1
        bench.output(line)
    return count > 0
