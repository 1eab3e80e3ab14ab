"""What an environment is estimated to cost."""

from __future__ import annotations

from typing import Any

import pytest

from fullcycle_aws.cost import estimate
from fullcycle_aws.options import Assumptions, Options


def total(tasks: int = 2, region: str = "us-east-1", **given: Any) -> float:
    return estimate(Options(**given), region, tasks).total


def test_the_items_make_the_total_and_say_what_they_rest_on() -> None:
    cost = estimate(Options(), "us-east-1", 2)
    assert cost.total == pytest.approx(sum(cost.items.values()))
    assert cost.items["tasks on Fargate (2)"] == pytest.approx(
        2 * 730 * (0.25 * 0.04048 + 0.5 * 0.004445), abs=0.01
    )
    assert any("November 2026 in us-east-1" in each for each in cost.assumptions)
    assert "2 tasks of 0.25 cores and 512 MiB run 730 hours" in cost.assumptions


def test_what_is_saved_is_not_counted() -> None:
    assert total(architecture="arm64") < total()
    assert total(spot=True) < total(architecture="arm64")
    adopted: Any = {"vpc": "main", "load_balancer": "all", "domain": "shop.example.com"}
    assert "load balancer" not in estimate(Options(**adopted), "us-east-1", 2).items
    assert total(public_ip=False) == pytest.approx(total() - 2 * 730 * 0.005, abs=0.02)


def test_what_is_assumed_is_counted() -> None:
    assert total(5) > total(2)
    assert total(5, assumptions=Assumptions(replicas=2)) == total(2)
    assert total(assumptions=Assumptions(requests_per_second=1000)) > total() + 200
    assert total(assumptions=Assumptions(transfer_gb=1000)) > total() + 80


def test_a_region_whose_prices_are_not_known_says_so() -> None:
    cost = estimate(Options(), "ap-south-1", 2)
    assert cost.total == total(2)
    assert any("those of ap-south-1 aren't known" in each for each in cost.assumptions)
