"""Engines on other machines: by TCP, through a Docker context, and behind ssh."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from docker_bed.kit import OwnKit, own_, own_images  # noqa: F401 (fixtures)
from docker_bed.ssh import PORT, ssh_server
from fullcycle.errors import OutOfReachError
from fullcycle.testing.client import answers, versions, visitors
from fullcycle_docker.engine import Engine
from fullcycle_docker.tunnel import tunnel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker_bed.own import OwnEngine
    from fullcycle.testing.contract import Kit


@contextmanager
def by_tcp(own: OwnEngine, _: Path, patch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """DOCKER_HOST names it."""
    patch.setenv("DOCKER_HOST", own.url)
    yield {}


@contextmanager
def by_context(own: OwnEngine, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A context names it, as `docker context create` makes one."""
    name = hashlib.sha256(b"far").hexdigest()
    file = folder / f"contexts/meta/{name}/meta.json"
    file.parent.mkdir(parents=True)
    endpoints = {"docker": {"Host": own.url, "SkipTLSVerify": False}}
    file.write_text(json.dumps({"Name": "far", "Metadata": {}, "Endpoints": endpoints}))
    patch.setenv("DOCKER_CONFIG", str(folder))
    yield {"context": "far"}


@contextmanager
def by_ssh(
    own: OwnEngine, folder: Path, patch: pytest.MonkeyPatch, *, forwards: bool = True
) -> Iterator[dict[str, str]]:
    """Only a key opens it; the user's own ssh knows which."""
    engine = f"unix://{own.socket}"
    with ssh_server(own.machine, folder, engine, forwards=forwards) as settings:
        use_ssh(settings, folder / "bin", patch)
        address = f"ssh://root@{own.machine.address}:{PORT}"
        try:
            yield {"host": address}
        finally:
            tunnel(address).close()
            tunnel.cache_clear()


def use_ssh(settings: Path, programs: Path, patch: pytest.MonkeyPatch) -> None:
    """Make these settings what `ssh` goes by; it reads no variable that says where they are."""
    programs.mkdir()
    (programs / "ssh").write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {settings} "$@"\n')
    (programs / "ssh").chmod(0o755)
    patch.setenv("PATH", f"{programs}:{os.environ['PATH']}")


@pytest.mark.timeout(300)
class TestRemote(OwnKit):
    @pytest.fixture(params=[by_tcp, by_context, by_ssh], ids=lambda way: way.__name__)
    def options(
        self,
        request: pytest.FixtureRequest,
        own: OwnEngine,
        haproxy_image: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> Iterator[dict[str, Any]]:
        folder = tmp_path / "way"
        folder.mkdir()
        with request.param(own, folder, monkeypatch) as way:
            yield {
                "orchestrator": "engine",
                "proxy": haproxy_image,
                "bind": "0.0.0.0",  # noqa: S104 (of a machine that only this one reaches)
                **way,
            }

    def test_what_runs_there_is_deployed_operated_and_removed_from_here(
        self, kit: Kit, own: OwnEngine
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0", replicas=1))
        assert url == f"http://{own.machine.address}:{kit.port}"
        with visitors(url) as trouble:
            kit.deploy(kit.workload("2.0.0", replicas=2))
        assert (versions(url), trouble) == ({"2.0.0"}, [])

        platform = kit.connect()
        status = platform.runtime.status()
        assert (status.desired, len(status.replicas), status.notes) == (2, 2, ())
        assert "starting 2.0.0" in {line.text for line in platform.runtime.logs()}
        assert platform.runtime.exec(status.replicas[0], "exit 7", kit.bench) == 7

        list(kit.connect().runtime.remove())
        assert not answers(url)
        assert own.client.containers.list(filters={"label": "fullcycle.role=replica"}) == []


class TestBehindSsh:
    @pytest.mark.parametrize(("forwards", "count"), [(True, 16), (False, 6)])
    def test_many_connections_share_one_of_ssh(
        self,
        own: OwnEngine,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        forwards: bool,
        count: int,
    ) -> None:
        with by_ssh(own, tmp_path, monkeypatch, forwards=forwards) as way:
            engine = Engine(way["host"])
            streams = [engine.api.events(decode=True) for _ in range(count)]
            assert engine.client.ping()
            for each in streams:
                each.close()
            log = (tmp_path / "log").read_text()
            assert log.count("Accepted publickey") == 1

    def test_a_key_that_is_not_known_there_is_refused(
        self, own: OwnEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with ssh_server(own.machine, tmp_path, f"unix://{own.socket}") as settings:
            use_ssh(settings, tmp_path / "bin", monkeypatch)
            (tmp_path / "authorized_keys").write_text("")
            address = f"ssh://root@{own.machine.address}:{PORT}"
            with pytest.raises(OutOfReachError, match="Permission denied") as refused:
                _ = Engine(address).info
        assert address in refused.value.message
        assert "without a password" in refused.value.hint

    def test_a_machine_without_an_engine_says_so(
        self, own: OwnEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with ssh_server(own.machine, tmp_path, f"unix://{tmp_path}/none.sock") as settings:
            use_ssh(settings, tmp_path / "bin", monkeypatch)
            with pytest.raises(OutOfReachError, match=r"none\.sock"):
                _ = Engine(f"ssh://root@{own.machine.address}:{PORT}").info

    def test_nobody_there_is_said_at_once(self, own: OwnEngine) -> None:
        with pytest.raises(OutOfReachError, match="Connection refused"):
            _ = Engine(f"ssh://root@{own.machine.address}:9").info
