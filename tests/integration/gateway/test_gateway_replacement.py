"""Replicas are replaced one at a time under real load, and not one request fails."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from integration.gateway.conftest import Service, Services, Site

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
    replaced = served = 0
    while replaced < 3 or served < 5000:
        old = replicas.pop(0)
        replicas += services.start(f"new-{replaced}")
        served += replace(open_site, old, replicas[-1])
        replaced += 1
    reports = [end_load(process) for process in load]
    failures, answers = sum(map(failed, reports)), sum(map(answered, reports))
    print(f"{open_site.engine}: {answers} requests, {failures} failed, {replaced} replaced")  # noqa: T201
    assert failures == 0, "\n".join(reports)
    assert all(answered(report) for report in reports), "\n".join(reports)
    assert answers >= served


def test_no_get_fails_when_a_replica_dies_under_load(
    open_site: Site, services: Services, tmp_path: Path
) -> None:
    one, two, three = services.start("one", "two", "three")
    open_site.route(one, two, three)
    load = begin_load(open_site, tmp_path, posts=False)
    open_site.until(lambda: open_site.seen(one).requests > 200)
    one.kill()
    open_site.until(lambda: open_site.seen(two).requests > 1000)
    reports = [end_load(process) for process in load]
    assert sum(map(failed, reports)) == 0, "\n".join(reports)


def test_the_reports_of_the_load_generators_show_failures(
    open_site: Site, services: Services, tmp_path: Path
) -> None:
    (one,) = services.start("one")
    open_site.route(one)
    load = begin_load(open_site, tmp_path)
    open_site.until(lambda: open_site.seen(one).sessions >= len(load))
    one.kill()
    before = open_site.get()
    reports = [end_load(process) for process in load]
    assert before[0] == 503
    assert all(failed(report) for report in reports), "\n".join(reports)


def replace(site: Site, old: Service, new: Service) -> int:
    """What a rolling deployment does with each replica; returns how many requests it served."""
    site.gateway.route(new.replica)
    assert site.gateway.drain(old.replica, 30)
    served = site.seen(old).requests
    site.gateway.withdraw(old.replica)
    old.stop()
    return served


def begin_load(site: Site, folder: Path, *, posts: bool = True) -> Sequence[subprocess.Popen[str]]:
    """Kept connections, new connections, and requests that take one to two seconds."""
    post, url = folder / "post.lua", f"http://127.0.0.1:{site.port}"
    post.write_text(POST)
    wrk = ("wrk", "-t1", "-c4", "-d120s", "--timeout", "20s")
    hey = ("hey", "-z", "120s", "-t", "20", "-c", "4")
    order = ("-m", "POST", "-d", "order")
    commands = [
        (*wrk, f"{url}/"),
        (*hey, "-disable-keepalive", "-q", "50", f"{url}/"),
        (*hey, f"{url}/slow/1.5"),
    ]
    if posts:
        commands += [
            (*wrk, "-s", str(post), f"{url}/echo"),
            (*hey, "-disable-keepalive", "-q", "20", *order, f"{url}/echo"),
            (*hey, *order, f"{url}/slow/1"),
        ]
    return [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for command in commands
    ]


def end_load(process: subprocess.Popen[str]) -> str:
    """Let it finish; returns its report."""
    assert process.poll() is None, "the load ended before the replicas were replaced"
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=60)[0]


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
