"""The stage `plan`: what has changed, which version that makes, what the last review asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.pipeline.step import Step, StepContext

if TYPE_CHECKING:
    from fullcycle.model import Cost, Plan, Status
    from fullcycle.project import Project


def steps(project: Project) -> list[Step]:
    """One step that makes the plan, shows it and hands it over."""

    def plan(context: StepContext) -> None:
        from fullcycle.versioning.plan import render

        made = make(project, context)
        for line in render(made).splitlines():
            context.log(line)
        project.handoff.write("plan", made)
        context.summarize(f"{made.current_version or 'nothing released'} → {made.next_version}")

    return [Step(name="plan", action=plan, show=True, describe="read git, ledger and platform")]


def make(project: Project, context: StepContext) -> Plan:
    """The plan for the project's environment."""
    from fullcycle.versioning.plan import make_plan

    changes, cost = _infrastructure(project, context)
    return make_plan(
        project.repository,
        project.settings,
        project.environment_name,
        ledger=project.ledger,
        status=_status(project, context),
        versioning=project.versioning,
        chain=project.choices.chain,
        changes=changes,
        monthly_cost=cost,
    )


def _infrastructure(project: Project, context: StepContext) -> tuple[tuple[str, ...], Cost | None]:
    """What provisioning would change, and what the platform costs a month, as far as known."""
    from fullcycle.errors import FullcycleError

    infrastructure = project.platform.capabilities.infrastructure
    if infrastructure is None:
        return (), None
    try:
        return tuple(infrastructure.plan()), infrastructure.monthly_cost()
    except FullcycleError as error:
        context.log(f"what {project.environment_name} lacks is not known: {error}")
        return (), None


def _status(project: Project, context: StepContext) -> Status | None:
    """What runs; a platform out of reach doesn't keep anyone from planning."""
    from fullcycle.errors import FullcycleError

    try:
        return project.platform.runtime.status()
    except FullcycleError as error:
        context.log(f"what runs in {project.environment_name} is not known: {error}")
        return None
