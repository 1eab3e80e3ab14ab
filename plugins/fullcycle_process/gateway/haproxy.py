"""The engine `haproxy`: HAProxy, changed while it runs through its runtime API.

A reload loses requests; the runtime API doesn't. What it changed is lost when the process
dies, so the same routes are in the configuration file that the next process starts with.
"""

from __future__ import annotations

import csv
import os
import subprocess
import time
from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle_process.home import write

from .control import CONNECT_TIMEOUT, FALL, IDLE_TIMEOUT, TUNNEL_TIMEOUT, UNAVAILABLE, Server, ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .control import Route, State

CONFIGURATION = "haproxy.cfg"
# `http-reuse safe` and retries: a request that a replica never answered is sent to another one
# when the connection failed, or when it is a GET or HEAD; others could take effect twice.
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
  acl known_proto req.hdr(X-Forwarded-Proto) -m found
  http-request set-header X-Forwarded-Proto http unless known_proto
  acl known_host req.hdr(X-Forwarded-Host) -m found
  http-request set-header X-Forwarded-Host %[req.hdr(Host)] unless known_host
  default_backend replicas

backend replicas
  balance roundrobin
  http-request disable-l7-retry unless METH_GET
  option httpchk
  http-check send meth GET uri-lf %[srv_name,map_str(health.map,/)] ver HTTP/1.1 hdr Host localhost
  http-check expect status 200-399
{servers}
"""


class HAProxy:
    """Drives the HAProxy process that serves `folder`'s configuration."""

    def __init__(self, folder: Path, socket: Path) -> None:
        self._folder = folder
        self._socket = socket

    def prepare(self, state: State) -> None:
        """Write the configuration file, the health checks' paths and the page without replicas."""
        paths = [f"{route.replica} {route.path}" for route in state.routes.values()]
        write(self._folder / "health.map", "\n".join([*paths, ""]))
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
        """Add the server down, so that its first passed check opens it."""
        self._sweep()
        known = self._known(route.replica)
        if known is None:
            self._register(route)
        if known is None or known["status"].startswith("MAINT") or known["addr"] != route.address:
            self._begin(route)
        self._tell(f"set server replicas/{route.replica} weight {route.weight}")
        self._tell(f"set server replicas/{route.replica} state ready")

    def _register(self, route: Route) -> None:
        options = _options(route, weight=0)
        answer = self._tell(f"add server replicas/{route.replica} {route.address} {options}")
        if "registered" not in answer and "Already exists" not in answer:
            raise StepError(f"haproxy refuses replica {route.replica}: {answer.strip()}")

    def _begin(self, route: Route) -> None:
        """Check a server anew. Until it is down it has no weight: `ready` makes it up at once."""
        host, _, port = route.address.rpartition(":")
        self._tell(f"del map health.map {route.replica}")
        self._tell(f"add map health.map {route.replica} {route.path}")
        self._tell(f"set server replicas/{route.replica} weight 0")
        self._tell(f"set server replicas/{route.replica} addr {host} port {port}")
        self._tell(f"set server replicas/{route.replica} state ready")
        self._tell(f"set server replicas/{route.replica} health down")
        self._tell(f"enable health replicas/{route.replica}")

    def drain(self, replica: str) -> None:
        """Take the server out of the balancing."""
        self._tell(f"set server replicas/{replica} state drain")

    def remove(self, replica: str) -> None:
        """Take the server away; one with requests still running goes with the next change."""
        self._tell(f"set server replicas/{replica} state maint")
        self._tell(f"del map health.map {replica}")
        limit = time.monotonic() + 1.0
        while self._known(replica) and time.monotonic() < limit:
            self._tell(f"del server replicas/{replica}")
            time.sleep(0.01)  # idle connections to it are closed meanwhile

    def statistics(self) -> Sequence[Server]:
        """All servers that have not been removed."""
        return [_server(row) for row in self._rows() if not row["status"].startswith("MAINT")]

    def _configuration(self, state: State) -> str:
        servers = [
            f"  server {route.replica} {route.address} {_options(route, route.weight)}"
            for route in state.routes.values()
        ]
        return TEMPLATE.format(
            socket=self._shortest_socket(),
            port=state.port,
            connect=_milliseconds(CONNECT_TIMEOUT),
            idle=_milliseconds(IDLE_TIMEOUT),
            tunnel=_milliseconds(TUNNEL_TIMEOUT),
            check=_milliseconds(state.health.timeout),
            servers="\n".join(servers),
        )

    def _shortest_socket(self) -> str:
        """HAProxy binds to a longer name first, which would exceed what a socket's may have."""
        socket = self._socket.parent.resolve() / self._socket.name
        return min(str(socket), os.path.relpath(socket, self._folder.resolve()), key=len)

    def _sweep(self) -> None:
        for row in self._rows():
            if row["status"].startswith("MAINT"):
                self._tell(f"del server replicas/{row['svname']}")

    def _known(self, replica: str) -> dict[str, str] | None:
        return next((row for row in self._rows() if row["svname"] == replica), None)

    def _rows(self) -> Iterator[dict[str, str]]:
        servers = 4
        table = self._tell(f"show stat replicas {servers} -1").removeprefix("# ")
        return csv.DictReader(table.strip().splitlines())

    def _tell(self, command: str) -> str:
        return ask(self._socket, command)


def _options(route: Route, weight: int) -> str:
    return f"check inter {_milliseconds(route.interval)}ms fall {FALL} rise 1 weight {weight}"


def _server(row: dict[str, str]) -> Server:
    passed = row["check_status"].removeprefix("* ") == "L7OK"
    requests = int(row["stot"])
    return Server(
        replica=row["svname"],
        # The status of a server with weight 0 is DRAIN, healthy or not.
        up=row["status"].startswith("UP") or (row["status"].startswith("DRAIN") and passed),
        weight=0 if row["status"].startswith("DRAIN") else int(row["uweight"]),
        sessions=int(row["scur"]),
        requests=requests,
        errors=sum(int(row[name] or 0) for name in ("hrsp_5xx", "econ", "eresp")),
        response_seconds=int(row["rtime"] or 0) / 1000 if requests else None,
        check=_answer(row),
    )


def _answer(row: dict[str, str]) -> str:
    if row["check_status"].startswith(("* ", "INI")):
        return ""  # the details are those of the check under way: none yet
    parts = (row["check_desc"], row["check_code"], row["last_chk"])
    return " ".join(part for part in parts if part)


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
