"""The pipeline files that `init.ci` writes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

import pytest
import yaml

from fullcycle.ci.files.jobs import jobs
from fullcycle.ci.files.requirements import installation
from fullcycle.ci.files.write import FILES, render, write
from fullcycle.errors import UsageError
from fullcycle.settings import load
from fullcycle.stages.init import Server

if TYPE_CHECKING:
    from pathlib import Path

    from fullcycle.settings import Loaded

SETTINGS = """
secrets = ["CHECK_TOKEN"]
[app]
name = "no"
run = "python app.py"
secrets = ["SHOP_KEY"]
[code.lint]
run = "ruff check ."
[test.unit]
run = "python -m pytest --junit-xml=.fullcycle/test-reports/unit.xml"
reports = [".fullcycle/test-reports/*.xml"]
[test.end-to-end]
run = "tox run -e e2e"
[release]
push = true
branches = ["main", "it's/$(odd)"]
[environments.staging]
provider = "process"
[environments.production]
provider = "process"
approve = true
"""
YAML = [name for name, file in FILES.items() if file.endswith(("yml", "yaml"))]
COMMANDS = (
    "invoke code",
    "invoke build",
    "invoke test --only test.unit",
    "invoke test --only test.end-to-end",
    "invoke test --only test.smoke",
    "invoke release",
    "invoke deploy --env staging",
    "invoke deploy --env production --approve",
)


def project(root: Path, settings: str = SETTINGS) -> Loaded:
    (root / ".git").mkdir(parents=True, exist_ok=True)
    (root / "fullcycle.toml").write_text(settings)
    return load(root, environ={})


@pytest.fixture
def shop(tmp_path: Path) -> Loaded:
    return project(tmp_path / "shop")


def parsed(text: str) -> dict[str, Any]:
    first, *_ = yaml.safe_load_all(text)
    assert isinstance(first, dict)
    return first


def test_the_choices_of_the_task_are_the_servers() -> None:
    assert get_args(Server) == tuple(FILES)


@pytest.mark.parametrize("server", FILES)
def test_every_job_is_in_the_file_in_order(server: str, shop: Loaded) -> None:
    text = render(server, shop)

    found = {command: text.index(command) for command in COMMANDS}
    del found["invoke deploy --env production --approve"]  # by hand, on some servers a file apart
    assert list(found) == sorted(found, key=lambda command: found[command])
    assert "fullcycle" in text
    assert "pytest ruff tox" in text
    assert ".fullcycle/cache" in text or server in {"drone", "woodpecker", "jenkins"}
    assert ".fullcycle/handoff" in text


@pytest.mark.parametrize("server", YAML)
def test_it_is_yaml_whatever_the_names_are(server: str, shop: Loaded) -> None:
    documents = list(yaml.safe_load_all(render(server, shop)))

    assert all(isinstance(document, dict) for document in documents)


@pytest.mark.parametrize("server", FILES)
def test_a_project_with_nothing_but_a_name_gets_a_file(server: str, tmp_path: Path) -> None:
    text = render(server, project(tmp_path, '[app]\nname = "shop"\n'))

    assert "invoke release" in text
    assert "invoke deploy" not in text
    assert "invoke test" not in text
    if server in YAML:
        assert parsed(text)


@pytest.mark.parametrize("server", FILES)
def test_secrets_are_passed_by_name_and_never_by_value(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_KEY", "the-value-of-it")

    text = render(server, project(tmp_path))

    assert "SHOP_KEY" in text
    assert "CHECK_TOKEN" in text
    assert "the-value-of-it" not in text


def test_checks_never_get_the_secrets_of_the_application(shop: Loaded) -> None:
    given = {job.name: job.secrets for job in jobs(shop)}

    assert given["code"] == given["test-unit"] == given["release"] == ("CHECK_TOKEN",)
    assert given["smoke"] == given["deploy-production"] == ("CHECK_TOKEN", "SHOP_KEY")


@pytest.mark.parametrize("server", ["github", "gitea"])
def test_github_releases_on_release_branches_only(server: str, shop: Loaded) -> None:
    text = render(server, shop)
    flow = parsed(text)
    steps = {name: job["steps"] for name, job in flow["jobs"].items()}

    assert flow["jobs"]["release"]["needs"] == [
        "code",
        "build",
        "test-unit",
        "test-end-to-end",
        "smoke",
    ]
    assert flow["jobs"]["release"]["if"] == (
        "github.event_name == 'push' && "
        """contains(fromJSON('["main", "it''s/$(odd)"]'), github.ref_name)"""
    )
    assert flow["jobs"]["release"]["permissions"] == {"contents": "write"}
    assert flow["permissions"] == {"contents": "read"}
    for each in steps.values():
        assert each[0]["with"]["fetch-depth"] == 0
    uploads = [s for s in steps["build"] if "upload-artifact" in s.get("uses", "")]
    assert uploads[0]["with"]["include-hidden-files"] is True


def test_github_deploys_by_hand_where_a_person_has_to_approve(shop: Loaded) -> None:
    flow = parsed(render("github", shop))

    assert flow["jobs"]["deploy-production"]["if"] == (
        "github.event_name == 'workflow_dispatch' && inputs.environment == 'production'"
    )
    assert flow["jobs"]["deploy-staging"]["if"].startswith("github.event_name == 'push'")
    assert flow["jobs"]["code"]["if"] == "github.event_name != 'workflow_dispatch'"
    # PyYAML reads `on` as YAML 1.1 does.
    assert flow[True]["workflow_dispatch"]["inputs"]["environment"]["options"] == ["production"]  # type: ignore[index]


def test_nothing_waits_for_a_person_where_nothing_has_to_be_approved(tmp_path: Path) -> None:
    loaded = project(tmp_path, SETTINGS.replace("approve = true", ""))

    assert "--approve" not in "".join(render(server, loaded) for server in FILES)
    assert "workflow_dispatch:" not in render("github", loaded)


def test_gitlab_hands_over_reports_and_waits_for_a_person(shop: Loaded) -> None:
    flow = parsed(render("gitlab", shop))

    assert flow["variables"]["GIT_DEPTH"] == "0"
    assert flow["build"]["artifacts"]["paths"][0] == ".fullcycle/handoff/"
    assert {"job": "build", "artifacts": True} in flow["release"]["needs"]
    assert flow["test-unit"]["artifacts"]["reports"]["junit"] == [".fullcycle/test-reports/*.xml"]
    assert flow["deploy-production"]["rules"][0]["when"] == "manual"
    assert "when" not in flow["deploy-staging"]["rules"][0]
    assert flow["deploy-production"]["needs"] == [
        {"job": "deploy-staging", "artifacts": False},
        {"job": "release", "artifacts": True},
    ]


def test_the_jobs_of_azure_and_circleci_and_buildkite_wait_for_a_person(shop: Loaded) -> None:
    azure = {job["job"]: job for job in parsed(render("azure", shop))["jobs"]}
    circle = parsed(render("circleci", shop))["workflows"]["no"]["jobs"]
    kite = parsed(render("buildkite", shop))["steps"]

    assert azure["deploy_production"]["dependsOn"] == ["approve_production", "release"]
    assert azure["approve_production"]["pool"] == "server"
    assert "'refs/heads/it''s/$(odd)'" in azure["release"]["condition"]
    approval = next(each for each in circle if "approve-production" in each)
    assert approval["approve-production"]["type"] == "approval"
    assert [each["block"] for each in kite if "block" in each] == ["Deploy to production?"]


@pytest.mark.parametrize("server", YAML)
def test_every_need_is_a_job_of_the_file(server: str, shop: Loaded) -> None:
    for document in yaml.safe_load_all(render(server, shop)):
        listed = document.get("jobs") or document.get("steps") or {}
        named = set(listed) if isinstance(listed, dict) else set()
        for each in listed if isinstance(listed, list) else ():
            named |= {each.get("job"), each.get("key"), each.get("name")}
        for each in listed.values() if isinstance(listed, dict) else listed:
            wanted = each.get("needs") or each.get("depends_on") or each.get("dependsOn") or []
            assert set(wanted) <= named


@pytest.mark.parametrize("server", ["jenkins", "teamcity"])
def test_brackets_of_the_other_languages_match(server: str, shop: Loaded) -> None:
    text = re.sub(r"//.*|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", "", render(server, shop))

    for opened, closed in ("{}", "()", "[]"):
        assert text.count(opened) == text.count(closed)


def test_the_reports_of_a_matrix_are_all_of_them(tmp_path: Path) -> None:
    loaded = project(
        tmp_path,
        '[app]\nname = "shop"\n[test.unit]\nrun = "pytest {python}"\n'
        'reports = ["out/{python}.xml"]\nmatrix = { python = ["3.11", "3.12"] }\n',
    )

    assert next(job for job in jobs(loaded) if job.reports).reports == ("out/*.xml",)


def test_what_is_installed_follows_from_the_project(tmp_path: Path) -> None:
    loaded = project(tmp_path)
    (tmp_path / "requirements-dev.txt").write_text("")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "shop"\n[dependency-groups]\ntest = []\n'
    )

    assert installation(loaded) == (
        "python -m pip install fullcycle pytest ruff tox -r requirements-dev.txt --group test -e ."
    )


def test_a_file_is_never_overwritten_unless_asked_for(shop: Loaded) -> None:
    path = write("github", shop)
    path.write_text("my own")

    with pytest.raises(UsageError, match="is there already") as caught:
        write("github", shop)

    assert "--force" in caught.value.hint
    assert path.read_text() == "my own"
    assert write("github", shop, force=True).read_text() == render("github", shop)


def test_a_folder_that_cannot_be_made_is_one_clear_line(shop: Loaded) -> None:
    (shop.root / ".github").write_text("a file")

    with pytest.raises(UsageError, match="cannot write"):
        write("github", shop)


def test_a_project_inside_a_repository_is_told_where_the_file_belongs(tmp_path: Path) -> None:
    project(tmp_path)
    inner = tmp_path / "services" / "shop"
    inner.mkdir(parents=True)
    (inner / "fullcycle.toml").write_text('[app]\nname = "shop"\n')

    with pytest.raises(UsageError, match="is a folder of the repository"):
        render("github", load(inner, environ={}))
