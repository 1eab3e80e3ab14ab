"""Front: HAProxy before a peer's replicas, which it finds by their common name in Docker's DNS.

As good to them as ours is to our own: the same checks every 0.2 s, and a request that a replica has
not taken goes to another. Names are asked for every second.
"""

from __future__ import annotations

import csv
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.measure import BenchmarkError
from docker_bed.engine import labelled
from fullcycle.haproxy import Channel

from .app import HEALTHY, PORT

if TYPE_CHECKING:
    from .site import Site

WEB, STATS = 8080, 9999
MOST = 50
"""Replicas, old and new ones together."""
PATIENCE = 60.0
"""Seconds for what has to come."""
POLL = 0.05
FILE = "/usr/local/etc/haproxy/haproxy.cfg"
CONFIGURATION = f"""\
global
  stats socket ipv4@*:{STATS} level admin

resolvers docker
  nameserver docker 127.0.0.11:53
  accepted_payload_size 8192
  timeout resolve 1s
  timeout retry 1s
  hold valid 1s

defaults
  mode http
  option redispatch 1
  retries 3
  retry-on conn-failure empty-response
  timeout connect 2s
  timeout client 60s
  timeout server 60s

frontend web
  bind *:{WEB}
  default_backend apps

backend apps
  http-request disable-l7-retry unless METH_GET
  option httpchk GET {HEALTHY}
  default-server check inter 200ms fall 2 rise 1 init-addr none resolvers docker resolve-prefer ipv4
  server-template s 1-{MOST} {{name}}:{PORT}
"""


@dataclass(frozen=True)
class Front:
    """A running one."""

    host: str
    web: int
    stats: int

    @property
    def url(self) -> str:
        """Where users ask."""
        return f"http://{self.host}:{self.web}"

    def up(self) -> int:
        """How many replicas it finds healthy."""
        table = Channel((self.host, self.stats)).ask("show stat apps 4 -1").removeprefix("# ")
        rows = csv.DictReader(table.strip().splitlines())
        return sum(row["status"].startswith("UP") for row in rows)

    def until(self, count: int) -> None:
        """Wait until it finds just so many healthy.

        Raises:
            BenchmarkError: they don't come.
        """
        until(lambda: self.up() == count, f"{count} healthy replicas")


def until(holds: Any, what: str) -> None:
    """Wait until something holds.

    Raises:
        BenchmarkError: it doesn't.
    """
    limit = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > limit:
            raise BenchmarkError(f"waited {PATIENCE:g} s for {what}")
        time.sleep(POLL)


def front(site: Site, name: str) -> Front:
    """Start it in the network that is called as the site, before replicas with a common name."""
    ports: Any = {f"{port}/tcp": (site.address, None) for port in (WEB, STATS)}
    labels = labelled(site.running)
    container = site.client.containers.create(
        site.haproxy, network=site.name, labels=labels, ports=ports, detach=True
    )
    container.put_archive("/", _packed(CONFIGURATION.format(name=name)))
    container.start()
    container.reload()
    bound = container.attrs["NetworkSettings"]["Ports"]
    web, stats = (int(bound[f"{port}/tcp"][0]["HostPort"]) for port in (WEB, STATS))
    made = Front(site.address, web, stats)
    until(lambda: _answers(made), "HAProxy")
    return made


def _answers(made: Front) -> bool:
    try:
        made.up()
    except OSError:
        return False
    return True


def _packed(text: str) -> bytes:
    from fullcycle_docker.archive import packed

    return packed({FILE.removeprefix("/"): text})
