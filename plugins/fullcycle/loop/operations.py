"""The day's work on what runs: rollback, scale, restart, one-off commands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fullcycle.errors import StepError, UsageError
from fullcycle.model import WEB
from fullcycle.pipeline.step import Step, StepContext
from fullcycle.project import holder

from .deploy import follow, roll_out

if TYPE_CHECKING:
    from fullcycle.model import Deployment, Replica, Workload
    from fullcycle.project import Project
    from fullcycle.providers import Bench


def rollback(project: Project, to: str) -> list[Step]:
    """Go back to a deployment, a version, or what ran before."""

    def back(context: StepContext) -> None:
        target = _target(project, to)
        release = target.workload.release
        roll_out(project, target.workload, context, purpose=f"rollback to {release.version}")
        context.summarize(f"back to {release.version} {release.digest[:19]}")

    return [Step(name="deploy.rollback", action=back, describe=f"roll back to {to or 'before'}")]


def _target(project: Project, to: str) -> Deployment:
    from fullcycle.rollout import rollback_target

    history = project.platform.require("history")
    if not to:
        found = rollback_target(history)
    else:
        found = next((each for each in history.list() if _is(each, to)), None)
    if found is None:
        raise UsageError(
            f"no deployment of {to!r} to go back to" if to else "there is nothing to go back to",
            hint="see `invoke deploy.history`",
        )
    return found


def _is(deployment: Deployment, wanted: str) -> bool:
    succeeded = deployment.status == "succeeded"
    return succeeded and wanted in {deployment.id, deployment.workload.release.version}


def scale(project: Project, replicas: int, process: str = WEB) -> list[Step]:
    """Run that many replicas of a process of what runs now.

    Raises:
        UsageError: nothing would serve requests any more.
    """
    if process == WEB and not replicas:
        raise UsageError(
            "at least one replica has to serve requests",
            hint="to stop the application: `invoke deploy.remove`",
        )
    part = "" if process == WEB else f"{process} "

    def to(context: StepContext) -> None:
        running = _running(project)
        before, wanted = _scaled(running, process, replicas)
        roll_out(project, wanted, context, purpose=f"scale {part}{before} → {replicas}")
        context.summarize(f"{part}{before} → {replicas} replicas")

    return [Step(name="scale", action=to, describe=f"run {part}{replicas} replicas")]


def _scaled(running: Workload, process: str, replicas: int) -> tuple[int, Workload]:
    """How many replicas of a process run, and the workload with another number of them."""
    if process == WEB:
        return running.replicas, replace(running, replicas=replicas)
    before = next((each.replicas for each in running.processes if each.name == process), None)
    if before is None:
        raise UsageError(
            f"no process {process!r} runs",
            hint=f"processes: {', '.join([WEB, *(each.name for each in running.processes)])}",
        )
    changed = tuple(
        replace(each, replicas=replicas) if each.name == process else each
        for each in running.processes
    )
    return before, replace(running, processes=changed)


def restart(project: Project) -> list[Step]:
    """Replace every replica by a new one of the same release."""

    def again(context: StepContext) -> None:
        running = _running(project)
        roll_out(project, running, context, purpose="restart", replace_all=True)
        context.summarize(f"{running.replicas} replicas replaced")

    return [Step(name="operate.restart", action=again, describe="replace every replica")]


def recover(project: Project) -> list[Step]:
    """Finish or undo what an interrupted deployment left."""

    def mend(context: StepContext) -> None:
        with project.platform.locked(holder("recovery")) as lock:
            done = follow(project.platform.runtime.recover(), context, lock.check)
        context.summarize(f"{done} repairs" if done else "nothing was left over")

    return [Step(name="deploy.recover", action=mend, show=True, describe="mend what was left")]


def remove(project: Project) -> list[Step]:
    """Stop everything of the environment."""

    def stop(context: StepContext) -> None:
        from .operate import unscale

        with project.platform.locked(holder("removal")) as lock:
            unscale(project, context)
            follow(project.platform.runtime.remove(), context, lock.check)
        context.summarize(f"{project.environment_name} is empty")

    return [Step(name="deploy.remove", action=stop, describe="stop all replicas and the router")]


def one_off(project: Project, command: str, bench: Bench) -> None:
    """Run a command inside the release that runs.

    Raises:
        StepError: with the command's own exit code.
    """
    pass_on(project.platform.runtime.run(_running(project), command, bench))


def inside(project: Project, command: str, bench: Bench, *, replica: str, process: str) -> None:
    """Run a command where a replica runs.

    Raises:
        StepError: with the command's own exit code.
    """
    chosen = _replica(project, replica, process)
    pass_on(project.platform.runtime.exec(chosen, command, bench))


def pass_on(exit_code: int) -> None:
    """End with a command's own exit code."""
    if exit_code:
        raise CommandFailedError(exit_code)


class CommandFailedError(StepError):
    """The user's command ended with an exit code of its own, which becomes ours."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"the command ended with exit code {exit_code}")
        self.code = exit_code


def _replica(project: Project, wanted: str, process: str) -> Replica:
    """The first replica whose id begins so, of that process if one is named."""
    replicas = project.platform.runtime.status().replicas
    found = [r for r in replicas if r.id.startswith(wanted) and process in {"", r.process}]
    if not found:
        known = ", ".join(f"{r.id} ({r.process})" for r in replicas) or "none"
        meant = " ".join(filter(None, [process, "replica", wanted and repr(wanted)]))
        raise UsageError(f"no {meant} runs", hint=f"replicas: {known}")
    return min(found, key=lambda each: each.process != (process or WEB))


def _running(project: Project) -> Workload:
    deployment = project.platform.runtime.status().deployment
    if deployment is None:
        raise UsageError(
            f"nothing runs in {project.environment_name}", hint="run `invoke deploy` first"
        )
    return deployment.workload
