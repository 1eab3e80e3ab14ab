"""The book of an environment's autoscaling: every decision with its reason, on this machine."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.pipeline.codec import dump, parse
from fullcycle.pipeline.folder import state_folder, unwritable

from .behaviour import Memory, span

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fullcycle.model import ScalingPolicy

FOLDER = "scaling"
MOST = 4_000_000
"""Bytes of a file, after which another one is begun; two are kept. At a decision every 15 seconds
that is about a week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one look came to."""

    at: datetime
    before: int
    """Replicas wanted until then."""
    asked: int | None
    """What the metrics asked for; None where that was not known, or the limits decided."""
    after: int
    """Replicas wanted from then on."""
    reason: str
    values: dict[str, float] = field(default_factory=dict)
    """What was measured, by metric: per replica, but the response time."""
    problem: str = ""
    """Why the decision could not be carried out, or a metric not be measured."""

    @property
    def change(self) -> int:
        """By how many replicas the number changed."""
        return self.after - self.before


class Book:
    """Lines of JSON in `.fullcycle/scaling/ENVIRONMENT.jsonl`, the oldest first.

    One process writes. A line that was cut off by a kill is passed over.
    """

    def __init__(self, root: Path, environment: str) -> None:
        self._root = root
        self.path = root / ".fullcycle" / FOLDER / f"{environment}.jsonl"

    def add(self, decision: Decision) -> None:
        """Write a decision down.

        Raises:
            UsageError: the file cannot be written.
        """
        state_folder(self._root, FOLDER)
        try:
            if self.path.exists() and self.path.stat().st_size > MOST:
                self.path.replace(self._older)
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(handle, f"{self._gap()}{dump(decision)}\n".encode())
            finally:
                os.close(handle)
        except OSError as error:
            raise unwritable(self.path, error) from error

    def last(self, limit: int, *, changes: bool = False) -> list[Decision]:
        """The newest decisions, newest first.

        Args:
            limit: how many at most.
            changes: only those that changed something, and the first of each new problem.
        """
        found = self._newest_first()
        return list(islice(_news(found) if changes else found, limit))

    def memory(self, policy: ScalingPolicy, now: datetime) -> Memory:
        """What a policy has to know of the time before now."""
        since = now - timedelta(seconds=span(policy))
        recent: list[Decision] = []
        for decision in self._newest_first():
            if decision.at <= since:
                break
            recent.append(decision)
        memory = Memory()
        for each in reversed(recent):
            memory.note(each.at.timestamp(), each.asked, each.change, span(policy))
        return memory

    @property
    def _older(self) -> Path:
        return self.path.with_suffix(".1.jsonl")

    def _gap(self) -> str:
        """A line break, where the last line was cut off."""
        with suppress(OSError), self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return "" if file.read(1) == b"\n" else "\n"
        return ""

    def _newest_first(self) -> Iterator[Decision]:
        for path in (self.path, self._older):
            lines: list[bytes] = []
            with suppress(FileNotFoundError):
                lines = path.read_bytes().splitlines()
            for line in reversed(lines):
                with suppress(UsageError):
                    yield parse(Decision, line, path)


def _news(newest_first: Iterator[Decision]) -> Iterator[Decision]:
    for decision, older in pairwise(chain(newest_first, (None,))):
        known = older.problem if older is not None else ""
        if decision is not None and (decision.change or decision.problem not in {"", known}):
            yield decision
