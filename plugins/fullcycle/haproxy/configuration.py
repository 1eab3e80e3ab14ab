"""The files that HAProxy is started with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import latency, maintenance
from .servers import milliseconds, named, probes, servers
from .slots import MAP, Slot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fullcycle.model import HealthCheck

    from .route import Route

FILE = "haproxy.cfg"
COMMAND = ("haproxy", "-db", "-f", FILE)
"""In the foreground. Paths are relative to the folder of the files: it is started there, or with
`-C FOLDER` as well."""
CONNECT_TIMEOUT = 2.0
"""Seconds a replica may take to accept a connection."""
IDLE_TIMEOUT = 60.0
"""Seconds a client or a replica may stay silent within a request (nginx' default)."""
TUNNEL_TIMEOUT = 3600.0
"""Seconds a websocket may stay silent."""

UNAVAILABLE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>503 Service Unavailable</title>
<h1>503 Service Unavailable</h1>
<p>No replica of this application is ready to answer. Please try again in a moment.</p>
</html>
"""
"""What users see while no replica is routed and healthy."""

CHECKED = f"%[srv_name,map_str({MAP},/),word(1,|)]"
"""The path a server is checked on."""
# `http-reuse safe` and retries: a request that a replica never answered is sent to another one
# when the connection failed, or when it is a GET or HEAD; others could take effect twice.
# Expect: HAProxy says 100 itself. 2.6 loses the body of an answer whose head comes right after
# the replica's own 100.
# A backend has one kind of check. What isn't checked by HTTP is checked in `probes`, and its
# namesake in `replicas` is as healthy as it.
TEMPLATE = """\
global
  stats socket {stats}
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
  bind {bind}
  acl shown {shown}
  acl waits req.hdr(Expect) -m found
  http-request wait-for-body time {idle}ms at-least 1 if waits !shown
  http-request del-header Expect if waits
  acl known_proto req.hdr(X-Forwarded-Proto) -m found
  http-request set-header X-Forwarded-Proto http unless known_proto
  acl known_host req.hdr(X-Forwarded-Host) -m found
  http-request set-header X-Forwarded-Host %[req.hdr(Host)] unless known_host
  {begin}
  use_backend maintenance if shown
  default_backend replicas

backend maintenance
  {maintenance}

backend replicas
  balance roundrobin
  http-request disable-l7-retry unless METH_GET
  {measured}
  option httpchk
  http-check send meth GET uri-lf {uri} ver HTTP/1.1 hdr Host localhost
  http-check expect status 200-399
  {servers}

backend probes
  {probes}

backend {latencies}
  {table}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What HAProxy serves from its start on."""

    bind: str
    """Where users connect: `127.0.0.1:8000`, `*:8000`."""
    stats: str
    """The runtime API's address with its parameters: `"unix@gateway.sock" mode 600 level admin`,
    `ipv4@0.0.0.0:9999 level admin`."""
    health: HealthCheck
    """Interval and timeout of the checks of replicas that are routed later."""
    routes: Sequence[Route] = ()
    """Replicas known to be healthy: they get requests from the start."""
    page: str | None = None
    """The maintenance page, while it is shown."""

    def files(self) -> Mapping[str, str]:
        """Name → content, all in one folder."""
        slots = (Slot.of(name, route) for name, route in named(self.routes).items())
        return {
            MAP: "".join(f"{slot}\n" for slot in slots),
            maintenance.MAP: maintenance.entries(self.page),
            **maintenance.templates(),
            "503.http": _unavailable(),
            FILE: self._text(),
        }

    def _text(self) -> str:
        return TEMPLATE.format(
            stats=self.stats,
            bind=self.bind,
            connect=milliseconds(CONNECT_TIMEOUT),
            idle=milliseconds(IDLE_TIMEOUT),
            tunnel=milliseconds(TUNNEL_TIMEOUT),
            check=milliseconds(self.health.timeout),
            shown=maintenance.SHOWN,
            maintenance="\n  ".join(maintenance.rules()),
            begin=latency.BEGIN,
            latencies=latency.TABLE,
            table=latency.STICK_TABLE,
            measured="\n  ".join(latency.rules()),
            uri=CHECKED,
            servers="\n  ".join(servers(self.routes, self.health)),
            probes="\n  ".join(probes(self.routes, self.health)),
        )


def _unavailable() -> str:
    head = (
        "HTTP/1.1 503 Service Unavailable",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(UNAVAILABLE.encode())}",
        "Cache-Control: no-cache",
        "Retry-After: 1",
    )
    return "\r\n".join((*head, "", UNAVAILABLE))
