"""CI servers: which one this runs on, and how it is spoken to."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .dialect import Dialect

_SERVERS = (
    ("GITEA_ACTIONS", "github", "GitHub"),
    ("GITHUB_ACTIONS", "github", "GitHub"),
    ("GITLAB_CI", "gitlab", "GitLab"),
    ("TF_BUILD", "azure", "Azure"),
    ("TEAMCITY_VERSION", "teamcity", "TeamCity"),
    ("BUILDKITE", "buildkite", "Buildkite"),
    ("TRAVIS", "travis", "Travis"),
    ("CIRCLECI", "dialect", "Dialect"),
    ("BITBUCKET_COMMIT", "dialect", "Dialect"),
    ("DRONE", "dialect", "Dialect"),
    ("CODEBUILD_BUILD_ARN", "dialect", "Dialect"),
    ("APPVEYOR", "dialect", "Dialect"),
)
"""The variable that each sets, first match wins: Gitea sets GitHub's, too."""


def spoken_here(environ: Mapping[str, str]) -> Dialect | None:
    """The dialect of the CI server this runs on; None elsewhere.

    Also None inside a step of another run: what is said there is that step's output.
    """
    if "FULLCYCLE_ROOT" in environ:
        return None
    for variable, module, name in _SERVERS:
        if environ.get(variable):
            made: Dialect = getattr(import_module(f"{__name__}.{module}"), name)(environ)
            return made
    if environ.get("CI") == "woodpecker" or environ.keys() >= {"JENKINS_URL", "BUILD_ID"}:
        from .dialect import Dialect

        return Dialect(environ)
    return None
