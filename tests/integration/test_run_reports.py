"""What a command leaves behind, however it ends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shop

STEPS = """
[code.good]
run = "echo told $TRACEPARENT $FULLCYCLE_RUN"

[code.bad]
run = "echo the reason; exit 3"

[code.slow]
run = "echo slowly; sleep 30"
"""
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def project(shop: Shop) -> Shop:
    shop.settings(STEPS)
    return shop


def reported(project: Shop, text: str) -> Path:
    match = re.search(r"^report: (\.fullcycle/runs/.+/report\.html)$", text, re.MULTILINE)
    assert match, text
    return project.root / match[1]


def test_a_failed_run_leaves_its_reports_and_says_where(project: Shop) -> None:
    answer = project.invoke("code", "--only", "code.good", "--only", "code.bad")
    assert answer.code == 1
    path = reported(project, answer.out)
    assert "code.bad failed with exit code 3" in path.read_text()
    assert "the reason" in path.with_name("junit.xml").read_text()


def test_each_step_is_told_its_place_in_the_callers_trace(project: Shop) -> None:
    project.environ["TRACEPARENT"] = f"00-{TRACE}-00f067aa0ba902b7-01"
    answer = project.done("code", "--only", "code.good", "--json")
    run = json.loads(answer.out)
    path = reported(project, answer.err)
    match = re.search(
        r"^told (\S+) (\S+)$", path.with_name("code.good.log").read_text(), re.MULTILINE
    )
    assert match
    told, run_id = match.groups()
    assert told.startswith(f"00-{TRACE}-")
    assert "00f067aa0ba902b7" not in told
    assert run_id == run["id"] == path.parent.name


def test_an_interrupted_run_leaves_its_report_too(project: Shop) -> None:
    process = subprocess.Popen(
        project.command("code", "--only", "code.slow", "--verbose"),
        cwd=project.root,
        env=project.variables(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    while "slowly" not in (line := process.stdout.readline()):
        assert line, "it ended"
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted by SIGINT" in reported(project, out).read_text()


def test_a_dry_run_leaves_nothing(project: Shop) -> None:
    answer = project.done("--dry", "code", "--only", "code.good")
    assert "report:" not in answer.text
    assert not list(project.root.glob(".fullcycle/runs/*/report.html"))
