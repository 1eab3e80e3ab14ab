"""Service: what CreateService and UpdateService are sent, and by which strategy ECS replaces."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fullcycle.model import WEB

if TYPE_CHECKING:
    from fullcycle.model import Workload
    from fullcycle.providers import Strategy

    from .definition import Json, Place

SMALLEST_STEP = 3
"""Percent of the requests by which ECS moves them at least."""
LONGEST_BAKE = 1440
"""Minutes that ECS may wait."""
TWICE = 200
"""Percent of the tasks that ECS may run while it replaces them (its own default)."""


def created(part: Workload, definition: str, strategy: Strategy, place: Place) -> Json:
    """What CreateService is sent.

    Args:
        part: one process of the application, see `parts`.
        definition: ARN of its task definition.
        strategy: how later versions replace it.
        place: where it runs.
    """
    return {
        **updated(part, definition, strategy, place),
        "serviceName": place.names.service(part.process),
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "enableECSManagedTags": True,
        "propagateTags": "SERVICE",
        "tags": [{"key": key, "value": value} for key, value in place.names.tags.items()],
    }


def updated(part: Workload, definition: str, strategy: Strategy, place: Place) -> Json:
    """The part of it that UpdateService takes as well."""
    routed = part.process == WEB
    return {
        "cluster": place.ground.cluster,
        "taskDefinition": definition,
        "desiredCount": part.replicas,
        "capacityProviderStrategy": [
            {"capacityProvider": "FARGATE_SPOT" if place.options.spot else "FARGATE", "weight": 1}
        ],
        "platformVersion": "LATEST",
        "networkConfiguration": network(place),
        "loadBalancers": [_balanced(part, strategy, place)] if routed else [],
        **({"healthCheckGracePeriodSeconds": math.ceil(part.health.deadline)} if routed else {}),
        "deploymentConfiguration": configuration(part, strategy, place),
        "enableExecuteCommand": place.options.exec,
    }


def network(place: Place) -> Json:
    """Where tasks are, and who reaches them."""
    return {
        "awsvpcConfiguration": {
            "subnets": list(place.ground.subnets),
            "securityGroups": [place.ground.security_group],
            "assignPublicIp": "ENABLED" if place.options.public_ip else "DISABLED",
        }
    }


def configuration(part: Workload, strategy: Strategy, place: Place) -> Json:
    """How ECS replaces the tasks of a process."""
    routed = part.process == WEB
    watched = list(place.ground.alarms) if routed else []
    alarms = {"alarms": {"alarmNames": watched, "enable": True, "rollback": True}}
    common: Json = {
        "minimumHealthyPercent": 100,
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        **(alarms if watched else {}),
    }
    if not routed or strategy.kind == "rolling":
        return {**common, "strategy": "ROLLING", "maximumPercent": _most(part, strategy)}
    return {**common, "maximumPercent": TWICE, **_native(strategy)}


def _most(part: Workload, strategy: Strategy) -> int:
    """Percent of the tasks that allow a batch beside all of them."""
    if not part.replicas:
        return TWICE
    return min(TWICE, 100 + math.ceil(100 * strategy.batch / part.replicas))


def _native(strategy: Strategy) -> Json:
    """The strategies that move requests from one target group to the other.

    ECS has one step before all (CANARY), so of several the first is taken.
    """
    bake = minutes(strategy.pause)
    if strategy.kind == "blue-green":
        return {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": bake}
    step: dict[str, Any]
    if strategy.kind == "linear":
        percent = float(max(SMALLEST_STEP, strategy.step))
        step = {"stepPercent": percent, "stepBakeTimeInMinutes": bake}
        return {"strategy": "LINEAR", "bakeTimeInMinutes": bake, "linearConfiguration": step}
    step = {"canaryPercent": float(strategy.steps[0]), "canaryBakeTimeInMinutes": bake}
    return {"strategy": "CANARY", "bakeTimeInMinutes": bake, "canaryConfiguration": step}


def minutes(seconds: float) -> int:
    """Whole minutes, as ECS counts."""
    return min(LONGEST_BAKE, math.ceil(seconds / 60))


def _balanced(part: Workload, strategy: Strategy, place: Place) -> Json:
    ground = place.ground
    made: Json = {
        "targetGroupArn": ground.blue,
        "containerName": part.process,
        "containerPort": part.inner_port,
    }
    if strategy.kind == "rolling":
        return made
    return made | {
        "advancedConfiguration": {
            "alternateTargetGroupArn": ground.green,
            "productionListenerRule": ground.rule,
            "roleArn": ground.balancing_role,
            **({"testListenerRule": ground.test_rule} if ground.test_rule else {}),
        }
    }
