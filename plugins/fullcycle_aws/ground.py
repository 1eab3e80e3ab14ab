"""Ground: what was provisioned for an environment, read from its stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError

from .faults import code, message, translated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_cloudformation.type_defs import StackTypeDef

    from .clients import Clients
    from .names import Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What services and tasks of an environment stand on."""

    url: str
    """Where users reach the application."""
    cluster: str
    """Its name."""
    vpc: str
    subnets: tuple[str, ...]
    """Where tasks run."""
    security_group: str
    """Of tasks."""
    load_balancer: str
    """ARN."""
    blue: str
    """ARN of the target group that requests are forwarded to at first."""
    green: str
    """ARN of the other one."""
    rule: str
    """ARN of the listener rule for production traffic."""
    test_rule: str
    """ARN of the listener rule for test traffic; empty on an adopted load balancer."""
    execution_role: str
    """ARN of the role with which ECS fetches images and secrets and writes logs."""
    task_role: str
    """ARN of the role of the application itself."""
    balancing_role: str
    """ARN of the role with which ECS moves requests between blue and green."""
    log_group: str
    """Its name."""
    alarms: tuple[str, ...] = ()
    """Names of the alarms that a deployment watches."""


def ground(clients: Clients, names: Names) -> Ground:
    """What was provisioned.

    Raises:
        UsageError: nothing was, or not all of it.
    """
    found = standing(clients, names)
    if found is None:
        raise UsageError(
            f"nothing is provisioned for {names.environment!r} on AWS",
            hint=f"invoke deploy.provision --env {names.environment}",
        )
    return found


def standing(clients: Clients, names: Names) -> Ground | None:
    """What was provisioned, if it was."""
    stack = described(clients, names.stack)
    outputs = stack.get("Outputs", []) if stack else []
    return _read({each["OutputKey"]: each["OutputValue"] for each in outputs}) if outputs else None


def described(clients: Clients, stack: str) -> StackTypeDef | None:
    """A stack as CloudFormation knows it; None when there is none."""
    with translated(f"looking at the stack {stack}"):
        try:
            found = clients.cloudformation.describe_stacks(StackName=stack)["Stacks"]
        except clients.cloudformation.exceptions.ClientError as error:
            if code(error) == "ValidationError" and "does not exist" in message(error):
                return None
            raise
    return next((each for each in found if each["StackStatus"] != "DELETE_COMPLETE"), None)


def _read(outputs: Mapping[str, str]) -> Ground:
    return Ground(
        url=outputs["Url"],
        cluster=outputs["Cluster"],
        vpc=outputs["Vpc"],
        subnets=tuple(outputs["Subnets"].split(",")),
        security_group=outputs["SecurityGroup"],
        load_balancer=outputs["LoadBalancer"],
        blue=outputs["Blue"],
        green=outputs["Green"],
        rule=outputs["Rule"],
        test_rule=outputs.get("TestRule", ""),
        execution_role=outputs["ExecutionRole"],
        task_role=outputs["TaskRole"],
        balancing_role=outputs["BalancingRole"],
        log_group=outputs["LogGroup"],
        alarms=tuple(filter(None, outputs.get("Alarms", "").split(","))),
    )
