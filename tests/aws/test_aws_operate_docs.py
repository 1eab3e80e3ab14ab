"""Every command of the page about operating on AWS does what the page says."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from aws_bed.account import Account
from aws_bed.fixtures import used
from aws_bed.stacks import stacked
from docs_reader import DOCS, Reader
from fullcycle_aws.clients import Clients
from fullcycle_aws.names import Names
from fullcycle_aws.options import Options

if TYPE_CHECKING:
    from pathlib import Path

    from aws_bed.emulator import Emulator

NAMES = Names("shop", "production")


@pytest.fixture
def environ(moto: Emulator, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables of an account where the page's application was deployed, as far as it goes.

    It is moto's: ministack cannot tell of rules whose pages are HTML.
    """
    made = Account("123456789012", moto)
    used(made, monkeypatch)
    clients = Clients(Options())
    provisioned(clients)
    serving(clients)
    wrote(clients, "order 1 of two apples")
    return made.environ()


def provisioned(clients: Clients) -> None:
    """A load balancer with a rule, and what a stack says of it."""
    elb = clients.elb
    subnets = [each["SubnetId"] for each in clients.ec2.describe_subnets()["Subnets"]]
    balancer = elb.create_load_balancer(Name="shop-production", Subnets=subnets)
    arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    answer = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": "apples"}
    action = {"Type": "fixed-response", "FixedResponseConfig": answer}
    listener = elb.create_listener(
        LoadBalancerArn=arn,
        Port=80,
        Protocol="HTTP",
        DefaultActions=[action],  # type: ignore[list-item]
    )["Listeners"][0]["ListenerArn"]
    rule = elb.create_rule(
        ListenerArn=listener,
        Priority=101,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}],
        Actions=[action],  # type: ignore[list-item]
    )["Rules"][0]["RuleArn"]
    stacked(clients, NAMES, LoadBalancer=arn, Rule=rule)


def wrote(clients: Clients, text: str) -> None:
    """A line of a task."""
    place: Any = {"logGroupName": NAMES.log_group, "logStreamName": "web/web/a1"}
    clients.logs.create_log_group(logGroupName=NAMES.log_group)
    clients.logs.create_log_stream(**place)
    now = int(datetime.now(UTC).timestamp() * 1000)
    clients.logs.put_log_events(**place, logEvents=[{"timestamp": now, "message": text}])


def serving(clients: Clients) -> None:
    """A service that can be scaled."""
    family = NAMES.service("web")
    clients.ecs.create_cluster(clusterName=NAMES.cluster)
    clients.ecs.register_task_definition(
        family=family, containerDefinitions=[{"name": "web", "image": "shop", "memory": 128}]
    )
    clients.ecs.create_service(
        cluster=NAMES.cluster, serviceName=family, taskDefinition=family, desiredCount=2
    )


def test_the_commands_of_the_page_work(tmp_path: Path, environ: dict[str, str]) -> None:
    reader = Reader(tmp_path, {"8000": "8000"})
    reader.run("git init -q .")
    told = " ".join(f"{name}={shlex.quote(value)}" for name, value in environ.items())
    reader.run(f"export {told}")
    reader.write("tasks.py", "from fullcycle import ns\n")
    reader.follow((DOCS / "how-to" / "aws-operate.md").read_text(encoding="utf-8"))
