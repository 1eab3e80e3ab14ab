"""The bed that other tests lie on: an Engine, images, registries and Swarms, all real."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import psutil
import pytest

from conftest import free_port
from docker_bed import images
from docker_bed.engine import cleaned
from docker_bed.fixtures import LOGIN
from docker_bed.network import run
from docker_bed.registry import serving
from docker_bed.swarm import swarm, until

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.services import Service

    from docker_bed.swarm import Swarm

PROXY = """\
defaults
  mode http
  timeout client 5s
frontend web
  bind :80
  http-request return status 200 content-type text/plain string "from haproxy"
"""
KILLED = """\
import sys
from docker_bed.swarm import swarm
with swarm(nodes=1) as made:
    print(made.network.name, made.nodes[0].folder.parent, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def app(engine: DockerClient, base_image: str, label: str) -> str:
    """The name of an application's image."""
    tag = f"bed-app:{free_port()}"
    images.app_image(engine, base_image, "one", tag=tag, label=label)
    return tag


def serve(made: Swarm, image: str, label: str, replicas: int = 1, **more: Any) -> Service:
    """A service with all its replicas running."""
    mode = {"Replicated": {"Replicas": replicas}}
    name = label.replace("=", "-")
    service: Service = made.manager.services.create(
        image, name=name, mode=mode, init=True, labels=labelled(label), **more
    )
    until(lambda: len(running(service)) == replicas, "the replicas to run")
    return service


def running(service: Service, nodes: set[str] | None = None) -> list[str]:
    """Where replicas run: on all nodes, or those given."""
    tasks = service.tasks(filters={"desired-state": "running"})
    places = [task["NodeID"] for task in tasks if task["Status"]["State"] == "running"]
    return [place for place in places if nodes is None or place in nodes]


def labelled(label: str) -> dict[str, str]:
    return dict([label.split("=", 1)])


def answer(url: str) -> str:
    with urlopen(url, timeout=5) as response:  # noqa: S310 (always http)
        return str(response.read().decode())


def answers(url: str) -> bool:
    try:
        return bool(answer(url))
    except OSError:
        return False


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
    until(lambda: answers(f"http://127.0.0.1:{port}/"), "the application")
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
    until(lambda: answers(f"http://127.0.0.1:{port}/"), "the proxy")
    assert answer(f"http://127.0.0.1:{port}/") == "from haproxy"
    proxy.stop(timeout=20)
    assert proxy.wait()["StatusCode"] == 0, "it did not end softly"


def test_a_registry_takes_an_image_and_gives_it_back_by_its_digest(
    engine: DockerClient, base_image: str, registry_host: str, label: str
) -> None:
    repository = f"{registry_host}/bed"
    images.app_image(engine, base_image, "one", tag=f"{repository}:one", label=label)
    digest = push(engine, repository, "one")
    engine.images.remove(f"{repository}:one")
    pulled = engine.images.pull(f"{repository}@{digest}")
    assert f"{repository}@{digest}" in pulled.attrs["RepoDigests"]


def test_a_private_registry_wants_to_know_who_asks(
    engine: DockerClient, base_image: str, private_registry_host: str, label: str
) -> None:
    repository = f"{private_registry_host}/bed"
    images.app_image(engine, base_image, "one", tag=f"{repository}:one", label=label)
    with pytest.raises(LookupError, match="no basic auth credentials"):
        push(engine, repository, "one")
    user, password = LOGIN
    assert push(engine, repository, "one", {"username": user, "password": password})


def push(
    engine: DockerClient, repository: str, tag: str, auth: dict[str, str] | None = None
) -> str:
    """The digest of what was pushed."""
    told = list(engine.images.push(repository, tag, stream=True, decode=True, auth_config=auth))
    digests = [line["aux"]["Digest"] for line in told if "aux" in line]
    if not digests:
        raise LookupError(told)
    return str(digests[0])


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


def test_a_swarm_of_one_runs_a_service_and_this_engine_stays_alone(
    engine: DockerClient, swarm_of_one: Swarm, app: str, label: str
) -> None:
    node = swarm_of_one.nodes[0]
    swarm_of_one.load(engine, app)
    port = free_port()
    with cleaned(node.client, label):
        published = {"PublishedPort": port, "TargetPort": 8000, "PublishMode": "host"}
        serve(swarm_of_one, app, label, endpoint_spec={"Ports": [published]})
        url = f"{node.address}:{port}"
        until(lambda: answers(f"http://{url}/"), "the service")
        with node.machine.entered():
            assert json.loads(answer(f"http://127.0.0.1:{port}/"))["version"] == "one"
    assert engine.info()["Swarm"]["LocalNodeState"] == "inactive"


def test_the_nodes_of_a_swarm_pull_from_a_registry_at_its_gateway(
    engine: DockerClient, swarm_of_three: Swarm, app: str, label: str
) -> None:
    manager = swarm_of_three.manager
    with serving(host=swarm_of_three.gateway) as host, cleaned(manager, label):
        swarm_of_three.load(engine, app, only=swarm_of_three.nodes[:1])
        manager.images.get(app).tag(f"{host}/bed", "one")
        image = f"{host}/bed@{push(manager, f'{host}/bed', 'one')}"
        service = serve(swarm_of_three, image, label, replicas=3)
        assert set(running(service)) == {node.id for node in manager.nodes.list()}


def test_a_lost_node_and_a_drained_one_cost_a_service_no_replica(
    engine: DockerClient, swarm_of_three: Swarm, app: str, label: str
) -> None:
    manager, worker, other = swarm_of_three.nodes
    swarm_of_three.load(engine, app)
    with cleaned(manager.client, label):
        service = serve(swarm_of_three, app, label, replicas=3)
        left = {str(swarm_of_three.about(node).id) for node in (manager, other)}
        for lose, restore in (
            (swarm_of_three.lose, swarm_of_three.restore),
            (swarm_of_three.drain, swarm_of_three.work),
        ):
            lose(worker)
            until(lambda: len(running(service, left)) == 3, "the replicas to move")
            restore(worker)


@pytest.mark.usefixtures("engine")
def test_nothing_of_a_swarm_is_left() -> None:
    with swarm(nodes=1) as made:
        name, folder = made.network.name, made.nodes[0].folder.parent
        assert traces(name, folder)
    assert traces(name, folder) == []


@pytest.mark.usefixtures("engine")
def test_a_swarm_whose_test_was_killed_is_swept_away_by_the_next() -> None:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert killed.stdout
    name, folder = killed.stdout.readline().split()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert traces(name, Path(folder))
    with swarm(nodes=1):
        assert traces(name, Path(folder)) == []


def traces(name: str, folder: Path) -> list[str]:
    """What there is of a network and the Engines on it."""
    commands = [" ".join(each.info["cmdline"] or ()) for each in psutil.process_iter(["cmdline"])]
    links = Path("/sys/class/net").glob(f"{name}*")
    spaces = Path("/run/netns").glob(f"{name}*")
    groups = Path("/sys/fs/cgroup").glob(f"**/{name}*")
    rules = run("iptables", "--wait", "-S", "DOCKER-USER").splitlines()
    return [
        *(str(path) for path in (*links, *spaces, *groups)),
        *(rule for rule in rules if name in rule),
        *(command for command in commands if str(folder) in command),
        *([str(folder)] if folder.exists() else []),
    ]
