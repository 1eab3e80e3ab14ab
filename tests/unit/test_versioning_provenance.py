from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fullcycle.model import Artifact
from fullcycle.versioning.provenance import LOCAL_BUILDER, builder, source_uri, statement

ARTIFACT = Artifact(
    app="shop",
    digest="sha256:" + "c" * 64,
    kind="python",
    provider="process",
    version="1.2.0",
    revision="a" * 40,
    created=datetime(2026, 11, 22, 15, 30, tzinfo=UTC),
)
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://git.example.org",
    "GITHUB_REPOSITORY": "ada/shop",
    "GITHUB_RUN_ID": "7",
    "GITHUB_RUN_ATTEMPT": "2",
}


def made(origin: str | None = "https://example.org/shop.git", **options: Any) -> dict[str, Any]:
    options.setdefault("environ", {})
    loaded: dict[str, Any] = json.loads(statement(ARTIFACT, origin, **options))
    return loaded


def test_the_statement_has_what_in_toto_and_slsa_ask_for() -> None:
    started = datetime(2026, 11, 22, 15, 29, tzinfo=UTC)
    found = made(parameters={"kind": "python"}, run_id="run-1", started=started)
    assert found["_type"] == "https://in-toto.io/Statement/v1"
    assert found["predicateType"] == "https://slsa.dev/provenance/v1"
    assert found["subject"] == [{"name": "shop", "digest": {"sha256": "c" * 64}}]
    definition = found["predicate"]["buildDefinition"]
    assert definition["buildType"] == "urn:fullcycle:build:python:v1"
    assert definition["externalParameters"] == {"version": "1.2.0", "build": {"kind": "python"}}
    assert definition["internalParameters"] == {"provider": "process", "dirty": False}
    assert definition["resolvedDependencies"] == [
        {"uri": "git+https://example.org/shop.git", "digest": {"gitCommit": "a" * 40}}
    ]
    details = found["predicate"]["runDetails"]
    assert details["builder"] == {"id": LOCAL_BUILDER}
    assert details["metadata"] == {
        "invocationId": "run-1",
        "startedOn": "2026-11-22T15:29:00Z",
        "finishedOn": "2026-11-22T15:30:00Z",
    }


def test_it_claims_no_level() -> None:
    assert "level" not in json.dumps(made()).lower()


def test_on_a_ci_server_the_server_is_the_builder() -> None:
    details = made(environ=GITHUB, run_id="run-1")["predicate"]["runDetails"]
    assert details["builder"]["id"] == "https://git.example.org/ada/shop"
    invocation = "https://git.example.org/ada/shop/actions/runs/7/attempts/2"
    assert details["metadata"]["invocationId"] == invocation
    gitlab = {"GITLAB_CI": "true", "CI_SERVER_URL": "https://gitlab.example.org"}
    assert builder(gitlab) == "https://gitlab.example.org"


@pytest.mark.parametrize(
    ("origin", "uri"),
    [
        ("https://example.org/shop.git", "git+https://example.org/shop.git"),
        ("git@example.org:ada/shop.git", "git+ssh://git@example.org/ada/shop.git"),
        ("ssh://example.org/shop.git", "git+ssh://example.org/shop.git"),
        ("/srv/shop.git", "git+file:///srv/shop.git"),
        (None, "git+file:."),
    ],
)
def test_a_repository_is_written_as_a_uri(origin: str | None, uri: str) -> None:
    assert source_uri(origin) == uri


def test_the_same_build_has_the_same_bytes() -> None:
    assert statement(ARTIFACT, None, environ={}) == statement(ARTIFACT, None, environ={})
