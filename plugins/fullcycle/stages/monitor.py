"""`monitor`: measure and compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.collection import Collection

from .command import command
from .stage import stage_task

if TYPE_CHECKING:
    from .call import Call


@command(flags=(), help={"port": "port of the dashboard", "host": "address it binds to"})
def serve(call: Call, port: str = "8080", host: str = "127.0.0.1") -> None:
    """Serve the dashboard of this project until Ctrl-C."""
    import asyncio
    import sys

    from fullcycle.dashboard.server import serve as run
    from fullcycle.loop.operations import number

    def announce(line: str) -> None:
        sys.stderr.write(line + "\n")

    asyncio.run(run(call.loaded.root, host=host, port=number("--port", port), announce=announce))


collection = Collection(
    "monitor",
    stage_task("monitor", "Readings against thresholds; exit 6 when breached.", name="measure"),
    serve,
)
