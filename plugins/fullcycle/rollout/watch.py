"""Watch: a new version serves, and is judged by what its users get."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.model import Event

from .analysis import Figures, between, certain_fault, faults, lacking
from .patience import Pulse, log_tail
from .select import GONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Replica
    from fullcycle.providers import RouteStatistics, Strategy

    from .crew import Crew

LOOK = 0.5
"""Seconds between two looks at the router's figures."""

ILL = 3
"""Looks in a row at which the router must find a replica unhealthy: it may be full for a moment."""


class Watch:
    """The new version's replicas, from now on."""

    def __init__(
        self, crew: Crew, replicas: Sequence[Replica], strategy: Strategy, what: str
    ) -> None:
        """Begin to count.

        Args:
            crew: the platform.
            replicas: the new version's, routed.
            strategy: how long they are watched, and what their requests must be like.
            what: is watched, for people: `2.0.0 with 10 % of the requests`.
        """
        self._crew = crew
        self._ids = {replica.id for replica in replicas}
        self._strategy = strategy
        self._analysis = strategy.analysis
        self._what = what
        self._before = self._look()
        self._restarts = {each.id: each.restarts for each in crew.replicas.list()}
        self._ill: Counter[str] = Counter()

    def verdict(self) -> Iterator[Event]:
        """Watch for the strategy's time, then say yes, or ask a person whether to.

        Raises:
            StepError: the requests are not good enough, there were too few, or a replica ended;
                as soon as that is certain.
        """
        yield from self._hold()
        figures = self._judged()
        lack = lacking(figures, self._analysis)
        if lack and self._analysis.on_no_data == "fail":
            raise self._failure(f"no data: {lack}")
        said = f"{self._what}: {figures}" + (f"; no data: {lack}" if lack else "")
        if not self._strategy.approve and not (lack and self._analysis.on_no_data == "pause"):
            yield Event(message=said)
            return
        yield Event(message=said, question=f"{said}. Go on?")
        self._judged()  # a person may have taken hours

    def _hold(self) -> Iterator[Event]:
        end = time.monotonic() + self._strategy.pause
        pulse = Pulse()
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(LOOK, left))
            figures = self._figures()
            self._require_running(ILL)
            if fault := certain_fault(figures, self._analysis):
                raise self._failure(fault)
            if pulse.due(self._what):
                yield Event(message=f"watching {self._what}: {figures}")

    def _judged(self) -> Figures:
        figures = self._figures()
        self._require_running(1)
        if found := faults(figures, self._analysis):
            raise self._failure("; ".join(found))
        return figures

    def _require_running(self, looks: int) -> None:
        """Every replica still runs, and the router has found it healthy at one of so many looks."""
        present = {each.id: each for each in self._crew.replicas.list()}
        up = {each.replica for each in self._look() if each.up}
        for name in sorted(self._ids):
            replica = present.get(name)
            if (
                not replica
                or replica.state in GONE
                or replica.restarts > self._restarts.get(name, 0)
            ):
                raise self._failure(f"replica {name} has ended", name)
            self._ill[name] = 0 if name in up else self._ill[name] + 1
            if self._ill[name] >= looks:
                raise self._failure(f"the router finds replica {name} unhealthy", name)

    def _figures(self) -> Figures:
        return between(self._before, self._look())

    def _look(self) -> Sequence[RouteStatistics]:
        return [each for each in self._crew.router.statistics() if each.replica in self._ids]

    def _failure(self, reason: str, replica: str = "") -> StepError:
        failing = max(self._look(), key=lambda each: each.errors, default=None)
        worst = replica or (failing.replica if failing else "")
        present = {each.id: each for each in self._crew.replicas.list()}
        tail = log_tail(self._crew.replicas, present[worst]) if worst in present else ""
        return StepError(f"{self._what}: {reason}", log_tail=tail)
