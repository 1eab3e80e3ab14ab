"""Stacks that have the outputs of real ones, for tests of what only reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fullcycle_aws.clients import Clients
    from fullcycle_aws.names import Names

BALANCING = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:"
OUTPUTS = {
    "Url": "http://shop",
    "Vpc": "vpc-1",
    "Subnets": "subnet-1,subnet-2",
    "SecurityGroup": "sg-1",
    "LoadBalancer": f"{BALANCING}loadbalancer/app/shop/50dc6c495c0c9188",
    "Blue": f"{BALANCING}targetgroup/blue/73e2d6bc24d8a067",
    "Green": f"{BALANCING}targetgroup/green/943f017f100becff",
    "Rule": f"{BALANCING}listener-rule/app/shop/1/2/3",
    "ExecutionRole": "arn:aws:iam::123456789012:role/execution",
    "TaskRole": "arn:aws:iam::123456789012:role/task",
    "BalancingRole": "arn:aws:iam::123456789012:role/balancing",
}


def stacked(clients: Clients, names: Names, **outputs: str) -> None:
    """Make a stack of an environment that consists of its outputs."""
    values = {**OUTPUTS, "Cluster": names.cluster, "LogGroup": names.log_group, **outputs}
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in values.items()},
    }
    clients.cloudformation.create_stack(StackName=names.stack, TemplateBody=json.dumps(template))
