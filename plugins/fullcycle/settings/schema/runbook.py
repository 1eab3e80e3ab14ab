"""Runbooks: what is done step by step, by commands and by people."""
# ruff: noqa: RUF012, TC001 (pydantic copies the defaults and reads the types at run time)

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fullcycle.settings.forms import HeaderName, Name, Seconds, Target, Variable, Written
from fullcycle.settings.steps import Again, Retries
from fullcycle.settings.table import Table

WAYS = ("run", "task", "http", "manual")


class Request(Table):
    """An HTTP request, and which answer is right.

    In its texts `${NAME}` stands for an environment variable, whose value is nowhere shown.
    """

    url: Target
    """A path of the application, such as `/healthz`, or a whole URL."""
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    """The method."""
    headers: dict[HeaderName, str] = {}
    """Headers of the request."""
    body: str = ""
    """What is sent."""
    status: tuple[Annotated[int, Field(ge=100, le=599)], ...] = ()
    """Right statuses; 200 to 299, without. Redirects are not followed."""
    contains: str = ""
    """A text that the answer must contain."""

    @property
    def texts(self) -> tuple[str, ...]:
        """Those that may refer to variables."""
        return (self.url, self.body, *self.headers.values())


class RunbookStep(Table):
    """A step of a runbook: a command, one of your tasks, a request, or what a person does."""

    name: Name
    """What it is called: `RUNBOOK.NAME` in the run, `operate.RUNBOOK.NAME` after a deployment."""
    run: str = ""
    """A shell command."""
    task: str = ""
    """An Invoke task of yours with its flags."""
    http: Request | None = None
    """An HTTP request."""
    manual: str = ""
    """What a person has to do; waits for their word."""
    who: str = ""
    """Who is asked to do it."""
    link: str = ""
    """Where it is described."""
    env: dict[Variable, str] = {}
    """Environment variables of a command or a task."""
    timeout: Seconds | None = None
    """Seconds, per attempt. A person is waited for an hour without, a request 30 s."""
    retries: Again = Retries()
    """How often it is tried again when it fails."""
    passable: bool = Field(
        default=False,
        alias="continue",
        description="Go on with the next step when it fails; the run fails at its end.",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [way for way in WAYS if getattr(self, way)]
        if len(ways) != 1:
            raise ValueError("needs one of run, task, http and manual")
        if self.manual and self.retries.times:
            raise ValueError("a person is not asked again: retries are for the other steps")
        return self


class Runbook(Table):
    """Steps that are worked off in their order, again as often as it is needed."""

    about: str = ""
    """What it is for."""
    on: tuple[Literal["deploy", "alert"], ...] = ()
    """When it runs by itself: in the stage `operate`, after a deployment; when an alert fires."""
    alerts: tuple[Written, ...] = ()
    """Patterns of the alerts that start it, such as `error-rate*`; all, without."""
    environments: tuple[Written, ...] = ()
    """Patterns of the environments in which it runs by itself; all, without."""
    steps: tuple[RunbookStep, ...]
    """Its steps."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not self.steps:
            raise ValueError("needs at least one step")
        names = [step.name for step in self.steps]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two steps are called {', '.join(twice)}")
        if self.alerts and "alert" not in self.on:
            raise ValueError('alerts say which ones start it: write on = ["alert"], too')
        return self

    def follows(self, cause: str, environment: str) -> bool:
        """Whether it runs by itself for that cause in an environment."""
        here = not self.environments or any(fnmatchcase(environment, e) for e in self.environments)
        return here and cause in self.on

    def answers(self, alert: str, environment: str) -> bool:
        """Whether an alert of that name starts it."""
        meant = not self.alerts or any(fnmatchcase(alert, pattern) for pattern in self.alerts)
        return meant and self.follows("alert", environment)
