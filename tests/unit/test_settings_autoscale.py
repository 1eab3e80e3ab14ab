"""`autoscale`: what may be written, and what an error says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from settings_projects import loaded

from fullcycle.errors import UsageError
from fullcycle.loop.scale import policy_of
from fullcycle.model import Behaviour, Peak, Queue, Rate, ScalingPolicy
from fullcycle.project import Project

if TYPE_CHECKING:
    from pathlib import Path

SHOP = """
[app]
name = "shop"
run = "serve {port}"

[environments.local]
autoscale = { %s }
"""


def policy(root: Path, written: str) -> ScalingPolicy:
    found = loaded(root, SHOP % written)
    return policy_of(Project(found, *found.environment("local")))


def test_without_anything_said_the_defaults_are_those_of_kubernetes(tmp_path: Path) -> None:
    assert policy(tmp_path, "") == ScalingPolicy()


def test_everything_that_is_written_reaches_the_policy(tmp_path: Path) -> None:
    written = policy(
        tmp_path,
        "min = 2, max = 8, target = { queue = 10, response = 0.5, cpu = 70 }, interval = 5,"
        ' queue = { url = "http://localhost/jobs", value = "ready" }, tolerance = 0.05,'
        ' up = { stabilisation = 30, rates = [{ amount = 2, period = 60 }], select = "min" },'
        " down = { stabilisation = 60 },"
        ' peaks = [{ name = "sale", cron = "0 8 * * MON-FRI", minutes = 90, min = 5,'
        ' timezone = "Europe/Berlin" }]',
    )
    assert written == ScalingPolicy(
        min=2,
        max=8,
        target={"queue": 10, "response": 0.5, "cpu": 70},
        queue=Queue(url="http://localhost/jobs", value="ready"),
        tolerance=0.05,
        interval=5,
        up=Behaviour(stabilisation=30, rates=(Rate(amount=2, period=60),), select="min"),
        down=Behaviour(stabilisation=60, rates=(Rate(amount=100, unit="percent"),)),
        peaks=(
            Peak(name="sale", cron="0 8 * * MON-FRI", minutes=90, min=5, timezone="Europe/Berlin"),
        ),
    )


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("min = 5, max = 2", "min should be at most max, 5 is more than 2"),
        ("min = 0", r"autoscale.min: .*1"),
        ("target = {}", "autoscale.target"),
        ("target = { disk = 3 }", "should be cpu, memory, requests, response or queue"),
        ("target = { cpu = 0 }", "autoscale.target.cpu"),
        ("target = { queue = 5 }", "the target queue and the table queue belong together"),
        ('queue = { run = "x" }', "the target queue and the table queue belong together"),
        ("target = { queue = 5 }, queue = {}", "needs either run or url"),
        ('target = { queue = 5 }, queue = { url = "ftp://x" }', "http"),
        ("tolerance = 2", "autoscale.tolerance"),
        ("interval = 0", "autoscale.interval"),
        ("down = { stabilisation = 4000 }", r"stabilisation.*3600"),
        ("up = { rates = [{ amount = 0 }] }", r"rates\[?.*amount"),
        ('up = { select = "most" }', "'max', 'min' or 'disabled', is the text 'most'"),
        ('up = { rates = [{ amount = 1, unit = "pods" }] }', "'replicas' or 'percent'"),
        ('peaks = [{ name = "a", cron = "0 8 * *", minutes = 9, min = 2 }]', "five fields of cron"),
        (
            'peaks = [{ name = "a", cron = "0 25 * * *", minutes = 9, min = 2 }]',
            "the hour is wrong",
        ),
        ('peaks = [{ name = "a", cron = "0 8 * * *", minutes = 9 }]', "needs min or max"),
        (
            'peaks = [{ name = "a", cron = "0 8 * * *", minutes = 9, min = 2, timezone = "Mars" }]',
            "time zone such as Europe/Berlin, 'Mars' is none",
        ),
        (
            'peaks = [{ name = "a", cron = "0 8 * * *", minutes = 9, min = 3, max = 2 }]',
            "3 is more than 2",
        ),
    ],
)
def test_a_bad_value_is_one_clear_line_with_its_place(
    tmp_path: Path, written: str, complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint) as error:
        policy(tmp_path, written)
    assert "fullcycle.toml:7" in error.value.message
    assert "\n" not in error.value.message


def test_an_environment_without_a_policy_says_how_to_write_one(tmp_path: Path) -> None:
    found = loaded(tmp_path, SHOP.partition("[env")[0])
    with pytest.raises(UsageError, match="has no scaling policy") as error:
        policy_of(Project(found, *found.environment("local")))
    assert "autoscale = {" in error.value.hint
