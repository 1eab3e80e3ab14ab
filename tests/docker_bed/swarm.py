"""A real Swarm on one machine: an Engine of its own for every node."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docker_bed.engine import alone, lacking
from docker_bed.network import Machine, Network, abandoned, network, run
from docker_bed.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from docker import DockerClient

NEEDED = ("dockerd", "ip", "iptables", "nsenter", "setpriv")
FOLDER = "fullcycle-swarm-"
HEARTBEAT = 1_000_000_000  # nanoseconds; with Docker's 5 s a lost node is noticed after 14 s


@dataclass
class Node:
    """An Engine on a machine of its own."""

    machine: Machine
    folder: Path
    client: DockerClient

    @property
    def name(self) -> str:
        return self.machine.name

    @property
    def address(self) -> str:
        return self.machine.address

    @property
    def url(self) -> str:
        """What DOCKER_HOST is for this Engine."""
        return f"unix://{self.folder}/docker.sock"


@dataclass
class Swarm:
    """Its first node is the manager."""

    network: Network
    nodes: list[Node]

    @property
    def manager(self) -> DockerClient:
        return self.nodes[0].client

    @property
    def gateway(self) -> str:
        """This machine's address as the nodes reach it, for a registry that they pull from."""
        return self.network.gateway

    def load(self, engine: DockerClient, image: str, only: Sequence[Node] = ()) -> None:
        """Bring an image of another Engine, by its name, to every node or only to some."""
        with tempfile.TemporaryFile() as archive:
            archive.writelines(engine.api.get_image(image))
            for node in only or self.nodes:
                archive.seek(0)
                node.client.images.load(archive)

    def lose(self, node: Node) -> None:
        """Pull the node's network cable, and wait until the Swarm knows."""
        node.machine.plug(connected=False)
        self._until(node, lambda now: now["Status"]["State"] == "down")

    def restore(self, node: Node) -> None:
        node.machine.plug(connected=True)
        self._until(node, lambda now: now["Status"]["State"] == "ready")

    def drain(self, node: Node) -> None:
        """Move everything away from a node."""
        self._make(node, "drain")

    def work(self, node: Node) -> None:
        """Let a drained node run something again."""
        self._make(node, "active")

    def about(self, node: Node) -> Any:
        """What the manager says of a node."""
        return self.manager.nodes.get(node.client.info()["Swarm"]["NodeID"])

    def _make(self, node: Node, availability: str) -> None:
        known = self.about(node)
        known.update({**known.attrs["Spec"], "Availability": availability})

    def _until(self, node: Node, right: Callable[[Any], bool]) -> None:
        until(lambda: right(self.about(node).attrs), f"the Swarm to notice {node.name}")


@contextmanager
def swarm(nodes: int = 3, managers: int = 1) -> Iterator[Swarm]:
    """A Swarm with as many nodes.

    Nothing of it is left at the end; when its process is killed, its Engines end themselves, and
    the next Swarm removes the rest.
    """
    require()
    with alone("sweep"):
        sweep()
    with network(nodes) as net, ExitStack() as undo:
        folder = Path(tempfile.gettempdir(), f"{FOLDER}{net.name}")
        folder.mkdir(mode=0o700)
        undo.callback(remove, folder)
        engines: list[subprocess.Popen[bytes]] = []
        undo.callback(stop, engines)
        engines += [start(machine, net, folder / machine.name) for machine in net.machines]
        made = Swarm(net, [connected(each, folder / each.name) for each in net.machines])
        undo.callback(kill, made.nodes)
        join(made.nodes, managers)
        yield made


def require() -> None:
    if os.geteuid() != 0:
        lacking("several Engines on one machine need root")
    missing = [program for program in NEEDED if not shutil.which(program)]
    if missing:
        lacking(f"not installed: {', '.join(missing)}")


def start(machine: Machine, net: Network, folder: Path, *more: str) -> subprocess.Popen[bytes]:
    """An Engine on a machine, with further flags; it ends when this process does."""
    folder.mkdir(exist_ok=True)
    places = {"data-root": "data", "exec-root": "run", "pidfile": "pid"}
    flags = [f"--{flag}={folder / place}" for flag, place in places.items()]
    flags += [f"--host=unix://{folder}/docker.sock", f"--cgroup-parent=/{machine.name}"]
    flags += [f"--insecure-registry={net.subnet}", "--shutdown-timeout=1", *more]
    command = ["setpriv", "--pdeathsig", "TERM", *machine.inside("dockerd", *flags)]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


def connected(machine: Machine, folder: Path) -> Node:
    from docker import DockerClient

    socket = folder / "docker.sock"
    until(socket.exists, f"the Engine of {machine.name}", folder / "log")
    client = DockerClient(base_url=f"unix://{socket}", timeout=60)
    until(client.ping, f"the Engine of {machine.name}", folder / "log")
    return Node(machine, folder, client)


def join(nodes: list[Node], managers: int) -> None:
    first, *others = nodes
    first.client.swarm.init(advertise_addr=first.address, dispatcher_heartbeat_period=HEARTBEAT)
    tokens = first.client.swarm.attrs["JoinTokens"]
    for number, node in enumerate(others, 2):
        node.client.swarm.join(
            remote_addrs=[f"{first.address}:2377"],
            join_token=tokens["Manager" if number <= managers else "Worker"],
            advertise_addr=node.address,
        )


def kill(nodes: Iterable[Node]) -> None:
    """Engines wait until their containers stop: they need not, when there are none."""
    for node in nodes:
        for container in node.client.containers.list(ignore_removed=True):
            with suppress(Exception):  # it may end by itself
                container.kill()
        node.client.close()


def stop(engines: Iterable[subprocess.Popen[bytes]]) -> None:
    for engine in engines:
        engine.terminate()
    for engine in engines:
        try:
            engine.wait(30)
        except subprocess.TimeoutExpired:
            engine.kill()
            engine.wait()


def sweep() -> None:
    """Remove what killed processes left, once their Engines have ended."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*"):
        if abandoned(folder.name):
            for pid in folder.glob("*/pid"):
                until(partial(ended, pid), f"the end of {folder}")
            remove(folder)


def ended(pid: Path) -> bool:
    """Whether the process is gone that removes this file when it ends."""
    try:
        return not Path("/proc", pid.read_text().strip()).exists()
    except FileNotFoundError:
        return True


def remove(folder: Path) -> None:
    """Remove the Engines' data, and mounts and control groups that they left."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in reversed([each for each in mounts if each.startswith(f"{folder}/")]):
        run("umount", "--lazy", mount)
    for machine in folder.iterdir():
        for group in below(Path("/sys/fs/cgroup"), machine.name):
            group.rmdir()
    shutil.rmtree(folder)


def below(groups: Path, name: str) -> Iterable[Path]:
    """Control groups with this name and all within, the innermost first."""
    tops = [*groups.glob(name), *groups.glob(f"*/{name}")]
    return [path for top in tops for path in sorted(top.glob("**/"), reverse=True)]
