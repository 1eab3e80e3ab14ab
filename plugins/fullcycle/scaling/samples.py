"""From readings to the values that a scaling policy compares with its targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fullcycle.model import Reading

HOST = "host"
"""The subject of readings that are about the machine."""


def samples(readings: Iterable[Reading]) -> dict[str, list[float]]:
    """One value per replica: `cpu` and `memory` in percent, `requests` per second.

    The percentage of memory is of the host's, so there is none where the host's is not known.
    """
    read = list(readings)
    memory = next((r.value for r in read if r.metric == "memory_total_bytes"), 0.0)
    found = {
        "cpu": [r.value * 100 for r in read if r.metric == "cpu_ratio" and r.subject != HOST],
        "requests": [r.value for r in read if r.metric == "requests_per_second"],
    }
    if memory:
        used = [r.value for r in read if r.metric == "memory_bytes" and r.subject != HOST]
        found["memory"] = [value / memory * 100 for value in used]
    return found
