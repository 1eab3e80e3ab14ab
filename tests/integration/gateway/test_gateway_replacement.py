"""Replicas are replaced one at a time under real load, and not one request fails."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from integration.gateway.conftest import Service, Services, Site

SECONDS = 10
POST = 'wrk.method = "POST"\nwrk.body = string.rep("order", 200)\n'
pytestmark = [
    pytest.mark.load,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not installed"),
    pytest.mark.skipif(not shutil.which("hey"), reason="hey is not installed"),
]


def test_no_request_fails_while_replicas_are_replaced(
    open_site: Site, services: Services, tmp_path: Path
) -> None:
    replicas = services.start("one", "two", "three")
    open_site.route(*replicas)
    load = begin_load(open_site, tmp_path)
    replaced = 0
    while any(process.poll() is None for process in load):
        (new,) = services.start(f"new-{replaced}")
        replace(open_site, replicas[replaced % 3], new)
        replicas[replaced % 3] = new
        replaced += 1
    reports = [process.communicate(timeout=60)[0] for process in load]
    failures, served = sum(map(failed, reports)), sum(map(answered, reports))
    print(f"{open_site.engine}: {served} requests, {failures} failed, {replaced} replaced")  # noqa: T201
    assert failures == 0, "\n".join(reports)
    assert all(answered(report) for report in reports), "\n".join(reports)
    assert served > 3000
    assert replaced >= 3


def test_the_reports_of_the_load_generators_show_failures(
    open_site: Site, services: Services, tmp_path: Path
) -> None:
    (one,) = services.start("one")
    open_site.route(one)
    load = begin_load(open_site, tmp_path, seconds=3)
    one.kill()
    reports = [process.communicate(timeout=60)[0] for process in load]
    assert all(failed(report) for report in reports), "\n".join(reports)


def replace(site: Site, old: Service, new: Service) -> None:
    """What a rolling deployment does with each replica."""
    site.gateway.route(new.replica)
    assert site.gateway.drain(old.replica, 30)
    site.gateway.withdraw(old.replica)
    old.stop()


def begin_load(site: Site, folder: Path, seconds: int = SECONDS) -> Sequence[subprocess.Popen[str]]:
    """Keep-alive GETs and POSTs, new connections, and requests that take one to two seconds."""
    post, url = folder / "post.lua", f"http://127.0.0.1:{site.port}"
    post.write_text(POST)
    wrk = ("wrk", "-t1", "-c4", f"-d{seconds}s", "--timeout", "20s")
    hey = ("hey", "-z", f"{seconds}s", "-t", "20", "-c", "4")
    commands = (
        (*wrk, f"{url}/"),
        (*wrk, "-s", str(post), f"{url}/echo"),
        (*hey, "-disable-keepalive", "-q", "50", f"{url}/"),
        (*hey, "-disable-keepalive", "-q", "20", "-m", "POST", "-d", "order", f"{url}/echo"),
        (*hey, f"{url}/slow/1.5"),
        (*hey, "-m", "POST", "-d", "order", f"{url}/slow/1"),
    )
    return [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for command in commands
    ]


def failed(report: str) -> int:
    """Requests without an answer of 200, in a report of wrk or hey."""
    wrk = re.findall(r"Non-2xx or 3xx responses: (\d+)", report)
    for line in re.findall(r"Socket errors: (.*)", report):
        wrk += re.findall(r"\d+", line)
    hey = [count for status, count in statuses(report) if status != "200"]
    _, _, errors = report.partition("Error distribution:")
    hey += re.findall(r"^\s*\[(\d+)\]", errors, re.MULTILINE)
    return sum(map(int, wrk + hey))


def answered(report: str) -> int:
    """All requests that were answered."""
    wrk = re.findall(r"(\d+) requests in", report)
    return sum(map(int, wrk)) + sum(int(count) for _, count in statuses(report))


def statuses(report: str) -> list[tuple[str, str]]:
    return re.findall(r"\[(\d+)\]\s+(\d+) responses", report)
