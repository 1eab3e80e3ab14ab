"""Roles: who may do what, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fullcycle_aws.secret import Secret

from .parts import Resources, att, ref, resource, sub

if TYPE_CHECKING:
    from .site import Site

_TASKS = "ecs-tasks"
_EXEC = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
"""What ECS Exec needs (Amazon ECS developer guide, "Task IAM role")."""


def roles(site: Site) -> Resources:
    """ECS' own role, the application's, and the one that moves requests."""
    return {
        "ExecutionRole": _role(site, "execution", _TASKS, _execution(site)),
        "TaskRole": _role(
            site, "task", _TASKS, _task(site), ManagedPolicyArns=[*site.options.task_policies]
        ),
        "BalancingRole": _role(site, "balancing", "ecs", _balancing(site)),
    }


def _role(
    site: Site, purpose: str, service: str, statements: list[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    trust: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    if service == _TASKS:  # ECS doesn't promise to name the account when it acts for itself
        trust["Condition"] = {"StringEquals": {"aws:SourceAccount": ref("AWS::AccountId")}}
    policies = [{"PolicyName": purpose, "PolicyDocument": _document(statements)}]
    return resource(
        "IAM::Role",
        {
            "RoleName": site.names.role(purpose, site.region),
            "AssumeRolePolicyDocument": _document([trust]),
            **({"Policies": policies} if statements else {}),
            **{name: value for name, value in more.items() if value},
        },
    )


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(actions: tuple[str, ...], resources: list[Any]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resources}


def _execution(site: Site) -> list[dict[str, Any]]:
    repository = f"${{AWS::AccountId}}:repository/{site.names.repository}"
    images = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
    return [
        _allow(("ecr:GetAuthorizationToken",), ["*"]),
        _allow(
            tuple(f"ecr:{each}" for each in images),
            [sub(f"arn:${{AWS::Partition}}:ecr:${{AWS::Region}}:{repository}")],
        ),
        _allow(("logs:CreateLogStream", "logs:PutLogEvents"), [att("Logs", "Arn")]),
        *_secrets(site),
    ]


def _secrets(site: Site) -> list[dict[str, Any]]:
    found = [Secret.of(each) for each in site.options.secrets.values()]
    parameters = [each.pattern(site.region, site.account) for each in found if each.parameter]
    others = [each.pattern(site.region, site.account) for each in found if not each.parameter]
    return [
        *([_allow(("ssm:GetParameters",), sorted(set(parameters)))] if parameters else []),
        *([_allow(("secretsmanager:GetSecretValue",), sorted(set(others)))] if others else []),
    ]


def _task(site: Site) -> list[dict[str, Any]]:
    return [_allow(_EXEC, ["*"])] if site.options.exec else []


def _balancing(site: Site) -> list[dict[str, Any]]:
    """As AWS' AmazonECSInfrastructureRolePolicyForLoadBalancers, for what is ours only."""
    prefix = "elasticloadbalancing:"
    describe = ("Listeners", "Rules", "TargetGroups", "TargetHealth")
    register = ("RegisterTargets", "DeregisterTargets")
    rules = [ref("Rule")] if site.balancer else [ref("Rule"), ref("TestRule")]
    return [
        _allow(tuple(f"{prefix}Describe{each}" for each in describe), ["*"]),
        _allow(tuple(prefix + each for each in register), [ref("Blue"), ref("Green")]),
        _allow((prefix + "ModifyRule",), rules),
    ]
