"""`deploy` and what can be asked of deployments."""
# ruff: noqa: TC001 (the types of flags are read at run time)

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.collection import Collection

from .command import QUERY, RUN, command
from .values import Count, ReleaseName

if TYPE_CHECKING:
    from .call import Call


@command(
    flags=RUN,
    name="start",
    default=True,
    help={"release": "version or digest (default: the release handed over, or the newest)"},
)
def start(call: Call, release: ReleaseName = "") -> None:
    """Make the environment run the release, without losing a request."""
    call.run("deploy", ("deploy",), release=release)


@command()
def status(call: Call) -> None:
    """What runs now, which digest, since when, by whom."""
    from fullcycle.loop.maintenance import noted
    from fullcycle.report.status import render

    project = call.project()
    found = noted(project, project.platform.runtime.status())
    call.show(found, render(found))


@command(help={"limit": "how many"})
def history(call: Call, limit: Count = 20) -> None:
    """The deployments of the environment, newest first."""
    from fullcycle.report.status import history as render

    found = call.project().platform.require("history").list(limit)
    call.show(list(found), render(found))


@command(flags=RUN, help={"to": "version or deployment (default: what ran before)"})
def rollback(call: Call, to: ReleaseName = "") -> None:
    """Go back to what ran before: artifact, settings, health check and routes."""
    from fullcycle.loop.operations import rollback as steps

    project = call.project()
    call.execute("deploy.rollback", steps(project, to), project)


@command()
def diff(call: Call) -> None:
    """What a deployment now would change: commits at HEAD, release, settings."""
    from fullcycle.loop.difference import difference

    found = difference(call.project())
    call.show(found, found.text)


@command(flags=RUN)
def provision(call: Call) -> None:
    """Make what has to exist before a deployment; with --dry: say what is missing."""
    from fullcycle.loop.infrastructure import planned
    from fullcycle.loop.infrastructure import provision as steps

    project = call.project()
    if call.dry:
        changes = planned(project)
        call.show(changes, "\n".join(changes) or "nothing is missing")
    else:
        call.execute("deploy.provision", steps(project), project)


@command(flags=RUN, help={"confirm": "the environment's name, to say that you mean it"})
def teardown(call: Call, confirm: str = "") -> None:
    """Remove the application and all that `deploy.provision` made, its data too."""
    from fullcycle.loop.infrastructure import teardown as steps

    project = call.project()
    call.execute("deploy.teardown", steps(project, confirm), project)


@command(flags=("env",))
def unlock(call: Call) -> None:
    """Break the deployment lock, on purpose."""
    holder = call.project().platform.require("lock").break_()
    call.show(holder, f"unlocked; it was held by {holder.owner}" if holder else "was not locked")


@command(flags=("env", "verbose"))
def recover(call: Call) -> None:
    """Finish or undo what an interrupted deployment left."""
    from fullcycle.loop.operations import recover as steps

    project = call.project()
    call.execute("deploy.recover", steps(project), project)


@command(flags=(*QUERY, "approve"))
def remove(call: Call) -> None:
    """Stop everything of this environment; history and releases stay."""
    from fullcycle.loop.operations import remove as steps
    from fullcycle.pipeline.approval import ask

    project = call.project()
    if not call.flags.approve and not call.dry:
        ask(f"Remove {project.name} from {project.environment_name}?")
    call.execute("deploy.remove", steps(project), project)


collection = Collection(
    "deploy",
    start,
    status,
    history,
    rollback,
    diff,
    provision,
    teardown,
    unlock,
    recover,
    remove,
)
