"""The bed that other tests lie on: an Engine, images, registries and Swarms, all real."""

from __future__ import annotations

import io
import json
import tarfile
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from docker_bed import images
from docker_bed.engine import cleaned, connect, labelled
from docker_bed.fixtures import LOGIN
from docker_bed.waiting import answer
from fullcycle.testing.contract import free_port

if TYPE_CHECKING:
    from docker import DockerClient


PROXY = """\
defaults
  mode http
  timeout client 5s
frontend web
  bind :80
  http-request return status 200 content-type text/plain string "from haproxy"
"""


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["python", "-c", "import ssl, sqlite3, ctypes, sys; print(sys.prefix)"], "/usr/local"),
        (["sh", "-c", "echo $((6 * 7)) | sed s/4/four-/"], "four-2"),
        (["pip", "list"], "pip"),
        (["python", "-m", "venv", "/venv"], ""),
    ],
    ids=["python", "shell", "pip", "venv"],
)
def test_the_base_image_runs(
    engine: DockerClient, base_image: str, label: str, command: list[str], expected: str
) -> None:
    said = engine.containers.run(base_image, command, labels=labelled(label))
    assert expected in said.decode()


def test_an_image_is_made_only_once(engine: DockerClient, base_image: str) -> None:
    before = engine.images.get(base_image).id
    assert images.base_image(engine) == base_image
    assert engine.images.get(base_image).id == before


def test_the_applications_image_serves_its_version(
    engine: DockerClient, base_image: str, label: str
) -> None:
    port = free_port()
    image = images.app_image(engine, base_image, "seven", tag=f"bed-app:{port}", label=label)
    ports = {"8000/tcp": ("127.0.0.1", port)}
    engine.containers.run(image, detach=True, init=True, ports=ports, labels=labelled(label))
    assert json.loads(answer(f"http://127.0.0.1:{port}/"))["version"] == "seven"


def test_the_proxys_image_serves_as_it_is_configured(
    engine: DockerClient, haproxy_image: str, label: str
) -> None:
    port = free_port()
    ports = {"80/tcp": ("127.0.0.1", port)}
    proxy = engine.containers.create(haproxy_image, ports=ports, labels=labelled(label))
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as files:
        entry = tarfile.TarInfo("haproxy.cfg")
        entry.size = len(PROXY)
        files.addfile(entry, io.BytesIO(PROXY.encode()))
    proxy.put_archive("/usr/local/etc/haproxy", archive.getvalue())
    proxy.start()
    assert answer(f"http://127.0.0.1:{port}/") == "from haproxy"
    proxy.stop(timeout=20)
    assert proxy.wait()["StatusCode"] == 0, "it did not end softly"


def test_a_registry_takes_an_image_and_gives_it_back_by_its_digest(
    engine: DockerClient, base_image: str, registry_host: str, label: str
) -> None:
    repository = f"{registry_host}/bed"
    images.app_image(engine, base_image, "one", tag=f"{repository}:one", label=label)
    digest = images.push(engine, repository, "one")
    engine.images.remove(f"{repository}:one")
    pulled = engine.images.pull(f"{repository}@{digest}")
    assert f"{repository}@{digest}" in pulled.attrs["RepoDigests"]


def test_a_private_registry_wants_to_know_who_asks(
    engine: DockerClient, base_image: str, private_registry_host: str, label: str
) -> None:
    repository = f"{private_registry_host}/bed"
    images.app_image(engine, base_image, "one", tag=f"{repository}:one", label=label)
    user, password = LOGIN
    with closing(connect()) as stranger:  # a client that others used may remember passwords
        with pytest.raises(LookupError, match="no basic auth credentials"):
            images.push(stranger, repository, "one")
        assert images.push(stranger, repository, "one", {"username": user, "password": password})


def test_what_carries_a_label_is_removed_and_nothing_else(
    engine: DockerClient, base_image: str, label: str
) -> None:
    other = engine.volumes.create(labels=labelled(label))
    mine = f"{label}-mine"
    with cleaned(engine, mine):
        labels = labelled(mine)
        images.app_image(engine, base_image, "one", tag=f"bed-app:{free_port()}", label=mine)
        engine.volumes.create(labels=labels)
        engine.networks.create(mine, labels=labels)
        engine.containers.run(base_image, "true", labels=labels)
    found: dict[str, str | list[str] | bool] = {"label": mine}
    assert not engine.containers.list(all=True, filters=found)
    assert not engine.networks.list(filters=found)
    assert not engine.volumes.list(filters=found)
    assert not engine.images.list(filters=found)
    assert engine.volumes.get(str(other.id)).id == other.id
