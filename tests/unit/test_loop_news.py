"""What people hear of deployments, of scaling, and of what waits for them."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from loop_bed import SHOP, Site
from rollout_platform import workload

from fullcycle.ci.origin import job_url
from fullcycle.errors import RolledBackError, StepError, UsageError
from fullcycle.loop.deploy import roll_out
from fullcycle.loop.news import say
from fullcycle.loop.operations import scale
from hearing import Hook, hook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fullcycle.model import Workload


@pytest.fixture
def team() -> Iterator[Hook]:
    with hook() as made:
        yield made


def settings(team: Hook, more: str = "") -> str:
    return (
        f"{SHOP}{more}\n[operate.links]\ndashboard = 'https://ops.example.org'\n"
        f"[notify.team]\nurl = '{team.url}'\n"
    )


@pytest.fixture
def site(tmp_path: Path, team: Hook) -> Site:
    return Site(tmp_path, settings(team))


def test_a_deployment_is_told_at_its_begin_and_at_its_end(site: Site, team: Hook) -> None:
    done = roll_out(site.project(), workload("1"), site.desk)
    assert team.kinds == ["deployment-started", "deployment-done"]
    begun, ended = team.heard
    assert begun["title"] == f"{done.by} deploys shop 1 to test"
    assert ended["title"] == "shop 1 serves in test"
    assert (ended["who"], ended["app"], ended["environment"]) == (done.by, "shop", "test")
    what = ended["what"]
    assert (what["version"], what["digest"]) == ("1", done.workload.release.digest)
    assert (what["outcome"], what["replicas"], what["deployment"]) == ("succeeded", "3", done.id)
    assert float(what["seconds"]) >= 0
    assert ended["links"]["dashboard"] == "https://ops.example.org"
    assert ended["links"]["application"].startswith("http")


def test_the_commits_since_the_release_before_are_told(site: Site, team: Hook) -> None:
    heads = [_commit(site.root, subject) for subject in ("feat: sell", "fix: add", "feat: more")]
    roll_out(site.project(), _revised("1", heads[0]), site.desk)
    roll_out(site.project(), _revised("2", heads[2]), site.desk)
    what = team.heard[-1]["what"]
    assert what["previous"] == "1"
    assert what["commits"].splitlines() == [f"{heads[2][:9]} more", f"{heads[1][:9]} add"]


def test_one_that_is_rolled_back_says_why_and_what_serves(site: Site, team: Hook) -> None:
    roll_out(site.project(), workload("1"), site.desk)
    site.world.sick |= {"2"}
    with pytest.raises(RolledBackError):
        roll_out(site.project(), workload("2"), site.desk)
    told = team.heard[-1]
    assert told["kind"] == "deployment-rolled-back"
    assert told["title"].startswith("shop 2 was rolled back from test: ")
    assert (told["what"]["previous"], told["what"]["outcome"]) == ("1", "rolled-back")


def test_one_that_fails_is_told(site: Site, team: Hook) -> None:
    with pytest.raises(StepError):
        roll_out(site.project(), workload("1"), site.desk, before=["exit 3"])
    assert team.kinds == ["deployment-started", "deployment-failed"]
    assert "`exit 3` ended with exit code 3" in team.heard[-1]["title"]


def test_scaling_is_one_message(site: Site, team: Hook) -> None:
    roll_out(site.project(), workload("1"), site.desk)
    scale(site.project(), 5)[0].action(site.desk)  # type: ignore[operator]
    assert team.kinds[2:] == ["scaled"]
    assert team.heard[-1]["title"] == "shop in test: scale 3 → 5"


def test_a_deployment_does_not_mind_a_notifier_that_fails(site: Site, team: Hook) -> None:
    team.answers = [404] * 2
    roll_out(site.project(), workload("1"), site.desk)
    problems = [line for line in site.desk.lines if "was not told" in line]
    assert problems == ["team was not told: the answer is 404 Not Found"] * 2
    assert site.world.serving() == ["1", "1", "1"]


def test_a_deployment_does_not_mind_what_nobody_thought_of(
    site: Site, team: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> str:
        raise KeyError("no such server")

    monkeypatch.setattr("fullcycle.ci.origin.job_url", broken)
    roll_out(site.project(), workload("1"), site.desk)
    assert not team.heard
    told = "nobody was told: KeyError: 'no such server'"
    assert [line for line in site.desk.lines if "nobody" in line] == [told] * 2


def test_a_deployment_runs_while_the_first_message_is_under_way(site: Site, team: Hook) -> None:
    team.held.clear()
    site.desk.heard = lambda: team.held.set() if site.world.serving() == ["1"] * 3 else None
    roll_out(site.project(), workload("1"), site.desk)
    assert team.kinds == ["deployment-started", "deployment-done"]


def test_who_is_asked_is_told_how_to_answer(tmp_path: Path, team: Hook) -> None:
    canary = 'strategy = { kind = "canary", steps = [50], pause = 0, min_requests = 1 }'
    site = Site(tmp_path, settings(team, canary))
    roll_out(site.project(), workload("1"), site.desk)
    word = tmp_path / ".fullcycle/approve/deploy-test"
    site.desk.heard = lambda: word.touch() if "waiting" in team.kinds else None
    roll_out(site.project(), workload("2"), site.desk)
    [asked] = [each for each in team.heard if each["kind"] == "waiting"]
    assert asked["what"]["answer"] == f"touch {word}"
    assert "Go on?" in asked["title"]


def test_a_test_message_goes_to_all_or_to_those_that_are_named(site: Site, team: Hook) -> None:
    [told] = say(site.project(), "", (), dry=False)
    assert (told.name, told.problem) == ("team", "")
    assert team.heard[0]["title"] == "shop: this is a test of its notifications"
    say(site.project(), "We close at eight.", ["team"], dry=False)
    assert (team.kinds[1], team.heard[1]["title"]) == ("message", "We close at eight.")
    with pytest.raises(UsageError, match=r"unknown notifier 'teem' \(there are: team\)"):
        say(site.project(), "", ["teem"], dry=False)


def test_a_dry_test_sends_nothing(site: Site, team: Hook) -> None:
    [told] = say(site.project(), "", (), dry=True)
    assert str(told) == "team would be told"
    assert not team.heard


def test_without_notifiers_a_test_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nobody to tell \(write \[notify.NAME\]"):
        say(Site(tmp_path).project(), "", (), dry=False)


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, ""),
        ({"CI_JOB_URL": "https://git.example.org/j/1"}, "https://git.example.org/j/1"),
        (
            {
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "ada/shop",
                "GITHUB_RUN_ID": "7",
            },
            "https://github.com/ada/shop/actions/runs/7",
        ),
    ],
)
def test_the_page_of_the_ci_server_is_found(environ: dict[str, str], url: str) -> None:
    assert job_url(environ) == url


def _revised(version: str, revision: str) -> Workload:
    made = workload(version)
    return replace(made, release=replace(made.release, revision=revision))


def _commit(root: Path, subject: str) -> str:
    def git(*words: str) -> str:
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        command = ["git", *who, *words]
        done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    if not (root / ".git").exists():
        git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", subject)
    return git("rev-parse", "HEAD")
