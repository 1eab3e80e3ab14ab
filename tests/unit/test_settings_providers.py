"""The keys a provider adds to its environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from settings_projects import APP, CLOUD, loaded, problems

from fullcycle.errors import OutOfReachError, UsageError
from fullcycle.settings import json_schema
from installed_provider import install_provider

if TYPE_CHECKING:
    from pathlib import Path

CLOUDY = f'{APP}[environments.far]\nprovider = "testcloud"\n'
GOOD = f'{CLOUDY}region = "eu"\nzones = ["a"]\ntier = {{ size = 2 }}\n'


@pytest.fixture(autouse=True)
def cloud(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider `testcloud`, and one that cannot be imported."""
    folder = tmp_path_factory.mktemp("site")
    install_provider(folder, "testcloud", "settings_testcloud", CLOUD, "CloudProvider")
    install_provider(folder, "broken", "settings_broken", "import does_not_exist", "Broken")
    monkeypatch.syspath_prepend(str(folder))


def test_a_target_has_the_validated_options(tmp_path: Path) -> None:
    target = loaded(tmp_path, GOOD).target("far")
    assert (target.app, target.environment, target.root) == ("shop", "far", tmp_path)
    assert (target.options.region, target.options.zones) == ("eu", ("a",))
    assert target.options.tier.size == 2


def test_the_provider_is_made_for_its_target(tmp_path: Path) -> None:
    found = loaded(tmp_path, GOOD)
    provider = found.provider("far")
    assert provider.name == "testcloud"
    assert provider.target == found.target("far")  # type: ignore[attr-defined]


def test_its_keys_have_an_origin_too(tmp_path: Path) -> None:
    origins = loaded(tmp_path, GOOD).origins
    assert origins["environments.far.region"] == "fullcycle.toml:5"
    assert origins["environments.far.keep_warm"] == "default"


def test_all_that_is_wrong_with_its_keys_is_told(tmp_path: Path) -> None:
    text = CLOUDY + 'zones = "a"\nkeep_wam = true\nreplica = 3\ntier = { size = "x", sise = 1 }\n'
    assert problems(tmp_path, text) == [
        "fullcycle.toml:3: environments.far.region: is missing",
        (
            "fullcycle.toml:5: environments.far.zones: should be a list, is the text 'a',"
            ' write ["a"]'
        ),
        "fullcycle.toml:6: environments.far.keep_wam: unknown key, did you mean 'keep_warm'?",
        "fullcycle.toml:7: environments.far.replica: unknown key, did you mean 'replicas'?",
        "fullcycle.toml:8: environments.far.tier.sise: unknown key, did you mean 'size'?",
        "fullcycle.toml:8: environments.far.tier.size: should be a whole number, is the text 'x'",
    ]


def test_the_keys_of_one_provider_are_unknown_to_another(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, f'{APP}[environments.near]\nregion = "eu"\n')
    assert problem.startswith("fullcycle.toml:4: environments.near.region: unknown key")


def test_variables_reach_its_keys(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        CLOUDY,
        environ={
            "FULLCYCLE_ENVIRONMENTS__FAR__REGION": "3",
            "FULLCYCLE_ENVIRONMENTS__FAR__KEEP_WARM": "true",
            "FULLCYCLE_ENVIRONMENTS__FAR__TIER__SIZE": "4",
        },
    )
    options = found.target("far").options
    assert (options.region, options.keep_warm, options.tier.size) == ("3", True, 4)


def test_variables_make_an_environment_when_they_name_its_provider(tmp_path: Path) -> None:
    environ = {
        "FULLCYCLE_ENVIRONMENTS__NEW__KEEP_WARM": "true",
        "FULLCYCLE_ENVIRONMENTS__NEW__PROVIDER": "testcloud",
        "FULLCYCLE_ENVIRONMENTS__NEW__REGION": "eu",
    }
    assert loaded(tmp_path, APP, environ=environ).target("new").options.keep_warm is True


def test_a_variable_that_meant_one_of_its_keys_is_told_so(tmp_path: Path) -> None:
    environ = {"FULLCYCLE_ENVIRONMENTS__FAR__REGIN": "x"}
    [problem] = problems(tmp_path, GOOD, environ=environ)
    assert problem.endswith("did you mean FULLCYCLE_ENVIRONMENTS__FAR__REGION?")


def test_a_broken_plugin_only_stops_what_needs_it(tmp_path: Path) -> None:
    text = f'{APP}[environments.odd]\nprovider = "broken"\nanything = 1\n'
    found = loaded(tmp_path, text, environ={"FULLCYCLE_ENVIRONMENTS__ODD__OTHER_KEY": "1"})
    assert found.environment("odd")[1].extra == {"anything": 1, "other_key": 1}
    with pytest.raises(OutOfReachError, match="cannot be loaded"):
        found.target("odd")


def test_a_target_of_no_environment_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown environment 'fra'"):
        loaded(tmp_path, GOOD).target("fra")


def test_the_schema_has_the_keys_of_each_provider() -> None:
    made = json_schema()
    branches = made["$defs"]["Environment"]["allOf"]
    [own] = [
        branch["then"]["properties"]
        for branch in branches
        if branch["if"]
        == {"properties": {"provider": {"const": "testcloud"}}, "required": ["provider"]}
    ]
    assert own["region"]["description"] == "Where it runs."
    assert own["tier"]["$ref"].removeprefix("#/$defs/") in made["$defs"]
