"""The policies in the docs allow what each kind of work needs, and nothing beside; IAM decides."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore import xform_name
from cfnlint.api import lint_all

import fullcycle_aws
from aws_bed.account import account
from aws_bed.emulator import REGION
from fullcycle.errors import StepError
from fullcycle_aws.clients import Clients
from fullcycle_aws.faults import translated
from fullcycle_aws.ground import ground
from fullcycle_aws.infrastructure import AwsInfrastructure
from fullcycle_aws.lock import S3Lock
from fullcycle_aws.maintenance import AwsMaintenance
from fullcycle_aws.names import Names
from fullcycle_aws.options import Options
from fullcycle_aws.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_bed.account import Account
    from aws_bed.emulator import Emulator

DOCS = Path(__file__).parents[2] / "docs" / "aws-policies"
KINDS = ("read-only", "deploy", "provision")
NAMES = Names("shop", "test")
SERVICES = {
    **{
        name: name
        for name in (
            *("application-autoscaling", "cloudformation", "cloudwatch", "ec2", "ecr", "ecs"),
            *("iam", "logs", "route53", "s3", "secretsmanager", "ssm", "sts"),
        )
    },
    "elbv2": "elasticloadbalancing",
}
"""Services by their names in the SDK, and in actions."""
RENAMED = {
    "ListObjectsV2": "ListBucket",
    "DeleteObjects": "DeleteObject",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
"""Operations of S3 whose actions have other names."""
WHOLE = 6144
"""Characters that a managed policy may have."""


def policy(kind: str, number: str = "123456789012") -> str:
    """As somebody who follows the docs writes it."""
    text = (DOCS / f"{kind}.json").read_text(encoding="utf-8")
    for name, value in (("ACCOUNT", number), ("REGION", REGION), ("APP", NAMES.app)):
        text = text.replace(name, value)
    return json.dumps(json.loads(text), separators=(",", ":"))


def for_ministack(written: str) -> str:
    """It asks for the cluster where AWS asks for a service in it, and for no family and no rule."""
    document = json.loads(written)
    for each in document["Statement"]:
        if {"ecs:RegisterTaskDefinition", "elasticloadbalancing:DeleteRule"} & {*each["Action"]}:
            each["Resource"] = "*"
        elif "ecs:CreateService" in each["Action"]:
            each["Resource"] = each["Resource"].replace(":service/*/", ":cluster/")
    return json.dumps(document)


@pytest.fixture
def guarded(guarded_ministack: Emulator, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account whose IAM is enforced; the SDK acts as its root."""
    made = account(guarded_ministack)
    for name, value in made.environ().items():
        monkeypatch.setenv(name, value)
    clients = Clients(Options())  # its own buckets want TLS, which the emulator does not speak
    clients.s3.create_bucket(
        Bucket=NAMES.bucket(made.number, REGION),
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
    )
    return made


@pytest.fixture
def become(guarded: Account, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Clients]:
    """Act as a user who may do only what a policy allows."""
    iam = Clients(Options()).iam

    def becoming(kind: str) -> Clients:
        iam.create_user(UserName=kind)
        iam.put_user_policy(
            UserName=kind,
            PolicyName=kind,
            PolicyDocument=for_ministack(policy(kind, guarded.number)),
        )
        key = iam.create_access_key(UserName=kind)["AccessKey"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        return Clients(Options(account=guarded.number))

    return becoming


@pytest.fixture
def provisioned(guarded: Account) -> None:
    """An environment, made by the account's root, with a lock that was held before."""
    assert guarded.number
    clients = Clients(Options())
    list(AwsInfrastructure(clients, NAMES, Options()).provision())
    clients.ecs.create_cluster(clusterName="other")
    S3Lock(Store(clients, NAMES), "test").acquire("root", 0.001)


def denied(action: str, call: Callable[[], object]) -> None:
    with pytest.raises(StepError, match=f"may not do {action} while"), translated("trying"):
        call()


def definition(clients: Clients, stands: Any, family: str) -> str:
    made = clients.ecs.register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=stands.execution_role,
        taskRoleArn=stands.task_role,
        containerDefinitions=[{"name": "web", "image": "none"}],
    )
    return made["taskDefinition"]["taskDefinitionArn"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_action_exists_and_the_policy_fits(kind: str) -> None:
    found = json.loads(policy(kind))
    assert len(policy(kind)) <= WHOLE
    assert linted(found) == []
    assert all(each["Effect"] == "Allow" for each in found["Statement"])
    assert not [action for each in found["Statement"] for action in each["Action"] if "*" in action]


def test_every_request_of_the_provider_is_allowed_by_some_policy() -> None:
    allowed = {
        action
        for kind in KINDS
        for each in json.loads(policy(kind))["Statement"]
        for action in each["Action"]
    }
    needed = requests()
    assert len(needed) > 50
    lacking = {name: named for name, named in needed.items() if not named & allowed}
    assert set(lacking) == {"get_caller_identity"}, "which nobody can be refused"


def test_the_linter_would_find_an_action_that_does_not_exist() -> None:
    found = json.loads(policy("deploy"))
    found["Statement"][0]["Action"] = ["ecs:DeployService"]
    assert "deployservice" in "".join(linted(found)).lower()


def test_who_provisions_may_provision_and_tear_down_and_not_deploy(
    become: Callable[[str], Clients],
) -> None:
    clients = become("provision")
    lock = S3Lock(Store(clients, NAMES), "test")
    lock.acquire("me", 60)
    made = AwsInfrastructure(clients, NAMES, Options())
    list(made.provision())
    assert made.plan() == []
    denied("ecs:RegisterTaskDefinition", lambda: definition(clients, ground(clients, NAMES), "x"))
    denied("iam:CreateUser", lambda: clients.iam.create_user(UserName="me"))
    denied(
        "cloudformation:DeleteStack",
        lambda: clients.cloudformation.delete_stack(StackName="another"),
    )
    list(made.teardown())
    lock.release("me")


@pytest.mark.usefixtures("provisioned")
def test_who_deploys_may_deploy_and_not_provision(become: Callable[[str], Clients]) -> None:
    clients = become("deploy")
    stands = ground(clients, NAMES)
    lock = S3Lock(Store(clients, NAMES), "test")
    lock.acquire("me", 60)
    web = definition(clients, stands, NAMES.service("web"))
    clients.ecs.create_service(
        cluster=stands.cluster,
        serviceName=NAMES.service("web"),
        taskDefinition=web,
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": [*stands.subnets]}},
    )
    clients.ecs.update_service(cluster=stands.cluster, service=NAMES.service("web"), desiredCount=0)
    clients.elb.modify_target_group(TargetGroupArn=stands.blue, HealthCheckPath="/healthz")
    maintenance = AwsMaintenance(clients, NAMES)
    maintenance.begin("<h1>back soon</h1>")
    maintenance.end()
    clients.ecr.get_authorization_token()
    clients.ecr.put_image(
        repositoryName=NAMES.repository, imageManifest='{"schemaVersion":2}', imageTag="1.0.0"
    )
    clients.ecs.delete_service(cluster=stands.cluster, service=NAMES.service("web"), force=True)
    lock.release("me")

    denied(
        "cloudformation:DeleteStack",
        lambda: clients.cloudformation.delete_stack(StackName=NAMES.stack),
    )
    denied("ecs:DeleteCluster", lambda: clients.ecs.delete_cluster(cluster=stands.cluster))
    denied("ecr:DeleteRepository", lambda: clients.ecr.delete_repository(repositoryName="shop"))
    denied(
        "ecs:CreateService",
        lambda: clients.ecs.create_service(cluster="other", serviceName="bank-web"),
    )
    denied(
        "s3:DeleteBucket",
        lambda: clients.s3.delete_bucket(Bucket=NAMES.bucket(clients.account, REGION)),
    )


@pytest.mark.usefixtures("provisioned")
def test_who_reads_may_read_and_change_nothing(become: Callable[[str], Clients]) -> None:
    clients = become("read-only")
    stands = ground(clients, NAMES)
    assert S3Lock(Store(clients, NAMES), "test").holder() is None
    assert not AwsMaintenance(clients, NAMES).active()
    clients.ecs.list_services(cluster=stands.cluster)
    clients.logs.filter_log_events(logGroupName=stands.log_group)
    clients.cloudwatch.describe_alarms(AlarmNames=[*stands.alarms])
    clients.ecr.describe_images(repositoryName=NAMES.repository)

    denied(
        "ecs:UpdateService",
        lambda: clients.ecs.update_service(cluster=stands.cluster, service=NAMES.service("web")),
    )
    denied("s3:PutObject", lambda: Store(clients, NAMES).write("lock.json", "{}"))
    denied(
        "cloudformation:CreateChangeSet",
        lambda: AwsInfrastructure(clients, NAMES, Options()).plan(),
    )
    denied(
        "logs:FilterLogEvents",
        lambda: clients.logs.filter_log_events(logGroupName="/fullcycle/bank/test"),
    )


def requests() -> dict[str, set[str]]:
    """What the provider's code calls of the SDK, with the actions that it may be."""
    session = botocore.session.get_session()
    known: dict[str, set[str]] = {}
    for service, prefix in SERVICES.items():
        for operation in session.get_service_model(service).operation_names:
            action = f"{prefix}:{RENAMED.get(operation, operation)}"
            known.setdefault(xform_name(operation), set()).add(action)
    nodes = [
        node
        for file in Path(fullcycle_aws.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    ]
    called = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    paged = {node.value for node in nodes if isinstance(node, ast.Constant)}
    return {name: known[name] for name in known if "_" in name and name in called | paged}


def linted(document: dict[str, Any]) -> list[str]:
    """What AWS' own list of actions has against it."""
    made = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
    return [
        f"{each.rule.id} {each.message}"
        for each in lint_all(json.dumps({"Resources": {"Policy": made}}))
        if each.rule.severity != "informational"
    ]
