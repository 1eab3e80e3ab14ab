"""`scale`: how many replicas."""
# ruff: noqa: TC001, TC003 (the types of flags are read at run time)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from invoke.collection import Collection

from .command import QUERY, RUN, command
from .values import Count, Interval, Number, Positive, ProcessName, Seconds

if TYPE_CHECKING:
    from .call import Call

COPIES = {
    "replicas": "how many copies shall run",
    "process": "of which process (default: the one that serves requests)",
}


@command(flags=RUN, name="to", default=True, help=COPIES)
def to(call: Call, replicas: Number, process: ProcessName = "web") -> None:
    """Set the number of replicas of a process now."""
    from fullcycle.loop.operations import scale as steps

    project = call.project()
    call.execute("scale", steps(project, replicas, process), project)


@command()
def recommend(call: Call) -> None:
    """What the scaling policy asks for now; changes nothing."""
    from fullcycle.loop.scale import recommend as advise

    project = call.project()
    advice = advise(project, project.platform.runtime.status())
    call.show(advice, f"{advice.replicas} replicas: {advice.reason}")


@command(
    flags=QUERY,
    help={
        "traffic": "CSV file with the columns minute,requests",
        "capacity": "requests a minute that one replica can serve",
        "startup": "seconds until a new replica serves",
        "price": "what a replica costs an hour",
        "interval": "seconds between two decisions (default: the policy's)",
        "compare": "beside it: AWS' target tracking, a schedule, a fixed number",
        "tune": "search a better policy on the first part, judge it on the rest",
        "plot": "write a chart into this .svg or .html file",
    },
)
def simulate(
    call: Call,
    *,
    traffic: Path,
    capacity: Positive = 60.0,
    startup: Seconds = 10.0,
    price: Seconds = 0.0,
    interval: Interval | None = None,
    compare: bool = False,
    tune: bool = False,
    plot: Path | None = None,
) -> None:
    """Replay a traffic trace against the environment's scaling policy."""
    from fullcycle.loop.scale import policy_of
    from fullcycle.loop.simulation import plotted, replay
    from fullcycle.scaling.simulate import Site

    project = call.project()
    interval = interval or policy_of(project).interval
    site = Site(capacity=capacity, startup=startup, price=price, interval=interval)
    result = replay(project, traffic, site, compare=compare, tuned=tune)
    if plot is not None and not call.dry:
        plotted(result, plot)
    call.show(result, result.text)


@command(
    flags=("env",), help={"detach": "in the background: `scale.status` shows it, `scale.stop` ends"}
)
def auto(call: Call, detach: bool = False) -> None:
    """Scale by the environment's policy until Ctrl-C, where the platform doesn't by itself."""
    from fullcycle.loop import controllers
    from fullcycle.loop.commands import task_command

    project = call.project()
    if call.dry:
        policy = controllers.check(project)
        call.show(policy, f"{project.environment_name}: {policy.min} to {policy.max} replicas")
    elif detach:
        command = task_command(["scale.auto", "--env", project.environment_name])
        begun = controllers.detach(project, command)
        log = controllers.log_of(project)
        call.show(begun, f"process {begun.pid} scales {project.environment_name}; log: {log}")
    else:
        controllers.scale(project)


@command()
def status(call: Call) -> None:
    """Who scales the environment, and what was decided last."""
    from fullcycle.loop.controllers import state

    found = state(call.project())
    call.show(found, found.text)


@command(flags=("env",))
def stop(call: Call) -> None:
    """End the controller of `scale.auto` on this machine; the replicas stay as they are."""
    from fullcycle.loop.controllers import stop as end

    if not call.dry:
        text = end(call.project())
        call.show({"text": text}, text)


@command(
    help={
        "limit": "how many decisions, the newest",
        "every": "also those that changed nothing",
    }
)
def history(call: Call, limit: Count = 20, every: bool = False) -> None:
    """What `scale.auto` decided on this machine, and why; the newest first."""
    from fullcycle.loop.autoscale import line
    from fullcycle.scaling.book import Book

    project = call.project()
    found = Book(project.root, project.environment_name).last(limit, changes=not every)
    call.show(found, "\n".join(map(line, found)) or "no decisions yet")


collection = Collection("scale", to, recommend, simulate, auto, status, stop, history)
