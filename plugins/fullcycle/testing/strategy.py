"""What every Runtime promises of blue-green and canary deployments."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from fullcycle.errors import RolledBackError
from fullcycle.model import DeploymentStatus
from fullcycle.providers import Analysis, Strategy

from .client import get, versions, visitors
from .contract import Contract, Kit
from .victim import kill_after

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Event

STRICT = Analysis(error_rate=0.01, percentiles={95: 5.0}, min_requests=20)
LENIENT = Analysis(error_rate=0.01, min_requests=20, on_no_data="pass")
LONG = 60.0
"""Seconds that no test is going to wait: what is certain ends a deployment at once."""


def blue_green(pause: float = 0.5, analysis: Analysis = LENIENT, **changes: Any) -> Strategy:
    """All requests at once."""
    return Strategy(kind="blue-green", pause=pause, analysis=analysis, **changes)


def canary(pause: float = 0.5, analysis: Analysis = LENIENT, **changes: Any) -> Strategy:
    """A growing share of the requests."""
    return Strategy(kind="canary", pause=pause, analysis=analysis, **changes)


def linear() -> Strategy:
    """Two steps that nothing is measured in."""
    return Strategy(kind="linear", step=40, pause=0.0)


class StrategyContract(Contract):
    """A new version proves itself on some requests, or on all while the old one stands by."""

    @pytest.mark.parametrize(
        "strategy", [blue_green(), canary(), linear()], ids=lambda each: each.kind
    )
    def test_a_good_version_replaces_the_old_one_without_a_failed_request(
        self, kit: Kit, strategy: Strategy
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        with visitors(url) as trouble:
            kit.deploy(kit.workload("2.0.0"), strategy)
            assert versions(url) == {"2.0.0"}
        assert trouble == []
        assert_whole(kit, "2.0.0")

    def test_green_gets_no_request_before_all_of_it_is_ready(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        switched = False
        for event in kit.deploying(kit.workload("2.0.0"), blue_green()):
            switched = switched or "all requests" in event.message
            assert versions(url) == {"2.0.0" if switched else "1.0.0"}
        assert switched

    def test_blue_takes_over_again_when_green_is_not_wanted(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        before = _ids(kit)
        with (
            visitors(url) as trouble,
            closing(kit.deploying(kit.workload("2.0.0"), blue_green(approve=True))) as deploying,
        ):
            assert until_question(deploying)
            assert versions(url) == {"2.0.0"}
            assert before < _ids(kit)
            deploying.close()
            assert versions(url) == {"1.0.0"}
        assert trouble == []
        assert _ids(kit) == before
        assert_whole(kit, "1.0.0")

    @pytest.mark.parametrize(("percent", "replicas"), [(20, 1), (20, 3), (50, 3)])
    def test_a_canary_gets_its_share_of_the_requests(
        self, kit: Kit, percent: int, replicas: int
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0", replicas=replicas))
        strategy = canary(approve=True, steps=(percent,), pause=0)
        with closing(kit.deploying(kit.workload("2.0.0", replicas=replicas), strategy)) as one:
            assert until_question(one)
            asked = Counter("2.0.0" in get(url)[1] for _ in range(200))
            # Five standard deviations of a coin that is thrown 200 times: once in a million.
            spread = 5 * (200 * percent / 100 * (1 - percent / 100)) ** 0.5
            assert abs(asked[True] - 2 * percent) <= spread
            assert any("unevenly" in note for note in kit.connect().runtime.status().notes) or (
                percent == 50
            )

    @pytest.mark.parametrize(
        "strategy",
        [blue_green(LONG, STRICT), canary(LONG, STRICT)],
        ids=lambda each: each.kind,
    )
    def test_a_version_whose_requests_fail_is_undone_and_only_they_fail(
        self, kit: Kit, strategy: Strategy
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        before = _ids(kit)
        with visitors(url) as trouble:
            with pytest.raises(RolledBackError, match=r"of \d+ requests failed .* at most 1 % may"):
                kit.deploy(kit.workload("2.0.0", "failing"), strategy)
            assert versions(url) == {"1.0.0"}
        assert trouble
        assert all(each.startswith("500") and "2.0.0" in each for each in trouble), trouble
        assert _ids(kit) == before
        assert_whole(kit, "1.0.0")
        assert kit.connect().require("history").list(1)[0].status is DeploymentStatus.ROLLED_BACK

    @pytest.mark.parametrize("strategy", [blue_green(), canary()], ids=lambda each: each.kind)
    def test_a_version_that_is_never_healthy_gets_no_request(
        self, kit: Kit, strategy: Strategy
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        bad = kit.workload("2.0.0", "crashing")
        with visitors(url) as trouble, pytest.raises(RolledBackError):
            kit.deploy(bad, strategy)
        assert trouble == []
        assert_whole(kit, "1.0.0")

    def test_a_person_who_says_yes_lets_the_canary_go_on(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        events = list(kit.deploying(kit.workload("2.0.0"), canary(approve=True, steps=(10, 50))))
        assert len([event for event in events if event.question]) == 2
        assert versions(url) == {"2.0.0"}

    def test_a_person_who_says_no_ends_the_canary(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        before = _ids(kit)
        with (
            visitors(url) as trouble,
            closing(kit.deploying(kit.workload("2.0.0"), canary(approve=True))) as deploying,
        ):
            assert until_question(deploying)
            deploying.close()
            assert versions(url) == {"1.0.0"}
        assert trouble == []
        assert _ids(kit) == before
        assert_whole(kit, "1.0.0")

    def test_too_few_requests_are_no_data_and_a_person_is_asked(self, kit: Kit) -> None:
        kit.deploy(kit.workload("1.0.0"))
        with closing(kit.deploying(kit.workload("2.0.0"), canary(0.2, STRICT))) as deploying:
            asked = until_question(deploying)
            assert "at least 20 are needed" in asked

    def test_too_few_requests_fail_where_the_settings_say_so(self, kit: Kit) -> None:
        kit.deploy(kit.workload("1.0.0"))
        analysis = Analysis(error_rate=0.01, min_requests=20, on_no_data="fail")
        with pytest.raises(RolledBackError, match="no data"):
            kit.deploy(kit.workload("2.0.0"), canary(0.2, analysis))
        assert_whole(kit, "1.0.0")

    @pytest.mark.parametrize("events", [3, 6, 9, 12])
    @pytest.mark.parametrize("strategy", [blue_green(), canary()], ids=lambda each: each.kind)
    def test_a_deployment_that_was_killed_is_finished_or_undone(
        self, kit: Kit, strategy: Strategy, events: int
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        with visitors(url) as trouble:
            deployment = kit.deployment(kit.workload("2.0.0"), strategy)
            kill_after(kit, deployment, events, strategy)
            list(kit.connect().runtime.recover())
            status = kit.connect().runtime.status()
            assert status.deployment is not None
            wanted = status.deployment.workload.release.version
            assert versions(url) == {wanted}
        assert trouble == []
        assert_whole(kit, wanted)
        assert list(kit.connect().runtime.recover()) == []


def until_question(events: Iterator[Event]) -> str:
    """Let the deployment go on until it asks something; returns what."""
    return next(event.question for event in events if event.question)


def assert_whole(kit: Kit, version: str, replicas: int = 2) -> None:
    """Only this version runs, and nothing is amiss."""
    status = kit.connect().runtime.status()
    found: Sequence[str] = [replica.version for replica in status.replicas]
    assert (found, status.desired, status.notes) == ([version] * replicas, replicas, ())


def _ids(kit: Kit) -> set[str]:
    return {replica.id for replica in kit.connect().runtime.status().replicas}
