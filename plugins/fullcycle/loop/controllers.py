"""One controller at a time: its lease, its record on this machine, its begin and its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fullcycle.environment import Platform
from fullcycle.errors import (
    FullcycleError,
    InterruptedRunError,
    LockedError,
    StepError,
    UsageError,
)
from fullcycle.pipeline.codec import dump, parse
from fullcycle.pipeline.folder import state_folder, write_atomically
from fullcycle.pipeline.identity import born, same
from fullcycle.pipeline.interrupt import Interrupts
from fullcycle.project import actor
from fullcycle.providers import load

from .autoscale import Controller, line
from .scale import policy_of
from .shift import Shift

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from fullcycle.environment import Hold
    from fullcycle.model import ScalingPolicy
    from fullcycle.project import Project
    from fullcycle.scaling.book import Decision

TTL = 60.0
"""Seconds after which the lease of a controller on a machine that is gone is free."""
BEGIN, END = 60.0, 180.0
"""Seconds that a controller may take to begin, and to end."""
TURN = 0.1
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A controller that was begun on this machine."""

    pid: int
    born: float
    host: str
    since: datetime

    @property
    def alive(self) -> bool:
        """Whether its process still runs here."""
        return self.host == socket.gethostname() and same(self.pid, self.born)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What scales an environment."""

    environment: str
    running: bool
    controller: Record | None
    """On this machine, from this project's folder."""
    holder: str
    """Who has the lease, wherever that is."""
    policy: ScalingPolicy
    last: Decision | None
    log: str

    @property
    def text(self) -> str:
        """For people."""
        targets = ", ".join(f"{name} {value:g}" for name, value in self.policy.target.items())
        last = line(self.last) if self.last else "none yet"
        policy = f"{self.policy.min} to {self.policy.max} replicas, {targets}"
        return "\n".join(
            (
                f"{self.environment}: {self._who()}",
                f"policy         {policy}, every {self.policy.interval:g} s",
                f"last decision  {last}",
            )
        )

    def _who(self) -> str:
        if self.running and self.controller is not None:
            since = f"{self.controller.since.astimezone():%Y-%m-%d %H:%M:%S}"
            return f"scaled by process {self.controller.pid} since {since}"
        return f"scaled by {self.holder}" if self.holder else "nobody scales it"


def scale(project: Project) -> None:
    """Be the controller of the environment until SIGTERM or SIGINT.

    Raises:
        InterruptedRunError: by SIGINT; SIGTERM is its usual end.
        UsageError: there is no policy, or the platform scales by itself.
        LockedError: somebody else is the controller, or has become it.
    """
    policy = check(project)
    with Interrupts(wake=lambda: None) as interrupts, lease(project) as hold:
        shift = Shift("scale.auto", project, interrupts)
        controller = Controller(lambda: replace(project), shift, lambda: _still_held(hold))
        with _recorded(project):
            targets = ", ".join(f"{name} {value:g}" for name, value in policy.target.items())
            shift.log(
                f"{project.name} in {project.environment_name} gets {policy.min} to {policy.max}"
                f" replicas for {targets}; a look every {policy.interval:g} s"
            )
            controller.work()
    if shift.ending.endswith(signal.SIGINT.name):
        raise InterruptedRunError("scaling was interrupted; the replicas stay as they are")
    shift.log(f"{shift.ending}; the replicas stay as they are")


def check(project: Project) -> ScalingPolicy:
    """The policy, where it is ours to carry out.

    Raises:
        UsageError: there is none, or the platform scales by itself.
    """
    policy = policy_of(project)
    if project.platform.capabilities.scaler is not None:
        name = project.environment.provider
        raise UsageError(
            f"provider {name!r} scales by itself: nothing has to watch here",
            hint=f"`invoke operate --env {project.environment_name}` puts the policy in force",
        )
    project.platform.require("lock")
    return policy


@contextmanager
def lease(project: Project) -> Iterator[Hold]:
    """Be the only controller of the environment, as far as its platform's lock reaches.

    Raises:
        LockedError: somebody else is.
    """
    with ExitStack() as stack:
        try:
            hold = stack.enter_context(_beside(project).locked(f"{actor()} for autoscaling", TTL))
        except LockedError as taken:
            raise LockedError(
                f"{project.environment_name} is scaled already by {_holder(project) or 'another'}",
                hint="`invoke scale.stop` ends it, where it runs",
            ) from taken
        yield hold


def detach(project: Project, command: Sequence[str]) -> Record:
    """Start the command, which is a controller, in the background; wait until it has begun.

    Raises:
        FullcycleError: it ended instead; with its exit code and what it said.
    """
    check(project)
    log = log_of(project)
    state_folder(project.root, "scaling")
    with log.open("ab") as file:
        start = file.tell()
        process = subprocess.Popen(
            command,
            cwd=project.root,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(lambda: process.poll() is not None or _begun(project, process.pid), BEGIN)
    except TimeoutError:
        process.kill()
        raise StepError(f"the controller did not begin within {BEGIN:g} s", log_tail="") from None
    record = record_of(project)
    if process.returncode is not None or record is None:
        raise _ended(log.read_bytes()[start:].decode(errors="replace"), process.returncode or 1)
    process.returncode = 0  # it goes on without us
    return record


def stop(project: Project) -> str:
    """End the controller on this machine, when it has finished what it does; says what became.

    Raises:
        UsageError: it runs elsewhere.
        StepError: it does not end.
    """
    record = record_of(project)
    if record is None or not record.alive:
        elsewhere = _holder(project)
        if elsewhere:
            raise UsageError(
                f"{project.environment_name} is scaled by {elsewhere}", hint="stop it there"
            )
        return f"nobody scales {project.environment_name}"
    with suppress(ProcessLookupError):
        os.kill(record.pid, signal.SIGTERM)
    try:
        _wait(lambda: not record.alive, END)
    except TimeoutError:
        raise StepError(
            f"process {record.pid} still ends what it does after {END:g} s",
            hint="a second `invoke scale.stop` breaks that off",
        ) from None
    return f"process {record.pid} no longer scales {project.environment_name}"


def state(project: Project) -> State:
    """What scales the environment now."""
    from fullcycle.scaling.book import Book

    record = record_of(project)
    last = Book(project.root, project.environment_name).last(1)
    return State(
        environment=project.environment_name,
        running=bool(record and record.alive),
        controller=record,
        holder=_holder(project),
        policy=policy_of(project),
        last=last[0] if last else None,
        log=str(log_of(project)),
    )


def record_of(project: Project) -> Record | None:
    """The controller begun last on this machine, alive or not."""
    with suppress(OSError, UsageError):
        return parse(Record, _file(project).read_bytes(), _file(project))
    return None


def log_of(project: Project) -> Path:
    """Where a detached controller writes to."""
    return project.root / ".fullcycle" / "scaling" / f"{project.environment_name}.log"


@contextmanager
def _recorded(project: Project) -> Iterator[None]:
    pid = os.getpid()
    record = Record(pid=pid, born=born(pid), host=socket.gethostname(), since=datetime.now(UTC))
    state_folder(project.root, "scaling")
    write_atomically(_file(project), dump(record))
    try:
        yield
    finally:
        _file(project).unlink(missing_ok=True)


def _file(project: Project) -> Path:
    return log_of(project).with_suffix(".json")


def _beside(project: Project) -> Platform:
    """The environment's platform under another name: its lock is the lease of controllers."""
    target = project.loaded.target(project.environment_name)
    own = replace(target, environment=f"{project.environment_name}.scaler")
    return Platform(load(project.environment.provider)(own), own)


def _holder(project: Project) -> str:
    found = _beside(project).require("lock").holder()
    return found.owner if found else ""


def _still_held(hold: Hold) -> None:
    """Raise LockedError when the lease is somebody else's; StepError when that isn't known."""
    try:
        hold.check()
    except LockedError as lost:
        if isinstance(lost.__cause__, LockedError):
            raise
        raise StepError(f"the lease cannot be renewed: {lost.__cause__}") from lost


def _begun(project: Project, pid: int) -> bool:
    record = record_of(project)
    return record is not None and record.pid == pid


def _wait(met: Callable[[], bool], seconds: float) -> None:
    limit = time.monotonic() + seconds
    while not met():
        if time.monotonic() > limit:
            raise TimeoutError
        time.sleep(TURN)


def _ended(said: str, code: int) -> FullcycleError:
    """What a controller that did not begin has said, as an error of ours."""
    lines = said.strip().splitlines()
    told = {
        mark: [each for each in lines if each.startswith(mark)] for mark in ("error: ", "hint: ")
    }
    message, hint = (found[-1].removeprefix(mark) if found else "" for mark, found in told.items())
    error = StepError(message or "the controller ended at once", hint=hint)
    error.code = code
    if not message:
        error.log_tail = "\n".join(lines)
    return error
