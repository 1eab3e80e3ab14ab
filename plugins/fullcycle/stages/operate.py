"""`operate` and the day's work on what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.collection import Collection

from .command import RUN, command
from .stage import stage_task

if TYPE_CHECKING:
    from .call import Call

WHICH = {"command": "the command", "replica": "id of the replica (default: the first)"}


@command(flags=("env",), name="run", positional=("command",), help={"command": WHICH["command"]})
def run(call: Call, command: str) -> None:
    """Run a one-off command inside the release that runs; its exit code is ours."""
    from fullcycle.loop.operations import one_off

    project = call.project()
    one_off(project, command, project.bench())


@command(flags=("env",), name="exec", positional=("command",), help=WHICH)
def exec_(call: Call, command: str, replica: str = "") -> None:
    """Run a command where a replica runs; its exit code is ours."""
    from fullcycle.loop.operations import inside

    project = call.project()
    inside(project, command, replica, project.bench())


@command(flags=RUN)
def restart(call: Call) -> None:
    """Replace every replica by a new one of the same release."""
    from fullcycle.loop.operations import restart as steps

    project = call.project()
    call.execute("operate.restart", steps(project), project)


@command(
    help={
        "replica": "only this replica",
        "since": "only lines younger than this: 30s, 10m, 2h, 1d",
        "grep": "only lines with this text",
        "follow": "go on as lines are written, until Ctrl-C",
    }
)
def logs(
    call: Call, replica: str = "", since: str = "", grep: str = "", follow: bool = False
) -> None:
    """What the replicas wrote, removed ones included, merged by time."""
    from fullcycle.loop.logs import read

    for line in read(call.project(), replica=replica, since=since, grep=grep, follow=follow):
        call.show(line, f"{line.at:%H:%M:%S} {line.replica} {line.text}" if line.at else line.text)


collection = Collection(
    "operate",
    stage_task("operate", "Scaling policy, runbook, announcement.", name="apply"),
    run,
    exec_,
    restart,
    logs,
)
