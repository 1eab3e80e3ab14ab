"""Settings out of environment variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from settings_projects import APP, loaded, problems

if TYPE_CHECKING:
    from pathlib import Path

FILE = APP + "[environments.staging-eu]\nreplicas = 1\n"


@pytest.mark.parametrize(
    ("variable", "text", "key", "value"),
    [
        ("APP__PORT", "9000", "app.port", 9000),
        ("APP__NAME", "web2", "app.name", "web2"),
        ("APP__HEALTH", '"/up"', "app.health.path", "/up"),
        ("APP__RUN", "python -m x", "app.run", "python -m x"),
        ("APP__RUN", "3", "app.run", "3"),
        ("APP__ENV__DATABASE_URL", "x", "app.env.DATABASE_URL", "x"),
        ("APP__ENV__A__B", "true", "app.env.A__B", "true"),
        ("ENVIRONMENTS__LOCAL__REPLICAS", "3", "environments.local.replicas", 3),
        ("ENVIRONMENTS__STAGING_EU__REPLICAS", "3", "environments.staging-eu.replicas", 3),
        ("ENVIRONMENTS__STAGING-EU__REPLICAS", "3", "environments.staging-eu.replicas", 3),
        ("ENVIRONMENTS__LOCAL__APPROVE", "true", "environments.local.approve", True),
        ("ENVIRONMENTS__LOCAL__DRAIN", "5", "environments.local.drain", 5.0),
        (
            "ENVIRONMENTS__LOCAL__AUTOSCALE__TARGET__CPU",
            "40",
            "environments.local.autoscale.target.cpu",
            40.0,
        ),
        ("ENVIRONMENTS__NEW__PROVIDER", "process", "environments.new.provider", "process"),
        ("RELEASE__TAG_PREFIX", "", "release.tag_prefix", ""),
        ("SECRETS", '["A", "B"]', "secrets", ["A", "B"]),
        ("CODE__TYPE_CHECK", '{ run = "mypy" }', "code.type-check.run", "mypy"),
    ],
)
def test_a_variable_sets_a_key(
    tmp_path: Path, variable: str, text: str, key: str, value: Any
) -> None:
    found = loaded(tmp_path, FILE, environ={f"FULLCYCLE_{variable}": text})
    values = {".".join(map(str, each)): value for each, value in found.values.items()}
    assert values[key] == value
    assert found.origins[key] == f"FULLCYCLE_{variable}"


@pytest.mark.parametrize("name", ["APP", "HOME", "RUN_ID", "ROOT", "ENV", "PROJECT", "VERSION"])
def test_reserved_variables_are_no_settings(tmp_path: Path, name: str) -> None:
    assert loaded(tmp_path, APP, environ={f"FULLCYCLE_{name}": "x"}).settings.app.port == 8000


def test_variables_of_others_are_left_alone(tmp_path: Path) -> None:
    found = loaded(tmp_path, APP, environ={"FULLCYCLER": "x", "MY_FULLCYCLE_X": "x"})
    assert set(found.origins.values()) == {"default", "fullcycle.toml:2"}


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("APP__PROT", "1", "unknown key, did you mean FULLCYCLE_APP__PORT?"),
        ("APPP__PORT", "1", "unknown key, did you mean FULLCYCLE_APP__PORT?"),
        ("COLOUR", "1", "unknown key, known here: APP, DEFAULTS, PLAN"),
        ("APP__PORT__X", "1", "unknown key, known here: none"),
        ("APP____PORT", "1", "unknown key, known here: NAME, RUN"),
        ("", "1", "unknown key, known here: APP"),
        ("APP__PORT", "", "app.port: should be a whole number, is the text ''"),
        ("APP__PORT", "1\nx = 2", "app.port: should be a whole number, is the text '1\\nx = 2'"),
        ("SMOKE__ENABLED", "yes", "smoke.enabled: should be true or false, is the text 'yes'"),
        ("SECRETS", "A", "secrets: should be a list, is a text"),
        ("CODE__X", "{ rn = 1 }", "code.x.rn: unknown key, did you mean 'run'?"),
        (
            "ENVIRONMENTS__LOCL__REPLICAS",
            "3",
            "unknown environment 'locl', did you mean 'local'?",
        ),
    ],
)
def test_a_wrong_variable_is_named(tmp_path: Path, variable: str, text: str, message: str) -> None:
    lines = problems(tmp_path, APP, environ={f"FULLCYCLE_{variable}": text})
    assert lines[0].startswith(f"FULLCYCLE_{variable}: {message}")


def test_wrong_variables_come_together_with_other_errors(tmp_path: Path) -> None:
    environ = {"FULLCYCLE_APP__PROT": "1", "FULLCYCLE_APP__NMAE": "x"}
    lines = problems(tmp_path, APP + "x = 1\n", environ=environ)
    assert [line.split(": ")[0] for line in lines] == [
        "fullcycle.toml:3",
        "FULLCYCLE_APP__NMAE",
        "FULLCYCLE_APP__PROT",
    ]
