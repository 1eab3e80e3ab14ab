"""The classic builder, which every Engine has."""

from __future__ import annotations

import re
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from fullcycle.errors import StepError

from .builder_faults import build_fault
from .dockerfile import Instruction, failing, instructions
from .stream import stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docker.api import APIClient

    from fullcycle.providers import Bench

    from .builder_plan import Plan
    from .engine import Engine

TAIL = 50
"""Lines of its output that an error shows."""
_MODERN = re.compile(r"BuildKit|[Uu]nknown flag")
_STEP = re.compile(r"^Step (\d+)/\d+ : ")


def by_classic(plan: Plan, reason: str, engine: Engine, bench: Bench) -> str:
    """Build; returns the image's digest.

    Args:
        plan: what is built.
        reason: why BuildKit doesn't do it, for errors of Dockerfiles that need it.
        engine: where.
        bench: gets the output.

    Raises:
        StepError: it failed; with the failing line and the log's tail.
    """
    output = _Output(plan, reason)
    call = partial(_ask, plan=plan)
    try:
        with stream(engine, call, bench, f"building {plan.shown}") as events:
            for event in events:
                for line in output.lines(event):
                    bench.log(line)
    except StepError as error:
        raise output.fault(error.message) from error
    return output.digest


def _ask(api: APIClient, plan: Plan) -> Iterator[dict[str, Any]]:
    events: Iterator[dict[str, Any]] = api.build(
        path=str(plan.context),
        dockerfile=str(plan.dockerfile),
        buildargs=dict(plan.args),
        labels=dict(plan.labels),
        target=plan.target or None,
        platform=plan.platforms[0] if plan.platforms else None,
        rm=True,
        forcerm=True,
        use_config_proxy=True,
        decode=True,
    )
    return events


class _Output:
    """What the builder has told so far."""

    def __init__(self, plan: Plan, reason: str) -> None:
        self._plan = plan
        self._reason = reason
        self._tail: deque[str] = deque(maxlen=TAIL)
        self._step = 0
        self.digest = ""

    def lines(self, event: Mapping[str, Any]) -> list[str]:
        """What to log of an event; raises when it tells of a failure."""
        if "error" in event:
            raise StepError(str(event["error"]))
        self.digest = (event.get("aux") or {}).get("ID", self.digest)
        text = event.get("stream") or ("" if event.get("progressDetail") else event.get("status"))
        found = [line for line in str(text or "").splitlines() if line.strip()]
        for line in found:
            if step := _STEP.match(line):
                self._step = int(step[1])
        self._tail.extend(found)
        return found

    def fault(self, said: str) -> StepError:
        """What failed, and in which line."""
        self._tail.append(said)
        hint = f"it may need BuildKit: {self._reason}" if _MODERN.search(said) else ""
        return build_fault(self._plan.shown, self._instruction(said), "\n".join(self._tail), hint)

    def _instruction(self, said: str) -> Instruction | None:
        text = self._plan.dockerfile.read_text(encoding="utf-8", errors="replace")
        known = instructions(text)
        if 0 < self._step <= len(known):
            return known[self._step - 1]
        return failing(text, said)
