"""The autoscaling controller: looks, decides and acts, round after round.

It holds still, and says why, while a metric or the platform is away, while somebody deploys, and
for a while after a change that failed. What it decides is written into the environment's book,
from which its successor goes on.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError, InterruptedRunError, LockedError, StepError
from fullcycle.scaling.behaviour import span
from fullcycle.scaling.book import Book, Decision
from fullcycle.scaling.decide import Verdict, decide
from fullcycle.scaling.hpa import SHARED, WHOLE
from fullcycle.scaling.peaks import limits_at
from fullcycle.scaling.samples import Meter

from .deploy import roll_out
from .scale import Measured, fleet, measure, policy_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fullcycle.model import Status
    from fullcycle.project import Project
    from fullcycle.scaling.hpa import Sample

    from .shift import Shift

LONGEST = 300.0
"""Seconds that pass at most before a change that failed is tried again."""


class Controller:
    """Scales one environment.

    Args:
        connect: makes the project, seen from the environment; again when its platform was away.
        shift: where it works.
        still_ours: raises LockedError when another controller may have taken over.
    """

    def __init__(
        self,
        connect: Callable[[], Project],
        shift: Shift,
        still_ours: Callable[[], object] = lambda: None,
    ) -> None:
        self._connect = connect
        self._project = project = connect()
        self._shift = shift
        self._still_ours = still_ours
        self.policy = policy_of(project)
        self.book = Book(project.root, project.environment_name)
        self._memory = self.book.memory(self.policy, datetime.now(UTC))
        self._meter = Meter()
        self._replicas = 0
        self._failures = 0
        self._not_before = 0.0
        self._said = ""

    def work(self) -> None:
        """Go on until the shift is over.

        Raises:
            LockedError: another controller has taken over.
        """
        while True:
            begun = time.monotonic()
            self.round()
            if self._shift.over(self.policy.interval - (time.monotonic() - begun)):
                return

    def round(self) -> Decision:
        """One look, and what follows from it; it is in the book afterwards."""
        now = datetime.now(UTC)
        try:
            self._still_ours()
            decision = self._look(now)
        except (InterruptedRunError, LockedError):
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, the next round may go well)
            self._project = self._connect()
            decision = self._held(now, f"held: {_line(error)}", problem=_line(error))
        self._memory.note(now.timestamp(), decision.asked, decision.change, span(self.policy))
        self._replicas = decision.after
        self.book.add(decision)
        self._say(decision)
        return decision

    def _look(self, now: datetime) -> Decision:
        status = self._project.platform.runtime.status()
        self._replicas = status.desired
        measured = measure(self._project, status, self.policy, self._meter)
        values = _values(measured.samples, status.desired)
        holder = self._project.platform.require("lock").holder()
        if holder is not None:
            return self._held(now, f"held: {holder.owner} is at work", values=values)
        verdict = self._decided(status, measured, now)
        decision = Decision(
            at=now,
            before=status.desired,
            asked=verdict.asked,
            after=verdict.replicas,
            reason=verdict.reason,
            values=values,
            problem="; ".join(measured.problems),
        )
        return self._carried_out(status, decision) if decision.change else decision

    def _decided(self, status: Status, measured: Measured, now: datetime) -> Verdict:
        return decide(
            fleet(status),
            measured.samples,
            policy=self.policy,
            limits=limits_at(self.policy, now),
            memory=self._memory,
            now=now.timestamp(),
        )

    def _held(
        self,
        now: datetime,
        reason: str,
        *,
        values: Mapping[str, float] | None = None,
        problem: str = "",
    ) -> Decision:
        return Decision(
            at=now,
            before=self._replicas,
            asked=None,
            after=self._replicas,
            reason=reason,
            values=dict(values or {}),
            problem=problem,
        )

    def _carried_out(self, status: Status, decision: Decision) -> Decision:
        """Do it, unless it has just failed; the decision with what became of it."""
        unchanged = replace(decision, after=decision.before)
        if time.monotonic() < self._not_before:
            waits = f"; waits after a change that failed {self._failures} times"
            return replace(unchanged, reason=decision.reason + waits)
        try:
            self._roll_out(status, decision)
        except InterruptedRunError:
            raise
        except LockedError as taken:
            return replace(unchanged, reason=f"held: {taken.message}")
        except FullcycleError as error:
            self._failures += 1
            wait = min(LONGEST, self.policy.interval * 2.0**self._failures)
            self._not_before = time.monotonic() + wait
            return replace(unchanged, problem=_line(error))
        self._failures = 0
        return decision

    def _roll_out(self, status: Status, decision: Decision) -> None:
        seen = status.deployment
        if seen is None:
            raise StepError(f"nothing runs in {status.environment}")

        def still() -> None:
            running = self._project.platform.runtime.status().deployment
            if running is None or running.id != seen.id:
                raise LockedError(f"somebody else has changed {status.environment} meanwhile")

        wanted = replace(seen.workload, replicas=decision.after)
        purpose = f"scale {decision.before} → {decision.after}: {decision.reason}"
        roll_out(self._project, wanted, self._shift, purpose=purpose, still=still)

    def _say(self, decision: Decision) -> None:
        """What changes, and what newly goes wrong or right."""
        told = decision.problem or (decision.reason if decision.asked is None else "")
        if decision.change or told != self._said:
            self._shift.log(line(decision))
        self._said = told


def line(decision: Decision) -> str:
    """A decision for people: `2026-11-22 14:05:30  2 → 4  cpu is 90% …`."""
    moved = f"{decision.before} → {decision.after}" if decision.change else f"{decision.after}"
    problem = decision.problem if decision.problem not in decision.reason else ""
    why = f"{decision.reason}; {problem}" if problem else decision.reason
    return f"{decision.at.astimezone():%Y-%m-%d %H:%M:%S}  {moved:>9}  {why}"


def _values(samples: Mapping[str, Sample], replicas: int) -> dict[str, float]:
    """What was measured, per replica, but for what is of all together."""
    parts = {WHOLE: 1, SHARED: max(1, replicas)}
    return {
        metric: round(sample.total / parts.get(metric, sample.replicas), 4)
        for metric, sample in samples.items()
    }


def _line(error: BaseException) -> str:
    if isinstance(error, FullcycleError):
        return error.message
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
