"""Where the CI server shows what runs here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_OWN = (
    "CI_JOB_URL",
    "CI_STEP_URL",
    "BUILDKITE_BUILD_URL",
    "CIRCLE_BUILD_URL",
    "TRAVIS_JOB_WEB_URL",
    "DRONE_BUILD_LINK",
    "CODEBUILD_BUILD_URL",
    "BUILD_URL",
)
"""Where GitLab, Woodpecker, Buildkite, CircleCI, Travis, Drone, CodeBuild and Jenkins keep it."""
_MADE = (
    "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
    "https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",
)
"""How it is made of the variables of GitHub (and Gitea), Azure and Bitbucket."""


def job_url(environ: Mapping[str, str]) -> str:
    """The page of the job this runs in; empty where there is none, or its server has no say."""
    own = next((environ[name] for name in _OWN if environ.get(name)), "")
    return own or next((url for template in _MADE if (url := _filled(template, environ))), "")


def _filled(template: str, environ: Mapping[str, str]) -> str:
    try:
        return template.format_map(environ)
    except KeyError:
        return ""
