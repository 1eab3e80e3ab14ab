"""`monitor`: measure and compare."""
# ruff: noqa: TC001 (the types of flags are read at run time)

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.collection import Collection

from .command import command
from .stage import stage_task
from .values import Port

if TYPE_CHECKING:
    from .call import Call


@command(flags=(), help={"port": "port of the dashboard", "host": "address it binds to"})
def serve(call: Call, port: Port = 8080, host: str = "127.0.0.1") -> None:
    """Serve the dashboard of this project until Ctrl-C."""
    import asyncio
    import sys

    from fullcycle.dashboard.server import serve as run

    def announce(line: str) -> None:
        sys.stderr.write(line + "\n")

    asyncio.run(run(call.loaded.root, host=host, port=port, announce=announce))


collection = Collection(
    "monitor",
    stage_task("monitor", "Readings against thresholds; exit 6 when breached.", name="measure"),
    serve,
)
