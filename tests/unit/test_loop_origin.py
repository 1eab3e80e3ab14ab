"""What was built or released for the provider of another environment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from loop_bed import Site
from rollout_platform import workload
from test_loop_difference import Shelf

from fullcycle.errors import UsageError
from fullcycle.loop import deploy, release, test
from fullcycle.model import Artifact

if TYPE_CHECKING:
    from pathlib import Path

    from fullcycle.model import Release
    from fullcycle.pipeline.step import Step

RELEASED = replace(workload("1").release, kind="image", provider="docker")


def artifact(provider: str) -> Artifact:
    return Artifact(
        app="shop",
        digest="sha256:1",
        kind="image",
        provider=provider,
        version="1",
        revision="0" * 40,
        created=datetime.now(UTC),
    )


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Its environment uses provider `process`."""
    return Site(tmp_path, more={"registry": Shelf()})


def refusal(site: Site, steps: list[Step]) -> str:
    with pytest.raises(UsageError) as caught:
        steps[-1].action(site.desk)  # type: ignore[operator]
    return str(caught.value)


def test_the_smoke_test_and_the_release_want_an_artifact_of_their_own_provider(site: Site) -> None:
    project = site.project()
    project.handoff.write("artifact", artifact("docker"))
    for steps in (test.steps(project), release.steps(project)):
        assert refusal(site, steps) == (
            "the artifact handed over is of the kind 'image', made by provider 'docker';"
            " environment 'test' uses provider 'process' (run `invoke build --env test`)"
        )


def test_a_suite_inside_the_artifact_wants_one_of_its_own_provider_too(site: Site) -> None:
    site.text += "\n[smoke]\nenabled = false\n[test.inner]\nrun = 'true'\ninside = true\n"
    project = site.project()
    project.handoff.write("artifact", artifact("docker"))
    assert "made by provider 'docker'" in refusal(site, test.steps(project))


def test_a_release_that_the_registry_does_not_have_is_not_deployed(site: Site) -> None:
    project = site.project()
    project.handoff.write("release", RELEASED)
    assert refusal(site, deploy.steps(project)) == (
        "the release handed over is of the kind 'image', made by provider 'docker';"
        " environment 'test' uses provider 'process' (run `invoke release --env test`)"
    )


def test_a_release_of_another_provider_in_a_shared_registry_is(site: Site) -> None:
    class Shared(Shelf):
        def find(self, reference: str) -> Release | None:
            assert reference == RELEASED.digest
            return RELEASED

    site.more["registry"] = Shared()
    project = site.project()
    project.handoff.write("release", RELEASED)
    assert release.find(project) == RELEASED


@pytest.mark.parametrize("provider", ["process", ""])
def test_a_release_of_its_own_provider_need_not_be_looked_up(site: Site, provider: str) -> None:
    project = site.project()
    mine = replace(RELEASED, provider=provider)
    project.handoff.write("release", mine)
    assert release.find(project) == mine
