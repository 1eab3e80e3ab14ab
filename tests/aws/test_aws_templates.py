"""Every template that is made passes AWS' own schemas, whatever the settings."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.api import lint_all

from fullcycle_aws.names import Names
from fullcycle_aws.options import Options
from fullcycle_aws.stack.environment import environment
from fullcycle_aws.stack.repository import shared
from fullcycle_aws.stack.site import GREEN, Balancer, Network, Site

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT, REGION = "123456789012", "eu-west-1"
NAMES = Names("shop", "production")
LONGEST = Names("s" * 40, "p" * 40)
ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
NETWORK = Network(
    vpc="vpc-0123456789abcdef0",
    subnets=("subnet-0123456789abcdef0", "subnet-0123456789abcdef1"),
    task_subnets=("subnet-0123456789abcdef2",),
)
BALANCER = Balancer(
    arn=f"{ELB}:loadbalancer/app/all/0123456789abcdef",
    dns=f"all.{REGION}.elb.amazonaws.com",
    zone="Z32O12XQLNTSW2",
    security_groups=("sg-0123456789abcdef0",),
    listener=f"{ELB}:listener/app/all/0123456789abcdef/0123456789abcdef",
    secure=True,
)
DOMAIN: dict[str, Any] = {"domain": "shop.example.com", "zone": "example.com"}
BALANCED: dict[str, Any] = {"vpc": "main", "load_balancer": "all"}
CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/0-0"


def site(names: Names = NAMES, **given: Any) -> Site:
    """What the settings name, as if it had been looked up."""
    options = Options(**given)
    return Site(
        names=names,
        options=options,
        account=ACCOUNT,
        region=REGION,
        network=NETWORK if options.vpc else None,
        balancer=BALANCER if options.load_balancer else None,
        zone="Z0123456789ABC" if options.zone else "",
    )


NAMED: tuple[tuple[int, Callable[[Names], str]], ...] = (
    (32, lambda names: names.load_balancer),
    (32, lambda names: names.target_group("green")),
    (64, lambda names: names.role("execution", "ap-southeast-1")),
    (128, lambda names: names.stack),
    (255, lambda names: names.service("w" * 40)),
)
SITES = {
    "nothing but defaults": site(),
    "the longest names, HTTPS with its own certificate": site(LONGEST, **DOMAIN),
    "an existing certificate, nobody from outside": site(
        certificate=CERTIFICATE, internal=True, allow=("10.0.0.0/8", "fd00::/8")
    ),
    "an existing VPC and cluster": site(vpc="main", public_ip=False, cluster="all"),
    "an existing load balancer": site(**BALANCED, domain="shop.example.com"),
    "nothing of its own but a record": site(**BALANCED, **DOMAIN, cluster="all"),
    "all that may be added": site(
        secrets={
            "A": "/shop/a",
            "B": "secretsmanager:shop/b:field",
            "C": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/c",
            "D": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:d-012345:field",
        },
        task_policies=("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",),
        alarm_topic=f"arn:aws:sns:{REGION}:{ACCOUNT}:calls",
        exec=False,
        insights=True,
        max_cpu=50,
    ),
}


@pytest.mark.parametrize("case", SITES)
def test_an_environment_is_what_cloudformation_accepts(case: str) -> None:
    assert linted(environment(SITES[case])) == []


def test_what_environments_share_is_what_cloudformation_accepts() -> None:
    assert linted(shared(LONGEST)) == []


def test_the_linter_would_find_a_mistake() -> None:
    wrong = environment(site())
    wrong["Resources"]["Blue"]["Properties"]["Protocol"] = "SMTP"
    assert "SMTP" in "".join(linted(wrong))


def test_no_role_may_do_everything() -> None:
    for case, each in SITES.items():
        for name, found in environment(each)["Resources"].items():
            if found["Type"] == "AWS::IAM::Role":
                actions = [action for policy in statements(found) for action in policy["Action"]]
                assert not [action for action in actions if "*" in action], (case, name)


def test_the_execution_role_reads_the_secrets_that_are_named_and_no_other() -> None:
    role = environment(SITES["all that may be added"])["Resources"]["ExecutionRole"]
    allowed = {
        action: each["Resource"]
        for each in statements(role)
        for action in each["Action"]
        if action.startswith(("ssm:", "secretsmanager:"))
    }
    assert allowed == {
        "ssm:GetParameters": [
            f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/c",
            f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/shop/a",
        ],
        "secretsmanager:GetSecretValue": [
            f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:d-012345",
            f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop/b-??????",
        ],
    }


def test_only_the_load_balancer_reaches_tasks() -> None:
    rules = environment(site())["Resources"]["TaskGroup"]["Properties"]["SecurityGroupIngress"]
    assert [rule["SourceSecurityGroupId"] for rule in rules] == [{"Ref": "BalancerGroup"}]


def test_https_leaves_nothing_in_the_clear() -> None:
    resources = environment(site(**DOMAIN))["Resources"]
    assert resources["Http"]["Properties"]["DefaultActions"][0]["Type"] == "redirect"
    assert resources["Rule"]["Properties"]["ListenerArn"] == {"Ref": "Https"}


def test_the_group_that_is_served_stays_it() -> None:
    resources = environment(replace(site(), serving=GREEN))["Resources"]
    groups = resources["Rule"]["Properties"]["Actions"][0]["ForwardConfig"]["TargetGroups"]
    assert groups[0] == {"TargetGroupArn": {"Ref": "Green"}, "Weight": 100}


def test_long_names_fit_and_stay_different() -> None:
    other = Names("s" * 40, "p" * 39 + "q")
    for limit, name in NAMED:
        assert len(name(LONGEST)) <= limit
        assert name(LONGEST) != name(other)
    assert len(LONGEST.bucket(ACCOUNT, "ap-southeast-1")) <= 63


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    policies = role["Properties"].get("Policies", ())
    return [one for each in policies for one in each["PolicyDocument"]["Statement"]]


def linted(template: dict[str, Any]) -> list[str]:
    """What cfn-lint has against it; what is a mere hint excepted."""
    return [
        f"{each.rule.id} {each.message}"
        for each in lint_all(json.dumps(template))
        if each.rule.severity != "informational"
    ]
