"""Several machines on one: a bridge, and a network namespace for each."""

from __future__ import annotations

import ctypes
import ipaddress
import json
import os
import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from docker_bed.engine import alone

if TYPE_CHECKING:
    from collections.abc import Iterator

# The range for tests of networks (RFC 2544): no Docker, no Swarm and no home has it.
RANGE = ipaddress.IPv4Network("198.18.0.0/16")
NAME = re.compile(r"fc-(\d+)-[0-9a-f]{2}$")  # of the process that made it, and which of its own
NEW_NETWORK = 0x40000000  # CLONE_NEWNET


def run(*command: str) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{' '.join(command)}: {ended.stderr.strip()}"
    return ended.stdout


_NUMBERS = count(1)
"""Of this process' networks: a random one would be drawn twice, and names have to be short."""


@dataclass(frozen=True)
class Machine:
    """A network namespace with an address on the bridge."""

    name: str
    address: str

    @property
    def cable(self) -> str:
        """The bridge's end of its network cable."""
        return self.name

    @property
    def namespace(self) -> Path:
        return Path("/run/netns", self.name)

    def inside(self, *command: str) -> list[str]:
        """The command that runs a command there. It sees all of this machine's files."""
        return ["nsenter", f"--net={self.namespace}", *command]

    @contextmanager
    def entered(self) -> Iterator[None]:
        """This thread, and threads it starts, are on that machine's network for a while."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            there = os.open(self.namespace, os.O_RDONLY)
            enter(there)
            os.close(there)
            yield
        finally:
            enter(home)
            os.close(home)

    def plug(self, *, connected: bool) -> None:
        run("ip", "link", "set", self.cable, "up" if connected else "down")


def enter(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.setns(namespace, NEW_NETWORK) == 0, os.strerror(ctypes.get_errno())


@dataclass
class Network:
    """A bridge with an address of its own, `gateway`, which its machines reach this one by."""

    name: str
    subnet: ipaddress.IPv4Network
    machines: list[Machine] = field(default_factory=list)

    @property
    def gateway(self) -> str:
        return str(self.subnet[1])


@contextmanager
def network(size: int) -> Iterator[Network]:
    """A network of so many machines; taken down at the end, or by the next after a kill."""
    with alone("network"):
        for name in filter(abandoned, links()):
            dismantle(name)
        made = Network(f"fc-{os.getpid()}-{next(_NUMBERS):02x}", free_subnet())
        bridge(made)
    try:
        made.machines += [machine(made, number) for number in range(1, size + 1)]
        yield made
    finally:
        dismantle(made.name)


def bridge(made: Network) -> None:
    run("ip", "link", "add", made.name, "type", "bridge")
    run("ip", "address", "add", f"{made.gateway}/{made.subnet.prefixlen}", "dev", made.name)
    run("ip", "link", "set", made.name, "up")
    run("iptables", "--wait", "-I", *rule(made.name))


def rule(name: str) -> tuple[str, ...]:
    """Docker's firewall drops what it doesn't know, also between two ports of a bridge."""
    return ("DOCKER-USER", "-i", name, "-o", name, "-j", "ACCEPT")


def machine(made: Network, number: int) -> Machine:
    new = Machine(f"{made.name}n{number}", str(made.subnet[number + 1]))
    within = ("ip", "-netns", new.name)
    run("ip", "netns", "add", new.name)
    peer = ("type", "veth", "peer", "name", "eth0", "netns", new.name)
    run("ip", "link", "add", new.cable, *peer)
    run("ip", "link", "set", new.cable, "master", made.name, "up")
    run(*within, "link", "set", "lo", "up")
    run(*within, "address", "add", f"{new.address}/{made.subnet.prefixlen}", "dev", "eth0")
    run(*within, "link", "set", "eth0", "up")
    return new


def abandoned(name: str) -> bool:
    """Whether something has the name of a network whose process is gone."""
    found = NAME.search(name)
    return found is not None and not Path("/proc", found[1]).exists()


def dismantle(name: str) -> None:
    """Take down what there is of a network; the bridge last, by which an abandoned one is known."""
    for cable in (link for link in links() if link.startswith(f"{name}n")):
        run("ip", "link", "delete", cable)
    for namespace in Path("/run/netns").glob(f"{name}n*"):
        run("ip", "netns", "delete", namespace.name)
    if f"-i {name} " in run("iptables", "--wait", "-S", "DOCKER-USER"):
        run("iptables", "--wait", "-D", *rule(name))
    if name in links():
        run("ip", "link", "delete", name)


def links() -> dict[str, set[str]]:
    """Network interfaces, and their addresses."""
    found = json.loads(run("ip", "-json", "address"))
    return {
        link["ifname"]: {each["local"] for each in link["addr_info"] if "local" in each}
        for link in found
        if "ifname" in link
    }


def free_subnet() -> ipaddress.IPv4Network:
    taken = set().union(*links().values())
    return next(subnet for subnet in RANGE.subnets(new_prefix=24) if str(subnet[1]) not in taken)
