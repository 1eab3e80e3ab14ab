"""What every History promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fullcycle.model import Deployment, DeploymentStatus, HealthCheck, Release, Workload

from .contract import Contract, Kit

BEGIN = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


class HistoryContract(Contract):
    """Deployments come back as they were recorded, to whoever asks."""

    def test_a_deployment_comes_back_whole(self, kit: Kit) -> None:
        made = sample(kit, 1)
        kit.platform.require("history").record(made)
        assert list(kit.connect().require("history").list()) == [made]

    def test_recording_again_updates(self, kit: Kit) -> None:
        history = kit.platform.require("history")
        made = sample(kit, 1)
        ended = replace(
            made, status=DeploymentStatus.ROLLED_BACK, finished=BEGIN, reason="503 on /healthz"
        )
        history.record(made)
        history.record(ended)
        assert list(kit.connect().require("history").list()) == [ended]

    def test_the_newest_come_first_and_no_more_than_asked_for(self, kit: Kit) -> None:
        history = kit.platform.require("history")
        for number in (1, 2, 3):
            history.record(sample(kit, number))
        listed = [each.id for each in kit.connect().require("history").list(2)]
        assert listed == [sample(kit, number).id for number in (3, 2)]

    def test_an_environment_begins_without_any(self, kit: Kit) -> None:
        assert list(kit.platform.require("history").list()) == []


def sample(kit: Kit, number: int) -> Deployment:
    """A deployment with a value in every field that a record could lose."""
    release = Release(
        app=kit.target.app,
        version="1.0.0+ü",
        digest=f"sha256:{'a' * 64}",
        kind="files",
        registry="somewhere",
        revision="0" * 40,
        tag="v1.0.0",
        created=BEGIN,
        released_by="kit@contract",
        notes="- a *change*\n",
    )
    workload = Workload(
        release=release,
        command="serve --port {port}",
        env={"COLOUR": "grün"},
        secrets=("TOKEN",),
        health=HealthCheck(path="/up", interval=0.5, timeout=1.0, deadline=7.0),
        replicas=3,
    )
    return Deployment(
        id=f"20260102-03040{number}-0000",
        app=kit.target.app,
        environment=kit.target.environment,
        workload=workload,
        strategy="rolling",
        status=DeploymentStatus.RUNNING,
        started=BEGIN + timedelta(seconds=number),
        by="kit@contract",
    )
