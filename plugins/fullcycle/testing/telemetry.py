"""What every Telemetry promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fullcycle.model import BUCKET, HOST

from .client import eventually, get
from .contract import Contract, Kit

UNITS = {"ratio", "bytes", "seconds", "count"}


class TelemetryContract(Contract):
    """Readings of every replica, in base units."""

    def test_every_replica_is_measured(self, kit: Kit) -> None:
        kit.deploy(kit.workload())
        ids = {replica.id for replica in kit.platform.runtime.status().replicas}
        readings = kit.connect().require("telemetry").readings()
        for metric in ("cpu_ratio", "memory_bytes", "restarts_total", "uptime_seconds"):
            assert {r.subject for r in readings if r.metric == metric} >= ids, metric
        assert all(r.value > 0 for r in readings if r.metric == "memory_bytes")

    def test_readings_are_fresh_and_in_base_units(self, kit: Kit) -> None:
        kit.deploy(kit.workload())
        readings = kit.connect().require("telemetry").readings()
        assert {reading.unit for reading in readings} <= UNITS
        assert all(datetime.now(UTC) - r.at < timedelta(minutes=2) for r in readings)

    def test_requests_and_errors_are_counted(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload())
        before = _total(kit, "requests_total"), _total(kit, "errors_total")
        for _ in range(10):
            get(url)
        get(f"{url}/status?code=500")
        eventually(lambda: _total(kit, "requests_total") >= before[0] + 11, "11 more requests")
        assert _total(kit, "errors_total") == before[1] + 1

    def test_response_times_come_as_percentiles(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload(replicas=1))
        for seconds in (0, 0, 0, 0.3):
            get(f"{url}/slow?seconds={seconds}")
        metrics = [f"response_p{percent}_seconds" for percent in (50, 95, 99)]
        eventually(lambda: _largest(kit, metrics[-1]) >= 0.25, "the slowest is counted")
        found = [_largest(kit, metric) for metric in metrics]
        assert 0 < found[0] <= found[1] <= found[2]

    def test_response_times_come_as_a_histogram(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload(replicas=1))
        for seconds in (0, 0, 0.3):
            get(f"{url}/slow?seconds={seconds}")
        eventually(lambda: _total(kit, f"{BUCKET}+Inf") >= 3, "all three are counted")
        readings = kit.connect().require("telemetry").readings()
        counted = [r.value for r in readings if r.metric.startswith(BUCKET)]
        assert counted == sorted(counted)
        assert _total(kit, f"{BUCKET}0.25") < counted[-1]

    def test_counters_only_grow_and_ratios_have_bounds(self, kit: Kit) -> None:
        kit.deploy(kit.workload())
        telemetry = kit.connect().require("telemetry")
        before, after = telemetry.readings(), telemetry.readings()
        counters = {(r.subject, r.metric): r.value for r in before if r.metric.endswith("_total")}
        assert all(
            r.value >= counters[r.subject, r.metric] for r in after if r.metric.endswith("_total")
        )
        of_host = [r for r in after if r.subject == HOST and r.unit == "ratio"]
        assert all(0 <= r.value <= 1 for r in of_host)
        assert all(r.value >= 0 for r in after)

    def test_an_empty_environment_has_no_readings_of_replicas(self, kit: Kit) -> None:
        readings = kit.platform.require("telemetry").readings()
        assert not [r for r in readings if r.metric in {"memory_bytes", "requests_total"}]


def _total(kit: Kit, metric: str) -> float:
    readings = kit.connect().require("telemetry").readings()
    return sum(reading.value for reading in readings if reading.metric == metric)


def _largest(kit: Kit, metric: str) -> float:
    readings = kit.connect().require("telemetry").readings()
    return max((reading.value for reading in readings if reading.metric == metric), default=0.0)
