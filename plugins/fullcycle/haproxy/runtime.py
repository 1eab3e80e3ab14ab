"""HAProxy while it runs, changed through its runtime API.

Replicas take turns in a fixed number of server slots. Servers added at run time would be simpler,
but HAProxy 2.6 never reuses their connections, which halves the throughput. Which replica is in
which slot stands in a map of the process itself, from which the health checks also read their
path.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from fullcycle.errors import StepError

from . import latency, maintenance
from .servers import PROBED, checks, group
from .slots import MAP, Slot, errors, server

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from fullcycle.model import HealthCheck

    from .channel import Channel
    from .latency import Beyond
    from .route import Route, Server

CHECKS = ("check_status", "check_code", "check_desc", "last_chk")
"""What the statistics say of a server's check."""


class Runtime:
    """Changes a running HAProxy. Its calls may be repeated: each describes how things shall be.

    All raise OSError when the process doesn't answer.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def ready(self) -> None:
        """Return when it serves: it binds its port before it answers here."""
        self._tell("show version")

    def add(self, route: Route) -> None:
        """Route to a replica as soon as its health check passes, or change its weight.

        Raises:
            StepError: HAProxy refuses.
        """
        rows = self._rows("replicas")
        slot = self._slots().get(route.replica)
        if slot and group(slot.kind) != group(route.kind):
            self.remove(route.replica)
            slot = None
        row = rows[slot.server] if slot else self._free(rows, route)
        if slot is None or row["addr"] != route.address or row["status"].startswith("MAINT"):
            self._begin(row, route)
        self._tell(f"set server replicas/{row['svname']} weight {route.weight}")
        self._tell(f"set server replicas/{row['svname']} state ready")

    def drain(self, replica: str) -> None:
        """Send it no new requests; running ones go on. Nothing happens when it is unknown."""
        if slot := self._slots().get(replica):
            self._tell(f"set server replicas/{slot.server} state drain")

    def remove(self, replica: str) -> None:
        """Forget a replica, end what it still serves, and drop the idle connections to it."""
        if slot := self._slots().get(replica):
            self._tell(f"set server replicas/{slot.server} state maint")
            self._tell(f"shutdown sessions server replicas/{slot.server}")
            if slot.server.startswith(PROBED):
                self._tell(f"set server probes/{slot.server} state maint")
            self._tell(f"del map {MAP} {slot.server}")

    def statistics(self) -> Sequence[Server]:
        """All routed replicas, drained ones included; websockets count as sessions."""
        slots = self._slots().values()
        taken = {slot.server for slot in slots}
        rows, times = self._rows("replicas", taken), self._times()
        if any(name.startswith(PROBED) for name in taken):
            probes = self._rows("probes", taken).items()
            checked = {name: {key: row[key] for key in CHECKS} for name, row in probes}
            rows = {name: row | checked.get(name, {}) for name, row in rows.items()}
        return [
            server(rows[slot.server], slot, times.get(slot.server, latency.NOTHING))
            for slot in slots
        ]

    def routes(self, health: HealthCheck) -> Sequence[Route]:
        """All replicas that get requests, as a configuration has to have them.

        Args:
            health: interval and timeout of their checks, which HAProxy doesn't tell.
        """
        rows = self._rows("replicas")
        found = (slot.route(rows[slot.server], health) for slot in self._slots().values())
        return [route for route in found if route.weight]

    def maintain(self, page: str | None) -> None:
        """Answer all requests with 503 and this page; with None, by the replicas again.

        Raises:
            UsageError: the page is too long.
        """
        entries = maintenance.entries(page)
        self._tell(f"clear map {maintenance.MAP}")
        if entries:
            self._tell(f"add map {maintenance.MAP} <<\n{entries}")

    def shows(self, page: str | None) -> bool:
        """Whether this is the page it answers with; with None, whether it answers with none."""
        lines = filter(None, self._tell(f"show map {maintenance.MAP}").splitlines())
        entries = [line.partition(" ")[2] for line in lines]
        return entries == maintenance.entries(page).splitlines()

    def _free(self, rows: Mapping[str, dict[str, str]], route: Route) -> dict[str, str]:
        """The free slot least used: HAProxy's mean response time forgets only slowly."""
        prefix, taken = group(route.kind), {slot.server for slot in self._slots().values()}
        able = [row for name, row in rows.items() if name.startswith(prefix)]
        idle = [row for row in able if row["svname"] not in taken and row["scur"] == "0"]
        if idle:
            return min(idle, key=lambda row: int(row["stot"]))
        if prefix == PROBED:
            raise StepError(
                f"haproxy has no place left for replica {route.replica}: at most {len(able)}, old "
                "and new ones together, can be checked by other means than HTTP",
                hint="check their health by HTTP, or deploy fewer at a time",
            )
        name = f"{prefix}{len(able) + 1}"
        how = f"{checks(route)} weight 0"
        answer = self._tell(f"add server replicas/{name} {route.address} {how}")
        if "registered" not in answer:
            raise StepError(f"haproxy refuses replica {route.replica}: {answer.strip()}")
        return self._rows("replicas")[name]

    def _begin(self, row: dict[str, str], route: Route) -> None:
        """Check a server anew. Until it is down it has no weight: `ready` makes it up at once."""
        name = row["svname"]
        place = f"replicas/{name}"
        self._tell(f"set server {place} weight 0")
        self._move(place, route)
        self._take(row, route)
        if name.startswith(PROBED):
            self._move(f"probes/{name}", route)
            self._check(f"probes/{name}", anew=route.kind == "tcp")
            self._tell(f"set server {place} state ready")
        else:
            self._check(place, anew=True)

    def _move(self, place: str, route: Route) -> None:
        host, _, port = route.address.rpartition(":")
        self._tell(f"set server {place} addr {host} port {port}")

    def _take(self, row: dict[str, str], route: Route) -> None:
        """Say who is in the slot from now on, and what it has counted before."""
        name = row["svname"]
        beyond = self._times().get(name, latency.NOTHING)
        counted = int(row["stot"]), errors(row)
        slot = Slot(name, route.kind, route.path, route.replica, *counted, beyond)
        self._tell(f"del map {MAP} {name}")
        self._tell(f"add map {MAP} {slot}")

    def _check(self, place: str, *, anew: bool) -> None:
        """Check a server that is down until a check has passed, or take it for healthy."""
        self._tell(f"set server {place} state ready")
        self._tell(f"set server {place} health {'down' if anew else 'up'}")
        self._tell(f"{'enable' if anew else 'disable'} health {place}")

    def _slots(self) -> dict[str, Slot]:
        lines = self._tell(f"show map {MAP}").strip().splitlines()
        return {slot.replica: slot for slot in map(Slot.parse, lines)}

    def _rows(
        self, backend: str, among: Collection[str] | None = None
    ) -> dict[str, dict[str, str]]:
        """The statistics by server; only of some, for most of the time goes into reading them."""
        servers = 4
        table = self._tell(f"show stat {backend} {servers} -1").removeprefix("# ")
        head, *lines = table.strip().splitlines()
        read = [line for line in lines if among is None or line.split(",", 2)[1] in among]
        return {row["svname"]: row for row in csv.DictReader([head, *read])}

    def _times(self) -> dict[str, Beyond]:
        return latency.parse(self._tell(f"show table {latency.TABLE}"))

    def _tell(self, command: str) -> str:
        return self._channel.ask(command)
