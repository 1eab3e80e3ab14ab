"""What a deployment now would change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from git_project import Project
from loop_bed import SHOP, Site
from rollout_platform import MemoryHistory, workload

from fullcycle.loop.difference import difference
from fullcycle.loop.workload import workload as settled
from fullcycle.model import Deployment, DeploymentStatus
from fullcycle.pipeline.codec import dump

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fullcycle.model import Release


@dataclass
class Shelf:
    """A registry of these releases."""

    releases: tuple[Release, ...] = ()

    def list(self) -> Sequence[Release]:
        return self.releases

    def find(self, reference: str) -> Release | None:
        return next((each for each in self.releases if each.version == reference), None)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Version 1 is released, and runs with the settings of SHOP."""
    made = Site(tmp_path)
    repository = Project.begin(tmp_path)
    head = repository.commit("feat: sell things")
    release = replace(workload("1").release, revision=head)
    made.more["registry"] = Shelf((release,))
    running(made)
    return made


def running(site: Site) -> None:
    """The newest release, deployed with the settings as they are."""
    project = site.project()
    [release, *_] = project.platform.require("registry").list()
    MemoryHistory(site.world).record(
        Deployment(
            id="d1",
            app="shop",
            environment="test",
            workload=settled(project, release),
            strategy="rolling",
            status=DeploymentStatus.SUCCEEDED,
            started=release.created,
            by="me@here",
        )
    )


def lines(site: Site) -> list[str]:
    return difference(site.project()).text.splitlines()


def test_nothing_differs_right_after_a_deployment(site: Site) -> None:
    assert lines(site) == ["none"]


def test_commits_that_do_not_run_are_told(site: Site) -> None:
    Project(site.root).commit("fix: the price")
    [line] = lines(site)
    assert line.endswith("the price")


def test_a_newer_release_is_told_with_its_digest(site: Site) -> None:
    shelf = site.more["registry"]
    newer = replace(shelf.releases[0], version="2", digest="sha256:2")
    site.more["registry"] = Shelf((newer, *shelf.releases))
    assert lines(site) == ["release.digest: sha256:1 → sha256:2", "release.version: 1 → 2"]


def test_settings_that_changed_are_told_by_name(site: Site) -> None:
    site.text = """
    [app]
    name = "shop"
    run = "serve {port}"
    health = { path = "/ready" }
    secrets = ["TOKEN"]
    env = { DEBUG = "1" }
    processes = { worker = { run = "work {port}", replicas = 2 } }

    [environments.test]
    replicas = 3
    drain = 0.01
    volumes = ["data:/var/data"]
    resources = { memory = "512 MB" }
    """
    told = lines(site)
    for line in (
        "env.DEBUG: none → 1",
        "health.path: /healthz → /ready",
        "processes.worker.command: none → work {port}",
        "processes.worker.replicas: none → 2",
        "replicas: 1 → 3",
        "resources.memory: none → 512000000",
        "secrets.TOKEN: none → set",
        "volumes.data:/var/data: none → set",
    ):
        assert line in told


def test_the_value_of_a_secret_is_never_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hunter2-hunter2")
    url = "db://u:hunter2-hunter2@h"  # pragma: allowlist secret
    site.text = SHOP.replace(
        "[environments", f'secrets = ["TOKEN"]\nenv = {{ URL = "{url}" }}\n[environments'
    )
    found = difference(site.project())
    assert "env.URL" in found.text
    assert "hunter2" not in found.text + dump(found)


def test_where_nothing_runs_it_says_so(tmp_path: Path) -> None:
    Project.begin(tmp_path).commit("feat: sell things")
    assert lines(Site(tmp_path))[-1] == "nothing runs"


def test_commits_are_told_even_when_nothing_is_released(site: Site) -> None:
    Project(site.root).commit("fix: the price")
    site.more["registry"] = Shelf()
    told = lines(site)
    assert told[0].endswith("the price")
    assert "nothing is released" in told[1]
