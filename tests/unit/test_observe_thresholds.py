"""What is too much, and how it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fullcycle.model import APP, HOST, Reading
from fullcycle.observe.collector import Observation
from fullcycle.observe.render import amount, line, overview
from fullcycle.observe.thresholds import Breach, breaches
from fullcycle.settings.schema import EndpointSettings, Thresholds

NOW = datetime.now(UTC)


def reading(metric: str, value: float, subject: str = "web-1", unit: str = "count") -> Reading:
    return Reading(metric=metric, value=value, unit=unit, subject=subject, at=NOW)


def test_a_healthy_environment_breaches_nothing() -> None:
    calm = [
        reading("cpu_ratio", 0.2),
        reading("cpu_ratio", 1.0, "host"),
        reading("memory_bytes", 100),
        reading("memory_bytes", 950, "host"),
        reading("memory_total_bytes", 1000, "host"),
        reading("disk_used_ratio", 0.9, "/"),
        reading("up", 1, "http://shop/"),
        reading("response_seconds", 1.0, "http://shop/"),
        reading("alarm_firing", 0, "shop-cpu"),
        reading("requests_total", 100),
        reading("errors_total", 1),
    ]
    assert breaches(calm, Thresholds()) == []
    assert breaches([], Thresholds()) == []


@pytest.mark.parametrize(
    ("readings", "said"),
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
        ([reading("alarm_firing", 1, "shop-cpu")], "the alarm shop-cpu fires"),
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
        (
            [
                reading("requests_total", 10),
                reading("errors_total", 0),
                replace(reading("error_ratio", 0.02, APP), seconds=15),
            ],
            "2.00% of requests failed in the last 15 s, more than 1.00%",
        ),
        (
            [reading("memory_bytes", 31 * 2**20), reading("memory_limit_bytes", 32 * 2**20)],
            "replica web-1 uses 97% of the memory it may use (32 MiB), more than 95%",
        ),
        (
            [reading("memory_used_ratio", 0.97, HOST)],
            "the memory of host is 97% full, more than 95%",
        ),
        (
            [reading("inodes_used_ratio", 0.97, HOST)],
            "the table of inodes of host is 97% full, more than 90%",
        ),
        (
            [reading("out_of_memory_total", 2)],
            "replica web-1 was killed for want of memory 2 times, more than 0",
        ),
        (
            [reading("restarts_total", 4)],
            "replica web-1 was started again 4 times, more than 3",
        ),
        (
            [reading("response_p95_seconds", 0.75, APP)],
            "95% of users' requests took up to 0.75 s, more than 0.5 s",
        ),
    ],
)
def test_a_breach_is_said_with_its_value_and_its_threshold(
    readings: list[Reading], said: str
) -> None:
    assert texts(breaches(readings, Thresholds(p95=0.5, restarts=3))) == [said]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.125, "ratio", "12.5 %"),
        (512, "bytes", "512 B"),
        (34 * 2**20, "bytes", "34.0 MiB"),
        (0.0032, "seconds", "3.2 ms"),
        (86400, "seconds", "24.0 h"),
        (14 * 86400, "seconds", "14.0 d"),
        (0.0625, "count", "0.0625"),
        (17, "count", "17"),
    ],
)
def test_values_are_shown_with_their_unit(value: float, unit: str, text: str) -> None:
    assert amount(value, unit) == text


def test_readings_are_shown_in_columns() -> None:
    readings = (
        reading("up", 0, "/"),
        reading("up", 1),
        reading("restarts_total", 2),
        reading("cpu_ratio", 0.5, unit="ratio"),
        reading("cpu_ratio", 0.25, HOST, "ratio"),
    )
    assert overview(observation(readings)) == [
        "         cpu",
        "host  25.0 %",
        "",
        "replica   up     cpu  restarts",
        "web-1    yes  50.0 %         2",
        "",
        "endpoint  up",
        "/         NO",
    ]
    assert overview(observation(())) == ["nothing was measured"]
    assert line(observation(readings)) == f"{NOW:%H:%M:%S}  1 replicas  cpu 25.0 %\n  / is down"


def observation(readings: tuple[Reading, ...]) -> Observation:
    return Observation(
        app="shop",
        environment="test",
        at=NOW,
        readings=readings,
        breaches=(Breach("up /", "/ is down"),) if readings else (),
        objectives=(),
        alerts=(),
        notes=(),
    )


def test_an_endpoint_has_limits_of_its_own() -> None:
    url = "http://127.0.0.1:80/slow?a=1"
    readings = [
        reading("response_seconds", 2.0, url),
        reading("response_p95_seconds", 3.0, url),
        reading("tls_expiry_seconds", 10 * 86400, url),
        reading("up", 0, url),
        reading("response_status", 200, url),
        reading("response_matches", 0, url),
    ]
    patient = EndpointSettings(url="/slow?a=1", response=3, p95=4, asks=20)
    strict = EndpointSettings(url=url, p95=2.5, asks=20, tls_days=14)
    unfit = f"{url} answers 200, and not what it should"
    assert texts(breaches(readings, Thresholds(), [patient])) == [unfit]
    assert texts(breaches(readings, Thresholds(), [strict])) == [
        unfit,
        f"{url} took 2.00 s to answer, more than 1 s",
        f"95% of answers of {url} took up to 3.00 s, more than 2.5 s",
        f"the certificate of {url} is good for 10.0 days, less than 14",
    ]


def texts(found: list[Breach]) -> list[str]:
    return [each.text for each in found]
