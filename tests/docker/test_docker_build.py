"""Images, built by BuildKit and by the classic builder."""

# ruff: noqa: F811 (fixtures are imported under the names that tests ask for)
from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING

import pytest

from docker_bed.images import APP
from docker_yard import EPOCH, Yard, classic, everything, modern, yard  # noqa: F401 (fixtures)
from fullcycle.errors import FullcycleError, StepError, UsageError
from fullcycle.testing import application
from fullcycle_docker import images
from fullcycle_docker.builder_clients import Client, choose
from fullcycle_docker.engine import Engine

if TYPE_CHECKING:
    from pathlib import Path


def test_the_artifact_is_the_images_own_digest_and_the_engine_keeps_it(yard: Yard) -> None:
    application.write(yard.root, "1.0.0")
    yard.write("Dockerfile", APP)
    artifact = yard.build()
    found = yard.inspect(artifact)
    assert (artifact.kind, artifact.provider, artifact.path) == ("image", "docker", "")
    assert artifact.digest == found["Id"]
    assert artifact.size == found["Size"] > 0
    assert found["RepoTags"] == [f"{yard.app}:build-{artifact.digest[7:19]}"]


def test_the_same_source_has_the_same_digest_and_another_one_another(yard: Yard) -> None:
    yard.dockerfile("COPY a a\n")
    yard.write("a", "1")
    first = yard.build()
    assert yard.build().digest == first.digest
    yard.write("a", "2")
    assert yard.build().digest != first.digest


def test_labels_say_what_it_is_and_where_it_comes_from(yard: Yard) -> None:
    yard.dockerfile("")
    labels = {"team": "shop {version}", "org.opencontainers.image.revision": ""}
    found = yard.inspect(yard.build("1.2.3", labels=labels))["Config"]["Labels"]
    assert found["org.opencontainers.image.version"] == "1.2.3"
    assert found["org.opencontainers.image.title"] == yard.app
    assert found["org.opencontainers.image.created"] == "2023-11-14T22:13:20+00:00"
    assert found["team"] == "shop 1.2.3"
    assert "org.opencontainers.image.revision" not in found


def test_without_labels_that_change_every_version_has_the_same_digest(yard: Yard) -> None:
    yard.dockerfile("")
    without = {f"org.opencontainers.image.{name}": "" for name in ("version", "revision")}
    first = yard.build("1.0.0", labels=without)
    assert yard.build("2.0.0", labels=without).digest == first.digest


def test_arguments_target_and_the_epoch_arrive(yard: Yard) -> None:
    yard.write(
        "Dockerfile",
        "ARG BASE_IMAGE\nFROM $BASE_IMAGE AS one\nARG COLOUR\nARG SOURCE_DATE_EPOCH\n"
        "RUN echo $COLOUR $SOURCE_DATE_EPOCH > /said\nFROM one AS two\nRUN exit 1\n",
    )
    artifact = yard.build(args={"COLOUR": "red-{version}"}, target="one")
    assert yard.run(artifact, "cat", "/said") == f"red-1.0.0 {EPOCH}"


def test_a_step_that_fails_is_named_with_its_line_and_exit_code(yard: Yard) -> None:
    yard.dockerfile("\n# a comment\nRUN echo no such \\\n  # another\n  luck; \\\n  exit 3\n")
    with pytest.raises(StepError) as failed:
        yard.build()
    message = failed.value.message
    assert message == "Dockerfile:5: RUN echo no such luck; exit 3 failed with exit code 3"
    assert "no such luck" in failed.value.log_tail


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("COPY nothing /there\n", "Dockerfile:3: COPY nothing /there failed: "),
        ("WRONG thing\n", "Dockerfile:3: WRONG thing failed: "),
    ],
)
def test_what_cannot_work_is_named_with_its_line(yard: Yard, text: str, message: str) -> None:
    yard.dockerfile(text)
    with pytest.raises(StepError) as failed:
        yard.build()
    assert failed.value.message.startswith(message)


def test_a_base_image_that_cannot_be_had_is_said_to_be_the_reason(yard: Yard) -> None:
    yard.write("Dockerfile", "FROM nowhere.invalid/base:1\n")
    with pytest.raises(StepError, match=r"Dockerfile.* base image cannot be had: .*nowhere"):
        yard.build()


def test_a_failed_build_leaves_no_container(yard: Yard) -> None:
    mark = secrets.token_hex(8)
    yard.dockerfile(f"RUN echo {mark}; exit 1\n")
    with pytest.raises(StepError):
        yard.build()
    left = yard.engine.client.containers.list(all=True, ignore_removed=True)
    assert not any(mark in str(container.attrs["Config"]["Cmd"]) for container in left)


def test_what_dockerignore_names_is_neither_copied_nor_read(yard: Yard) -> None:
    yard.dockerfile("COPY . /all\n")
    yard.write(".dockerignore", "# large\ndata\n*.log\n!keep.log\n")
    for name in ("app.py", "drop.log", "keep.log", "data/big"):
        yard.write(name, "x")
    unreadable = yard.root / "data" / "never"
    os.mkfifo(unreadable)  # whoever opens it, waits for ever
    listed = yard.run(yard.build(), "ls", "-1", "/all").split()
    assert listed == ["Dockerfile", "app.py", "keep.log"]


def test_secrets_are_mounted_and_enter_no_layer(
    modern: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = secrets.token_hex(16)
    monkeypatch.setenv("SHOP_TOKEN", value)
    modern.dockerfile(
        "RUN --mount=type=secret,id=SHOP_TOKEN cat /run/secrets/SHOP_TOKEN | wc -c > /length\n"
    )
    artifact = modern.build(secrets=["SHOP_TOKEN"])
    assert modern.run(artifact, "cat", "/length") == "32"
    assert value.encode() not in everything(modern, artifact)
    assert value not in json.dumps(modern.engine.api.history(artifact.digest))
    assert value not in "\n".join(modern.bench.lines)


def test_secrets_are_refused_by_the_classic_builder(
    classic: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "x")
    classic.dockerfile("")
    with pytest.raises(UsageError, match="secrets need BuildKit"):
        classic.build(secrets=["SHOP_TOKEN"])


def test_a_secret_that_is_not_set_is_named(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_TOKEN", raising=False)
    yard.dockerfile("")
    with pytest.raises(UsageError, match="the build needs SHOP_TOKEN"):
        yard.build(secrets=["SHOP_TOKEN"])


def test_a_dockerfile_that_needs_buildkit_says_so_without_it(classic: Yard) -> None:
    classic.dockerfile("RUN --mount=type=cache,target=/x true\n")
    with pytest.raises(StepError) as failed:
        classic.build()
    assert failed.value.hint == "it may need BuildKit: the settings ask for it"


def test_the_log_says_what_builds_and_why(yard: Yard) -> None:
    yard.dockerfile("")
    yard.build()
    says = "BuildKit (/" if yard.builder == "buildkit" else "the classic builder (the settings"
    assert f"building Dockerfile with {says}" in yard.bench.lines[0]


def test_the_builder_is_chosen_from_all_clients_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("fullcycle_docker.builder_clients.PLUGINS", ())
    for name, version in (("new", "28.2.2"), ("old", "20.10.24+dfsg1")):
        program = tmp_path / name / "docker"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho Docker version {version}, build 1\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/new:{tmp_path}/old")
    choice = choose("auto")
    assert choice.client is not None
    assert choice.client.path == f"{tmp_path}/old/docker"
    assert choice.reason == (
        f"{tmp_path}/old/docker 20.10.24+dfsg1;"
        f" {tmp_path}/new/docker (28.2.2) lacks the plugin buildx"
    )
    monkeypatch.setenv("PATH", f"{tmp_path}/new")
    assert choose("auto").client is None
    with pytest.raises(UsageError, match="BuildKit cannot be used"):
        choose("buildkit")
    plugin = tmp_path / "cli-plugins" / "docker-buildx"
    plugin.parent.mkdir()
    plugin.touch()
    assert choose("auto").client is not None


def test_what_a_client_said_is_asked_again_when_it_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    program, calls = tmp_path / "docker", tmp_path / "calls"
    for version in ("20.10.24", "28.2.2"):
        draft = tmp_path / "draft"
        draft.write_text(
            f"#!/bin/sh\necho asked >> {calls}\necho Docker version {version}, build 1\n"
        )
        draft.chmod(0o755)
        draft.replace(program)
        assert [Client(str(program)).version for _ in range(3)] == [version] * 3
    assert calls.read_text().split() == ["asked"] * 2
    (tmp_path / "cache/fullcycle/docker-versions.json").write_text("[]")
    assert Client(str(program)).version == "28.2.2"


def test_old_builds_of_an_application_go_and_others_stay(classic: Yard) -> None:
    classic.dockerfile("COPY a a\n")
    made = []
    for number in range(7):
        classic.write("a", str(number))
        made.append(classic.build().digest)
    left = [digest for digest in made if images.inspect(classic.engine, digest)]
    assert left == made[-images.KEEP :]


def test_an_unreachable_engine_is_out_of_reach_before_anything_is_built(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    yard = Yard(tmp_path, "classic", "scratch")
    yard.engine = Engine(host=f"unix://{tmp_path}/nothing.sock")
    with pytest.raises(FullcycleError, match="cannot be reached") as failed:
        yard.build()
    assert failed.value.code == 5


def test_several_platforms_are_refused_where_the_engine_cannot_hold_them(classic: Yard) -> None:
    classic.dockerfile("")
    with pytest.raises(UsageError, match="several platforms"):
        classic.build(platforms=["linux/amd64", "linux/arm64"])


def test_one_platform_is_built_for(yard: Yard) -> None:
    yard.dockerfile("")
    own = yard.engine.api.version()
    platform = f"{own['Os']}/{own['Arch']}"
    assert yard.inspect(yard.build(platforms=[platform]))["Architecture"] == own["Arch"]
