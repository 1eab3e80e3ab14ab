"""HAProxy's server slots: who is in them, and how they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fullcycle.observe.histogram import histogram

from .latency import NOTHING, Beyond
from .route import Route, Server

if TYPE_CHECKING:
    from fullcycle.model import HealthCheck

MAP = "slots.map"


@dataclass(frozen=True, slots=True)
class Slot:
    """Who is in a server slot."""

    server: str
    kind: str
    path: str
    replica: str
    requests: int = 0
    """What the server had counted before this replica."""
    errors: int = 0
    beyond: Beyond = NOTHING

    @classmethod
    def of(cls, server: str, route: Route) -> Slot:
        """The route's, when nothing has been counted yet."""
        return cls(server, route.kind, route.path, route.replica)

    @classmethod
    def parse(cls, line: str) -> Slot:
        """From a line of `show map`."""
        _, server, value = line.split(" ", 2)
        path, kind, replica, requests, errors, beyond = value.split("|")
        times = tuple(map(int, beyond.split(",")))
        return cls(server, kind, path, replica, int(requests), int(errors), times)

    def route(self, row: dict[str, str], health: HealthCheck) -> Route:
        """The route that it is, as HAProxy's statistics have it; weight 0 when it drains."""
        return Route(
            replica=self.replica,
            address=row["addr"],
            weight=0 if row["status"].startswith(("DRAIN", "MAINT")) else int(row["uweight"]),
            kind=self.kind,
            path=self.path,
            interval=health.interval,
            timeout=health.timeout,
        )

    def __str__(self) -> str:
        beyond = ",".join(map(str, self.beyond))
        counted = f"{self.requests}|{self.errors}|{beyond}"
        return f"{self.server} {self.path}|{self.kind}|{self.replica}|{counted}"


def server(row: dict[str, str], slot: Slot, beyond: Beyond) -> Server:
    """What HAProxy's statistics say of the replica in a slot."""
    passed = row["check_status"].removeprefix("* ") in {"L7OK", "L4OK"}
    checked = slot.kind in {"http", "tcp"}
    requests = int(row["stot"]) - slot.requests
    times = tuple(now - before for now, before in zip(beyond, slot.beyond, strict=True))
    return Server(
        replica=slot.replica,
        # The status of a server with weight 0 is DRAIN, healthy or not.
        up=row["status"].startswith(("UP", "no check"))
        or (row["status"].startswith("DRAIN") and (passed or not checked)),
        weight=0 if row["status"].startswith("DRAIN") else int(row["uweight"]),
        sessions=int(row["scur"]),
        requests=requests,
        errors=errors(row) - slot.errors,
        response_seconds=int(row["rtime"] or 0) / 1000 if requests else None,
        latencies=histogram(times),
        check=_answer(row),
    )


def errors(row: dict[str, str]) -> int:
    """Answers of 500 and more, and requests without an answer."""
    return sum(int(row[name] or 0) for name in ("hrsp_5xx", "econ", "eresp"))


def _answer(row: dict[str, str]) -> str:
    if row["check_status"].startswith(("* ", "INI")):
        return ""  # the details are those of the check under way: none yet
    parts = (row["check_desc"], row["check_code"], row["last_chk"])
    return " ".join(part for part in parts if part)
