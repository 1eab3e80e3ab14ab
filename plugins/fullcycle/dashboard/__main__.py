"""`python -m fullcycle.dashboard`: the flags, and one line for what is wrong with them."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .access import Access

DEFAULT_PORT = "8000"
LAST_PORT = 65535
YES = {"1", "true", "yes"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        root = _project(options.project)
        from .server import Service, serve

        access = _access(options.host, open_=options.open)
        service = Service(root=root, host=options.host, port=options.port, access=access)
        asyncio.run(serve(service, _say))
    except FullcycleError as error:
        sys.stderr.write(f"error: {error}\n")
        return int(error.code)
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fullcycle.dashboard",
        description="Show a project's runs, deployments and readings in a browser.",
    )
    environ = os.environ.get
    parser.add_argument(
        "--port",
        type=_port,
        default=environ("PORT") or DEFAULT_PORT,
        help="port to listen on, 0 for any free one (default: PORT, or 8000)",
    )
    parser.add_argument(
        "--host",
        default=environ("FULLCYCLE_DASHBOARD_HOST") or "127.0.0.1",
        help="address to bind to (default: FULLCYCLE_DASHBOARD_HOST, or 127.0.0.1)",
    )
    parser.add_argument(
        "--project",
        metavar="DIR",
        default=environ("FULLCYCLE_PROJECT") or ".",
        help="the project's folder (default: FULLCYCLE_PROJECT, or the current folder)",
    )
    parser.add_argument(
        "--open",
        action="store_true",
        default=environ("FULLCYCLE_DASHBOARD_OPEN", "").lower() in YES,
        help="ask nobody for a token, whatever the address: for a container behind a gateway",
    )
    return parser


def _access(host: str, *, open_: bool) -> Access:
    """Whoever can reach a loopback address may look; for others there has to be a token.

    Raises:
        UsageError: there is none. One cannot be made here: every replica has to have the same.
    """
    from .access import LOOPBACK, Access

    token = os.environ.get("FULLCYCLE_DASHBOARD_TOKEN", "")
    if token or open_ or host in LOOPBACK:
        return Access(token)
    raise UsageError(
        f"without a token the dashboard does not listen on {host}",
        hint="set FULLCYCLE_DASHBOARD_TOKEN, or FULLCYCLE_DASHBOARD_OPEN=true behind a gateway",
    )


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= LAST_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(f"a port is a number from 0 to {LAST_PORT}, not {text!r}")


def _project(text: str) -> Path:
    root = Path(text).expanduser().resolve()
    if not root.is_dir():
        raise UsageError(
            f"there is no folder {root}", hint="--project names the folder of the project to show"
        )
    return root


if __name__ == "__main__":
    sys.exit(main())
