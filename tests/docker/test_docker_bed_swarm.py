"""Swarms that tests may break: several real Engines on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from docker_bed import images
from docker_bed.engine import cleaned, labelled
from docker_bed.network import links, run
from docker_bed.registry import serving
from docker_bed.swarm import swarm
from docker_bed.waiting import answer, until
from fullcycle.testing.contract import free_port

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.services import Service

    from docker_bed.swarm import Swarm

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


def test_a_swarm_of_one_runs_a_service_and_this_engine_stays_alone(
    engine: DockerClient, swarm_of_one: Swarm, app: str, label: str
) -> None:
    node = swarm_of_one.nodes[0]
    swarm_of_one.load(engine, app)
    port = free_port()
    with cleaned(node.client, label):
        published = {"PublishedPort": port, "TargetPort": 8000, "PublishMode": "host"}
        serve(swarm_of_one, app, label, endpoint_spec={"Ports": [published]})
        assert json.loads(answer(f"http://{node.address}:{port}/"))["version"] == "one"
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
        image = f"{host}/bed@{images.push(manager, f'{host}/bed', 'one')}"
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
    cables = [link for link in links() if link.startswith(name)]
    spaces = Path("/run/netns").glob(f"{name}*")
    groups = Path("/sys/fs/cgroup").glob(f"**/{name}*")
    rules = run("iptables", "--wait", "-S", "DOCKER-USER").splitlines()
    return [
        *(str(path) for path in (*cables, *spaces, *groups)),
        *(rule for rule in rules if name in rule),
        *(command for command in commands if str(folder) in command),
        *([str(folder)] if folder.exists() else []),
    ]
