"""Application Auto Scaling, as moto has it: what a policy becomes, and what it is taken for."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest

from aws_bed.account import Account
from aws_bed.fixtures import used
from aws_bed.stacks import stacked
from fullcycle.errors import UsageError
from fullcycle.model import Behaviour, Peak, Rate, ScalingPolicy
from fullcycle.testing import ScalerContract
from fullcycle.testing.scaler import POLICY
from fullcycle_aws.clients import Clients
from fullcycle_aws.names import Names
from fullcycle_aws.options import Options
from fullcycle_aws.scaler import AwsScaler
from fullcycle_aws.schedule import begin, ends

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_bed.emulator import Emulator
    from fullcycle.testing.contract import Kit


@pytest.fixture(autouse=True, scope="module")
def clients(moto: Emulator) -> Iterator[Clients]:
    """Moto for everything, and one set of clients: to make them is most of a test's time."""
    with pytest.MonkeyPatch.context() as patch:
        used(Account("123456789012", moto), patch)
        yield Clients(Options())


@pytest.fixture(name="scaler")
def scaler_(clients: Clients) -> AwsScaler:
    """Of an environment that runs."""
    names = Names(f"shop-{secrets.token_hex(3)}", "production")
    provisioned(clients, names)
    return AwsScaler(clients, names)


class TestScaler(ScalerContract):
    provider_name = "aws"

    def ready(self, kit: Kit) -> None:
        provisioned(Clients(Options()), Names(kit.target.app, kit.target.environment))


def provisioned(clients: Clients, names: Names, *, services: bool = True) -> None:
    """A stack that has the outputs of a real one, and a service to scale."""
    stacked(clients, names)
    if not services:
        return
    ecs = clients.ecs
    ecs.create_cluster(clusterName=names.cluster)
    container: Any = {"name": "web", "image": "shop", "memory": 128}
    family = names.service("web")
    ecs.register_task_definition(family=family, containerDefinitions=[container])
    ecs.create_service(
        cluster=names.cluster, serviceName=family, taskDefinition=family, desiredCount=2
    )


def test_nothing_is_scaled_before_the_first_deployment(clients: Clients) -> None:
    names = Names("shop", f"e{secrets.token_hex(3)}")
    scaler = AwsScaler(clients, names)
    with pytest.raises(UsageError, match="nothing is provisioned"):
        scaler.install(POLICY)
    provisioned(clients, names, services=False)
    with pytest.raises(UsageError, match="nothing runs") as refused:
        scaler.install(POLICY)
    assert "invoke deploy" in refused.value.hint
    assert list(scaler.uninstall()) == []


def test_percent_are_of_the_tasks_size_and_requests_are_counted_by_the_minute(
    scaler: AwsScaler,
) -> None:
    scaler.install(ScalingPolicy(target={"cpu": 60.0, "memory": 70.0, "requests": 2.5}))
    found = {
        name: each["TargetTrackingScalingPolicyConfiguration"]
        for name, each in policies(scaler).items()
    }
    assert {name: each["TargetValue"] for name, each in found.items()} == {
        "fullcycle-cpu": 60.0,
        "fullcycle-memory": 70.0,
        "fullcycle-requests": 150.0,
    }
    assert {each["ScaleInCooldown"] for each in found.values()} == {300}
    assert {each["ScaleOutCooldown"] for each in found.values()} == {60}


def test_requests_are_counted_in_both_target_groups_as_deployments_swap_them(
    scaler: AwsScaler,
) -> None:
    scaler.install(ScalingPolicy(target={"requests": 2.5}))
    tracking = policies(scaler)["fullcycle-requests"]["TargetTrackingScalingPolicyConfiguration"]
    blue, green, both = tracking["CustomizedMetricSpecification"]["Metrics"]
    assert both["Expression"] == "FILL(m0, 0) + FILL(m1, 0)"
    assert dimensions(blue) == {
        "LoadBalancer": "app/shop/50dc6c495c0c9188",
        "TargetGroup": "targetgroup/blue/73e2d6bc24d8a067",
    }
    assert dimensions(green)["TargetGroup"] == "targetgroup/green/943f017f100becff"


def test_slow_answers_set_off_steps(scaler: AwsScaler) -> None:
    scaler.install(ScalingPolicy(target={"response": 0.4}))
    steps = {
        name: each["StepScalingPolicyConfiguration"]["StepAdjustments"]
        for name, each in policies(scaler).items()
    }
    assert steps["fullcycle-response-out"] == [
        {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 0.2, "ScalingAdjustment": 50},
        {"MetricIntervalLowerBound": 0.2, "ScalingAdjustment": 100},
    ]
    assert steps["fullcycle-response-in"] == [
        {"MetricIntervalUpperBound": 0.0, "ScalingAdjustment": -1}
    ]
    set_off = {round(each["Threshold"], 3): each["AlarmActions"] for each in alarms(scaler)}
    assert set_off == {
        0.44: [policies(scaler)["fullcycle-response-out"]["PolicyARN"]],
        0.2: [policies(scaler)["fullcycle-response-in"]["PolicyARN"]],
    }


def test_only_what_tracks_a_target_takes_replicas_away_beside_slow_answers(
    scaler: AwsScaler,
) -> None:
    scaler.install(ScalingPolicy(target={"cpu": 60.0, "response": 0.4}))
    assert policies(scaler).keys() == {"fullcycle-cpu", "fullcycle-response-out"}
    scaler.install(ScalingPolicy(target={"cpu": 60.0}))
    assert alarms(scaler) == []


def test_scaling_can_be_left_to_one_direction(scaler: AwsScaler) -> None:
    scaler.install(ScalingPolicy(down=Behaviour(select="disabled")))
    state = target(scaler)["SuspendedState"]
    assert (state["DynamicScalingInSuspended"], state["DynamicScalingOutSuspended"]) == (
        True,
        False,
    )


def test_what_aws_does_in_its_own_way_is_said(scaler: AwsScaler) -> None:
    policy = ScalingPolicy(tolerance=0.3, interval=60.0, up=Behaviour(rates=(Rate(amount=2),)))
    told = "\n".join(scaler.install(policy))
    assert "`tolerance` is not used" in told
    assert "`interval` is not used" in told
    assert "the rates of `up` are not used" in told
    assert "`down`" not in told


@pytest.mark.parametrize(
    ("targets", "said"),
    [({"queue": 5.0}, "cannot scale by 'queue'"), ({"cpu": 150.0}, "150 percent is more than")],
)
def test_what_aws_cannot_do_is_refused(
    scaler: AwsScaler, targets: dict[str, float], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        scaler.install(ScalingPolicy(target=targets))


def test_a_peak_has_other_limits_from_its_begin_to_its_end(scaler: AwsScaler) -> None:
    peak = Peak(
        name="sale", cron="0 8 * * 1-5", minutes=90, min=4, max=20, timezone="Europe/Berlin"
    )
    scaler.install(ScalingPolicy(min=1, max=10, peaks=(peak,)))
    assert [planned(each) for each in actions(scaler)] == [
        ("cron(0 8 ? * MON,TUE,WED,THU,FRI *)", "Europe/Berlin", 4, 20),
        ("cron(30 9 ? * MON,TUE,WED,THU,FRI *)", "Europe/Berlin", 1, 10),
    ]


def test_installing_within_a_peak_keeps_its_limits(scaler: AwsScaler) -> None:
    always = Peak(name="always", cron="* * * * *", minutes=60, min=4, max=20)
    scaler.install(ScalingPolicy(min=1, max=10, peaks=(always,)))
    assert (target(scaler)["MinCapacity"], target(scaler)["MaxCapacity"]) == (4, 20)


def test_policies_of_others_are_left_alone(scaler: AwsScaler) -> None:
    scaler.install(POLICY)
    scaler._api.put_scaling_policy(
        PolicyName="theirs",
        **scaler._service,
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ExactCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 3}],
        },
    )
    assert list(scaler.install(POLICY)) == []
    scaler.install(ScalingPolicy(target={"memory": 50.0}))
    assert policies(scaler).keys() == {"fullcycle-memory", "theirs"}


@pytest.mark.parametrize(
    ("cron", "minutes", "begins", "ended"),
    [
        ("0 8 * * *", 60, "cron(0 8 * * ? *)", ["cron(0 9 * * ? *)"]),
        ("30 22 * * FRI", 120, "cron(30 22 ? * FRI *)", ["cron(30 0 ? * SAT *)"]),
        ("0 20 * * 6,7", 300, "cron(0 20 ? * SUN,SAT *)", ["cron(0 1 ? * SUN,MON *)"]),
        ("0 8,20 * * *", 30, "cron(0 8,20 * * ? *)", ["cron(30 8,20 * * ? *)"]),
        (
            "15,45 9 * * *",
            20,
            "cron(15,45 9 * * ? *)",
            ["cron(5 10 * * ? *)", "cron(35 9 * * ? *)"],
        ),
        ("0 */6 * * *", 60, "cron(0 */6 * * ? *)", ["cron(0 1,7,13,19 * * ? *)"]),
        ("0 9 1 * *", 600, "cron(0 9 1 * ? *)", ["cron(0 19 1 * ? *)"]),
        ("0 9 * DEC MON-WED/2", 60, "cron(0 9 ? DEC MON,WED *)", ["cron(0 10 ? DEC MON,WED *)"]),
    ],
)
def test_cron_is_translated(cron: str, minutes: int, begins: str, ended: list[str]) -> None:
    peak = Peak(name="peak", cron=cron, minutes=minutes)
    assert begin(peak) == begins
    assert ends(peak) == ended


@pytest.mark.parametrize(
    ("cron", "minutes"),
    [("0 9 1 * MON", 60), ("0 23 1 * *", 120), ("0 23 * DEC FRI", 120), ("0 9 * * 5L", 60)],
)
def test_a_peak_that_aws_cannot_repeat_is_refused(cron: str, minutes: int) -> None:
    peak = Peak(name="peak", cron=cron, minutes=minutes)
    with pytest.raises(UsageError, match="peak 'peak'") as refused:
        _ = begin(peak), ends(peak)
    assert "AWS cannot" in refused.value.message


def policies(scaler: AwsScaler) -> dict[str, Any]:
    """All of the service, others' too."""
    found = scaler._api.describe_scaling_policies(
        ServiceNamespace="ecs", ResourceId=scaler._service["ResourceId"]
    )
    return {each["PolicyName"]: each for each in found["ScalingPolicies"]}


def target(scaler: AwsScaler) -> Any:
    """The limits in force."""
    found = scaler._target()
    assert found
    return found


def actions(scaler: AwsScaler) -> list[Any]:
    """What is scheduled, by name."""
    found = scaler._read().actions
    return [found[name] for name in sorted(found)]


def planned(action: Any) -> tuple[str, str, int, int]:
    """When, where, and between how many."""
    limits = action["ScalableTargetAction"]
    return action["Schedule"], action["Timezone"], limits["MinCapacity"], limits["MaxCapacity"]


def alarms(scaler: AwsScaler) -> list[Any]:
    """Those that scale."""
    return list(scaler._read().alarms.values())


def dimensions(query: Any) -> dict[str, str]:
    """Of what it is a metric."""
    return {each["Name"]: each["Value"] for each in query["MetricStat"]["Metric"]["Dimensions"]}
