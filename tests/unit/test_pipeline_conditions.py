"""When a step runs: branch, changed files, variables, environment."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from settings_projects import APP, loaded

from fullcycle.loop import steps_of
from fullcycle.loop.layout import graph
from fullcycle.loop.links import parse
from fullcycle.pipeline.step import Retries
from fullcycle.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from fullcycle.pipeline.step import Step


class Bench:
    """A git repository with settings."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Ada")
        self.git("config", "user.email", "ada@example.org")

    def git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.root, check=True, capture_output=True)

    def commit(self, **files: str) -> None:
        for name, text in files.items():
            path = self.root / name.replace("__", "/")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "feat: change")

    def project(self, text: str) -> Project:
        found = loaded(self.root, APP + text)
        name, environment = found.environment(None)
        return Project(found, name, environment)

    def reason(self, when: str) -> str:
        project = self.project(f'[test.unit]\nrun = "x"\nwhen = {when}')
        step = next(each for each in steps_of("test", project) if each.name == "test.unit")
        return step.when() if step.when is not None else ""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    for name in ("GITHUB_REF_NAME", "GITHUB_HEAD_REF", "CI_COMMIT_BRANCH", "BRANCH_NAME"):
        monkeypatch.delenv(name, raising=False)
    return Bench(tmp_path)


def test_a_branch_that_fits_no_pattern_is_named(bench: Bench) -> None:
    bench.commit(a="1")
    assert bench.reason('{ branch = ["main"] }') == ""
    bench.git("switch", "-q", "-c", "release/1")
    assert bench.reason('{ branch = ["main", "release/*"] }') == ""
    assert bench.reason('{ branch = ["main"] }') == "the branch is release/1, not main"
    bench.git("switch", "-q", "--detach")
    assert "no branch" in bench.reason('{ branch = ["main"] }')


def test_a_variable_must_be_set(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEMO_TOKEN", raising=False)
    assert bench.reason('{ variable = ["DEMO_TOKEN"] }') == "DEMO_TOKEN is not set"
    monkeypatch.setenv("DEMO_TOKEN", "x")
    assert bench.reason('{ variable = ["DEMO_TOKEN"] }') == ""


def test_an_environment_must_fit(bench: Bench) -> None:
    assert bench.reason('{ environment = ["lo*"] }') == ""
    assert bench.reason('{ environment = ["staging", "prod-*"] }') == (
        "the environment is local, not staging or prod-*"
    )


def test_files_must_have_changed_since_the_last_release(bench: Bench) -> None:
    when = '{ changed = ["src/**"], since = "release" }'
    bench.commit(src__a="1")
    assert bench.reason(when) == ""
    bench.git("tag", "v1.0.0")
    bench.commit(docs__a="1")
    assert bench.reason(when) == "nothing in src/** changed since v1.0.0"
    (bench.root / "src" / "new").write_text("untracked")
    assert bench.reason(when) == ""
    bench.commit()
    assert bench.reason(when) == ""
    bench.git("tag", "v1.1.0")
    bench.git("mv", "src/new", "elsewhere")
    assert bench.reason(when) == ""


def test_files_must_have_changed_since_the_target_branch(bench: Bench) -> None:
    text = '{ changed = ["src/**"] }'
    plan = '[plan]\ntarget = "main"\n'

    def reason() -> str:
        project = bench.project(f'{plan}[test.unit]\nrun = "x"\nwhen = {text}')
        when = steps_of("test", project)[0].when
        assert when is not None
        return when()

    bench.commit(src__a="1", ignore="1")
    bench.git("tag", "v1.0.0")
    bench.git("switch", "-q", "-c", "work")
    bench.commit(docs__a="1")
    assert reason() == "nothing in src/** changed since main"
    bench.commit(src__a="2")
    assert reason() == ""
    bench.git("switch", "-q", "main")
    bench.commit(other="1")
    assert reason() == "nothing in src/** changed since v1.0.0"


def test_a_step_without_conditions_asks_nothing(bench: Bench) -> None:
    project = bench.project('[test.unit]\nrun = "x"')
    assert steps_of("test", project)[0].when is None


def steps(bench: Bench, text: str, *links: str) -> dict[str, Step]:
    project = bench.project(text)
    made = graph(parse("mine", links, {}, []), lambda _: project, tuple)
    return {step.name: step for step in made}


def test_what_needs_a_step_with_a_matrix_needs_all_of_it(bench: Bench) -> None:
    text = """
    [code.types]
    run = "mypy --python-version {python}"
    matrix = { python = ["3.11", "3.12"] }
    retries = { times = 3, on = [75], wait = 2.0 }
    uses = ["cpu:2"]
    continue = true
    [test.unit]
    run = "pytest"
    needs = ["code.types"]
    [test.one]
    run = "pytest"
    needs = ["code.types[3.12]"]
    """
    made = steps(bench, text, "code", "test")
    assert made["test.unit"].needs == {"code.types[3.11]", "code.types[3.12]"}
    assert made["test.one"].needs == {"code.types[3.12]"}
    types = made["code.types[3.12]"]
    assert types.retries == Retries(times=3, on=frozenset({75}), wait=2.0)
    assert types.uses == {"cpu:2"}
    assert types.passable


def test_a_chain_waits_for_all_of_a_matrix(bench: Bench) -> None:
    text = '[test.unit]\nrun = "x {n}"\nmatrix = { n = ["1", "2"] }'
    made = steps(bench, text, "test", "release")
    assert {"test.unit[1]", "test.unit[2]"} <= made["release"].needs
