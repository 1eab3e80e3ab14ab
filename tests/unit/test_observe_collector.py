"""Rounds of measuring: what they derive, keep, and tell."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING

import pytest
from loop_bed import SHOP, project

from fullcycle.errors import BreachedError, OutOfReachError
from fullcycle.loop.monitor import require_budgets, require_well
from fullcycle.model import APP, Alert, Reading
from fullcycle.observe import alerts, collector
from fullcycle.observe.alerts import open_alerts
from fullcycle.observe.collector import Collector
from fullcycle.observe.derive import Between, Round, buckets
from fullcycle.observe.pace import Pace
from fullcycle.providers import Capabilities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from fullcycle.project import Project

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SETTINGS = """
[monitor]
alert_after = 2
[monitor.thresholds]
p95 = 0.2
[slo.serve]
target = 99.9
[slo.fast]
kind = "latency"
target = 90
threshold = 0.1
[slo.page]
target = 99
endpoint = "/healthz"
[slo.elsewhere]
target = 99
environments = ["production"]
"""


class World:
    """What is measured, and what is heard of it."""

    def __init__(self) -> None:
        self.requests = self.errors = self.slow = 0
        self.at = NOON
        self.up = True
        self.broken = False
        self.heard: list[tuple[str, bool]] = []

    def measure(self, _: Project, trouble: Callable[[OutOfReachError], object]) -> list[Reading]:
        if self.broken:
            trouble(OutOfReachError("nobody answers"))
            return []
        told = (
            ("requests_total", self.requests, "web-1"),
            ("errors_total", self.errors, "web-1"),
            ("up", self.up, "http://127.0.0.1:1/healthz"),
        )
        counted = {0.05: self.requests - self.slow, 0.5: self.requests, inf: self.requests}
        return [
            *(
                Reading(metric=metric, value=value, unit="count", subject=subject, at=self.at)
                for metric, value, subject in told
            ),
            *buckets("web-1", counted, self.at),
        ]

    def hear(self, _: Project, alert: Alert) -> Sequence[str]:
        self.heard.append((alert.name, alert.resolved is not None))
        return []


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            assert tz is UTC
            return made.at

    monkeypatch.setattr(collector, "measure", made.measure)
    monkeypatch.setattr(collector, "datetime", Clock)
    monkeypatch.setattr(alerts, "LISTENERS", [made.hear])
    return made


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    return project(tmp_path, Capabilities(), SHOP + SETTINGS)


def after(world: World, *, requests: int = 0, errors: int = 0, slow: int = 0) -> None:
    """Fifteen seconds, and what happened in them."""
    world.at += timedelta(seconds=15)
    world.requests += requests
    world.errors += errors
    world.slow += slow


def values(readings: Iterable[Reading], subject: str) -> dict[str, float]:
    return {each.metric: each.value for each in readings if each.subject == subject}


def test_two_rounds_tell_rates_shares_and_percentiles(world: World, shop: Project) -> None:
    made = Collector(shop)
    assert values(made.round(), APP) == {}
    after(world, requests=300, errors=30, slow=60)
    app = values(made.round(), APP)
    assert app["requests_per_second"] == 20
    assert app["error_ratio"] == pytest.approx(0.1)
    assert app["response_p50_seconds"] < 0.05 < app["response_p95_seconds"] < 0.5
    stored = shop.ledger.readings(environment=shop.environment_name)
    assert not [each for each in stored if "bucket" in each.metric]
    assert values(stored, APP) == app


def test_a_command_goes_on_from_the_round_of_the_one_before(world: World, shop: Project) -> None:
    Collector(shop).round()
    after(world, requests=15)
    assert values(Collector(shop).round(), APP)["requests_per_second"] == 1
    world.at += timedelta(hours=2)
    assert values(Collector(shop).round(), APP) == {}, "what is long ago says nothing about now"


def test_objectives_are_judged_by_requests_times_and_probes(world: World, shop: Project) -> None:
    made = Collector(shop)
    made.round()
    after(world, requests=100, errors=1, slow=20)
    made.round()
    found = {each.objective.name: each.attained for each in made.standings}
    assert found == pytest.approx({"serve": 0.99, "fast": 0.8, "page": 1.0})
    with pytest.raises(BreachedError, match="serve: the error budget is spent"):
        require_budgets(made.standings)


def test_an_alert_is_opened_once_and_resolved(world: World, shop: Project) -> None:
    made = Collector(shop)
    made.round()
    for _ in range(3):
        after(world, requests=1000, errors=50)
        seen = made.observe()
    assert world.heard.count(("slo serve", False)) == 1
    with pytest.raises(BreachedError, match=r"5.00% of requests failed.*serve: the error budget"):
        require_well(seen)
    Collector(shop).round()
    assert world.heard.count(("slo serve", False)) == 1, "another command knows of it, too"
    for _ in range(12 * 60 * 4):
        after(world, requests=1000)
        world.at += timedelta(seconds=285)
        seen = made.observe()
        if not seen.alerts:
            break
    assert world.heard.count(("slo serve", True)) == 1
    assert open_alerts(shop.ledger, shop.environment_name) == []


def test_a_threshold_alerts_when_it_is_breached_for_several_rounds(
    world: World, shop: Project
) -> None:
    made = Collector(shop)
    name = "threshold up http://127.0.0.1:1/healthz"
    world.up = False
    made.round()
    assert (name, False) not in world.heard
    after(world)
    made.round()
    assert world.heard.count((name, False)) == 1
    world.up = True
    after(world)
    Collector(shop).round()
    assert (name, True) in world.heard


def test_a_platform_that_does_not_answer_ends_nothing(world: World, shop: Project) -> None:
    made = Collector(shop)
    made.round()
    world.broken = True
    after(world)
    seen = made.observe()
    assert values(seen.readings, "collector") == {"collector_up": 0}
    assert seen.notes == ("nobody answers",)
    world.broken = False
    after(world, requests=30)
    assert values(made.round(), APP)["requests_per_second"] == 1, "over both intervals"


def test_a_listener_that_fails_keeps_nobody_from_hearing(
    world: World, shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Project, __: Alert) -> Sequence[str]:
        raise ValueError("no such channel")

    monkeypatch.setattr(alerts, "LISTENERS", [broken, world.hear])
    world.up = False
    made = Collector(shop)
    made.round()
    assert ("slo page", False) in world.heard
    assert made.notes == ["telling of slo page: ValueError: no such channel"]


def test_the_collector_goes_on_until_it_is_told_to_stop(
    world: World, shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, made = threading.Event(), Collector(shop, every=0.001)
    rounds: list[int] = []

    def measure(given: Project, trouble: Callable[[OutOfReachError], object]) -> list[Reading]:
        rounds.append(1)
        after(world)
        if len(rounds) == 3:
            stop.set()
        return world.measure(given, trouble)

    monkeypatch.setattr(collector, "measure", measure)
    made.forever(stop)
    assert len(rounds) == 3


def test_a_counter_that_fell_began_anew_and_a_new_one_at_nothing() -> None:
    before = Round(at=NOON, counters={"requests_total": {"a": 100.0, "gone": 7.0}})
    later = {"requests_total": {"a": 40.0, "new": 20.0}}
    between = Between(before, Round(at=NOON + timedelta(seconds=10), counters=later))
    assert between.total("requests_total") == 60
    assert between.total("errors_total") is None
    assert values(between.readings(), APP)["requests_per_second"] == 6


def test_only_the_first_look_at_somebody_waits() -> None:
    pace, looks = Pace(interval=0.01), []

    def look() -> dict[str, float]:
        looks.append(1)
        return {"a": 5.0} if len(looks) < 4 else {"a": 5.0, "b": 1.0}

    assert pace.ratios(look) == {"a": 0.0}
    assert len(looks) == 2
    threading.Event().wait(0.02)
    pace.ratios(look)
    assert len(looks) == 3
    assert set(pace.ratios(look)) == {"a", "b"}
    assert len(looks) == 5


def test_one_of_a_name_is_open_at_a_time(shop: Project) -> None:
    alert = Alert(name="slo a", environment="test", severity="page", title="a", opened=NOON)
    assert shop.ledger.open_alert(alert)
    assert not shop.ledger.open_alert(alert)
    assert shop.ledger.open_alert(replace(alert, environment="other"))
    over = shop.ledger.resolve_alert("test", "slo a", NOON)
    assert over == replace(alert, resolved=NOON)
    assert shop.ledger.resolve_alert("test", "slo a", NOON) is None
    assert shop.ledger.open_alert(alert)
    assert len(shop.ledger.alerts("test")) == 2
    assert open_alerts(shop.ledger, "test") == [alert]
