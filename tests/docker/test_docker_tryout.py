"""The artifact, tried out in containers that are gone afterwards."""

from __future__ import annotations

import secrets
import socket
import subprocess
import sys
import tarfile
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from docker_bed import engine as engines
from docker_bed.images import app_image
from fullcycle.errors import StepError, UsageError
from fullcycle.model import Artifact, HealthCheck, HealthKind, Release, Resources, Workload
from fullcycle.testing.bench import KitBench
from fullcycle_docker import tryout_mark
from fullcycle_docker.engine import Engine
from fullcycle_docker.labels import Owner, Role
from fullcycle_docker.tryout import DockerTryout
from fullcycle_docker.tryout_collect import _unpack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient

    from fullcycle.testing.application import Behaviour

GONE = f"{socket.gethostname()}/999999999/1.00"


class Bay:
    """Where artifacts are tried out."""

    def __init__(self, client: DockerClient, base: str, root: Path) -> None:
        self.owner = Owner(f"bay-{secrets.token_hex(3)}", "staging")
        self.root = root
        self.bench = KitBench(root)
        self.engine = Engine()
        self.tryout = DockerTryout(self.engine, self.owner, root)
        self._client = client
        self._base = base

    def artifact(self, behaviour: Behaviour = "good") -> Artifact:
        app = self.owner.app
        label = f"fullcycle.app={app}"
        digest = app_image(
            self._client, self._base, "1.0.0", behaviour, tag=f"{app}:{behaviour}", label=label
        )
        return Artifact(
            app=app,
            digest=digest,
            kind="image",
            provider="docker",
            version="1.0.0",
            revision="c" * 40,
            created=datetime.now(UTC),
        )

    def try_out(self, artifact: Artifact, **changes: Any) -> str:
        release = Release(
            app=artifact.app,
            version=artifact.version,
            digest=artifact.digest,
            kind="image",
            registry="",
            revision=artifact.revision,
            created=artifact.created,
            released_by="ada@example",
        )
        health = HealthCheck(path="/healthz", interval=0.1, deadline=20.0)
        made = Workload(release=release, command="python app.py {port}", health=health)
        return self.tryout.try_out(artifact, None, replace(made, **changes), self.bench)

    def run(self, command: str, *collect: str, **env: str) -> int:
        return self.tryout.run(self.artifact(), None, command, self.bench, env=env, collect=collect)

    def left(self) -> list[str]:
        filters = self.owner.filter(Role.TRYOUT)
        return [each["Id"] for each in self.engine.api.containers(all=True, filters=filters)]


@pytest.fixture
def bay(engine: DockerClient, base_image: str, tmp_path: Path) -> Iterator[Bay]:
    made = Bay(engine, base_image, tmp_path)
    with engines.cleaned(engine, f"fullcycle.app={made.owner.app}"):
        yield made
        assert made.left() == []
    made.engine.client.close()


@pytest.mark.parametrize(
    ("health", "says"),
    [
        (HealthCheck(path="/healthz"), "200 in "),
        (HealthCheck(kind=HealthKind.TCP), "accepted"),
        (HealthCheck(kind=HealthKind.COMMAND, command="test -f app.py"), "exit code 0"),
        (HealthCheck(kind=HealthKind.NONE), "runs for "),
    ],
)
def test_a_healthy_artifact_says_what_it_answered(bay: Bay, health: HealthCheck, says: str) -> None:
    assert bay.try_out(bay.artifact(), health=health).startswith(says)


def test_what_the_image_says_is_run_without_a_command(bay: Bay) -> None:
    assert bay.try_out(bay.artifact(), command="", port=8000).startswith("200 in ")


def test_an_artifact_that_exits_is_reported_at_once_with_its_log(bay: Bay) -> None:
    with pytest.raises(StepError, match="exit code 1") as failed:
        bay.try_out(bay.artifact("crashing"), health=HealthCheck(deadline=100.0))
    assert "cannot start" in failed.value.log_tail


def test_an_artifact_that_needs_too_much_memory_is_reported_as_that(bay: Bay) -> None:
    greedy = "python -c 'bytearray(400_000_000)'"
    limit = Resources(memory=20_000_000)
    with pytest.raises(StepError, match=r"for want of memory \(its limit is 20 MB\)"):
        bay.try_out(bay.artifact(), command=greedy, resources=limit)


def test_an_artifact_that_never_gets_healthy_is_reported_with_its_last_answer(bay: Bay) -> None:
    health = HealthCheck(path="/healthz", interval=0.1, deadline=2.0)
    with pytest.raises(StepError, match=r"within 2 s on /healthz: 503 in") as failed:
        bay.try_out(bay.artifact("never-healthy"), health=health)
    assert "starting 1.0.0" in failed.value.log_tail


def test_secrets_reach_the_artifact_and_nobody_else(
    bay: Bay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_KEY", "open sesame")
    command = HealthCheck(kind=HealthKind.COMMAND, command='test "$SHOP_KEY" = "open sesame"')
    assert bay.try_out(bay.artifact(), health=command, secrets=("SHOP_KEY",)) == "exit code 0"


def test_a_secret_that_is_not_set_is_named(bay: Bay) -> None:
    with pytest.raises(UsageError, match="SHOP_NO_SUCH_KEY is not set"):
        bay.try_out(bay.artifact(), secrets=("SHOP_NO_SUCH_KEY",))


def test_a_command_inside_gives_its_output_its_exit_code_and_its_files(bay: Bay) -> None:
    script = "mkdir -p out/deep && echo $COLOUR > out/deep/a.xml; echo b > b.xml; echo hi; exit 3"
    assert bay.run(script, "out/**/*.xml", "*.xml", "nothing/*", COLOUR="red") == 3
    assert "hi" in bay.bench.lines
    assert (bay.root / "out/deep/a.xml").read_text() == "red\n"
    assert (bay.root / "b.xml").read_text() == "b\n"
    assert not (bay.root / "app").exists()


def test_no_file_gets_out_of_the_projects_folder(bay: Bay) -> None:
    outside = bay.root.parent / f"outside-{secrets.token_hex(3)}"
    outside.mkdir()
    (bay.root / "link").symlink_to(outside)
    assert bay.run("mkdir link && echo x > link/x.xml && ln -s /etc/passwd p.xml", "**/*.xml") == 0
    assert list(outside.iterdir()) == []
    assert not (bay.root / "p.xml").exists()
    assert any("link/x.xml is not collected" in line for line in bay.bench.lines)


def test_a_cancelled_command_leaves_no_container(bay: Bay) -> None:
    class Cancelled(KitBench):
        def checkpoint(self) -> None:
            if "begun" in self.lines:
                raise StepError("cancelled")

    bay.bench = Cancelled(bay.root)
    with pytest.raises(StepError, match="cancelled"):
        bay.run("echo begun; sleep 100")


def test_containers_of_a_killed_process_are_removed_by_the_next(bay: Bay) -> None:
    artifact = bay.artifact()
    labels = bay.owner.labels(Role.TRYOUT)
    for mark in (GONE, tryout_mark.mine(), "another-machine/1/1.00"):
        bay.engine.client.containers.create(
            artifact.digest, labels=labels | {tryout_mark.LABEL: mark}
        )
    assert bay.run("true") == 0
    left = bay.left()
    assert len(left) == 2
    for ident in left:
        bay.engine.api.remove_container(ident)


def test_a_mark_belongs_to_its_process() -> None:
    code = "from fullcycle_docker.tryout_mark import mine; print(mine())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert tryout_mark.abandoned(other.stdout.strip())
    assert not tryout_mark.abandoned(tryout_mark.mine())
    assert not tryout_mark.abandoned("another-machine/1/1.00")
    assert not tryout_mark.abandoned("")


def test_an_archive_that_lies_about_its_paths_is_harmless(tmp_path: Path) -> None:
    from pathlib import PurePosixPath

    from fullcycle.uptodate.patterns import Patterns

    raw = BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        entry = tarfile.TarInfo("srv/../../evil.xml")
        entry.size = 1
        tar.addfile(entry, BytesIO(b"x"))
    raw.seek(0)
    root = tmp_path / "a" / "b"
    root.mkdir(parents=True)
    _unpack(raw, PurePosixPath(), Patterns(["**/*.xml"]), root, KitBench(root))
    assert list(tmp_path.rglob("*.xml")) == []
