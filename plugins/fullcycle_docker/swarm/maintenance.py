"""Maintenance: a page that every proxy shows as long as a service with it is there.

The proxies look for that service by the Swarm's name service all the time, so nothing of them
changes, and no request fails, when it comes or goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.haproxy.maintenance import RETRY_SECONDS, checked
from fullcycle_docker.labels import Role

from .ground import find_network, tidy
from .haproxy import PAGE_PORT, PLACE, mounted, page_name, program
from .manager import NANOSECONDS
from .watch import Watch, until

if TYPE_CHECKING:
    from .manager import Json
    from .proxy import Proxy
    from .services import Services

PAGE = "/usr/local/etc/haproxy/page.html"
CONFIGURATION = f"""\
global
    hard-stop-after 5s

defaults
    mode http
    timeout client 30s

frontend page
    bind :{PAGE_PORT}
    http-request return status 503 content-type "text/html; charset=utf-8" \
hdr Retry-After {RETRY_SECONDS} hdr Cache-Control no-store file {PAGE}
"""
STARTS = 30.0
"""Seconds in which it has started."""
SEEN = 20.0
"""Seconds in which all proxies have seen that it is there, or gone."""


class SwarmMaintenance:
    """The maintenance page of one environment."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._manager = services.manager
        self._owner = services.owner
        self._name = page_name(services.owner)

    def begin(self, page: str) -> None:
        """See Maintenance.begin.

        Raises:
            UsageError: requests come through the ingress; nothing is deployed; it is too long.
            StepError: it doesn't start.
        """
        proxy = self._proxy()
        text = checked(page)
        network = find_network(self._manager, self._owner)
        if network is None or proxy.find() is None:
            raise UsageError(f"nothing serves {self._owner.environment} yet", hint="deploy first")
        watch = Watch(self._manager, [self._name], deadline=STARTS, grace=STARTS)
        self._manager.put(self._spec(text, proxy.image, network["Id"]))
        for _ in watch.until_there():
            pass
        self._await_seen(proxy, shown=True)

    def end(self) -> None:
        """See Maintenance.end.

        Raises:
            StepError: a proxy goes on showing it.
        """
        if self.active():
            self._manager.remove_service(self._name)
            self._await_seen(self._proxy(), shown=False)
            tidy(self._manager, self._owner)

    def active(self) -> bool:
        """See Maintenance.active."""
        return self._manager.service(self._name) is not None

    def _proxy(self) -> Proxy:
        if self._services.proxy is None:
            raise UsageError(
                "a Swarm's ingress shows no maintenance page", hint='set publish = "haproxy"'
            )
        return self._services.proxy

    def _await_seen(self, proxy: Proxy, *, shown: bool) -> None:
        wanted = {shown}
        for _ in until(
            lambda: {bool(count) for count in proxy.active("maintenance")} <= wanted,
            f"HAProxy to {'show' if shown else 'forget'} the page",
            SEEN,
        ):
            pass

    def _spec(self, page: str, image: str, network: str) -> Json:
        files = {PLACE: CONFIGURATION, PAGE: page}
        return {
            "Name": self._name,
            "Labels": self._owner.labels(Role.GATEWAY),
            "TaskTemplate": {
                "ContainerSpec": {
                    **program(self._owner, image, grace=10),
                    "Configs": [
                        mounted(self._manager, self._owner, place, text)
                        for place, text in files.items()
                    ],
                },
                "RestartPolicy": {"Condition": "any", "Delay": NANOSECONDS // 2},
                "Networks": [{"Target": network}],
            },
            "Mode": {"Replicated": {"Replicas": 1}},
            "UpdateConfig": {"Parallelism": 1, "Order": "start-first", "FailureAction": "pause"},
            "EndpointSpec": {"Mode": "dnsrr"},
        }
