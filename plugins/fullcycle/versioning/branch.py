"""The branch a run is for, also on CI servers, which check out a bare commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .git import Repository

PULL_REQUEST = (
    "GITHUB_HEAD_REF",
    "CI_MERGE_REQUEST_IID",
    "CHANGE_ID",
    "SYSTEM_PULLREQUEST_PULLREQUESTID",
    "BUILDKITE_PULL_REQUEST",
    "BITBUCKET_PR_ID",
    "DRONE_PULL_REQUEST",
    "CI_COMMIT_PULL_REQUEST",
)
"""Set on a build of a pull request, where some servers name the target as the branch: GitHub and
Gitea, GitLab, Jenkins, Azure, Buildkite, Bitbucket, Drone, Woodpecker."""

BRANCH = (
    "GITHUB_REF_NAME",
    "CI_COMMIT_BRANCH",
    "BRANCH_NAME",
    "GIT_BRANCH",
    "BUILD_SOURCEBRANCH",
    "BUILDKITE_BRANCH",
    "CIRCLE_BRANCH",
    "BITBUCKET_BRANCH",
    "DRONE_BRANCH",
    "CODEBUILD_WEBHOOK_HEAD_REF",
)
"""Where the servers name the branch: GitHub and Gitea, GitLab and Woodpecker, Jenkins (twice),
Azure, Buildkite, CircleCI, Bitbucket, Drone, CodeBuild. Azure's BUILD_SOURCEBRANCHNAME is only
the last part of `feature/main`, and so of no use."""

TAG = ("GITHUB_REF_TYPE", "BUILDKITE_TAG", "CIRCLE_TAG", "BITBUCKET_TAG", "DRONE_TAG")


def current(repository: Repository, environ: Mapping[str, str]) -> str | None:
    """The branch that is checked out, or the one the CI server says it builds.

    None for a detached HEAD elsewhere, a pull request or a tag.
    """
    return repository.branch() or announced(environ)


def announced(environ: Mapping[str, str]) -> str | None:
    """The branch a CI server says it builds."""
    if any(environ.get(name, "") not in {"", "false"} for name in PULL_REQUEST):
        return None
    if any(environ.get(name, "") not in {"", "branch"} for name in TAG):
        return None
    named = next((environ[name] for name in BRANCH if environ.get(name)), None)
    return named.removeprefix("refs/heads/").removeprefix("origin/") if named else None
