"""Replay a traffic trace against a scaling policy: what would it have done, at what cost?

A first form: one decision a minute on that minute's traffic, in force from the next one.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError

from .hpa import Policy, recommend

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MINUTE = 60.0
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What the policy would have done."""

    replicas: tuple[int, ...]
    """In force, minute by minute."""
    overloaded: tuple[int, ...]
    """The minutes in which more requests came than the replicas could serve."""
    lost: int
    """Requests beyond capacity, over all minutes."""
    replica_hours: float

    @property
    def text(self) -> str:
        """The result for people."""
        few, many = min(self.replicas), max(self.replicas)
        changes = sum(a != b for a, b in pairwise(self.replicas))
        beyond = f"{len(self.overloaded)} minutes, {self.lost} requests beyond capacity"
        return "\n".join(
            (
                f"minutes        {len(self.replicas)}",
                f"replicas       {few} to {many}, {changes} changes",
                f"overloaded     {beyond}",
                f"replica hours  {self.replica_hours:.1f}",
            )
        )


def simulate(trace: Sequence[int], policy: Policy, capacity: int) -> Simulation:
    """Replay a trace.

    Args:
        trace: requests per minute.
        policy: every metric is taken to follow the load: percentages are of the capacity,
            `requests` are per second.
        capacity: requests that one replica can serve in a minute.

    Raises:
        UsageError: the trace is empty.
    """
    if not trace:
        raise UsageError("the traffic trace is empty", hint="give at least one minute,requests")
    replicas = []
    running = policy.min
    for requests in trace:
        replicas.append(running)
        running = recommend(running, _load(requests, running, capacity, policy), policy).replicas
    excess = [max(0, load - n * capacity) for load, n in zip(trace, replicas, strict=True)]
    return Simulation(
        replicas=tuple(replicas),
        overloaded=tuple(minute for minute, beyond in enumerate(excess) if beyond),
        lost=sum(excess),
        replica_hours=sum(replicas) / MINUTE,
    )


def read_trace(file: Path) -> list[int]:
    """Requests per minute from a CSV file with the columns minute and requests.

    Raises:
        UsageError: it is not there, or not of that form; names the line.
    """
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines)
            return [_requests(row, f"{file}:{rows.line_num}") for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"cannot read the traffic trace {file}: {error}") from error


def _requests(row: dict[str, str], where: str) -> int:
    text = row.get("requests") or ""
    if not text.isdecimal():
        raise UsageError(
            f"{where}: requests should be a whole number, not {text!r}",
            hint="the file needs the columns minute,requests",
        )
    return int(text)


def _load(requests: int, running: int, capacity: int, policy: Policy) -> dict[str, list[float]]:
    share = requests / running
    values = {"requests": share / MINUTE}
    return {m: [values.get(m, share / capacity * 100)] * running for m in policy.target}
