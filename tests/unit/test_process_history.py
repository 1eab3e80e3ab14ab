"""The deployments of an environment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import UsageError
from fullcycle.model import Deployment, DeploymentStatus, Release, Workload
from fullcycle_process import history as module
from fullcycle_process.history import FileHistory
from fullcycle_process.home import Home

if TYPE_CHECKING:
    from pathlib import Path

    from fullcycle.providers import History


def deployment(number: int) -> Deployment:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    release = Release(
        app="shop",
        version=f"1.{number}",
        digest="sha256:" + "0" * 64,
        kind="files",
        registry="file:///r",
        revision="0" * 40,
        created=now,
        released_by="ada@work",
    )
    return Deployment(
        id=f"20261122-{number:06}-abcd",
        app="shop",
        environment="local",
        workload=Workload(release=release, command="run", env={"A": "1"}, secrets=("TOKEN",)),
        strategy="rolling",
        status=DeploymentStatus.RUNNING,
        started=now,
        by="ada@work",
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "local")


@pytest.fixture
def history(home: Home) -> History:
    return FileHistory(home)


def test_deployments_are_listed_whole_and_newest_first(history: History) -> None:
    assert history.list() == []
    for number in (1, 3, 2):
        history.record(deployment(number))
    assert history.list() == [deployment(3), deployment(2), deployment(1)]
    assert history.list(1) == [deployment(3)]


def test_recording_again_updates(history: History) -> None:
    history.record(deployment(1))
    ended = replace(deployment(1), status=DeploymentStatus.FAILED, reason="no")
    history.record(ended)
    assert history.list() == [ended]


def test_only_the_newest_are_kept(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEEP", 3)
    for number in range(5):
        history.record(deployment(number))
    assert [d.id[9:15] for d in history.list()] == ["000004", "000003", "000002"]


def test_scaling_pushes_nothing_out_that_a_rollback_needs(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEEP", 3)
    for number in range(2):
        history.record(deployment(number))
    for number in range(2, 9):
        history.record(replace(deployment(number), reason="scale 2 → 3: cpu is 90%"))
    assert [d.id[14] for d in history.list()] == ["8", "7", "6", "1", "0"]


def test_a_damaged_record_is_named(home: Home, history: History) -> None:
    history.record(deployment(1))
    file = next((home.root / "deployments").glob("*.json"))
    file.write_text("{")
    with pytest.raises(UsageError, match=file.name):
        history.list()
