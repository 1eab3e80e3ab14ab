"""What is too much, and how it is said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fullcycle.model import Reading
from fullcycle.observe.render import amount, table
from fullcycle.observe.thresholds import breaches
from fullcycle.settings.schema import Thresholds

NOW = datetime.now(UTC)


def reading(metric: str, value: float, subject: str = "web-1", unit: str = "count") -> Reading:
    return Reading(metric=metric, value=value, unit=unit, subject=subject, at=NOW)


def test_a_healthy_environment_breaches_nothing() -> None:
    calm = [
        reading("cpu_ratio", 0.2),
        reading("cpu_ratio", 1.9, "host"),
        reading("memory_bytes", 100),
        reading("memory_bytes", 950, "host"),
        reading("memory_total_bytes", 1000, "host"),
        reading("disk_used_ratio", 0.9, "/"),
        reading("up", 1, "http://shop/"),
        reading("response_seconds", 1.0, "http://shop/"),
        reading("requests_total", 100),
        reading("errors_total", 1),
    ]
    assert breaches(calm, Thresholds()) == []
    assert breaches([], Thresholds()) == []


@pytest.mark.parametrize(
    ("readings", "line"),
    [
        ([reading("cpu_ratio", 0.97)], "replica web-1 uses 97% of a core, more than 90%"),
        (
            [
                reading("memory_bytes", 600 * 2**20, "a"),
                reading("memory_bytes", 400 * 2**20, "b"),
                reading("memory_total_bytes", 1024 * 2**20, "host"),
            ],
            "the replicas use 98% of the host's memory (1000 of 1024 MiB), more than 90%",
        ),
        ([reading("disk_used_ratio", 0.95, "/")], "the disk of / is 95% full, more than 90%"),
        (
            [reading("response_seconds", 1.5, "http://shop/")],
            "http://shop/ took 1.50 s to answer, more than 1 s",
        ),
        (
            [reading("up", 0, "http://shop/"), reading("response_status", 503, "http://shop/")],
            "http://shop/ answers 503",
        ),
        ([reading("up", 0, "/healthz")], "/healthz does not answer"),
        (
            [
                reading("requests_total", 150, "a"),
                reading("requests_total", 50, "b"),
                reading("errors_total", 3, "a"),
            ],
            "1.50% of requests failed (3 of 200), more than 1.00%",
        ),
    ],
)
def test_a_breach_is_said_with_its_value_and_its_threshold(
    readings: list[Reading], line: str
) -> None:
    assert breaches(readings, Thresholds()) == [line]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.125, "ratio", "12.5 %"),
        (512, "bytes", "512 B"),
        (34 * 2**20, "bytes", "34.0 MiB"),
        (0.0032, "seconds", "3.2 ms"),
        (86400, "seconds", "86,400.0 s"),
        (17, "count", "17"),
    ],
)
def test_values_are_shown_with_their_unit(value: float, unit: str, text: str) -> None:
    assert amount(value, unit) == text


def test_readings_are_shown_in_columns() -> None:
    shown = table([reading("up", 1, "/"), reading("cpu_ratio", 0.5, "web-1", "ratio")])
    assert shown == "/      up              1\nweb-1  cpu_ratio  50.0 %"
    assert table([]) == "nothing was measured"
