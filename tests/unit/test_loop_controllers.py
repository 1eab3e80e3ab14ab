"""One autoscaling controller at a time: who it is, how it begins and ends."""

from __future__ import annotations

import os
import socket
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from settings_projects import loaded

from fullcycle.errors import FullcycleError, LockedError, UsageError
from fullcycle.loop import controllers
from fullcycle.loop.controllers import Record, detach, lease, state, stop
from fullcycle.pipeline.codec import dump
from fullcycle.pipeline.folder import state_folder
from fullcycle.pipeline.identity import born
from fullcycle.project import Project
from fullcycle.scaling.book import Book, Decision

if TYPE_CHECKING:
    from pathlib import Path

SHOP = """
[app]
name = "shop"
run = "serve {port}"

[environments.local]
autoscale = { min = 1, max = 5, target = { cpu = 50 } }
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("FULLCYCLE_HOME", str(tmp_path / "home"))
    found = loaded(tmp_path, SHOP)
    return Project(found, *found.environment("local"))


def recorded(project: Project, pid: int, birth: float) -> None:
    record = Record(pid=pid, born=birth, host=socket.gethostname(), since=datetime.now(UTC))
    state_folder(project.root, "scaling")
    controllers._file(project).write_text(dump(record))


def test_the_lease_keeps_a_second_one_out_and_deployments_not(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lease(project):
        holder = state(project).holder
        assert holder.endswith(f"for autoscaling, process {os.getpid()}")
        monkeypatch.setattr(controllers, "actor", lambda: "bob@elsewhere")
        refused = pytest.raises(LockedError, match=f"local is scaled already by {holder}")
        with refused, lease(project):
            pass
        with project.platform.locked("ada for deploying"):
            assert project.platform.require("lock").holder()
    assert not state(project).holder


def test_the_status_says_who_scales_and_what_was_decided_last(project: Project) -> None:
    found = state(project)
    assert not found.running
    assert "local: nobody scales it" in found.text
    assert "1 to 5 replicas, cpu 50, every 15 s" in found.text
    Book(project.root, "local").add(
        Decision(at=datetime.now(UTC), before=2, asked=3, after=3, reason="cpu is 70%")
    )
    recorded(project, os.getpid(), born(os.getpid()))
    text = state(project).text
    assert f"local: scaled by process {os.getpid()} since" in text
    assert "2 → 3  cpu is 70%" in text


def test_a_record_of_a_process_that_is_gone_stands_for_nobody(project: Project) -> None:
    recorded(project, os.getpid(), 1.0)  # the number was given anew
    assert not state(project).running
    assert stop(project) == "nobody scales local"


def test_one_that_runs_elsewhere_has_to_be_stopped_there(project: Project) -> None:
    with lease(project), pytest.raises(UsageError, match="local is scaled by ") as error:
        stop(project)
    assert error.value.hint == "stop it there"


@pytest.mark.parametrize(
    ("said", "message", "hint", "tail"),
    [
        ("scaling\nerror: no way\nhint: go home\n", "no way", "go home", ""),
        ("Traceback\nboom\n", "the controller ended at once", "", "Traceback\nboom"),
    ],
)
def test_what_a_detached_one_says_that_does_not_begin_is_passed_on(
    project: Project, said: str, message: str, hint: str, tail: str
) -> None:
    ends = (sys.executable, "-c", f"import sys; print({said!r}, end=''); sys.exit(4)")
    with pytest.raises(FullcycleError) as error:
        detach(project, ends)
    assert (error.value.message, error.value.hint, error.value.log_tail) == (message, hint, tail)
    assert error.value.code == 4
