"""Scaling: a policy in the words of Application Auto Scaling. Pure: nothing is asked or changed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fullcycle.errors import UsageError
from fullcycle.model import ScalingPolicy
from fullcycle.scaling.peaks import limits_at, limits_in

from .schedule import begin, ends

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from fullcycle.model import Peak

OURS = "fullcycle-"
"""How the names of what is ours begin."""
PREDEFINED = {
    "cpu": "ECSServiceAverageCPUUtilization",
    "memory": "ECSServiceAverageMemoryUtilization",
}
"""Percent of what the service's tasks may use."""
MINUTE = 60
LOOKS = 3
"""Minutes in a row that answers are slow before there are more replicas; target tracking's own."""
MOST = 100.0
"""Percent."""


@dataclass(frozen=True, slots=True)
class Served:
    """What CloudWatch knows the requests of an application by."""

    load_balancer: str
    """As metrics name it: `app/NAME/ID`."""
    target_groups: tuple[str, ...]
    """The same: `targetgroup/NAME/ID`. Deployments change which one of them is in use."""
    alarms: str
    """How the names of alarms that scale begin."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What has to be in force."""

    target: dict[str, Any]
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By name; each with its PolicyType and configuration."""
    actions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By name; scheduled."""
    alarms: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By the policy that they set off."""
    notes: tuple[str, ...] = ()
    """What of the policy AWS does in its own way."""


def wanted(policy: ScalingPolicy, served: Served, now: datetime) -> Wanted:
    """What the policy comes to.

    Raises:
        UsageError: AWS cannot do what it asks for.
    """
    steps = dict(_steps(policy, served)) if "response" in policy.target else {}
    return Wanted(
        target=_target(policy, now),
        policies={**dict(_tracking(policy, served)), **{n: p for n, (p, _) in steps.items()}},
        actions={name: action for peak in policy.peaks for name, action in _peak(policy, peak)},
        alarms={name: alarm for name, (_, alarm) in steps.items()},
        notes=tuple(_differences(policy)),
    )


def _target(policy: ScalingPolicy, now: datetime) -> dict[str, Any]:
    limits = limits_at(policy, now)
    return {
        "MinCapacity": limits.min,
        "MaxCapacity": limits.max,
        "SuspendedState": {
            "DynamicScalingOutSuspended": policy.up.select == "disabled",
            "DynamicScalingInSuspended": policy.down.select == "disabled",
        },
    }


def _tracking(policy: ScalingPolicy, served: Served) -> Iterator[tuple[str, dict[str, Any]]]:
    for metric, value in policy.target.items():
        if metric == "response":
            continue
        yield (
            f"{OURS}{metric}",
            {
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": {
                    **_metric(metric, value, served),
                    "ScaleOutCooldown": _cooldown(policy.up.stabilisation),
                    "ScaleInCooldown": _cooldown(policy.down.stabilisation),
                },
            },
        )


def _metric(metric: str, value: float, served: Served) -> dict[str, Any]:
    if metric in PREDEFINED:
        if value > MOST:
            raise UsageError(
                f"autoscale: {metric} = {value:g} percent is more than a task on AWS may use",
                hint="the percentage is of the task's own size: at most 100",
            )
        kind = {"PredefinedMetricType": PREDEFINED[metric]}
        return {"TargetValue": float(value), "PredefinedMetricSpecification": kind}
    if metric == "requests":
        counted = _of_groups("RequestCountPerTarget", "Sum", "+", served)
        return {
            "TargetValue": value * MINUTE,
            "CustomizedMetricSpecification": {"Metrics": counted},
        }
    raise UsageError(
        f"autoscale: AWS cannot scale by {metric!r}",
        hint="it can by cpu, memory, requests and response",
    )


def _of_groups(metric: str, stat: str, joined: str, served: Served) -> list[dict[str, Any]]:
    """A figure of whichever target group is in use; ALBRequestCountPerTarget knows but one."""
    found = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/ApplicationELB",
                    "MetricName": metric,
                    "Dimensions": [
                        {"Name": "LoadBalancer", "Value": served.load_balancer},
                        {"Name": "TargetGroup", "Value": group},
                    ],
                },
                "Stat": stat,
            },
            "ReturnData": False,
        }
        for number, group in enumerate(served.target_groups)
    ]
    filled = [f"FILL({each['Id']}, 0)" for each in found]
    expression = " + ".join(filled) if joined == "+" else f"{joined}([{', '.join(filled)}])"
    return [*found, {"Id": "all", "Expression": expression, "ReturnData": True}]


def _steps(
    policy: ScalingPolicy, served: Served
) -> Iterator[tuple[str, tuple[dict[str, Any], dict[str, Any]]]]:
    """Slow answers add replicas. They take some away only where no other metric does.

    Response times do not fall as replicas are added, so target tracking does not fit: the number
    grows by half, and doubles from 1.5 times the target, near to what HPA's formula comes to.
    """
    target = policy.target["response"]
    above = target * (1 + policy.tolerance)
    out = [_step(50, 0.0, target / 2), _step(100, target / 2, None)]
    cooldown = _cooldown(policy.up.stabilisation)
    yield (
        f"{OURS}response-out",
        (
            _stepped("PercentChangeInCapacity", out, cooldown, MinAdjustmentMagnitude=1),
            _alarm(served, "slow", "GreaterThanThreshold", above, LOOKS),
        ),
    )
    if policy.target.keys() == {"response"}:
        cooldown = _cooldown(policy.down.stabilisation)
        looks = math.ceil(cooldown / MINUTE)
        yield (
            f"{OURS}response-in",
            (
                _stepped("ChangeInCapacity", [_step(-1, None, 0.0)], cooldown),
                _alarm(served, "fast", "LessThanThreshold", target / 2, looks),
            ),
        )


def _step(adjustment: int, lower: float | None, upper: float | None) -> dict[str, Any]:
    bounds = {"MetricIntervalLowerBound": lower, "MetricIntervalUpperBound": upper}
    given = {name: value for name, value in bounds.items() if value is not None}
    return {**given, "ScalingAdjustment": adjustment}


def _stepped(
    kind: str, steps: Sequence[Mapping[str, Any]], cooldown: int, **more: Any
) -> dict[str, Any]:
    return {
        "PolicyType": "StepScaling",
        "StepScalingPolicyConfiguration": {
            "AdjustmentType": kind,
            "StepAdjustments": list(steps),
            "Cooldown": cooldown,
            "MetricAggregationType": "Average",
            **more,
        },
    }


def _alarm(
    served: Served, about: str, comparison: str, threshold: float, looks: int
) -> dict[str, Any]:
    metrics = _of_groups("TargetResponseTime", "p95", "MAX", served)
    for each in metrics:
        if "MetricStat" in each:
            each["MetricStat"]["Period"] = MINUTE
    return {
        "AlarmName": f"{served.alarms}{about}",
        "AlarmDescription": "Sets off a scaling policy; nobody has to look.",
        "ComparisonOperator": comparison,
        "Threshold": threshold,
        "EvaluationPeriods": looks,
        "TreatMissingData": "notBreaching",
        "Metrics": metrics,
    }


def _cooldown(stabilisation: float) -> int:
    """Seconds; at least the minute in which CloudWatch measures, or one burst would count twice."""
    return max(MINUTE, round(stabilisation))


def _peak(policy: ScalingPolicy, peak: Peak) -> Iterator[tuple[str, dict[str, Any]]]:
    """Actions by name: what begins the peak, what ends it."""
    during, name = limits_in(policy, [peak]), f"{OURS}peak-{peak.name}"
    yield f"{name}-begin", _action(begin(peak), peak.timezone, during.min, during.max)
    for number, end in enumerate(ends(peak), 1):
        yield f"{name}-end-{number}", _action(end, peak.timezone, policy.min, policy.max)


def _action(schedule: str, timezone: str, least: int, most: int) -> dict[str, Any]:
    return {
        "Schedule": schedule,
        "Timezone": timezone,
        "ScalableTargetAction": {"MinCapacity": least, "MaxCapacity": most},
    }


def _differences(policy: ScalingPolicy) -> Iterator[str]:
    ordinary = ScalingPolicy()
    if policy.tolerance != ordinary.tolerance and policy.target.keys() != {"response"}:
        yield "AWS itself decides what is near enough to a target: `tolerance` is not used"
    if policy.interval != ordinary.interval:
        yield "CloudWatch looks once a minute: `interval` is not used"
    for way, given, usual in (("up", policy.up, ordinary.up), ("down", policy.down, ordinary.down)):
        if given.rates != usual.rates:
            yield f"AWS itself decides how many replicas at once: the rates of `{way}` are not used"
    if len(policy.peaks) > 1:
        yield "where peaks overlap on AWS, what begins or ends last decides the limits"
