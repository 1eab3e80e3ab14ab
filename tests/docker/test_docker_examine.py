"""What `doctor` says of a machine: each ailment, and how to cure it."""

from __future__ import annotations

import shutil
import sys
from collections import namedtuple
from typing import TYPE_CHECKING

import pytest

from fullcycle.providers import Ailment, Target
from fullcycle.testing.contract import free_port
from fullcycle_docker import DockerProvider

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


Usage = namedtuple("Usage", "total used free")  # noqa: PYI024 (as shutil has it)


def examined(root: Path, **options: str) -> Sequence[Ailment]:
    return DockerProvider(
        Target(app="shop", environment="staging", root=root, options=options)
    ).examine()


@pytest.mark.usefixtures("engine")
class TestWell:
    def test_where_all_is_well_nothing_is_fatal(self, tmp_path: Path) -> None:
        assert [each for each in examined(tmp_path) if each.fatal] == []

    def test_little_space_is_a_warning(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 10**9))
        (found,) = (each for each in examined(tmp_path) if "free" in each.problem)
        assert found.problem.startswith("only 1.0 GB are free for the Docker Engine")
        assert (found.remedy, found.fatal) == ("see `docker system df`, and free space", False)


class TestIll:
    def test_no_engine_is_fatal(self, tmp_path: Path) -> None:
        address = f"tcp://127.0.0.1:{free_port()}"
        (found,) = (each for each in examined(tmp_path, host=address) if each.fatal)
        assert f"the Docker Engine at {address} cannot be reached" in found.problem
        assert "start it" in found.remedy

    def test_no_sdk_is_fatal(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "docker", None)
        found = examined(tmp_path)[0]
        assert found.problem == "the docker SDK for Python is not installed"
        assert (found.remedy, found.fatal) == ('pip install "fullcycle[docker]"', True)

    def test_an_unknown_context_is_fatal(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        found = examined(tmp_path, context="moon")[0]
        assert found.problem == "there is no Docker context 'moon'"
        assert found.remedy == "there are: default"

    @pytest.mark.usefixtures("engine")
    def test_buildkit_that_is_asked_for_and_missing_is_fatal(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        (found,) = (each for each in examined(tmp_path, builder="buildkit") if each.fatal)
        assert found.problem.startswith("BuildKit cannot be used: there is no docker program")
        assert "install docker-buildx" in found.remedy

    @pytest.mark.usefixtures("engine")
    def test_no_buildkit_is_a_warning_where_another_builder_does(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        (found,) = (each for each in examined(tmp_path) if "BuildKit" in each.problem)
        assert "buildx" in found.remedy
        assert not found.fatal
