"""The engine `haproxy`: HAProxy, changed while it runs through its runtime API.

A reload loses requests; the runtime API doesn't. What it changed is lost when the process
dies, so the same routes are in the configuration file that the next process starts with.

Replicas take turns in a fixed number of server slots. Servers added at run time would be simpler,
but HAProxy 2.6 never reuses their connections, which halves the throughput. Which replica is in
which slot stands in a map of the process itself, from which the health checks also read their
path.
"""

from __future__ import annotations

import csv
import os
import subprocess
from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle_process.home import write

from .control import CONNECT_TIMEOUT, FALL, IDLE_TIMEOUT, TUNNEL_TIMEOUT, UNAVAILABLE, ask
from .slots import Slot, errors, server

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fullcycle.model import HealthCheck

    from .control import Route, Server, State

CONFIGURATION = "haproxy.cfg"
MAP = "slots.map"
CHECKED = f"%[srv_name,map_str({MAP},/),word(1,|)]"
"""The path a server is checked on."""
SLOTS = 100
"""Replicas at a time, old and new ones together, whose connections are reused."""
# `http-reuse safe` and retries: a request that a replica never answered is sent to another one
# when the connection failed, or when it is a GET or HEAD; others could take effect twice.
# Expect: HAProxy says 100 itself. 2.6 loses the body of an answer whose head comes right after
# the replica's own 100.
TEMPLATE = """\
global
  stats socket "unix@{socket}" mode 600 level admin
  noreuseport

defaults
  mode http
  option http-keep-alive
  option forwardfor
  option redispatch 1
  retries 3
  retry-on conn-failure empty-response
  http-reuse safe
  timeout connect {connect}ms
  timeout client {idle}ms
  timeout server {idle}ms
  timeout http-keep-alive {idle}ms
  timeout http-request {idle}ms
  timeout queue {connect}ms
  timeout tunnel {tunnel}ms
  timeout check {check}ms
  errorfile 503 503.http

frontend gateway
  bind 127.0.0.1:{port}
  acl waits req.hdr(Expect) -m found
  http-request wait-for-body time {idle}ms at-least 1 if waits
  http-request del-header Expect if waits
  acl known_proto req.hdr(X-Forwarded-Proto) -m found
  http-request set-header X-Forwarded-Proto http unless known_proto
  acl known_host req.hdr(X-Forwarded-Host) -m found
  http-request set-header X-Forwarded-Host %[req.hdr(Host)] unless known_host
  default_backend replicas

backend replicas
  balance roundrobin
  http-request disable-l7-retry unless METH_GET
  option httpchk
  http-check send meth GET uri-lf {uri} ver HTTP/1.1 hdr Host localhost
  http-check expect status 200-399
{servers}
  server-template s {free}-{slots} 127.0.0.1:1 {options} disabled
"""


class HAProxy:
    """Drives the HAProxy process that serves `folder`'s configuration."""

    def __init__(self, folder: Path, socket: Path) -> None:
        self._folder = folder
        self._socket = socket

    def prepare(self, state: State) -> None:
        """Write the configuration file, the map of slots and the page without replicas."""
        routes = enumerate(state.routes.values(), 1)
        slots = [Slot(f"s{number}", route.path, route.replica) for number, route in routes]
        write(self._folder / MAP, "".join(f"{slot}\n" for slot in slots))
        write(self._folder / "503.http", _page())
        write(self._folder / CONFIGURATION, self._configuration(state))

    def verify(self) -> None:
        """Let HAProxy itself read the configuration."""
        done = subprocess.run(
            [*self.command(), "-c"], capture_output=True, text=True, timeout=30, check=False
        )
        if done.returncode != 0:
            alerts = [line for line in done.stderr.splitlines() if "[ALERT]" in line]
            reason = alerts[0].partition(" : ")[2] if alerts else f"exit code {done.returncode}"
            raise StepError(
                f"haproxy refuses {self._folder / CONFIGURATION}: {reason}",
                hint='HAProxy 2.6 or newer is needed; gateway = "python" does without',
                log_tail=done.stderr or done.stdout,
            )

    def command(self) -> Sequence[str]:
        """In the foreground, all paths relative to the folder."""
        return ["haproxy", "-db", "-C", str(self._folder), "-f", CONFIGURATION]

    def ready(self) -> None:
        """It binds its port before it answers here."""
        self._tell("show version")

    def add(self, route: Route) -> None:
        """Begin with the server down, so that its first passed check opens it."""
        rows = self._rows()
        slot = self._slots().get(route.replica)
        row = rows[slot.server] if slot else self._free(rows, route)
        if slot is None or row["addr"] != route.address or row["status"].startswith("MAINT"):
            self._begin(row, route)
        self._tell(f"set server replicas/{row['svname']} weight {route.weight}")
        self._tell(f"set server replicas/{row['svname']} state ready")

    def drain(self, replica: str) -> None:
        """Take the server out of the balancing."""
        if slot := self._slots().get(replica):
            self._tell(f"set server replicas/{slot.server} state drain")

    def remove(self, replica: str) -> None:
        """Free the slot; requests still running in it are finished."""
        if slot := self._slots().get(replica):
            self._tell(f"set server replicas/{slot.server} state maint")
            self._tell(f"del map {MAP} {slot.server}")

    def statistics(self) -> Sequence[Server]:
        """All slots that are taken."""
        rows = self._rows()
        return [server(rows[slot.server], slot) for slot in self._slots().values()]

    def _free(self, rows: Mapping[str, dict[str, str]], route: Route) -> dict[str, str]:
        """The free slot least used: HAProxy's mean response time forgets only slowly."""
        taken = {slot.server for slot in self._slots().values()}
        idle = [row for row in rows.values() if row["svname"] not in taken and row["scur"] == "0"]
        if idle:
            return min(idle, key=lambda row: int(row["stot"]))
        name = f"s{len(rows) + 1}"
        answer = self._tell(f"add server replicas/{name} {route.address} {_options(route, 0)}")
        if "registered" not in answer:
            raise StepError(f"haproxy refuses replica {route.replica}: {answer.strip()}")
        return self._rows()[name]

    def _begin(self, row: dict[str, str], route: Route) -> None:
        """Check a server anew. Until it is down it has no weight: `ready` makes it up at once."""
        name, (host, _, port) = row["svname"], route.address.rpartition(":")
        self._tell(f"set server replicas/{name} weight 0")
        self._tell(f"set server replicas/{name} addr {host} port {port}")
        self._tell(f"del map {MAP} {name}")
        slot = Slot(name, route.path, route.replica, int(row["stot"]), errors(row))
        self._tell(f"add map {MAP} {slot}")
        self._tell(f"set server replicas/{name} state ready")
        self._tell(f"set server replicas/{name} health down")
        self._tell(f"enable health replicas/{name}")

    def _configuration(self, state: State) -> str:
        servers = [
            f"  server s{number} {route.address} {_options(route, route.weight)}"
            for number, route in enumerate(state.routes.values(), 1)
        ]
        return TEMPLATE.format(
            uri=CHECKED,
            socket=self._shortest_socket(),
            port=state.port,
            connect=_milliseconds(CONNECT_TIMEOUT),
            idle=_milliseconds(IDLE_TIMEOUT),
            tunnel=_milliseconds(TUNNEL_TIMEOUT),
            check=_milliseconds(state.health.timeout),
            servers="\n".join(servers),
            free=len(servers) + 1,
            slots=max(SLOTS, 2 * len(servers)),
            options=_options(state.health, 0),
        )

    def _shortest_socket(self) -> str:
        """HAProxy binds to a longer name first, which would exceed what a socket's may have."""
        socket = self._socket.parent.resolve() / self._socket.name
        return min(str(socket), os.path.relpath(socket, self._folder.resolve()), key=len)

    def _slots(self) -> dict[str, Slot]:
        lines = self._tell(f"show map {MAP}").strip().splitlines()
        return {slot.replica: slot for slot in map(Slot.parse, lines)}

    def _rows(self) -> dict[str, dict[str, str]]:
        servers = 4
        table = self._tell(f"show stat replicas {servers} -1").removeprefix("# ")
        return {row["svname"]: row for row in csv.DictReader(table.strip().splitlines())}

    def _tell(self, command: str) -> str:
        return ask(self._socket, command)


def _options(checked: Route | HealthCheck, weight: int) -> str:
    return f"check inter {_milliseconds(checked.interval)}ms fall {FALL} rise 1 weight {weight}"


def _page() -> str:
    head = (
        "HTTP/1.1 503 Service Unavailable",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(UNAVAILABLE.encode())}",
        "Cache-Control: no-cache",
        "Retry-After: 1",
    )
    return "\r\n".join((*head, "", UNAVAILABLE))


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
