"""AwsScaler: the scaling policy as Application Auto Scaling carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from fullcycle.errors import UsageError
from fullcycle.model import WEB

from .faults import code, message, translated
from .ground import ground, standing
from .scaling import OURS, Served, wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from types_boto3_application_autoscaling import ApplicationAutoScalingClient

    from fullcycle.model import ScalingPolicy

    from .clients import Clients
    from .ground import Ground
    from .names import Names
    from .scaling import Wanted

DIMENSION: Final = "ecs:service:DesiredCount"
ALARMS = "scaling-"
"""How the names of alarms that scale begin, behind the environment's own."""
ABSENT = frozenset({"ObjectNotFoundException", "ClusterNotFoundException"})


@dataclass(frozen=True, slots=True)
class InForce:
    """What of ours there is, as AWS tells it; policies, actions and alarms by name."""

    target: Mapping[str, Any] | None
    policies: Mapping[str, Any]
    actions: Mapping[str, Any]
    alarms: Mapping[str, Any]


class AwsScaler:
    """Scales the service that answers requests; other processes keep their number."""

    def __init__(self, clients: Clients, names: Names) -> None:
        self._clients = clients
        self._names = names

    def install(self, policy: ScalingPolicy) -> Sequence[str]:
        """See Scaler.install."""
        place = ground(self._clients, self._names)
        asked = wanted(policy, served(place, self._names), datetime.now(UTC))
        with translated("installing the scaling policy"):
            found = self._read()
            changes = [
                *self._limits(asked, found),
                *self._policies(asked, found),
                *self._actions(asked, found),
                *self._without(found, asked),
            ]
        return [*changes, *asked.notes] if changes else []

    def uninstall(self) -> Sequence[str]:
        """See Scaler.uninstall."""
        with translated("taking the scaling policy away"):
            found = self._read()
            changes = list(self._without(found))
            if found.target:
                self._api.deregister_scalable_target(**self._service)
                changes.append("the number of replicas is not scaled any more")
        return changes

    def installed(self) -> Sequence[str]:
        """See Scaler.installed."""
        with translated("looking at the scaling policy"):
            found = self._read()
        return [
            *([_limits(found.target)] if found.target else []),
            *(f"{name}: {_told(each)}" for name, each in found.policies.items()),
            *(f"{name}: {_when(each)}" for name, each in found.actions.items()),
        ]

    def _limits(self, asked: Wanted, found: InForce) -> Iterator[str]:
        if _covers(found.target, asked.target):
            return
        try:
            self._api.register_scalable_target(**self._service, **asked.target)
        except self._api.exceptions.ClientError as error:
            if code(error) not in ABSENT and "doesn't exist" not in message(error):
                raise
            raise UsageError(
                f"nothing runs in {self._names.environment!r} that could be scaled",
                hint=f"invoke deploy --env {self._names.environment}",
            ) from error
        yield _limits(asked.target)

    def _policies(self, asked: Wanted, found: InForce) -> Iterator[str]:
        for name, policy in asked.policies.items():
            told = found.policies.get(name)
            if not _covers(told, policy):
                told = self._api.put_scaling_policy(PolicyName=name, **self._service, **policy)
                yield f"{name}: {_told(policy)}"
            if told and name in asked.alarms:
                alarm = {**asked.alarms[name], "AlarmActions": [told["PolicyARN"]]}
                if not _covers(found.alarms.get(alarm["AlarmName"]), alarm):
                    self._clients.cloudwatch.put_metric_alarm(**alarm)
                    yield f"alarm {alarm['AlarmName']} sets off {name}"

    def _actions(self, asked: Wanted, found: InForce) -> Iterator[str]:
        for name, action in asked.actions.items():
            if not _covers(found.actions.get(name), action):
                self._api.put_scheduled_action(ScheduledActionName=name, **self._service, **action)
                yield f"{name}: {_when(action)}"

    def _without(self, found: InForce, but: Wanted | None = None) -> Iterator[str]:
        """Delete what is ours, but for what is wanted."""
        policies, actions, alarms = (but.policies, but.actions, but.alarms) if but else ({}, {}, {})
        for name in found.policies.keys() - policies.keys():
            self._api.delete_scaling_policy(PolicyName=name, **self._service)
            yield f"{name} is gone"
        for name in found.actions.keys() - actions.keys():
            self._api.delete_scheduled_action(ScheduledActionName=name, **self._service)
            yield f"{name} is gone"
        left = {each["AlarmName"] for each in alarms.values()}
        if gone := sorted(found.alarms.keys() - left):
            self._clients.cloudwatch.delete_alarms(AlarmNames=gone)

    def _read(self) -> InForce:
        where = {key: self._service[key] for key in ("ServiceNamespace", "ResourceId")}
        policies = self._api.get_paginator("describe_scaling_policies").paginate(**where)
        actions = self._api.get_paginator("describe_scheduled_actions").paginate(**where)
        alarms = self._clients.cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmNamePrefix=self._names.alarm(ALARMS), AlarmTypes=["MetricAlarm"]
        )
        return InForce(
            target=self._target(),
            policies=_ours(policies, "ScalingPolicies", "PolicyName"),
            actions=_ours(actions, "ScheduledActions", "ScheduledActionName"),
            alarms=_named(alarms, "MetricAlarms", "AlarmName"),
        )

    def _target(self) -> Mapping[str, Any] | None:
        found = self._api.describe_scalable_targets(
            ServiceNamespace="ecs",
            ResourceIds=[self._service["ResourceId"]],
            ScalableDimension=DIMENSION,
        )["ScalableTargets"]
        return found[0] if found else None

    @property
    def _api(self) -> ApplicationAutoScalingClient:
        return self._clients.autoscaling

    @cached_property
    def _service(self) -> Any:
        """What is scaled, as every request names it."""
        place = standing(self._clients, self._names)
        cluster = place.cluster if place else self._names.cluster
        return {
            "ServiceNamespace": "ecs",
            "ResourceId": f"service/{cluster}/{self._names.service(WEB)}",
            "ScalableDimension": DIMENSION,
        }


def served(place: Ground, names: Names) -> Served:
    """What CloudWatch knows the requests of the environment's application by."""
    return Served(
        load_balancer=place.load_balancer.partition("loadbalancer/")[2],
        target_groups=tuple(arn.rpartition(":")[2] for arn in (place.blue, place.green)),
        alarms=names.alarm(ALARMS),
    )


def _covers(told: Any, asked: Any) -> bool:
    """Whether what AWS tells has all that is asked for; it adds defaults, and orders lists anew."""
    if isinstance(asked, dict):
        return isinstance(told, dict) and all(_covers(told.get(k), v) for k, v in asked.items())
    if isinstance(asked, list):
        return (
            isinstance(told, list)
            and len(told) == len(asked)
            and all(any(_covers(one, each) for one in told) for each in asked)
        )
    return bool(told == asked)


def _named(pages: Iterable[Any], things: str, name: str) -> dict[str, Any]:
    return {each[name]: each for page in pages for each in page[things]}


def _ours(pages: Iterable[Any], things: str, name: str) -> dict[str, Any]:
    found = _named(pages, things, name)
    return {each: found[each] for each in found if each.startswith(OURS)}


def _limits(target: Mapping[str, Any]) -> str:
    return f"{target['MinCapacity']} to {target['MaxCapacity']} replicas"


def _told(policy: Mapping[str, Any]) -> str:
    """What a policy does, for people."""
    tracking = policy.get("TargetTrackingScalingPolicyConfiguration")
    if tracking:
        metric = tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
        return f"{metric or 'requests a minute and target'} is kept at {tracking['TargetValue']:g}"
    steps = policy["StepScalingPolicyConfiguration"]
    unit = " %" if steps["AdjustmentType"] == "PercentChangeInCapacity" else ""
    changes = [f"{each['ScalingAdjustment']:+d}{unit}" for each in steps["StepAdjustments"]]
    return f"{' or '.join(changes)} replicas"


def _when(action: Mapping[str, Any]) -> str:
    target = _limits(action["ScalableTargetAction"])
    return f"{action['Schedule']} {action.get('Timezone', 'UTC')}: {target}"
