"""A project with a ledger full of things to see, and the dashboard that serves it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fullcycle.model import (
    Alert,
    Deployment,
    DeploymentStatus,
    Finding,
    Reading,
    Release,
    Result,
    Run,
    StepRecord,
    Workload,
)
from fullcycle.pipeline.ledger import Ledger
from fullcycle.scaling.book import Book, Decision

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime.now(UTC).replace(microsecond=0)
FAILED, SUCCEEDED, CANCELLED = (
    "20261122-140000-fa11",
    "20261122-150000-900d",
    "20261122-120000-ca11",
)
RUNNING = "20261122-160000-11fe"
REASON = "tox exited with 1: 2 failed, 210 passed"
NASTY = "<script>alert('shop')</script> & \x1b[31mred\x1b[0m"


def step(
    start: datetime, name: str, begin: float, end: float, result: Result = Result.SUCCESS
) -> StepRecord:
    """A step that ran from `begin` to `end`, in seconds since the start of its run."""
    return StepRecord(
        name=name,
        result=result,
        started=start + timedelta(seconds=begin),
        finished=None if result is Result.RUNNING else start + timedelta(seconds=end),
        seconds=0.0 if result is Result.RUNNING else end - begin,
        exit_code=1 if result is Result.FAILURE else 0,
        attempts=2 if result is Result.FAILURE else 1,
        reason=REASON if result is Result.FAILURE else "",
        summary="212 passed" if result is Result.SUCCESS else "",
        log=f"{name}.log",
    )


def run(id_: str, chain: str, result: Result, steps: tuple[StepRecord, ...]) -> Run:
    """A run that started with its first step and ended with its last."""
    starts = [s.started for s in steps if s.started]
    ends = [s.finished for s in steps if s.finished]
    return Run(
        id=id_,
        chain=chain,
        result=result,
        started=min(starts, default=NOW),
        finished=None if result is Result.RUNNING else max(ends, default=NOW),
        environment="local",
        revision="58e12e2c8a" * 4,
        version="1.5.0",
        by="ada@workbench",
        steps=steps,
    )


def failed_run() -> Run:
    """`ci`, in which test.unit failed beside others, and release was therefore skipped."""
    start = NOW - timedelta(hours=2)
    return run(
        FAILED,
        "ci",
        Result.FAILURE,
        (
            step(start, "plan", 0, 0.4),
            step(start, "code.lint", 0.5, 2),
            step(start, "code.types", 0.5, 7),
            step(start, "build", 7, 15),
            step(start, "test.unit", 7, 19, Result.FAILURE),
            StepRecord(name="release", result=Result.SKIP, reason="test.unit failed"),
        ),
    )


def succeeded_run() -> Run:
    """`full-cycle`, in which all went well."""
    start = NOW - timedelta(hours=1)
    names = ("plan", "code.lint", "build", "test.unit", "release", "deploy", "monitor", "review")
    steps = tuple(step(start, name, at * 3, at * 3 + 3) for at, name in enumerate(names))
    return run(SUCCEEDED, "full-cycle", Result.SUCCESS, steps)


def cancelled_run() -> Run:
    """`nightly`, which somebody interrupted."""
    start = NOW - timedelta(hours=4)
    steps = (step(start, "plan", 0, 1), step(start, "build", 1, 5, Result.CANCELLATION))
    return run(CANCELLED, "nightly", Result.CANCELLATION, steps)


def running_run() -> Run:
    """`delivery`, under way."""
    start = NOW - timedelta(seconds=9)
    waiting = StepRecord(name="test.unit", result=Result.PENDING)
    steps = (step(start, "plan", 0, 1), step(start, "build", 1, 1, Result.RUNNING), waiting)
    return run(RUNNING, "delivery", Result.RUNNING, steps)


def deployment(
    id_: str,
    environment: str,
    version: str,
    status: DeploymentStatus = DeploymentStatus.SUCCEEDED,
    reason: str = "",
) -> Deployment:
    """A deployment; the later its id, the later it started."""
    started = NOW - timedelta(hours=9) + timedelta(minutes=int(id_))
    release = Release(
        app="shop",
        version=version,
        digest="sha256:" + "4f2a91c0" * 8,
        kind="python",
        registry="file:registry",
        revision="58e12e2c8a" * 4,
        created=started,
        released_by="ada@workbench",
    )
    return Deployment(
        id=id_,
        app="shop",
        environment=environment,
        workload=Workload(
            release=release, command="serve", replicas=2, env={"DSN": "hidden-value"}
        ),
        strategy="rolling",
        status=status,
        started=started,
        finished=None if status is DeploymentStatus.RUNNING else started + timedelta(seconds=8),
        by="ada@workbench",
        reason=reason,
    )


def reading(metric: str, value: float, unit: str, subject: str, minutes_ago: int = 0) -> Reading:
    """A reading of some minutes ago."""
    at = NOW - timedelta(minutes=minutes_ago)
    return Reading(metric=metric, value=value, unit=unit, subject=subject, at=at)


def fill(root: Path) -> Ledger:
    """Record runs with their logs, deployments, readings and findings; returns the ledger."""
    ledger = Ledger(root)
    for made in (cancelled_run(), failed_run(), succeeded_run(), running_run()):
        ledger.begin(made)
        if made.finished:
            ledger.finish(made)
        for record in made.steps:
            lines = [f"{number}: {record.name} {NASTY}" for number in range(2100)]
            (ledger.folder(made.id) / f"{record.name}.log").write_text("\n".join(lines) + "\n")
    status = DeploymentStatus
    ledger.record_deployment(deployment("100", "local", "1.4.0"))
    ledger.record_deployment(deployment("101", "staging", "1.4.0"))
    ledger.record_deployment(
        deployment("102", "staging", "1.5.0", status.ROLLED_BACK, "r2 answered 502 for 30 s")
    )
    ledger.record_deployment(deployment("103", "local", "1.5.0"))
    ledger.record_deployment(deployment("104", "production", "1.5.0", status.RUNNING))
    ledger.record_readings(SUCCEEDED, readings(), "local")
    ledger.open_alert(alert())
    Book(root, "local").add(decision())
    ledger.record_findings(
        SUCCEEDED,
        [
            Finding(id="slow:build", severity="info", title="build takes 38 % of the cycle"),
            Finding(id="flaky:test.unit", severity="warning", title="test.unit is flaky"),
            Finding(id="x", severity="error", title="staging was rolled back", detail="1.5.0"),
        ],
    )
    return ledger


def alert() -> Alert:
    """An error budget that burns."""
    return Alert(
        name="slo reachable",
        environment="local",
        severity="page",
        title="reachable: the error budget burns 20.0 times too fast",
        what={"budget left": "61.0%"},
        opened=NOW - timedelta(minutes=7),
    )


def decision() -> Decision:
    """Autoscaling added a replica."""
    at = NOW - timedelta(minutes=3)
    return Decision(at=at, before=2, asked=3, after=3, reason="cpu is 91 % of 60 %")


def readings() -> list[Reading]:
    """Half an hour of two replicas, an endpoint and the host."""
    url = "http://127.0.0.1:8000/healthz"
    found = []
    for ago in range(30, -1, -1):
        for replica in ("shop-r1-4f2a", "shop-r2-91c0"):
            found.append(reading("cpu_ratio", 0.05 + ago % 7 / 100, "ratio", replica, ago))
            found.append(reading("memory_bytes", 48e6 + ago * 1e4, "bytes", replica, ago))
        found.append(reading("up", 0.0 if ago == 9 else 1.0, "count", url, ago))
        found.append(reading("response_seconds", 0.003, "seconds", url, ago))
        found.append(reading("disk_used_ratio", 0.41, "ratio", "host", ago))
    return found


@contextmanager
def serving(root: Path, **environ: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The dashboard of a project on a free port: its URL and its process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "fullcycle.dashboard", "--port", "0", "--project", str(root)],
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    try:
        line = process.stdout.readline()
        assert " on http://" in line, line + process.stdout.read()
        yield line.rpartition(" on ")[2].strip(), process
    finally:
        process.terminate()
        process.communicate(timeout=20)
