"""Proxy: HAProxy on every node, for kernels in which the Swarm's own ingress does not work.

It finds replicas by the Swarm's name service, which holds the healthy ones only, so nobody has to
tell it of replicas that move, and its configuration outlives all deployments. A connection to a
replica that is gone is made to another one instead; requests are never sent twice.
"""

from __future__ import annotations

import csv
import secrets
from functools import cached_property
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

from fullcycle_docker.labels import Role

from .haproxy import HEADER, PLACE, configuration, mounted, page_name, program
from .images import pinned
from .manager import NANOSECONDS
from .names import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fullcycle.model import Workload
    from fullcycle_docker.labels import Owner

    from .manager import Json, Manager

GATEWAY = "gateway"
TOKEN = "fullcycle.token"  # noqa: S105 (the name of a label)
TIMEOUT = 3.0
"""Seconds in which a proxy that can be reached from here has told its statistics."""


class Proxy:
    """The HAProxy of one environment."""

    def __init__(self, manager: Manager, owner: Owner, image: str) -> None:
        self._manager = manager
        self._owner = owner
        self._image = image
        self.name = named(owner, GATEWAY)

    @cached_property
    def image(self) -> str:
        """The image of HAProxy, as all nodes find it."""
        return pinned(self._manager, self._image)

    def find(self) -> Json | None:
        """Its service."""
        return self._manager.service(self.name)

    def open(self, workload: Workload, target: str, network: str) -> bool:
        """Make sure that it routes requests on the workload's port to a service.

        Returns:
            whether anything had to be done.
        """
        there = self.find()
        token = there["Spec"]["Labels"][TOKEN] if there else secrets.token_hex(16)
        text = configuration(workload, target, page_name(self._owner), token)
        spec = self._spec(workload, text, token, network)
        image = self.image
        if there is None:
            self._manager.create_service(spec, image)
            return True
        if _likeness(there["Spec"]) == _likeness(spec):
            return False
        return self._manager.update_service(there, spec, image)

    def close(self) -> None:
        """Stop it."""
        if there := self.find():
            self._manager.remove_service(there["ID"])

    def statistics(self) -> dict[str, tuple[int, int, int, float]]:
        """What the proxies of all nodes that answer have counted.

        Returns:
            address of a replica → its requests, errors, sessions now, and the slowest proxy's
            mean response time in seconds.
        """
        found: dict[str, tuple[int, int, int, float]] = {}
        for row in self._rows():
            if row["pxname"] != "replicas" or not row.get("addr"):
                continue
            requests, errors, sessions, seconds = found.get(row["addr"], (0, 0, 0, 0.0))
            failed = sum(int(row[name] or 0) for name in ("hrsp_5xx", "econ", "eresp"))
            found[row["addr"]] = (
                requests + int(row["stot"] or 0),
                errors + failed,
                sessions + int(row["scur"] or 0),
                max(seconds, int(row["rtime"] or 0) / 1000),
            )
        return found

    def serving(self) -> int | None:
        """How many replicas get requests; of several proxies, what the worst informed thinks.

        None when no proxy can be asked from here.
        """
        return min(self.active("replicas"), default=None)

    def active(self, backend: str) -> list[int]:
        """How many servers of a backend get requests, for each proxy that answers."""
        return [
            int(row["act"])
            for row in self._rows()
            if (row["pxname"], row["svname"]) == (backend, "BACKEND")
        ]

    def _rows(self) -> Iterator[dict[str, str]]:
        there = self.find()
        if there is None:
            return
        port = there["Spec"]["EndpointSpec"]["Ports"][0]["PublishedPort"]
        for node in self._places(there):
            try:
                table = _asked(node, port, there["Spec"]["Labels"][TOKEN])
            except (OSError, HTTPException):
                continue
            yield from csv.DictReader(table.splitlines())

    def _places(self, there: Json) -> list[str]:
        tasks = self._manager.tasks({"service": [there["ID"]], "desired-state": ["running"]})
        nodes = self._manager.nodes()
        running = [task["NodeID"] for task in tasks if task["Status"]["State"] == "running"]
        return [address(nodes[node]) for node in running if node in nodes]

    def _spec(self, workload: Workload, text: str, token: str, network: str) -> Json:
        port = {"Protocol": "tcp", "TargetPort": workload.port, "PublishedPort": workload.port}
        return {
            "Name": self.name,
            "Labels": self._owner.labels(Role.GATEWAY) | {TOKEN: token},
            "TaskTemplate": {
                "ContainerSpec": {
                    **program(self._owner, self.image, grace=workload.drain + 5),
                    "Configs": [mounted(self._manager, self._owner, PLACE, text)],
                },
                "RestartPolicy": {"Condition": "any", "Delay": NANOSECONDS // 2},
                "Networks": [{"Target": network}],
            },
            "Mode": {"Global": {}},
            "UpdateConfig": {"Parallelism": 1, "Order": "stop-first", "FailureAction": "pause"},
            "EndpointSpec": {"Mode": "dnsrr", "Ports": [{**port, "PublishMode": "host"}]},
        }


def _asked(node: str, port: int, token: str) -> str:
    """The statistics of a node's proxy."""
    connection = HTTPConnection(node, port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/;csv", headers={HEADER: token})
        return connection.getresponse().read().decode().removeprefix("# ")
    finally:
        connection.close()


def address(node: Json) -> str:
    """Where a node is reached; managers know themselves as 0.0.0.0 until others have joined."""
    at = str(node["Status"].get("Addr", ""))
    if at in {"", "0.0.0.0", "127.0.0.1"}:  # noqa: S104 (nothing is bound)
        at = str(node.get("ManagerStatus", {}).get("Addr", "127.0.0.1:2377")).rpartition(":")[0]
    return at


def _likeness(spec: Json) -> tuple[object, ...]:
    """What of a specification matters here, whatever defaults the Swarm has filled in."""
    container = spec["TaskTemplate"]["ContainerSpec"]
    ports = [(p["TargetPort"], p["PublishedPort"]) for p in spec["EndpointSpec"]["Ports"]]
    return container["Image"], container["Configs"][0]["ConfigName"], ports
