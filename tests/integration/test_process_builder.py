"""Builds of real projects with pip, and what runs from them."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import StepError
from fullcycle.model import HealthCheck, Workload
from fullcycle.settings.schema import Build
from fullcycle_process.builder import ProcessBuilder
from fullcycle_process.bundle import Bundles
from fullcycle_process.content import unpack
from fullcycle_process.home import Home
from fullcycle_process.replicas import ProcessReplicas
from fullcycle_process.supervisor import Supervisor
from fullcycle_process.tryout import ProcessTryout
from process_shop import APP, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fullcycle.model import Artifact
    from fullcycle.providers import Builder, Tryout

PROJECT = """
[build-system]
requires = ["hatchling", "hatch-vcs"]
build-backend = "hatchling.build"

[project]
name = "shop"
dynamic = ["version"]
dependencies = [{dependencies}]

[project.scripts]
shop-version = "shop:main"

[tool.hatch.version]
source = "vcs"
"""
MODULE = """
from importlib.metadata import version

def main():
    print("shop", version("shop"))
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path, Home(tmp_path / "home" / "shop" / "local"))
    project(tmp_path / "project")
    yield made
    made.close()


def project(root: Path) -> None:
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "__init__.py").write_text(MODULE)
    (root / ".gitignore").write_text("junk/\n")
    write_project(root)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(
        root, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "-m", "feat: a"
    )


def write_project(root: Path, dependencies: str = "") -> None:
    (root / "pyproject.toml").write_text(PROJECT.format(dependencies=dependencies))


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True)


def build(shop: Shop, **settings: object) -> Artifact:
    builder: Builder = ProcessBuilder()
    return builder.build(shop.source(Build(**settings)), shop.desk)  # type: ignore[arg-type]


def contents(shop: Shop, artifact: Artifact) -> Path:
    folder = shop.folder / artifact.digest[7:19]
    unpack(shop.folder / "blobs" / artifact.path, folder)
    return folder


def workload(shop: Shop, artifact: Artifact, command: str) -> Workload:
    base = shop.workload(command=command)
    release = replace(base.release, digest=artifact.digest, kind=artifact.kind)
    content = shop.folder / "blobs" / artifact.path
    return replace(
        base, release=shop.registry.publish(artifact, replace(release, version="2"), content)
    )


@pytest.mark.timeout(180)
def test_a_python_project_is_built_the_same_twice_and_runs(shop: Shop) -> None:
    artifact = build(shop)
    (shop.folder / "project" / "junk").mkdir()
    (shop.folder / "project" / "junk" / "x.py").write_text("")
    assert build(shop).digest == artifact.digest
    assert artifact.kind == "python"
    assert artifact.path == f"{artifact.digest[7:]}.tar"
    assert artifact.size == (shop.folder / "blobs" / artifact.path).stat().st_size
    tree = contents(shop, artifact)
    assert [path.name[:11] for path in (tree / "wheels").iterdir()] == ["shop-1.0.0-"]
    assert (tree / "requirements.lock").read_text().startswith("shop==1.0.0 --hash=sha256:")
    ready = workload(shop, artifact, "true")
    shop.replicas.prepare(ready, shop.desk)
    assert shop.replicas.run(ready, "shop-version", shop.desk) == 0
    assert shop.desk.lines[-1] == "shop 1.0.0"
    git(shop.folder / "project", "diff", "--quiet")


@pytest.mark.timeout(180)
def test_dependencies_come_along_locked_and_unchanged_ones_are_used_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fullcycle_process.wheels.user_cache_path", lambda _: shop.folder / "cache")
    write_project(shop.folder / "project", '"iniconfig"')
    artifact = build(shop)
    lock = (contents(shop, artifact) / "requirements.lock").read_text()
    assert [line.partition("==")[0] for line in lock.splitlines()] == ["iniconfig", "shop"]
    (shop.folder / "project" / "shop" / "more.py").write_text("")
    shop.desk.lines.clear()
    assert build(shop).digest != artifact.digest
    assert any("dependencies have not changed" in line for line in shop.desk.lines)


@pytest.mark.timeout(180)
def test_a_locked_requirements_file_decides(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fullcycle_process.wheels.user_cache_path", lambda _: shop.folder / "cache")
    write_project(shop.folder / "project", '"iniconfig"')
    digest = "2d343c4e9d2dec54a2e0a0d0e8b4c0d2a4e27c2c0f7a5b9a2c3f2d1e0f9a8b7c"
    requirements = shop.folder / "project" / "requirements.txt"
    requirements.write_text(f"iniconfig==2.0.0 --hash=sha256:{digest}\n")
    with pytest.raises(StepError) as error:
        build(shop, requirements="requirements.txt")
    assert "DO NOT MATCH THE HASHES" in error.value.log_tail
    requirements.write_text("iniconfig==2.0.0\n")
    lock = contents(shop, build(shop, requirements="requirements.txt")) / "requirements.lock"
    assert "iniconfig==2.0.0 --hash" in lock.read_text()
    with pytest.raises(StepError, match=r"locked\.txt is missing"):
        build(shop, requirements="locked.txt")


def test_without_a_python_project_the_way_out_is_said(shop: Shop) -> None:
    (shop.folder / "project" / "pyproject.toml").unlink()
    with pytest.raises(StepError, match="no Python project") as error:
        build(shop)
    assert "command" in error.value.hint


def test_without_git_the_reason_is_said(shop: Shop) -> None:
    shutil.rmtree(shop.folder / "project" / ".git")
    with pytest.raises(StepError, match="not a git repository"):
        build(shop)


def test_pips_failure_comes_with_its_words(shop: Shop) -> None:
    (shop.folder / "project" / "pyproject.toml").write_text("[project")
    with pytest.raises(StepError) as error:
        build(shop)
    assert "TOMLDecodeError" in error.value.log_tail


def test_a_commands_output_is_the_artifact_and_knows_its_version(shop: Shop) -> None:
    run = 'mkdir -p junk && echo "$FULLCYCLE_VERSION $SOURCE_DATE_EPOCH $V" > junk/made'
    artifact = build(shop, kind="command", run=run, output="junk", env={"V": "v{version}"})
    assert artifact.kind == "files"
    made = (contents(shop, artifact) / "made").read_text()
    assert made == "1.0.0 1700000000 v1.0.0\n"


def test_a_command_that_leaves_nothing_is_named(shop: Shop) -> None:
    with pytest.raises(StepError, match="dist is missing"):
        build(shop, kind="command", run="true", output="dist")


def test_an_artifact_is_tried_out_and_nothing_is_left(shop: Shop) -> None:
    base = shop.workload()
    artifact = shop.build()
    tryout: Tryout = ProcessTryout("shop", shop.home, shop.folder)
    content = shop.folder / "blobs" / artifact.path
    assert tryout.try_out(artifact, content, base, shop.desk).startswith("200 in ")
    assert shop.pids() == set()
    left = {path.name for path in shop.home.root.parent.iterdir()}
    assert left <= {".releases"}
    assert Bundles(shop.home.releases).of(artifact.digest).ready


def test_a_suite_runs_inside_the_artifact_and_its_reports_are_brought_back(shop: Shop) -> None:
    artifact = shop.build()
    tryout: Tryout = ProcessTryout("shop", shop.home, shop.folder)
    content = shop.folder / "blobs" / artifact.path
    suite = "mkdir out && ls > out/seen && echo $WHO > out/report.xml && exit 7"
    code = tryout.run(artifact, content, suite, shop.desk, env={"WHO": "me"}, collect=["out/*.xml"])
    assert code == 7
    assert (shop.folder / "out" / "report.xml").read_text() == "me\n"
    assert not (Bundles(shop.home.releases).of(artifact.digest).content / "out").exists()


def test_a_try_that_was_killed_is_stopped_by_the_next(shop: Shop) -> None:
    base, artifact = shop.workload(), shop.build()
    content = shop.folder / "blobs" / artifact.path
    with subprocess.Popen(["true"]) as ended:
        pass
    left = Home(shop.home.root.parent / f".tryout-{ended.pid}-ffffffff")
    shop.replicas.prepare(base)
    ProcessReplicas("shop", "tryout", left, Supervisor(left)).start(base, "tryout")
    assert shop.pids()
    ProcessTryout("shop", shop.home, shop.folder).try_out(artifact, content, base, shop.desk)
    assert shop.pids() == set()
    assert not left.root.exists()


@pytest.mark.parametrize(
    ("app", "path", "reason"),
    [
        ("print('no database'); raise SystemExit(4)", "/", "exit status 4"),
        (APP, "/sick", "within 0.5 s on /sick: 500 in"),
    ],
)
def test_an_artifact_that_does_not_work_says_why(
    shop: Shop, app: str, path: str, reason: str
) -> None:
    health = HealthCheck(path=path, deadline=0.5 if path == "/sick" else 20)
    ready = replace(shop.workload(app), health=health)
    artifact = shop.build(app)
    content = shop.folder / "blobs" / artifact.path
    with pytest.raises(StepError, match=reason) as error:
        ProcessTryout("shop", shop.home, shop.folder).try_out(artifact, content, ready, shop.desk)
    assert "no database" in error.value.log_tail or path == "/sick"
    assert shop.pids() == set()


def test_damaged_content_is_not_tried_out(shop: Shop) -> None:
    ready = shop.workload()
    artifact = shop.build()
    (shop.folder / "blobs" / artifact.path).write_bytes(b"")
    with pytest.raises(StepError, match=r"damaged|has the digest"):
        ProcessTryout("shop", shop.home, shop.folder).try_out(
            artifact, shop.folder / "blobs" / artifact.path, ready, shop.desk
        )
