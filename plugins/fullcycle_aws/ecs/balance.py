"""Balance: how the load balancer asks tasks for their health, and which target group is served."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fullcycle.model import HealthKind
from fullcycle_aws.faults import translated

if TYPE_CHECKING:
    from fullcycle.model import HealthCheck, Workload
    from fullcycle_aws.clients import Clients
    from fullcycle_aws.ground import Ground

INTERVAL = (5, 300)
"""Seconds between two checks that the load balancer can be told."""
TIMEOUT = (2, 120)
HEALTHY = 2
"""Good answers in a row that a new task needs (the least there is)."""
UNHEALTHY = 2
LONGEST_DRAIN = 3600
GOOD, ANY_ANSWER = "200-399", "200-499"
"""Answers that count as healthy; any at all, where only a connection is asked for."""


class Balance:
    """The two target groups of an environment."""

    def __init__(self, clients: Clients, ground: Ground) -> None:
        self._clients = clients
        self._ground = ground

    @property
    def serving(self) -> str:
        """The ARN of the target group that gets the requests: ECS switches them."""
        elb, ground = self._clients.elb, self._ground
        with translated("looking at the listener rule"):
            actions = elb.describe_rules(RuleArns=[ground.rule])["Rules"][0]["Actions"]
        forward = next((each for each in actions if each["Type"] == "forward"), None)
        if forward is None:
            return ground.blue
        groups = forward.get("ForwardConfig", {}).get("TargetGroups", [])
        weights = {each["TargetGroupArn"]: each.get("Weight", 0) for each in groups}
        found = max(weights, key=lambda arn: weights[arn], default="")
        return found or forward.get("TargetGroupArn", "") or ground.blue

    @property
    def waiting(self) -> str:
        """The ARN of the other one."""
        return self._ground.green if self.serving == self._ground.blue else self._ground.blue

    def asks(self, group: str) -> str:
        """The path that a target group asks tasks for."""
        with translated("looking at a target group"):
            found = self._clients.elb.describe_target_groups(TargetGroupArns=[group])
        return found["TargetGroups"][0].get("HealthCheckPath", "")

    def expect(self, workload: Workload, groups: list[str]) -> None:
        """Have target groups ask for health as the workload says, and drain as long."""
        health, elb = workload.health, self._clients.elb
        drain = min(LONGEST_DRAIN, math.ceil(workload.drain))
        interval, timeout = _times(health)
        for arn in groups:
            with translated("setting the load balancer's health check"):
                elb.modify_target_group(
                    TargetGroupArn=arn,
                    HealthCheckPath=asked(health),
                    HealthCheckIntervalSeconds=interval,
                    HealthCheckTimeoutSeconds=timeout,
                    HealthyThresholdCount=HEALTHY,
                    UnhealthyThresholdCount=UNHEALTHY,
                    Matcher={"HttpCode": GOOD if health.kind is HealthKind.HTTP else ANY_ANSWER},
                )
                elb.modify_target_group_attributes(
                    TargetGroupArn=arn,
                    Attributes=[
                        {"Key": "deregistration_delay.timeout_seconds", "Value": str(drain)}
                    ],
                )


def asked(health: HealthCheck) -> str:
    """The path that the load balancer asks for."""
    return health.path if health.kind is HealthKind.HTTP else "/"


def _times(health: HealthCheck) -> tuple[int, int]:
    """Interval and timeout, of which the load balancer wants the latter to be the shorter."""
    timeout = max(TIMEOUT[0], min(TIMEOUT[1], math.ceil(health.timeout)))
    interval = max(INTERVAL[0], min(INTERVAL[1], math.ceil(health.interval)), timeout + 1)
    return interval, min(timeout, interval - 1)
