"""Settings of all layers, laid over one another."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from settings_projects import APP, loaded, problems, write

from fullcycle.errors import UsageError
from fullcycle.settings import load

if TYPE_CHECKING:
    from pathlib import Path

LAYERED = """
[app]
name = "shop"
port = 1001
env = { A = "file", B = "file" }
"""


def test_a_name_is_all_that_is_needed(tmp_path: Path) -> None:
    found = loaded(tmp_path, APP)
    assert found.settings.app.name == "shop"
    assert found.file == tmp_path / "fullcycle.toml"
    assert found.environment() == ("local", found.settings.environments["local"])


def test_each_layer_goes_over_the_one_before(tmp_path: Path) -> None:
    def port(**layers: object) -> int:
        return loaded(tmp_path, LAYERED, **layers).settings.app.port

    invoke, environ, flags = {"app": {"port": 1002}}, {"FULLCYCLE_APP__PORT": "1003"}, 1004
    assert loaded(tmp_path, APP).settings.app.port == 8000
    assert port() == 1001
    assert port(invoke=invoke) == 1002
    assert port(invoke=invoke, environ=environ) == 1003
    assert port(invoke=invoke, environ=environ, flags={"app.port": flags}) == 1004


def test_tables_are_merged_key_by_key(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        LAYERED,
        invoke={"app": {"env": {"B": "invoke", "C": "invoke"}}},
        environ={"FULLCYCLE_APP__ENV__C": "variable"},
    )
    assert found.settings.app.env == {"A": "file", "B": "invoke", "C": "variable"}


def test_lists_are_replaced_as_a_whole(tmp_path: Path) -> None:
    text = 'secrets = ["A", "B"]\n' + APP
    assert loaded(tmp_path, text, invoke={"secrets": ("C",)}).settings.secrets == ("C",)


def test_a_flag_that_was_not_given_changes_nothing(tmp_path: Path) -> None:
    assert loaded(tmp_path, LAYERED, flags={"app.port": None}).settings.app.port == 1001


def test_there_is_a_local_environment_beside_those_of_the_file(tmp_path: Path) -> None:
    found = loaded(tmp_path, APP + "[environments.staging]\nreplicas = 3\n")
    assert set(found.settings.environments) == {"local", "staging"}


def test_pyproject_may_hold_the_settings(tmp_path: Path) -> None:
    write(tmp_path, '[tool.fullcycle.app]\nname = "shop"\n', "pyproject.toml")
    found = load(tmp_path, environ={})
    assert found.settings.app.name == "shop"
    assert found.origins["app.name"] == "pyproject.toml:2"


def test_two_settings_files_are_an_error_that_names_both(tmp_path: Path) -> None:
    write(tmp_path, '\n[tool.fullcycle.app]\nname = "shop"\n', "pyproject.toml")
    [line] = problems(tmp_path, APP)
    assert line == "settings are in fullcycle.toml and in pyproject.toml:2, [tool.fullcycle]"


def test_settings_may_come_from_invoke_alone(tmp_path: Path) -> None:
    found = load(tmp_path, invoke={"app": {"name": "shop"}}, environ={})
    assert found.file is None
    assert found.origins["app.name"] == "invoke configuration"


def test_no_settings_at_all_leads_to_init(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no settings.*invoke init"):
        load(tmp_path, environ={})


def test_every_value_has_an_origin(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        LAYERED,
        invoke={"release": {"keep": 3}},
        environ={"FULLCYCLE_SMOKE__ENABLED": "false"},
        flags={"defaults.jobs": 2},
    )
    assert found.origins.items() >= {
        ("app.port", "fullcycle.toml:4"),
        ("app.env.A", "fullcycle.toml:5"),
        ("release.keep", "invoke configuration"),
        ("smoke.enabled", "FULLCYCLE_SMOKE__ENABLED"),
        ("defaults.jobs", "flag"),
        ("app.health.path", "default"),
        ("environments.local.replicas", "default"),
    }


def test_an_unknown_environment_names_the_nearest_and_all(tmp_path: Path) -> None:
    found = loaded(tmp_path, APP + "[environments.staging]\n")
    with pytest.raises(UsageError, match=r"'stagin' .*'staging'\? there are: local, staging"):
        found.environment("stagin")


def test_secret_names_are_those_of_all_and_of_the_application(tmp_path: Path) -> None:
    text = 'secrets = ["A"]\n[app]\nname = "shop"\nsecrets = ["B"]\n'
    assert loaded(tmp_path, text).secret_names() == {"A", "B"}


def test_what_was_loaded_cannot_be_changed(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.root = tmp_path  # type: ignore[misc]


def test_importing_the_face_loads_nothing_heavy() -> None:
    heavy = "{'pydantic', 'tomlkit', 'tomllib', 'difflib'}"
    code = f"import sys, fullcycle.settings; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "set()"


def test_valid_settings_need_no_line_numbers(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, fullcycle.settings as s\n"
        "s.load(pathlib.Path(sys.argv[1]), environ={})\n"
        "print({'fullcycle.settings.positions', 'tomlkit'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(write(tmp_path, APP))],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout.strip() == "set()"
