"""HAProxy on a Swarm: what it is told, and how it runs, before replicas and as a page."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from fullcycle_docker.labels import Role

from .manager import NANOSECONDS
from .names import named

if TYPE_CHECKING:
    from fullcycle.model import Workload
    from fullcycle_docker.labels import Owner

    from .manager import Json, Manager

PLACE = "/usr/local/etc/haproxy/haproxy.cfg"
PAGE_PORT = 8080
HEADER = "X-Fullcycle-Token"
SLOTS = 100
"""Replicas at a time, old and new ones together."""
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

resolvers pages
    nameserver docker 127.0.0.11:53
    accepted_payload_size 8192
    timeout resolve 500ms
    timeout retry 200ms
    resolve_retries 3
    hold valid 500ms
    hold obsolete 0s
    hold nx 0s
    hold timeout 0s
    hold refused 0s
    hold other 0s

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
    use_backend maintenance if {{ nbsrv(maintenance) gt 0 }}
    default_backend replicas

backend statistics
    stats enable
    stats uri /
    stats show-legends

backend maintenance
    server-template m 2 tasks.{page}:{page_port} resolvers pages resolve-prefer ipv4 \
init-addr none check inter 500ms fastinter 200ms fall 1 rise 1

backend replicas
    balance roundrobin
    option forwardfor
    server-template r {slots} {tasks}:{inner} resolvers swarm resolve-prefer ipv4 init-addr none \
check inter 500ms fastinter 200ms downinter 500ms fall 2 rise 1 tcp-ut 4s pool-purge-delay 300ms
"""
"""A dead node answers nothing: keep-alive probes and tcp-ut end what waits for it.

A page that isn't there is looked up on DNS servers outside, too, which may not answer: so only an
address that was just told counts.
"""


def configuration(workload: Workload, service: str, page: str, token: str) -> str:
    """What haproxy.cfg says."""
    return CONFIGURATION.format(
        port=workload.port,
        inner=workload.inner_port,
        tasks=f"tasks.{service}",
        page=page,
        page_port=PAGE_PORT,
        slots=SLOTS,
        hard=round(workload.drain) or 1,
        header=HEADER,
        token=token,
    )


def page_name(owner: Owner) -> str:
    """The service that the maintenance page comes from."""
    return named(owner, "maintenance")


def program(owner: Owner, image: str, grace: float) -> Json:
    """HAProxy, which finishes what it serves for at most `grace` seconds when it has to go."""
    return {
        "Image": image,
        "Labels": owner.labels(Role.GATEWAY),
        "Command": ["haproxy", "-W", "-db", "-f", PLACE],
        "StopSignal": "SIGUSR1",
        "StopGracePeriod": round(grace * NANOSECONDS),
    }


def mounted(manager: Manager, owner: Owner, place: str, text: str) -> Json:
    """A file in a container, as a config of the Swarm."""
    ident, name = content(manager, owner, Path(place).name, text, Role.GATEWAY)
    file = {"Name": place, "UID": "0", "GID": "0", "Mode": 0o444}
    return {"ConfigID": ident, "ConfigName": name, "File": file}


def content(manager: Manager, owner: Owner, file: str, text: str, role: Role) -> tuple[str, str]:
    """The id and name of the config that holds a text; made if there is none yet."""
    mark = hashlib.sha256(text.encode()).hexdigest()[:12]
    name = named(owner, file, mark)
    labels = owner.labels(role)
    made = manager.create_object("configs", name, text.encode(), labels)
    if made is None:
        made = (manager.config(name) or {})["ID"]
    return made, name
