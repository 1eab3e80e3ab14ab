"""What ECS is sent: rendered as a template for cfn-lint, and held against the SDK's model."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.validate import ParamValidator
from cfnlint.api import lint_all

from fullcycle.errors import UsageError
from fullcycle.model import (
    Deployment,
    DeploymentStatus,
    HealthCheck,
    HealthKind,
    Process,
    Release,
    Resources,
    Workload,
    parts,
)
from fullcycle.providers import Strategy
from fullcycle_aws.ecs.definition import Place, definition, essence, labels, once
from fullcycle_aws.ecs.service import created
from fullcycle_aws.ground import Ground
from fullcycle_aws.names import Names
from fullcycle_aws.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2026, 1, 2, tzinfo=UTC)
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/shop"
GROUP = f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}:targetgroup/blue/0123456789abcdef"
RULE = (
    f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}:listener-rule/app/shop/0123456789abcdef"
    "/0123456789abcdef/0123456789abcdef"
)
PLACE = Place(
    names=Names("shop", "production"),
    options=Options(secrets={"KEY": "/shop/key", "PASSWORD": "secretsmanager:shop/db:password"}),
    ground=Ground(
        url="https://shop.example.com",
        cluster="shop-production",
        vpc="vpc-0123456789abcdef0",
        subnets=("subnet-0123456789abcdef0", "subnet-0123456789abcdef1"),
        security_group="sg-0123456789abcdef0",
        load_balancer="arn",
        blue=GROUP,
        green=GROUP.replace("blue", "green"),
        rule=RULE,
        test_rule=RULE,
        execution_role=ROLE,
        task_role=ROLE,
        balancing_role=ROLE,
        log_group="/fullcycle/shop/production",
        alarms=("shop-production-5xx",),
    ),
    region="eu-west-1",
    account=ACCOUNT,
)
RELEASE = Release(
    app="shop",
    version="1.2.0",
    digest=f"sha256:{'1' * 64}",
    kind="image",
    registry=f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/shop@sha256:{'2' * 64}",
    revision="0" * 40,
    created=AT,
    released_by="ada@laptop",
)
WORKLOAD = Workload(
    release=RELEASE,
    command="gunicorn shop --bind 0.0.0.0:{port}",
    env={"COLOUR": "green"},
    secrets=("KEY", "PASSWORD"),
    replicas=3,
    listen=8000,
    user="1000:1000",
    resources=Resources(cpus=0.5, memory=2**30),
    processes=(
        Process(
            name="worker",
            command="celery | tee log",
            health=HealthCheck(kind=HealthKind.COMMAND, command="celery status"),
        ),
    ),
)
STRATEGIES = (
    Strategy(),
    Strategy(kind="blue-green", pause=300),
    Strategy(kind="canary", steps=(5, 50), pause=600),
    Strategy(kind="linear", step=20, pause=60),
)


def deployment(workload: Workload = WORKLOAD) -> Deployment:
    return Deployment(
        id="20260102-000000-0000",
        app="shop",
        environment="production",
        workload=workload,
        strategy="rolling",
        status=DeploymentStatus.RUNNING,
        started=AT,
        by="ada@laptop",
    )


def web(**changes: Any) -> dict[str, Any]:
    """The task definition of a workload that differs."""
    workload = replace(WORKLOAD, **changes)
    return definition(parts(workload)[0], deployment(workload), PLACE)


def test_cfn_lint_finds_nothing_in_what_is_sent() -> None:
    definition_ = f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/shop:1"
    resources: dict[str, Any] = {}
    for part in parts(WORKLOAD):
        name = part.process.title()
        resources[f"{name}Tasks"] = resource(
            "TaskDefinition", definition(part, deployment(), PLACE)
        )
        for strategy in STRATEGIES:
            sent = created(part, definition_, strategy, PLACE)
            kind = strategy.kind.replace("-", "").title()
            resources[f"{name}{kind}Service"] = resource("Service", sent)
    text = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})
    found = [each for each in lint_all(text) if not each.rule.id.startswith("I")]
    assert [str(each) for each in found] == []


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda each: each.kind)
def test_the_sdks_model_has_all_that_is_sent_enums_included(strategy: Strategy) -> None:
    for part in parts(WORKLOAD):
        assert troubles("RegisterTaskDefinition", definition(part, deployment(), PLACE)) == []
        assert troubles("RegisterTaskDefinition", once(part, "date", PLACE)) == []
        assert troubles("CreateService", created(part, "a:1", strategy, PLACE)) == []


def test_an_enum_that_does_not_exist_is_found() -> None:
    sent = created(parts(WORKLOAD)[0], "a:1", Strategy(), PLACE)
    sent["deploymentConfiguration"]["strategy"] = "SIDEWAYS"
    assert troubles("CreateService", sent) == [
        "SIDEWAYS is none of ROLLING, BLUE_GREEN, LINEAR, CANARY"
    ]


def test_only_what_makes_a_task_another_makes_another_essence() -> None:
    mark = labels(web())["fullcycle.essence"]
    assert labels(web(replicas=9, drain=1.0))["fullcycle.essence"] == mark
    assert labels(web(env={"COLOUR": "blue"}))["fullcycle.essence"] != mark
    assert essence(web()) != mark


def test_secrets_are_named_and_never_sent() -> None:
    [container] = web()["containerDefinitions"]
    assert {each["name"]: each["valueFrom"] for each in container["secrets"]} == {
        "KEY": f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/shop/key",
        "PASSWORD": f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:shop/db:password::",
    }


def test_a_shell_is_only_there_where_it_is_needed() -> None:
    [plain] = web()["containerDefinitions"]
    assert plain["command"] == ["gunicorn", "shop", "--bind", "0.0.0.0:8000"]
    [piped] = web(command="a | b {port}")["containerDefinitions"]
    assert piped["command"] == ["sh", "-c", "a | b 8000"]
    [own] = web(command="")["containerDefinitions"]
    assert "command" not in own
    assert "entryPoint" not in own


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"volumes": ("data:/data",)}, "data:/data"),
        ({"networks": ("backend",)}, "backend"),
        ({"secrets": ("UNKNOWN",)}, "UNKNOWN"),
        ({"resources": Resources(cpus=64)}, "64 cores"),
        ({"release": replace(RELEASE, registry="engine://shop")}, "no registry"),
    ],
)
def test_what_fargate_does_not_have_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        web(**changes)
    assert refused.value.hint


def resource(kind: str, sent: dict[str, Any]) -> dict[str, Any]:
    """What is sent as CloudFormation has it: the same in capitals."""
    return {"Type": f"AWS::ECS::{kind}", "Properties": capitals(sent)}


def capitals(sent: Any, *, keep: bool = False) -> Any:
    if isinstance(sent, dict):
        return {
            key if keep else key[0].upper() + key[1:]: capitals(
                value, keep=key in {"dockerLabels", "options"}
            )
            for key, value in sent.items()
        }
    return [capitals(each) for each in sent] if isinstance(sent, list) else sent


def troubles(operation: str, sent: dict[str, Any]) -> list[str]:
    """What the SDK's model says of a request, with the enums that the SDK itself lets pass."""
    client = boto3.Session().client("ecs", region_name="eu-west-1")
    shape: Any = client.meta.service_model.operation_model(operation).input_shape
    report = ParamValidator().validate(sent, shape)
    found = [report.generate_report()] if report.has_errors() else []
    return [*found, *strange(sent, shape)]


def strange(sent: Any, shape: Any) -> Iterator[str]:
    if shape.type_name == "structure":
        for name, value in sent.items():
            yield from strange(value, shape.members[name])
    elif shape.type_name == "list":
        for value in sent:
            yield from strange(value, shape.member)
    elif getattr(shape, "enum", None) and sent not in shape.enum:
        yield f"{sent} is none of {', '.join(shape.enum)}"
