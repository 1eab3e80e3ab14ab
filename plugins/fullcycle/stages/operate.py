"""`operate` and the day's work on what runs."""
# ruff: noqa: TC001, TC003 (the types of flags are read at run time)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from invoke.collection import Collection

from .command import RUN, command
from .stage import stage_task
from .values import NotifierNames, Number, ProcessName, RunbookName

if TYPE_CHECKING:
    from .call import Call

WHICH = {
    "command": "the command",
    "replica": "id of the replica, or how it begins (default: the first)",
    "process": "which process of the application (default: any)",
}


@command(flags=("env",), name="run", positional=("command",), help={"command": WHICH["command"]})
def run(call: Call, command: str) -> None:
    """Run a one-off command inside the release that runs; its exit code is ours."""
    from fullcycle.loop.operations import one_off

    project = call.project()
    one_off(project, command, project.bench())


@command(flags=("env",), name="exec", positional=("command",), help=WHICH)
def exec_(call: Call, command: str, replica: str = "", process: ProcessName = "") -> None:
    """Run a command where a replica runs; its exit code is ours."""
    from fullcycle.loop.operations import inside

    project = call.project()
    inside(project, command, project.bench(), replica=replica, process=process)


@command(flags=RUN)
def restart(call: Call) -> None:
    """Replace every replica by a new one of the same release."""
    from fullcycle.loop.operations import restart as steps

    project = call.project()
    call.execute("operate.restart", steps(project), project)


@command(
    help={
        "replica": "only this replica",
        "process": "only this process of the application",
        "deployment": "only replicas of this deployment: its id, how that begins, or `last`",
        "failed": "only replicas of deployments that failed or were rolled back",
        "since": "only lines younger than this (30s, 10m, 2h, 1d), or written since this time",
        "until": "only lines older than this, or written until this time",
        "grep": "only lines with this text",
        "regex": "`--grep` is a regular expression",
        "tail": "only so many lines, the last (0: all)",
        "follow": "go on as lines are written, until Ctrl-C",
    }
)
def logs(
    call: Call,
    *,
    replica: str = "",
    process: ProcessName = "",
    deployment: str = "",
    failed: bool = False,
    since: str = "",
    until: str = "",
    grep: str = "",
    regex: bool = False,
    tail: Number = 0,
    follow: bool = False,
) -> None:
    """What the replicas wrote, removed ones included, merged by time."""
    import sys

    from fullcycle.loop.logs import Wanted, read, shown
    from fullcycle.pipeline.codec import dump
    from fullcycle.report.screen import Screen

    wanted = Wanted(
        replica=replica,
        process=process,
        deployment=deployment,
        failed=failed,
        since=since,
        until=until,
        grep=grep,
        regex=regex,
        tail=tail,
    )
    screen = Screen(sys.stdout)
    for line in read(call.project(), wanted, follow=follow):
        screen.line(dump(line) if call.flags.json else shown(line))


@command(
    help={
        "on": "show users a page instead of the application",
        "off": "send them to the application again",
        "page": "an HTML file to show (default: a page with the message)",
        "message": "what the page says",
    }
)
def maintenance(
    call: Call, on: bool = False, off: bool = False, page: Path | None = None, message: str = ""
) -> None:
    """Show users a page while the application goes on running; say whether it is shown."""
    from fullcycle.loop.maintenance import switch

    project = call.project()
    active = switch(project, on=on, off=off, page=page, message=message, dry=call.dry)
    name = f"{project.name} in {project.environment_name}"
    text = "users see the maintenance page" if active else "users see the application"
    call.show({"maintenance": active}, f"{name}: {text}")


@command(flags=RUN, positional=("name",), help={"name": "which one; `operate.runbooks` lists them"})
def runbook(call: Call, name: RunbookName) -> None:
    """Work off a runbook; `--resume` goes on from the step that failed or was waiting."""
    from contextlib import nullcontext

    from fullcycle.loop.runbook import chain, steps
    from fullcycle.loop.runbooks import alone, started_by

    project = call.project(by=started_by())
    made = steps(project, name)
    with nullcontext() if call.dry else alone(project, name):
        call.execute(chain(name), made, project)


@command()
def runbooks(call: Call) -> None:
    """The runbooks: what they are for, when they run by themselves, how they ended last."""
    from fullcycle.loop.runbooks import listed

    found = listed(call.project())
    call.show(found, "\n".join(map(str, found)) or "no runbooks: write [runbooks.NAME]")


@command(
    help={
        "message": "what to say (default: that this is a test)",
        "to": "only this one (repeatable)",
    }
)
def announce(call: Call, message: str = "", to: NotifierNames = ()) -> None:
    """Say something to everybody in [notify], and how each of them took it."""
    from fullcycle.errors import StepError
    from fullcycle.loop.news import say

    told = say(call.project(), message, to, dry=call.dry)
    call.show(told, "\n".join(map(str, told)))
    if any(each.problem for each in told):
        raise StepError("not everybody was told")


collection = Collection(
    "operate",
    stage_task("operate", "Scaling policy, and the runbooks of a deployment.", name="apply"),
    run,
    exec_,
    restart,
    logs,
    maintenance,
    runbook,
    runbooks,
    announce,
)
