"""What happens after a deployment."""
# ruff: noqa: TC001 (pydantic copies the defaults and reads the types at run time)

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from fullcycle.settings.forms import Name, Url
from fullcycle.settings.table import Table


class RunbookStep(Table):
    """A step after a deployment: automated (`run`) or manual (`manual`)."""

    name: Name
    """What the step is called in the run: `operate.NAME`."""
    run: str = ""
    """A shell command."""
    manual: str = ""
    """What a person has to do; waits for their word."""
    who: str = ""
    """Who is asked to do it."""
    link: str = ""
    """Where it is described."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.run) == bool(self.manual):
            raise ValueError("needs either run or manual")
        return self


class Operate(Table):
    """What happens after a deployment."""

    runbook: tuple[RunbookStep, ...] = ()
    """Steps worked off in this order."""
    announce: tuple[Url, ...] = ()
    """URLs that get a JSON message by POST after every deployment."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [step.name for step in self.runbook]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two steps of the runbook are called {', '.join(twice)}")
        return self
