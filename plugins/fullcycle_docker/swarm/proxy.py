"""Proxy: HAProxy on every node, for kernels in which the Swarm's own ingress does not work.

It finds replicas by the Swarm's name service, which holds the healthy ones only, so nobody has to
tell it of replicas that move, and its configuration outlives all deployments. A connection to a
replica that is gone is made to another one instead; requests are never sent twice.
"""

from __future__ import annotations

import csv
import hashlib
import secrets
from collections import Counter
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

from fullcycle_docker.labels import Role

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
PLACE = "/usr/local/etc/haproxy/haproxy.cfg"
TIMEOUT = 3.0
"""Seconds in which a proxy that can be reached from here has told its statistics."""
SLOTS = 100
"""Replicas at a time, old and new ones together."""
HEADER = "X-Fullcycle-Token"
CONFIGURATION = """\
global
    fd-hard-limit 20000
    hard-stop-after {hard}s

resolvers swarm
    nameserver docker 127.0.0.11:53
    accepted_payload_size 8192
    timeout resolve 200ms
    timeout retry 200ms
    resolve_retries 3
    hold valid 200ms
    hold obsolete 0s
    hold nx 0s
    hold timeout 30s
    hold refused 30s
    hold other 30s

defaults
    mode http
    timeout connect 1s
    timeout client 1h
    timeout server 1h
    timeout tunnel 1h
    timeout http-request 30s
    timeout http-keep-alive 60s
    timeout queue 30s
    option redispatch 1
    retries 5
    retry-on conn-failure
    option http-keep-alive
    option srvtcpka
    srvtcpka-idle 2s
    srvtcpka-intvl 1s
    srvtcpka-cnt 3

frontend web
    bind :{port}
    acl trusted req.hdr({header}) {token}
    use_backend statistics if trusted
    default_backend replicas

backend statistics
    stats enable
    stats uri /
    stats show-legends

backend replicas
    balance roundrobin
    option forwardfor
    server-template r {slots} {tasks}:{inner} resolvers swarm resolve-prefer ipv4 init-addr none \
check inter 500ms fastinter 200ms downinter 500ms fall 2 rise 1 tcp-ut 4s pool-purge-delay 300ms
"""
"""A dead node answers nothing: keep-alive probes and tcp-ut end what waits for it."""


def configuration(workload: Workload, service: str, token: str) -> str:
    """What haproxy.cfg says."""
    return CONFIGURATION.format(
        port=workload.port,
        inner=workload.inner_port,
        tasks=f"tasks.{service}",
        slots=SLOTS,
        hard=round(workload.drain) or 1,
        header=HEADER,
        token=token,
    )


class Proxy:
    """The HAProxy of one environment."""

    def __init__(self, manager: Manager, owner: Owner, image: str) -> None:
        self._manager = manager
        self._owner = owner
        self._image = image
        self.name = named(owner, GATEWAY)

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
        text = configuration(workload, target, token)
        image = pinned(self._manager, self._image)
        spec = self._spec(workload, image, self._config(text), token, network)
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
        there = self.find()
        if there is None:
            return {}
        found: dict[str, tuple[int, int, int, float]] = {}
        for row in self._rows(there):
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
        there = self.find()
        counts = Counter(
            row["proxy"] for row in (self._rows(there) if there else ()) if row["status"] == "UP"
        )
        return min(counts.values(), default=None)

    def _rows(self, there: Json) -> Iterator[dict[str, str]]:
        port = there["Spec"]["EndpointSpec"]["Ports"][0]["PublishedPort"]
        for node in self._places(there):
            try:
                table = _asked(node, port, there["Spec"]["Labels"][TOKEN])
            except (OSError, HTTPException):
                continue
            for row in csv.DictReader(table.splitlines()):
                if row["pxname"] == "replicas" and row.get("addr"):
                    yield {**row, "proxy": node}

    def _places(self, there: Json) -> list[str]:
        tasks = self._manager.tasks({"service": [there["ID"]], "desired-state": ["running"]})
        nodes = self._manager.nodes()
        running = [task["NodeID"] for task in tasks if task["Status"]["State"] == "running"]
        return [address(nodes[node]) for node in running if node in nodes]

    def _config(self, text: str) -> tuple[str, str]:
        return content(self._manager, self._owner, "haproxy.cfg", text, Role.GATEWAY)

    def _spec(
        self, workload: Workload, image: str, config: tuple[str, str], token: str, network: str
    ) -> Json:
        ident, name = config
        place = {"Name": PLACE, "UID": "0", "GID": "0", "Mode": 0o444}
        port = {"Protocol": "tcp", "TargetPort": workload.port, "PublishedPort": workload.port}
        return {
            "Name": self.name,
            "Labels": self._owner.labels(Role.GATEWAY) | {TOKEN: token},
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": image,
                    "Labels": self._owner.labels(Role.GATEWAY),
                    "Command": ["haproxy", "-W", "-db", "-f", PLACE],
                    "StopSignal": "SIGUSR1",
                    "StopGracePeriod": round((workload.drain + 5) * NANOSECONDS),
                    "Configs": [{"ConfigID": ident, "ConfigName": name, "File": place}],
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


def content(manager: Manager, owner: Owner, file: str, text: str, role: Role) -> tuple[str, str]:
    """The id and name of the config that holds a text; made if there is none yet."""
    mark = hashlib.sha256(text.encode()).hexdigest()[:12]
    name = named(owner, file, mark)
    labels = owner.labels(role)
    made = manager.create_object("configs", name, text.encode(), labels)
    if made is None:
        made = (manager.config(name) or {})["ID"]
    return made, name


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
