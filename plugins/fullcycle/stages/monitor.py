"""`monitor`: measure and compare."""
# ruff: noqa: TC001 (the types of flags are read at run time)

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.collection import Collection

from .command import command
from .export import grafana, metrics, rules
from .measure import measure, slo
from .values import Port

if TYPE_CHECKING:
    from .call import Call


SERVING = {
    "port": "port of the dashboard",
    "host": "address it binds to; any but this machine's own asks for a token",
    "token": "ask for a token here, too (FULLCYCLE_DASHBOARD_TOKEN, or one that is made)",
}


@command(flags=("env",), help=SERVING)
def serve(call: Call, port: Port = 8080, host: str = "127.0.0.1", token: bool = False) -> None:
    """Measure, and serve a dashboard and Prometheus metrics until Ctrl-C."""
    import asyncio
    import os
    import sys

    from fullcycle.dashboard.access import access
    from fullcycle.dashboard.platforms import Platforms
    from fullcycle.dashboard.server import Service
    from fullcycle.dashboard.server import serve as run

    service = Service(
        root=call.loaded.root,
        host=host,
        port=port,
        access=access(host, os.environ.get("FULLCYCLE_DASHBOARD_TOKEN", ""), wanted=token),
        platforms=Platforms(call.loaded, [call.flags.env] if call.flags.env else ()),
    )

    def announce(line: str) -> None:
        sys.stderr.write(line + "\n")

    asyncio.run(run(service, announce))


collection = Collection(
    "monitor",
    measure,
    slo,
    serve,
    metrics,
    rules,
    grafana,
)
