"""The day's work on an application whose tasks are containers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from aws_bed.kit import AwsKit, pushed  # noqa: F401 (a fixture)
from fullcycle.testing import TelemetryContract
from fullcycle.testing.client import eventually, get, versions, visitors
from fullcycle_aws.clients import Clients
from fullcycle_aws.names import Names
from fullcycle_aws.options import Options

if TYPE_CHECKING:
    from fullcycle.providers import Target
    from fullcycle.testing.contract import Kit

PAGE = "<h1>Back soon</h1>"


@pytest.mark.timeout(240)
class TestTelemetry(AwsKit, TelemetryContract):
    @pytest.fixture(autouse=True)
    def _cloudwatch(self, target: Target, account: object) -> None:
        """What CloudWatch measures by itself of a service; ministack measures nothing."""
        assert account
        names = Names(target.app, target.environment)
        found_by = {"ClusterName": names.cluster, "ServiceName": names.service("web")}
        Clients(Options()).cloudwatch.put_metric_data(
            Namespace="AWS/ECS",
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": [{"Name": k, "Value": v} for k, v in found_by.items()],
                    "Timestamp": datetime.now(UTC) - timedelta(seconds=60),
                    "Value": 25.0,
                }
                for metric in ("CPUUtilization", "MemoryUtilization")
            ],
        )

    @pytest.mark.skip(reason="CloudWatch is two to three minutes behind")
    def test_readings_are_fresh_and_in_base_units(self, kit: Kit) -> None: ...

    @pytest.mark.skip(reason="the emulator's load balancer counts nothing")
    def test_requests_and_errors_are_counted(self, kit: Kit) -> None: ...

    @pytest.mark.skip(reason="the emulator's load balancer times nothing")
    def test_response_times_come_as_percentiles(self, kit: Kit) -> None: ...

    @pytest.mark.skip(reason="CloudWatch tells percentiles, and no histogram")
    def test_response_times_come_as_a_histogram(self, kit: Kit) -> None: ...


@pytest.mark.timeout(240)
class TestRunning(AwsKit):
    def test_a_page_is_shown_during_a_deployment_and_the_logs_of_both_versions_are_kept(
        self, kit: Kit
    ) -> None:
        url = kit.deploy(kit.workload(replicas=1))
        [first] = kit.platform.runtime.status().replicas
        maintenance = kit.connect().require("maintenance")
        with visitors(url) as trouble:
            maintenance.begin(PAGE)
            assert get(f"{url}/healthz") == (503, PAGE)
            kit.deploy(kit.workload("2.0.0", replicas=1))
            assert get(url) == (503, PAGE)
            maintenance.end()
            assert versions(url) == {"2.0.0"}
        assert [each for each in trouble if PAGE not in each] == []
        [second] = kit.platform.runtime.status().replicas
        eventually(lambda: {first.id, second.id} <= _heard(kit), "both have written something")
        assert {each.process for each in kit.platform.runtime.logs(replica=first.id)} == {"web"}


def _heard(kit: Kit) -> set[str]:
    """Of which tasks there are logs."""
    return {line.replica for line in kit.connect().runtime.logs()}
