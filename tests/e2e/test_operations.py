"""What a user does with an application of several processes, before and after its deployment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest

from installed_provider import install_provider

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shop

pytestmark = pytest.mark.timeout(300)

WORKER = """
[app.processes.worker]
run = "python -u -c 'import time; print(\\"a job is done\\"); time.sleep(3600)'"
"""
INSIDE = """
[test.inner]
run = "python check.py"
inside = true
reports = ["reports/*.xml"]
"""
CHECK = """
import os, sys
os.makedirs("reports", exist_ok=True)
with open("reports/inner.xml", "w") as file:
    file.write('<testsuite><testcase classname="shop" name="opens"/></testsuite>')
print("files:", *sorted(os.listdir(".")))
"""


def test_a_migration_runs_inside_the_new_release_and_stops_the_deployment_when_it_fails(
    shop: Shop, tmp_path: Path
) -> None:
    shop.settings(f'\n[deploy]\nbefore = ["cp app.py {tmp_path}/migrated"]\n')
    shop.done("build", "release", "deploy")
    assert '"one"' in (tmp_path / "migrated").read_text()
    shop.settings('\n[deploy]\nbefore = ["echo no such table; exit 3"]\n')
    shop.new_version("two", "feat: sell more things")
    shop.done("build", "release")

    answer = shop.invoke("deploy")

    assert answer.code == 1, answer.text
    assert "`echo no such table; exit 3` ended with exit code 3" in answer.text
    assert "| no such table" in answer.text
    assert shop.get() == "shop one"
    newest = shop.done("deploy.history").out.splitlines()[0]
    assert "failed" in newest
    assert "ended with exit code 3" in newest


def test_a_suite_runs_inside_the_artifact_and_again_only_with_another_artifact(shop: Shop) -> None:
    shop.settings(INSIDE)
    shop.write("check.py", CHECK)
    text = (shop.root / "fullcycle.toml").read_text()
    shop.write("fullcycle.toml", text.replace("cp app.py out/", "cp app.py check.py out/"))
    shop.write(".gitignore", ".fullcycle/\nout/\nreports/\n__pycache__/\n")
    shop.commit("test: from the inside")

    first = shop.done("build", "test", "--verbose")
    assert "files: app.py check.py reports" in first.out
    assert "1 passed" in first.out
    assert (shop.root / "reports/inner.xml").exists()

    (shop.root / "reports/inner.xml").unlink()
    again = shop.done("test", "--only", "test.inner", "--verbose")
    assert "files:" not in again.out
    assert (shop.root / "reports/inner.xml").exists()

    shop.new_version("two", "feat: sell more things")
    shop.done("build")
    assert "files:" in shop.done("test", "--only", "test.inner", "--verbose").out


def test_a_suite_that_fails_inside_the_artifact_fails_the_stage(shop: Shop) -> None:
    shop.settings('\n[test.inner]\nrun = "echo dust on the shelves; exit 4"\ninside = true\n')
    answer = shop.invoke("delivery")
    assert answer.code == 1, answer.text
    assert "dust on the shelves" in answer.text
    assert "exit code 4" in answer.text


def test_a_release_is_verified_against_the_registry(shop: Shop) -> None:
    shop.done("build", "release")
    assert "is as released" in shop.done("release.verify").out
    for blob in shop.home.rglob("*.tar"):
        blob.chmod(0o600)
        blob.write_bytes(b"not what was released")

    answer = shop.invoke("release.verify", "--release", "0.1.0", "--json")

    assert answer.code == 1, answer.text
    found = json.loads(answer.out)
    assert found["release"]["version"] == "0.1.0"
    assert found["amiss"]


def test_a_worker_is_deployed_scaled_read_and_entered_by_its_name(shop: Shop) -> None:
    shop.settings(WORKER)
    shop.done("build", "release", "deploy")
    shop.done("scale", "--replicas", "2", "--process", "worker")

    status = json.loads(shop.done("deploy.status", "--json").out)
    assert sorted(each["process"] for each in status["replicas"]) == ["web", "web"] + ["worker"] * 2
    assert " worker " in shop.done("deploy.status").out
    assert "2 of 2 replicas, worker 2 of 2" in shop.done("operate").out
    written = shop.done("operate.logs", "--process", "worker").out
    assert "a job is done" in written
    assert "shop one starts" not in written
    assert "shop one starts" in shop.done("operate.logs", "--process", "web").out
    inside = shop.done("operate.exec", "--process", "worker", "echo in $PWD").out
    assert "in " in inside
    assert shop.get() == "shop one"


def test_what_a_deployment_would_change_is_told(shop: Shop) -> None:
    shop.done("build", "release", "deploy")
    assert shop.done("deploy.diff").out == "none\n"
    shop.settings(WORKER + "\n[app.env]\nDEBUG = 'yes'\n")
    shop.commit("feat: work at night")

    told = shop.done("deploy.diff").out

    assert "work at night" in told
    assert "env.DEBUG: none → yes" in told
    assert "processes.worker.replicas: none → 1" in told


def test_users_see_the_maintenance_page_also_through_a_deployment(shop: Shop) -> None:
    shop.done("build", "release", "deploy")
    shop.done("operate.maintenance", "--on", "--message", "Counting <apples>.")
    shop.new_version("two", "feat: sell more things")
    shop.done("build", "release", "deploy")

    with pytest.raises(HTTPError) as shown:
        shop.get()
    assert shown.value.code == 503
    assert "Counting &lt;apples&gt;." in shown.value.read().decode()
    assert "maintenance page" in shop.done("deploy.status").out
    assert json.loads(shop.done("operate.maintenance", "--json").out) == {"maintenance": True}

    shop.done("operate.maintenance", "--off")
    assert shop.get() == "shop two"


def test_logs_that_are_followed_end_at_once_with_ctrl_c(shop: Shop) -> None:
    shop.done("build", "release", "deploy")
    following = subprocess.Popen(
        shop.command("operate.logs", "--follow", "--since", "2020-01-01T00:00"),
        cwd=shop.root,
        env=shop.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert following.stdout
    assert "shop one starts" in following.stdout.readline()
    following.send_signal(signal.SIGINT)
    _, said = following.communicate(timeout=30)
    assert following.returncode == 130
    assert "Traceback" not in said


def test_what_a_provider_cannot_do_is_said_in_one_line(shop: Shop) -> None:
    for command in ("deploy.provision", "deploy.teardown"):
        answer = shop.invoke(command)
        assert answer.code == 2, answer.text
        assert "provider 'process' offers no infrastructure" in answer.text


GROUND = """
from dataclasses import replace

from fullcycle.model import Cost, Event
from fullcycle_process import ProcessProvider


class Ground:
    def __init__(self, file):
        self.file = file

    def plan(self):
        return [] if self.file.exists() else ["create database shop"]

    def provision(self):
        if not self.file.exists():
            self.file.touch()
            yield Event(message="created database shop")

    def teardown(self):
        self.file.unlink()
        yield Event(message="removed database shop")

    def monthly_cost(self):
        return Cost(total=3.0)


class GroundProvider(ProcessProvider):
    name = "ground"

    def capabilities(self):
        file = self._target.root / ".fullcycle" / "database"
        return replace(super().capabilities(), infrastructure=Ground(file))
"""


@pytest.fixture
def grounded(shop: Shop, tmp_path: Path) -> Shop:
    """A shop whose provider borrows all from another, and needs a database."""
    site = tmp_path / "site"
    site.mkdir()
    install_provider(site, "ground", "shop_ground", GROUND, "GroundProvider")
    before = os.environ.get("PYTHONPATH", "")
    shop.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(site), before]))
    settings = (shop.root / "fullcycle.toml").read_text()
    shop.write("fullcycle.toml", settings.replace('"process"', '"ground"'))
    shop.commit("build: on firm ground")
    return shop


def test_what_an_environment_needs_is_planned_provisioned_and_torn_down(grounded: Shop) -> None:
    assert "create database shop" in grounded.done("plan").out
    assert grounded.done("--dry", "deploy.provision").out == "create database shop\n"
    assert "created database shop" in grounded.done("deploy.provision").out
    assert grounded.done("--dry", "deploy.provision").out == "nothing is missing\n"
    grounded.done("ci", "deploy")
    assert grounded.get() == "shop one"

    refused = grounded.invoke("deploy.teardown")
    assert refused.code == 2, refused.text
    assert "--confirm local" in refused.text
    assert grounded.get() == "shop one"

    assert "removed database shop" in grounded.done("deploy.teardown", "--confirm", "local").out
    assert json.loads(grounded.done("deploy.status", "--json").out)["replicas"] == []


def test_an_artifact_of_another_environments_provider_is_refused(grounded: Shop) -> None:
    grounded.done("build", "release")
    settings = (grounded.root / "fullcycle.toml").read_text()
    grounded.write("fullcycle.toml", settings + '\n[environments.far]\nprovider = "process"\n')

    for words in (("test",), ("release",)):
        answer = grounded.invoke(*words, "--env", "far")
        assert answer.code == 2, answer.text
        assert "made by provider 'ground'; environment 'far' uses provider 'process'" in answer.text
        assert "invoke build --env far" in answer.text
