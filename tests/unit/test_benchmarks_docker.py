from __future__ import annotations

import pytest

from benchmarks import docker_replace, docker_scale, snapshot
from benchmarks.containers.load import read
from benchmarks.docker_replace import AT_ONCE, EVERYTHING, SINGLY, Seen, rival
from benchmarks.measure import BenchmarkError
from benchmarks.replace import Load

HEY = """
Summary:
  Total:\t1.0031 secs

Status code distribution:
  [200]\t1180 responses
  [503]\t2 responses
"""
BROKEN = """
Error distribution:
  [3]\tPost "http://127.0.0.1:1/": EOF
  [4]\tGet "http://[::1]:1/": dial tcp [::1]:1: connect: connection refused
"""
FAST = {SINGLY: 3.0, AT_ONCE: 2.0, "swift": 4.0, "sure": 9.0, "slow": 12.0}


def seen(**failed: int) -> Seen:
    made = Seen()
    for name in (*FAST, EVERYTHING):
        made.add(name, Load(10_000, failed.get(name, 0)))
    return made


def test_other_answers_than_200_are_failed_requests() -> None:
    assert read(HEY) == Load(1182, 2)


def test_requests_without_an_answer_are_failed_requests() -> None:
    assert read(HEY + BROKEN) == Load(1189, 9)
    assert read(BROKEN) == Load(7, 7)


def test_a_hey_that_sent_nothing_is_no_measurement() -> None:
    with pytest.raises(BenchmarkError, match="no such host"):
        read("no such host")


def test_ours_is_compared_with_the_fastest_that_loses_no_request() -> None:
    assert rival(FAST, seen(swift=1)) == "sure"
    assert rival(FAST, seen(swift=1, sure=1, slow=2)) == "swift"


def test_a_replacement_without_a_lost_request_in_time_holds() -> None:
    report = docker_replace.report(FAST, seen())
    assert report.holds
    assert list(report.peers) == ["swift", "sure", "slow"]
    assert report.ratio == 3.0 / 4.0


def test_a_single_lost_request_of_ours_does_not_hold() -> None:
    report = docker_replace.report(FAST, seen(**{EVERYTHING: 1}))
    assert not report.holds
    assert report.missed == (f"{EVERYTHING}: 1 requests failed",)
    assert f"MISSED: {EVERYTHING}" in report.as_text()


def test_a_slow_replacement_does_not_hold() -> None:
    report = docker_replace.report({**FAST, AT_ONCE: 3.1}, seen())
    assert report.missed == (f"{AT_ONCE}: 3.1 s, more than 3 s",)


def test_few_requests_prove_nothing() -> None:
    assert docker_replace.report(FAST, Seen()).missed == ("fewer than 20000 requests",)


def test_scaling_holds_in_time_and_faster_than_everyone() -> None:
    seconds = {"fullcycle": 5.0, "one": 6.0, "other": 7.0}
    assert docker_scale.report(seconds, {"fullcycle": (4.0, 1.0)}).holds
    assert docker_scale.report(seconds, {"fullcycle": (4.0, 1.0)}).against == "one"
    assert not docker_scale.report({**seconds, "one": 4.0}, {"fullcycle": (4.0, 1.0)}).holds
    assert docker_scale.report(seconds, {"fullcycle": (5.1, 2.1)}).missed == (
        "up: 5.1 s, more than 5 s",
        "down: 2.1 s, more than 2 s",
    )


def test_a_snapshot_holds_in_a_tenth_of_the_time() -> None:
    seconds = {snapshot.NEXT: 0.2, snapshot.FIRST: 0.4, snapshot.PEER: 2.0}
    assert snapshot.report(seconds).holds
    assert not snapshot.report({**seconds, snapshot.NEXT: 0.21}).holds
