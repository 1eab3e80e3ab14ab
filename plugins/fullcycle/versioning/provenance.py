"""Where a release comes from: an in-toto Statement v1 with SLSA Provenance v1.

Unsigned and made by the build itself, it reaches SLSA Build L1 and claims no more.
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fullcycle.ci.origin import job_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fullcycle.model import Artifact

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:fullcycle:build:{kind}:v1"

_BUILDERS = {
    "GITHUB_ACTIONS": "GITHUB_SERVER_URL",
    "GITLAB_CI": "CI_SERVER_URL",
    "JENKINS_URL": "JENKINS_URL",
    "TF_BUILD": "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
}
"""Markers of CI servers, and the variable with the server's address."""

LOCAL_BUILDER = "urn:fullcycle:builder:local"


def statement(
    artifact: Artifact,
    origin: str | None,
    *,
    parameters: Mapping[str, Any] | None = None,
    run_id: str = "",
    started: datetime | None = None,
    environ: Mapping[str, str] = os.environ,
) -> bytes:
    """The statement, as JSON.

    Args:
        artifact: what was built.
        origin: the URL of the source repository, without credentials; None when it has none.
        parameters: the `[build]` settings: what a user could have chosen otherwise.
        run_id: the run that built it, where no CI server has an address for it.
        started: when the build began.
        environ: the environment, in which CI servers name themselves.
    """
    made = {
        "_type": STATEMENT,
        "subject": [
            {"name": artifact.app, "digest": {"sha256": artifact.digest.removeprefix("sha256:")}}
        ],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE.format(kind=artifact.kind),
                "externalParameters": {
                    "version": artifact.version,
                    "build": dict(parameters or {}),
                },
                "internalParameters": {"provider": artifact.provider, "dirty": artifact.dirty},
                "resolvedDependencies": [_source(artifact, origin)],
            },
            "runDetails": {
                "builder": {"id": builder(environ)},
                "metadata": _metadata(artifact, run_id, started, environ),
            },
        },
    }
    return json.dumps(made, indent=2, sort_keys=True).encode() + b"\n"


def builder(environ: Mapping[str, str]) -> str:
    """Who built it, as a URI: the CI server, or this machine."""
    address = next((environ.get(v) for m, v in _BUILDERS.items() if environ.get(m)), None)
    if address and environ.get("GITHUB_ACTIONS"):
        return f"{address}/{environ.get('GITHUB_REPOSITORY', '')}".rstrip("/")
    return address or LOCAL_BUILDER


def source_uri(origin: str | None) -> str:
    """A repository's URL as SLSA writes it: `git+https://…`, `git+ssh://…`."""
    if origin is None:
        return "git+file:."
    if short := re.fullmatch(r"(?P<host>[^/:]+):(?P<path>[^/].*)", origin):
        return f"git+ssh://{short['host']}/{short['path']}"
    return f"git+{origin}" if "://" in origin else f"git+file://{origin}"


def _source(artifact: Artifact, origin: str | None) -> dict[str, Any]:
    return {"uri": source_uri(origin), "digest": {"gitCommit": artifact.revision}}


def _metadata(
    artifact: Artifact, run_id: str, started: datetime | None, environ: Mapping[str, str]
) -> dict[str, str]:
    invocation = _invocation(environ) or run_id
    times = {"startedOn": started, "finishedOn": artifact.created}
    return {
        **({"invocationId": invocation} if invocation else {}),
        **{name: _rfc3339(at) for name, at in times.items() if at},
    }


def _invocation(environ: Mapping[str, str]) -> str | None:
    if run := environ.get("GITHUB_RUN_ID"):
        attempt = environ.get("GITHUB_RUN_ATTEMPT", "1")
        return f"{builder(environ)}/actions/runs/{run}/attempts/{attempt}"
    return job_url(environ) or None


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
