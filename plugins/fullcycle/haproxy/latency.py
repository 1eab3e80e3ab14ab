"""How long requests took: HAProxy counts them in a table, a row for every server.

A row has a counter of all responses and one for every bound, of the responses that took longer.
Each response stops at the first bound that it kept, so a quick one costs one comparison.
HAProxy's own answers (no replica, no answer in time) are no responses of a replica.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from fullcycle.observe.histogram import BOUNDS

TABLE = "latencies"
Beyond: TypeAlias = tuple[int, ...]
"""All responses of a server, then how many took longer than each of BOUNDS."""
NOTHING: Beyond = (0,) * (len(BOUNDS) + 1)

STICK_TABLE = f"stick-table type string len 16 size 10k store gpc({len(NOTHING)})"
BEGIN = "http-request set-var(txn.begun) date(0,us)"
"""When a request's head has arrived."""


def rules() -> list[str]:
    """What is done with every response, in the backend."""
    lines = [
        f"http-response track-sc0 srv_name table {TABLE}",
        "http-response set-var(txn.took) date(0,us),sub(txn.begun)",
        "http-response sc-inc-gpc(0,0)",
    ]
    for number, bound in enumerate(BOUNDS, 1):
        lines.append(f"http-response allow if {{ var(txn.took) -m int le {bound * 1e6:.0f} }}")
        lines.append(f"http-response sc-inc-gpc({number},0)")
    return lines


def parse(table: str) -> dict[str, Beyond]:
    """By server, from the answer to `show table`."""
    rows = re.findall(r"key=(\S+) (.*)", table)
    return {server: tuple(map(int, re.findall(r"gpc\d+=(\d+)", row))) for server, row in rows}
