"""How the Python gateway chooses replicas, counts, and reads headers."""

from __future__ import annotations

import asyncio
from collections import Counter
from math import inf
from typing import TYPE_CHECKING

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from fullcycle.haproxy import Route
from fullcycle.observe.histogram import BOUNDS
from fullcycle_process.gateway.backends import Backend, Balancer
from fullcycle_process.gateway.headers import end_to_end
from fullcycle_process.gateway.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Sequence


def test_weights_are_kept_and_requests_are_interleaved() -> None:
    assert choices({"a": 5, "b": 1, "c": 1}, 7) == ["a", "a", "b", "a", "c", "a", "a"]


def test_equal_weights_take_turns() -> None:
    assert choices({"a": 100, "b": 100, "c": 100}, 6) == ["a", "b", "c", "a", "b", "c"]


def test_shares_are_exact_over_any_weights() -> None:
    assert Counter(choices({"a": 100, "b": 10, "c": 0}, 110)) == {"a": 100, "b": 10}


def test_nothing_is_chosen_when_all_were_tried() -> None:
    async def choose() -> Backend | None:
        balancer = await balanced({"a": 1, "b": 1})
        chosen = balancer.choose(tuple(balancer.backends.values()))
        await balancer.close()
        return chosen

    assert asyncio.run(choose()) is None


def test_what_is_down_or_drained_is_not_chosen() -> None:
    async def choose() -> Backend | None:
        balancer = await balanced({"a": 1, "b": 1, "c": 1})
        balancer.backends["a"].up = False
        await balancer.drain("b")
        assert {backend.route.replica for backend in repeatedly(balancer, 4)} == {"c"}
        await balancer.remove("c")
        chosen = balancer.choose()
        await balancer.close()
        return chosen

    assert asyncio.run(choose()) is None


def test_a_meter_counts_requests_errors_and_times() -> None:
    meter = Meter()
    assert meter.mean() is None
    with meter.request():
        assert meter.sessions == 1
        meter.answered(200, 0.1)
    for hundredth in range(1, 101):
        with meter.request():
            meter.answered(500 if hundredth > 98 else 404, hundredth / 100)
    assert (meter.sessions, meter.requests, meter.errors) == (0, 101, 2)
    assert meter.mean() == pytest.approx(51.5 / 102, abs=0.01)


def test_a_meter_has_a_cumulative_histogram() -> None:
    meter = Meter()
    for seconds in (0.001, 0.005, 0.006, 0.2, 30.0, 31.0):
        meter.answered(200, seconds)
    latencies = meter.latencies()
    assert tuple(latencies) == (*BOUNDS, inf)
    assert [latencies[bound] for bound in (0.005, 0.01, 0.1, 0.25, 30.0, inf)] == [2, 3, 3, 4, 5, 6]


def test_a_failed_request_is_no_session_any_more() -> None:
    meter = Meter()
    with pytest.raises(ConnectionError), meter.request():
        raise ConnectionError
    assert (meter.sessions, meter.requests) == (0, 1)


def test_only_headers_for_the_other_end_are_handed_on() -> None:
    headers = CIMultiDict(
        [
            ("Connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("Transfer-Encoding", "chunked"),
            ("Upgrade", "h2c"),
            ("Cookie", "a"),
            ("Cookie", "b"),
        ]
    )
    assert list(end_to_end(CIMultiDictProxy(headers)).items()) == [("Cookie", "a"), ("Cookie", "b")]


def choices(weights: dict[str, int], requests: int) -> Sequence[str]:
    async def choose() -> Sequence[str]:
        balancer = await balanced(weights)
        chosen = [backend.route.replica for backend in repeatedly(balancer, requests)]
        await balancer.close()
        return chosen

    return asyncio.run(choose())


async def balanced(weights: dict[str, int]) -> Balancer:
    balancer = Balancer()
    for name, weight in weights.items():
        await balancer.add(route(name, weight), up=True)
    return balancer


def repeatedly(balancer: Balancer, requests: int) -> Sequence[Backend]:
    chosen = [balancer.choose() for _ in range(requests)]
    return [backend for backend in chosen if backend]


def route(name: str, weight: int) -> Route:
    address = "127.0.0.1:1"
    return Route(replica=name, address=address, weight=weight, path="/", interval=1, timeout=1)
