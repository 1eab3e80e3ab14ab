"""How many replicas the scaling policy asks for, from what is measured now."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from fullcycle.errors import FullcycleError, StepError, UsageError
from fullcycle.model import (
    WEB,
    Behaviour,
    Peak,
    Queue,
    Rate,
    ReplicaState,
    Resources,
    ScalingPolicy,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import Status
    from fullcycle.project import Project
    from fullcycle.scaling.hpa import Fleet, Recommendation, Sample
    from fullcycle.scaling.samples import Meter
    from fullcycle.settings.schema.scaling import BehaviourSettings

RATES = frozenset({"requests", "response"})
"""Metrics that need two looks."""
APART = 3.0
"""Seconds between the two looks of one recommendation."""


def policy_of(project: Project) -> ScalingPolicy:
    """The environment's scaling policy.

    Raises:
        UsageError: it has none.
    """
    settings = project.environment.autoscale
    if settings is None:
        raise UsageError(
            f"environment {project.environment_name!r} has no scaling policy",
            hint="set `autoscale = { min = 1, max = 4, target = { cpu = 60 } }`",
        )
    return ScalingPolicy(
        min=settings.min,
        max=settings.max,
        target=dict(settings.target),
        queue=Queue(**settings.queue.model_dump()) if settings.queue else None,
        tolerance=settings.tolerance,
        interval=settings.interval,
        up=_behaviour(settings.up),
        down=_behaviour(settings.down),
        peaks=tuple(Peak(**each.model_dump()) for each in settings.peaks),
    )


def _behaviour(settings: BehaviourSettings) -> Behaviour:
    return Behaviour(
        stabilisation=settings.stabilisation,
        rates=tuple(Rate(**each.model_dump()) for each in settings.rates),
        select=settings.select,
    )


def recommend(project: Project, status: Status) -> Recommendation:
    """What the environment's policy recommends for the replicas that serve requests now.

    What `scale.auto` has recorded of the last minutes counts: a number that has to wait for its
    stabilisation window or a rate waits here, too.

    Raises:
        UsageError: the environment has no policy, or its provider measures nothing.
    """
    from fullcycle.scaling.book import Book
    from fullcycle.scaling.decide import decide
    from fullcycle.scaling.hpa import Recommendation
    from fullcycle.scaling.peaks import limits_at
    from fullcycle.scaling.samples import Meter

    policy, meter = policy_of(project), Meter()
    measured = measure(project, status, policy, meter)
    if RATES & policy.target.keys():
        time.sleep(APART)
        measured = measure(project, status, policy, meter)
    now = datetime.now(UTC)
    memory = Book(project.root, project.environment_name).memory(policy, now)
    verdict = decide(
        fleet(status),
        measured.samples,
        policy=policy,
        limits=limits_at(policy, now),
        memory=memory,
        now=now.timestamp(),
    )
    return Recommendation(
        replicas=verdict.replicas,
        reason="; ".join((verdict.reason, *measured.problems)),
        known=verdict.asked is not None,
    )


def fleet(status: Status) -> Fleet:
    """The replicas that serve requests, counted by whether they can."""
    from fullcycle.scaling.hpa import Fleet

    states = [each.state for each in status.replicas if each.process == WEB]
    ready = states.count(ReplicaState.HEALTHY)
    leaving = states.count(ReplicaState.DRAINING) + states.count(ReplicaState.STOPPED)
    return Fleet(status.desired, ready, len(states) - ready - leaving)


class Measured(NamedTuple):
    """One look at every metric of a policy."""

    samples: dict[str, Sample]
    problems: tuple[str, ...] = ()
    """Why metrics could not be measured, one line each."""


def measure(project: Project, status: Status, policy: ScalingPolicy, meter: Meter) -> Measured:
    """Look at every metric of the policy; those that cannot be measured are left out.

    Raises:
        UsageError: the provider measures nothing.
    """
    from fullcycle.scaling.hpa import SHARED, Sample
    from fullcycle.scaling.queue import length

    samples: dict[str, Sample] = {}
    problems: list[str] = []
    if policy.target.keys() - {SHARED}:
        telemetry = project.platform.require("telemetry")
        running = status.deployment.workload.resources if status.deployment else Resources()
        try:
            samples = meter.look(telemetry.readings(), _ready(status), running)
        except (FullcycleError, OSError) as error:
            problems.append(f"no readings: {error}")
    if policy.queue is not None:
        try:
            waiting = length(policy.queue, lambda command: _output(project, command))
            samples[SHARED] = Sample(waiting, 1)
        except FullcycleError as error:
            problems.append(error.message)
    return Measured(samples, tuple(problems))


def _ready(status: Status) -> Sequence[str]:
    serving = (each for each in status.replicas if each.process == WEB)
    return [each.id for each in serving if each.state is ReplicaState.HEALTHY]


def _output(project: Project, command: str) -> str:
    """What a shell command writes.

    Raises:
        StepError: it fails, or takes too long.
    """
    from fullcycle.pipeline.interrupt import Flag
    from fullcycle.pipeline.process import run_command
    from fullcycle.scaling.queue import SECONDS

    never = Flag()
    try:
        done = run_command(
            command,
            cwd=project.root,
            env={**os.environ, **project.facts()},
            timeout=SECONDS,
            write=lambda _: None,
            cancelled=never,
            mask=project.masker.stream(),
        )
    finally:
        never.close()
    if done.exit_code:
        raise StepError(f"`{command}` exited with {done.exit_code}", log_tail=done.tail)
    return done.tail
