"""What an environment stands on: made, changed, gone on with, and removed; as ministack does it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from fullcycle.errors import OutOfReachError, StepError, UsageError
from fullcycle_aws.clients import Clients
from fullcycle_aws.ground import ground, standing
from fullcycle_aws.infrastructure import AwsInfrastructure
from fullcycle_aws.names import Names
from fullcycle_aws.options import Options
from fullcycle_aws.stack.stack import Stack
from fullcycle_aws.store import Store

if TYPE_CHECKING:
    from aws_bed.account import Account

NAMES = Names("shop", "test")
ELSEWHERE = Names("shop", "staging")
LOGS = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/shop"}}


@pytest.fixture
def clients(account: Account) -> Clients:
    assert account.number
    return Clients(Options())


def infrastructure(
    clients: Clients, names: Names = NAMES, options: Options | None = None
) -> AwsInfrastructure:
    return AwsInfrastructure(clients, names, options or Options())


def provision(made: AwsInfrastructure) -> list[str]:
    return [event.message for event in made.provision()]


def teardown(made: AwsInfrastructure) -> list[str]:
    return [event.message for event in made.teardown()]


def some_stack(clients: Clients) -> Stack:
    return Stack(clients, NAMES.stack, NAMES.tags)


def template(**resources: object) -> dict[str, object]:
    return {"Resources": resources or {"Logs": LOGS}, "Outputs": {}}


def statuses(clients: Clients) -> dict[str, str]:
    found = clients.cloudformation.describe_stacks()["Stacks"]
    return {each["StackName"]: each["StackStatus"] for each in found}


def test_it_is_planned_made_once_changed_and_removed(clients: Clients) -> None:
    made = infrastructure(clients)
    assert "add ECR::Repository Repository" in made.plan()
    assert statuses(clients) == {}

    assert "made ECS::Cluster Cluster" in provision(made)
    assert provision(made) == []
    assert made.plan() == []
    cost = made.monthly_cost()
    assert cost
    assert "tasks on Fargate (1)" in cost.items
    found = ground(clients, NAMES)
    assert found.cluster == "shop-test"
    assert len(found.subnets) == 2
    listeners = clients.elb.describe_listeners(LoadBalancerArn=found.load_balancer)["Listeners"]
    assert sorted(each["Port"] for each in listeners) == [80, 8080]

    longer = infrastructure(clients, options=Options(log_retention=90))
    [change] = [each for each in longer.plan() if "Logs::LogGroup" in each]
    assert change.startswith("change Logs::LogGroup")
    assert "RetentionInDays" in change
    provision(longer)
    [group] = clients.logs.describe_log_groups(logGroupNamePrefix=NAMES.log_group)["logGroups"]
    assert group["retentionInDays"] == 90

    assert "removed ECR::Repository Repository" in teardown(made)
    assert statuses(clients) == {}
    assert standing(clients, NAMES) is None
    assert teardown(made) == []


def test_what_was_changed_by_hand_is_told(clients: Clients) -> None:
    made = infrastructure(clients)
    provision(made)
    clients.logs.put_retention_policy(logGroupName=NAMES.log_group, retentionInDays=1)
    assert made.plan() == ["drift: Logs::LogGroup Logs has RetentionInDays 1, not 30"]


def test_what_environments_share_goes_with_the_last_of_them(clients: Clients) -> None:
    one, other = infrastructure(clients), infrastructure(clients, ELSEWHERE)
    provision(one)
    provision(other)
    stores = [Store(clients, names) for names in (NAMES, ELSEWHERE)]
    for store in stores:
        store.write("lock.json", "{}")
        store.write("deployments/1.json", "{}")

    teardown(one)
    assert set(statuses(clients)) == {NAMES.shared_stack, ELSEWHERE.stack}
    assert list(stores[0].keys("")) == ["lock.json"], "whoever tears down holds the lock"
    assert len(list(stores[1].keys(""))) == 2

    image(clients)
    assert "removed 1 image" in teardown(other)
    assert statuses(clients) == {}
    assert clients.s3.list_buckets()["Buckets"] == []


def image(clients: Clients) -> None:
    manifest = {"schemaVersion": 2, "layers": []}
    clients.ecr.put_image(
        repositoryName=NAMES.repository, imageManifest=json.dumps(manifest), imageTag="1.0.0"
    )


def test_a_failure_tells_the_first_reason_and_the_next_try_starts_anew(clients: Clients) -> None:
    no_balancer = {"LoadBalancerArn": "arn:none", "Port": 80, "Protocol": "HTTP"}
    bad = {
        "Type": "AWS::ElasticLoadBalancingV2::Listener",
        "Properties": {**no_balancer, "DefaultActions": []},
    }
    stack = some_stack(clients)
    with pytest.raises(StepError, match=r"Listener Bad: Load balancer not found") as raised:
        list(stack.apply(template(Bad=bad, Logs={**LOGS, "DependsOn": "Bad"})))
    assert "run the command again" in raised.value.hint

    list(stack.apply(template()))
    assert statuses(clients) == {NAMES.stack: "CREATE_COMPLETE"}


def test_a_change_that_loses_data_is_refused(clients: Clients) -> None:
    stack = some_stack(clients)
    list(stack.apply(template()))
    other = {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "shop"}}
    [line] = [str(each) for each in stack.changes(template(Cluster=other)) if each.loses]
    assert line.startswith("REMOVE Logs::LogGroup")
    assert line.endswith("AND ALL ITS DATA IS LOST")
    with pytest.raises(UsageError, match="would lose data"):
        list(stack.apply(template(Cluster=other)))
    assert clients.logs.describe_log_groups(logGroupNamePrefix="/shop")["logGroups"]


def test_what_a_killed_command_left_is_gone_on_with(clients: Clients) -> None:
    """Killed after it asked for a change set, and after it had it carried out."""
    stack = some_stack(clients)
    kept: Any = [{"Key": key, "Value": value} for key, value in NAMES.tags.items()]
    clients.cloudformation.create_change_set(
        StackName=NAMES.stack,
        TemplateBody=json.dumps(template()),
        ChangeSetName="left",
        ChangeSetType="CREATE",
        Tags=kept,
    )
    list(stack.apply(template()))
    assert statuses(clients) == {NAMES.stack: "CREATE_COMPLETE"}

    more = template(Logs=LOGS, Cluster={"Type": "AWS::ECS::Cluster", "Properties": {}})
    clients.cloudformation.update_stack(
        StackName=NAMES.stack, TemplateBody=json.dumps(more), Tags=kept
    )
    list(stack.apply(more))
    assert statuses(clients) == {NAMES.stack: "UPDATE_COMPLETE"}
    assert stack.changes(more) == []


def test_a_command_that_is_killed_is_gone_on_with(account: Account, clients: Clients) -> None:
    program = (
        "from fullcycle_aws.clients import Clients; from fullcycle_aws.names import Names;"
        "from fullcycle_aws.options import Options;"
        "from fullcycle_aws.infrastructure import AwsInfrastructure as Made\n"
        "for event in Made(Clients(Options()), Names('shop', 'test'), Options()).provision():"
        " print(event.message, flush=True)"
    )
    environ = {**os.environ, **account.environ()}
    with subprocess.Popen(
        [sys.executable, "-c", program], env=environ, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout
        assert running.stdout.readline()
        running.kill()
    made = infrastructure(clients)
    provision(made)
    assert made.plan() == []
    assert set(statuses(clients).values()) <= {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


def test_credentials_that_expire_midway_are_told_and_the_next_try_goes_on(clients: Clients) -> None:
    client: Any = clients.cloudformation

    def expire(request: Any, **_: Any) -> AWSResponse:
        body = b"<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>"
        return Answered(request.url, 403, HTTPHeaders(), io.BytesIO(body))

    client.meta.events.register(
        "after-call.cloudformation.ExecuteChangeSet",
        lambda **_: client.meta.events.register("before-send.cloudformation", expire),
    )
    with pytest.raises(OutOfReachError, match="credentials expired while") as raised:
        provision(infrastructure(clients))
    assert "aws sso login" in raised.value.hint

    renewed = infrastructure(Clients(Options()))
    provision(renewed)
    assert renewed.plan() == []


class Answered(AWSResponse):
    """What a server answered."""

    @property
    def content(self) -> bytes:
        return bytes(self.raw.getvalue())


def test_a_stack_of_somebody_else_is_left_alone(clients: Clients) -> None:
    clients.cloudformation.create_stack(StackName=NAMES.stack, TemplateBody=json.dumps(template()))
    with pytest.raises(UsageError, match="belongs to something else"):
        list(some_stack(clients).apply(template()))


def test_what_the_settings_name_is_adopted(clients: Clients) -> None:
    first = infrastructure(clients)
    provision(first)
    stands = ground(clients, NAMES)
    options = Options(
        cluster=stands.cluster,
        vpc="shop-test",
        subnets=stands.subnets,
        load_balancer=NAMES.load_balancer,
        domain="shop.example.com",
    )
    provision(infrastructure(clients, ELSEWHERE, options))
    found = ground(clients, ELSEWHERE)
    assert (found.cluster, found.vpc, found.load_balancer) == (
        stands.cluster,
        stands.vpc,
        stands.load_balancer,
    )
    assert found.blue != stands.blue
    assert found.url == "http://shop.example.com"
    [rule] = clients.elb.describe_rules(RuleArns=[found.rule])["Rules"]
    assert rule["Conditions"][0]["Field"] == "host-header"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(cluster="none"), "no ECS cluster 'none'"),
        (Options(vpc="none"), "no VPCs are called 'none'"),
        (Options(domain="shop.example.com", zone="example.com"), "no public hosted zone"),
        (Options(account="999999999999"), "of account"),
    ],
)
def test_what_does_not_exist_is_named_before_anything_is_made(
    account: Account, options: Options, said: str
) -> None:
    clients = Clients(Options())
    assert account.number
    with pytest.raises(UsageError, match=said):
        provision(infrastructure(Clients(options), options=options))
    assert NAMES.stack not in statuses(clients)


def test_updating_leaves_the_requests_where_a_deployment_sent_them(clients: Clients) -> None:
    made = infrastructure(clients)
    provision(made)
    stands = ground(clients, NAMES)
    clients.elb.modify_rule(
        RuleArn=stands.rule, Actions=[{"Type": "forward", "TargetGroupArn": stands.green}]
    )
    provision(infrastructure(clients, options=Options(max_cpu=50)))
    [rule] = clients.elb.describe_rules(RuleArns=[stands.rule])["Rules"]
    assert rule["Actions"][0]["TargetGroupArn"] == stands.green
