"""What Prometheus gets to read, and to judge by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf, nan

import pytest

from dashboard_project import deployment, failed_run, succeeded_run
from fullcycle.export import grafana
from fullcycle.export.burn import objectives, span
from fullcycle.export.exposition import Family, render
from fullcycle.export.families import families
from fullcycle.export.picture import MOST_SUBJECTS, Picture, latest
from fullcycle.export.rules import thresholds, yaml
from fullcycle.model import Reading, Replica, ReplicaState
from fullcycle.observe.slo import EVENTS, Objective, standings
from fullcycle.settings.schema.monitor import Thresholds

NOW = datetime.now(UTC)
ENDPOINT = "http://127.0.0.1:8000/healthz"


def reading(metric: str, value: float, subject: str, seconds_ago: float = 0.0) -> Reading:
    at = NOW - timedelta(seconds=seconds_ago)
    return Reading(metric=metric, value=value, unit="count", subject=subject, at=at)


def exported(*readings: Reading) -> str:
    picture = Picture(environment="local", readings=latest(readings, NOW))
    return render(families([picture]), {"app": "shop"})


@pytest.mark.parametrize(
    ("value", "written"),
    [(1.0, "1"), (0.25, "0.25"), (inf, "+Inf"), (-inf, "-Inf"), (nan, "NaN"), (1e21, "1e+21")],
)
def test_a_number_is_written_as_prometheus_reads_it(value: float, written: str) -> None:
    family = Family("a", "A.", samples=[({}, value)])
    assert render([family], {}).splitlines()[-1] == f"a {written}"


def test_a_label_and_a_help_may_hold_anything() -> None:
    family = Family("a", "One\ntwo \\", samples=[({"b": 'x"y\\z\n'}, 1)])
    assert render([family], {"app": "shop"}) == (
        '# HELP a One\\ntwo \\\\\n# TYPE a gauge\na{app="shop",b="x\\"y\\\\z\\n"} 1\n'
    )


@pytest.mark.parametrize(
    ("metric", "subject", "name", "label"),
    [
        ("cpu_ratio", "r1", "replica_cpu_ratio", ',replica="r1"'),
        ("up", ENDPOINT, "endpoint_up", f',endpoint="{ENDPOINT}"'),
        ("disk_used_ratio", "host", "host_disk_used_ratio", ""),
        ("requests_per_second", "app", "app_requests_per_second", ""),
        (EVENTS, "quick", "slo_events_per_second", ',objective="quick"'),
        ("collector_up", "collector", "collector_up", ""),
    ],
)
def test_a_reading_is_exported_under_the_kind_of_its_subject(
    metric: str, subject: str, name: str, label: str
) -> None:
    line = f'fullcycle_{name}{{app="shop",environment="local"{label}}} 1'
    assert exported(reading(metric, 1, subject)).splitlines()[2] == line


def test_what_only_grows_is_a_counter() -> None:
    text = exported(reading("errors_total", 1, "r1"))
    assert "# TYPE fullcycle_replica_errors_total counter" in text


def test_only_the_newest_value_counts_and_an_old_one_not_at_all() -> None:
    found = latest(
        [
            reading("cpu_ratio", 0.5, "r1", 20),
            reading("cpu_ratio", 0.25, "r1", 5),
            reading("cpu_ratio", 0.75, "stopped", 60),
            reading("cpu_ratio", 0.75, "long gone", 400),
        ],
        NOW,
    )
    assert [(each.subject, each.value) for each in found] == [("r1", 0.25)]
    assert latest([reading("cpu_ratio", 0.75, "long gone", 400)], NOW) == []


def test_there_are_only_so_many_series() -> None:
    many = [reading("cpu_ratio", 1, f"r{number}") for number in range(MOST_SUBJECTS + 10)]
    assert len(latest(many, NOW)) == MOST_SUBJECTS


def test_replicas_deployments_runs_and_objectives_are_told() -> None:
    wanted = Objective(name="quick", kind="availability", target=0.99)
    replica = Replica(
        id="r1", deployment="103", version="1.5.0", digest="d", state=ReplicaState.HEALTHY
    )
    picture = Picture(
        environment="local",
        measured=NOW,
        deployments=[deployment("103", "local", "1.5.0")],
        replicas=[replica],
        desired=2,
        standings=standings([wanted], [], NOW),
    )
    text = render(families([picture], [succeeded_run(), failed_run()]), {"app": "shop"})
    place = 'app="shop",environment="local"'
    for line in (
        f'fullcycle_replicas{{{place},state="healthy"}} 1',
        f"fullcycle_replicas_desired{{{place}}} 2",
        f'fullcycle_replica_info{{{place},replica="r1",version="1.5.0",process="web",state=',
        f'fullcycle_deployments_total{{{place},status="succeeded"}} 1',
        'fullcycle_run_success{app="shop",chain="ci"} 0',
        'fullcycle_run_success{app="shop",chain="full-cycle"} 1',
        f'fullcycle_slo_objective_ratio{{{place},objective="quick"}} 0.99',
        f'fullcycle_slo_error_budget_left_ratio{{{place},objective="quick"}} 1',
        f'fullcycle_slo_burn_rate{{{place},objective="quick",window="1h"}} 0',
        f'fullcycle_alerts_open{{{place},severity="page"}} 0',
    ):
        assert line in text
    assert f"fullcycle_last_reading_timestamp_seconds{{{place}}}" in text


def test_the_rules_carry_the_thresholds_of_the_settings() -> None:
    text = yaml([thresholds("shop", Thresholds(cpu=70, response=0.5, error_rate=0.02))])
    for limit in ("> 0.7", "> 0.5", "> 0.02"):
        assert f'{limit}"' in text
    assert 'app=\\"shop\\"' in text


def test_a_budget_alerts_by_the_rates_and_windows_of_the_workbook() -> None:
    text = yaml([objectives("shop", [Objective(name="q", kind="availability", target=0.999)])])
    place = '{app=\\"shop\\", objective=\\"q\\"}'
    for long, short, limit in (
        ("1h", "5m", "0.0144"),
        ("6h", "30m", "0.006"),
        ("1d", "2h", "0.003"),
        ("3d", "6h", "0.001"),
    ):
        recorded = "fullcycle:slo_errors:ratio_"
        assert f"{recorded}{long}{place} > {limit} and {recorded}{short}{place} > {limit}" in text


@pytest.mark.parametrize(("seconds", "said"), [(300, "5m"), (3600, "1h"), (86400 * 3, "3d")])
def test_a_window_is_written_as_prometheus_does(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_no_two_panels_of_grafana_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in grafana.dashboard("shop")["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < grafana.COLUMNS
        taken |= cells
