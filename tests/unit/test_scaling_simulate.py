"""Replaying traffic against a policy, and against others."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from settings_projects import loaded

from fullcycle.errors import UsageError
from fullcycle.loop.simulation import plotted, replay
from fullcycle.model import Peak, ScalingPolicy
from fullcycle.pipeline.codec import dump
from fullcycle.project import Project
from fullcycle.scaling.pilots import Fixed, Hpa, Schedule, TargetTracking
from fullcycle.scaling.simulate import Simulation, Site, simulate
from fullcycle.scaling.trace import MONDAY, Trace, read_trace
from fullcycle.scaling.tune import tune

NASA = Path(__file__).parents[1] / "data" / "nasa-requests-per-minute.csv"
POLICY = ScalingPolicy(min=1, max=5, target={"cpu": 50.0})
SITE = Site(capacity=100, startup=0, price=0.5, interval=60)
NASA_SITE = Site(capacity=20, startup=30, price=0.05, interval=60)
NASA_POLICY = ScalingPolicy(min=1, max=20)


def trace(*requests: int) -> Trace:
    return Trace(start=MONDAY, requests=requests)


def hpa(traffic: Trace, policy: ScalingPolicy = POLICY, site: Site = SITE) -> Simulation:
    return simulate(traffic, Hpa(policy, site, traffic), site)


def test_replicas_follow_the_traffic_one_interval_later() -> None:
    result = hpa(trace(50, 100, 100, 200, 50, 50))
    assert result.replicas == (1, 1, 2, 2, 4, 4)
    assert result.needed == (1, 1, 1, 2, 1, 1)
    assert result.overloaded == ()
    assert result.changes == 2
    assert result.replica_hours == pytest.approx(14 / 60)
    assert result.wasted_hours == pytest.approx(7 / 60)
    assert result.cost == pytest.approx(7 / 60)


def test_minutes_beyond_capacity_are_counted_with_their_requests() -> None:
    result = hpa(trace(90, 500, 900))
    assert result.replicas == (1, 2, 4)  # a busy processor never says more than 100 %
    assert result.overloaded == (1, 2)
    assert result.beyond == 300 + 500


def test_replicas_that_start_cost_and_do_not_serve_yet() -> None:
    slow = replace(SITE, startup=120)
    result = hpa(trace(100, 200, 200, 200, 200, 200), site=slow)
    assert result.replicas[1:3] == (2, 2)
    assert result.overloaded[0] == 1
    assert len(result.overloaded) > len(hpa(trace(100, 200, 200, 200, 200, 200)).overloaded)
    assert result.cost == pytest.approx(sum(result.replicas) / 60 * 0.5)


def test_requests_per_second_and_waiting_requests_are_targets_too() -> None:
    requests = replace(POLICY, target={"requests": 1.0})
    assert hpa(trace(60, 180, 180), requests).replicas == (1, 1, 2)
    queue = replace(POLICY, target={"queue": 50.0}, queue=None)
    assert hpa(trace(100, 250, 250, 100), queue).replicas == (1, 1, 3, 3)


def test_a_peak_has_its_replicas_when_it_begins() -> None:
    peak = Peak(name="sale", cron="2 0 * * *", minutes=2, min=4)
    result = hpa(trace(*[10] * 6), replace(POLICY, peaks=(peak,)))
    assert result.replicas[1:4] == (1, 4, 4)


def test_metrics_that_traffic_says_nothing_of_are_left_out() -> None:
    assert hpa(trace(50, 100, 100), replace(POLICY, target={"cpu": 50.0, "memory": 1.0})).replicas
    with pytest.raises(UsageError, match="what becomes of memory"):
        hpa(trace(50), replace(POLICY, target={"memory": 60.0}))


def test_target_tracking_adds_after_three_minutes_and_removes_after_fifteen() -> None:
    policy = replace(POLICY, max=10)
    busy = trace(*[90] * 4, *[10] * 30)
    result = simulate(busy, TargetTracking(policy, SITE), SITE)
    assert result.replicas[:4] == (1, 1, 1, 2)
    assert result.replicas[4:18] == (2,) * 14
    assert result.replicas[-1] == 1


def test_a_schedule_knows_the_days_before() -> None:
    day = [10] * 720 + [400] * 60 + [10] * 660
    result = simulate(trace(*day, *day), Schedule(replace(POLICY, max=9), SITE), SITE)
    assert set(result.replicas[:1440]) == {9}
    assert set(result.replicas[1441:2160]) == {1}
    assert set(result.replicas[2161:2220]) == {8}


def test_a_fixed_number_is_enough_for_the_busiest_minute() -> None:
    result = simulate(trace(10, 420, 10), Fixed(POLICY, SITE, trace(10, 420, 10)), SITE)
    assert result.replicas == (5, 5, 5)
    assert not result.overloaded


def test_a_week_of_nasas_traffic_costs_a_third_of_a_fixed_number() -> None:
    week = read_trace(NASA)
    assert (len(week.requests), max(week.requests), sum(week.requests)) == (10080, 409, 538246)
    assert week.requests[:3] == (67, 30, 35)
    scaled = simulate(week, Hpa(NASA_POLICY, NASA_SITE, week), NASA_SITE)
    fixed = simulate(week, Fixed(NASA_POLICY, NASA_SITE, week), NASA_SITE)
    tracking = simulate(week, TargetTracking(NASA_POLICY, NASA_SITE), NASA_SITE)
    assert scaled.cost < 0.4 * fixed.cost
    assert len(scaled.overloaded) < 0.02 * len(week.requests)
    assert scaled.changes > tracking.changes
    assert fixed.wasted_hours > 2 * scaled.wasted_hours


def test_tuning_is_judged_on_what_it_has_not_seen() -> None:
    days = read_trace(NASA)
    found = tune(
        replace(days, requests=days.requests[:4320]),
        replace(NASA_POLICY, target={"cpu": 30.0}),
        replace(NASA_SITE, interval=60),
    )
    assert (found.policy.min, found.policy.max) == (1, 20)
    assert found.policy.target["cpu"] > 30
    assert len(found.after.replicas) == 1440
    assert found.better == (found.after.cost < found.before.cost)


def test_a_trace_is_read_from_csv(tmp_path: Path) -> None:
    file = tmp_path / "traffic.csv"
    file.write_text("minute,requests\n0,42\n1,62\n4,3\n")
    assert read_trace(file) == trace(42, 62, 0, 0, 3)
    file.write_text("minute,requests\n2026-03-01T10:00:00+01:00,4\n2026-03-01T09:01Z,5\n")
    found = read_trace(file)
    assert found.requests == (4, 5)
    assert found.start.isoformat() == "2026-03-01T09:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("minute,requests\n0,many\n", r"traffic.csv:2: requests should be a whole number"),
        ("a,b\n1,2\n", "needs the columns minute,requests"),
        ("minute,requests\n0,-3\n", "not '-3'"),
        ("minute,requests\nnoon,3\n", "minute should be a number or an ISO time, not 'noon'"),
        ("minute,requests\n3,3\n3,4\n", "traffic.csv:3: a minute should be later than"),
        ("minute,requests\n0,3\n9000000,4\n", "a year long at most"),
        ("minute,requests\n", "is empty"),
    ],
)
def test_a_trace_of_another_form_is_refused_with_its_line(
    tmp_path: Path, text: str, complaint: str
) -> None:
    file = tmp_path / "traffic.csv"
    file.write_text(text)
    with pytest.raises(UsageError, match=complaint):
        read_trace(file)


def test_a_trace_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read the traffic trace .*nowhere.csv"):
        read_trace(tmp_path / "nowhere.csv")


SHOP = """
[app]
name = "shop"
run = "serve {port}"

[environments.local]
autoscale = { min = 1, max = 5, target = { cpu = 50 } }
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = loaded(tmp_path, SHOP)
    lines = [f"{minute},{minute % 60 * 8}" for minute in range(180)]
    (tmp_path / "traffic.csv").write_text("\n".join(["minute,requests", *lines]))
    return Project(found, *found.environment("local"))


def test_policies_are_compared_in_a_table_with_a_chart_of_each(project: Project) -> None:
    shown = replay(project, Path("traffic.csv"), SITE, compare=True)
    lines = shown.text.splitlines()
    assert [line.split("  ")[0] for line in lines[2:6]] == [
        "hpa",
        "target tracking",
        "schedule",
        "fixed",
    ]
    assert "180 minutes" in lines[0]
    assert "hpa: █ needed, ─ replicas" in lines
    assert json.loads(dump(shown))["simulations"][3]["pilot"] == "fixed"
    with pytest.raises(UsageError, match="two days"):
        replay(project, Path("traffic.csv"), SITE, tuned=True)


def test_charts_are_written_as_svg_and_as_a_page_without_outside_hosts(
    project: Project, tmp_path: Path
) -> None:
    shown = replay(project, Path("traffic.csv"), SITE, compare=True)
    plotted(shown, tmp_path / "chart.svg")
    root = ET.fromstring((tmp_path / "chart.svg").read_text())  # noqa: S314 (our own)
    assert len(root.findall(".//{*}polyline")) == 4
    assert ".axis { fill: none" in (root.findtext("{*}style") or "")
    plotted(shown, tmp_path / "chart.html")
    page = (tmp_path / "chart.html").read_text()
    assert "target tracking" in page
    assert page.count("http") == page.count("http://www.w3.org/2000/svg")
    with pytest.raises(UsageError, match=r"a \.svg or \.html file, not 'chart.png'"):
        plotted(shown, tmp_path / "chart.png")
