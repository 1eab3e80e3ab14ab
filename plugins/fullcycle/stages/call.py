"""Call: one use of a task from the command line, and what the domain needs to carry it out."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fullcycle.errors import FullcycleError, InterruptedRunError, StepError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from invoke.context import Context

    from fullcycle.loop import Written
    from fullcycle.model import Run
    from fullcycle.pipeline.run import Outcome
    from fullcycle.pipeline.step import Step
    from fullcycle.project import Project
    from fullcycle.settings import Loaded
    from fullcycle.uptodate.check import UpToDate


class Flags(NamedTuple):
    """The common flags, as they came from the command line."""

    env: str = ""
    json: bool = False
    verbose: bool = False
    force: bool = False
    approve: bool = False
    jobs: int | None = None
    only: Sequence[str] = ()
    skip: Sequence[str] = ()
    resume: bool = False
    explain: bool = False
    watch: bool = False


class Call:
    """One use of a task."""

    def __init__(self, context: Context, flags: Flags, body: Callable[..., object]) -> None:
        self.context = context
        self.flags = flags
        self.body = body
        self._uptodate: UpToDate | None = None

    @cached_property
    def loaded(self) -> Loaded:
        """The project's settings, all layers of them."""
        from fullcycle.settings import find_root, load

        return load(find_root(Path.cwd()), invoke=self._invoke_settings(), environ=os.environ)

    def project(self, environment: str | None = None, **choices: Any) -> Project:
        """The project, seen from an environment."""
        from fullcycle.project import Choices, Project

        name, settings = self.loaded.environment(environment or self.flags.env or None)
        chosen = {"approve": self.flags.approve, "force": self.flags.force, **choices}
        return Project(self.loaded, name, settings, Choices(**chosen))

    def run(self, chain: str, links: Sequence[Written], **choices: Any) -> None:
        """Run links as a chain of that name; ends with the exit code of what failed first."""
        if self.flags.watch and not self.dry:
            from .watching import watch

            watch(self, chain, links, choices)
        elif choices or self.dry:
            self.carry_out(chain, links, then=raise_for, **choices)
        else:
            self._run_unless_sealed(chain, links)

    def _run_unless_sealed(self, chain: str, links: Sequence[Written]) -> None:
        from .sealed import Sealing

        sealing = Sealing(chain, links, self.flags, self._invoke_settings())

        def then(outcome: Outcome) -> None:
            if self._uptodate is not None:
                sealing.close(outcome.run, self._uptodate)
            raise_for(outcome)

        if not sealing.holds():
            self.carry_out(chain, links, then=then)

    def carry_out(
        self,
        chain: str,
        links: Sequence[Written],
        *,
        then: Callable[[Outcome], object],
        choose: Callable[[Sequence[Step]], Sequence[Step]] | None = None,
        record: str = "",
        **choices: Any,
    ) -> None:
        """Run links as a chain of that name, or what is chosen of it, if anything.

        Args:
            chain: its name.
            links: what it consists of.
            then: gets how the run ended; what it raises ends the command.
            choose: takes its steps, returns those to run; all of them without.
            record: the run's name in the ledger, if not the chain's.
            choices: see `Choices`.
        """
        from fullcycle.loop.commands import task_command
        from fullcycle.loop.layout import graph
        from fullcycle.loop.links import each, parse

        from .tasks import known_tasks

        settings = self.loaded.settings
        opened = parse(chain, links, settings.written_chains(), known_tasks())
        projects: dict[str | None, Project] = {}

        def seen_from(environment: str | None) -> Project:
            if environment not in projects:
                projects[environment] = self.project(environment, chain=chain, **choices)
            return projects[environment]

        seen_from(None)
        deployed = [seen_from(link.environment) for link in each(opened) if link.name == "deploy"]
        self._ask_approval(deployed)
        steps: Sequence[Step] = graph(opened, seen_from, task_command)
        if choose is not None and not (steps := choose(steps)):
            return
        then(self._outcome(record or chain, steps, seen_from(None)))
        self._say_where(deployed)

    def execute(self, chain: str, steps: Sequence[Step], project: Project) -> None:
        """Run steps, report them, and end with the right exit code."""
        raise_for(self._outcome(chain, steps, project))

    def _outcome(self, chain: str, steps: Sequence[Step], project: Project) -> Outcome:
        from fullcycle.pipeline.run import execute
        from fullcycle.pipeline.trace import Trace
        from fullcycle.project import actor
        from fullcycle.report import choose

        from .reports import leave_reports, prepare_reports

        self._uptodate = project.uptodate()
        reporter = choose(json=self.flags.json, verbose=self.flags.verbose, project=project)
        trace, preparing = Trace.begin(os.environ), prepare_reports()
        outcome = execute(
            steps,
            chain=chain,
            root=project.root,
            reporter=reporter,
            ledger=project.ledger,
            masker=project.masker,
            jobs=self.flags.jobs or project.settings.defaults.jobs,
            only=self.flags.only,
            skip=self.flags.skip,
            resume=self.flags.resume,
            dry=self.dry,
            environ=project.facts(),
            environment=project.environment_name,
            revision=_revision(project),
            version=project.known_version,
            by=project.choices.by or actor(),
            trace=trace,
            uptodate=self._uptodate,
            explain=self.flags.explain,
        )
        preparing.cancel()
        if not self.dry:
            leave_reports(outcome, trace, project, reporter, json=self.flags.json)
        return outcome

    def show(self, value: object, text: str) -> None:
        """Print a result: as JSON when asked for, else as text."""
        if self.flags.json:
            from fullcycle.pipeline.codec import dump

            text = dump(value, indent=2)
        sys.stdout.write(text.rstrip("\n") + "\n")

    @property
    def dry(self) -> bool:
        """Whether Invoke's `--dry` is on."""
        return bool(self.context.config.run.dry)

    def _invoke_settings(self) -> dict[str, Any]:
        from fullcycle.settings.keys import merged

        from .commandline import configured

        found = _plain(self.context.config.get("fullcycle", {}))
        return merged(configured(self.body), found) if isinstance(found, dict) else found

    def _ask_approval(self, deployed: Sequence[Project]) -> None:
        from fullcycle.pipeline.approval import ask

        for project in deployed:
            if project.environment.approve and not self.flags.approve and not self.dry:
                ask(f"Deploy {project.name} to {project.environment_name}?")

    def _say_where(self, deployed: Sequence[Project]) -> None:
        """The last line of a run that deployed: where to look at it."""
        people = sys.stderr if self.flags.json else sys.stdout
        for project in () if self.dry else deployed:
            status = project.platform.runtime.status()
            if status.url:
                people.write(f"{status.app} is live in {status.environment}: {status.url}\n")


def raise_for(outcome: Outcome) -> None:
    """End as the run ended.

    Raises:
        FullcycleError: the run did not succeed; the reports have said why already.
    """
    from fullcycle.model import Result

    run: Run = outcome.run
    if run.result is Result.CANCELLATION:
        raise InterruptedRunError(f"{run.chain} was interrupted")
    if outcome.error is not None:
        raise ReportedError(outcome.error)
    if run.result.bad:
        raise StepError(f"{run.chain} failed")


class ReportedError(FullcycleError):
    """An error that the run's report has shown already: only its exit code is left to pass on."""

    def __init__(self, error: FullcycleError) -> None:
        super().__init__("")
        self.code = error.code


def _plain(value: Any) -> Any:
    """Invoke's configuration proxies as plain dicts and lists."""
    if hasattr(value, "items"):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _revision(project: Project) -> str:
    """HEAD for the ledger; a project without git may still run commands."""
    try:
        return project.repository.head()
    except FullcycleError:
        return ""
