"""What has to exist before anything can be deployed: made, and removed again."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.pipeline.step import Step, StepContext
from fullcycle.project import holder
from fullcycle.words import plural

from .deploy import follow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from fullcycle.environment import Hold
    from fullcycle.project import Project


def planned(project: Project) -> Sequence[str]:
    """What provisioning would change, one line each."""
    return list(project.platform.require("infrastructure").plan())


def provision(project: Project) -> list[Step]:
    """Make what the environment needs and lacks."""
    infrastructure = project.platform.require("infrastructure")

    def make(context: StepContext) -> None:
        with _locked(project, "provisioning") as lock:
            changes = planned(project)
            follow(infrastructure.provision(), context, _check(lock))
        context.summarize(plural(len(changes), "change") if changes else "nothing was missing")

    return [Step(name="deploy.provision", action=make, show=True, describe="make what is missing")]


def teardown(project: Project, confirmed: str) -> list[Step]:
    """Remove the application and all that provisioning made.

    Raises:
        UsageError: it wasn't confirmed with the environment's name.
    """
    infrastructure, name = project.platform.require("infrastructure"), project.environment_name
    if confirmed != name:
        raise UsageError(
            f"this removes {project.name} from {name!r} with all that was provisioned for it,"
            " its data too",
            hint=f"if that is what you mean: --confirm {name}",
        )

    def remove(context: StepContext) -> None:
        with _locked(project, "teardown") as lock:
            status = project.platform.runtime.status()
            if status.replicas or status.deployment:
                follow(project.platform.runtime.remove(), context, _check(lock))
            follow(infrastructure.teardown(), context, _check(lock))
        context.summarize(f"nothing is left of {name}")

    return [
        Step(name="deploy.teardown", action=remove, show=True, describe=f"remove all of {name}")
    ]


def _locked(project: Project, purpose: str) -> AbstractContextManager[Hold | None]:
    if project.platform.capabilities.lock is None:
        return nullcontext()
    return project.platform.locked(holder(purpose))


def _check(lock: Hold | None) -> Callable[[], object]:
    return lock.check if lock else (lambda: None)
