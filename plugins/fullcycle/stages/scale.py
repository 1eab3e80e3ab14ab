"""`scale`: how many replicas."""
# ruff: noqa: TC001, TC003 (the types of flags are read at run time)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from invoke.collection import Collection

from .command import QUERY, RUN, command
from .values import Count, Number, ProcessName

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
    },
)
def simulate(call: Call, traffic: Path, capacity: Count = 60) -> None:
    """Replay a traffic trace against the environment's scaling policy."""
    from fullcycle.loop.operations import simulated

    result = simulated(call.project(), traffic, capacity)
    call.show(result, result.text)


collection = Collection("scale", to, recommend, simulate)
