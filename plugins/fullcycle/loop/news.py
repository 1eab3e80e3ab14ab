"""News: what people are told of a deployment, and of what waits for them."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Thread
from typing import TYPE_CHECKING, Self

from fullcycle.errors import FullcycleError, UsageError
from fullcycle.model import DeploymentStatus, Notice, NoticeKind
from fullcycle.project import actor

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from fullcycle.model import Deployment, Release
    from fullcycle.notify.delivery import Delivery
    from fullcycle.pipeline.approval import Question
    from fullcycle.pipeline.step import StepContext
    from fullcycle.project import Project
    from fullcycle.settings.schema import Notifier

MOST_COMMITS = 20
"""Commits that are named in a message."""

_ENDINGS = {
    DeploymentStatus.SUCCEEDED: (NoticeKind.DEPLOYMENT_DONE, "serves in"),
    DeploymentStatus.ROLLED_BACK: (NoticeKind.DEPLOYMENT_ROLLED_BACK, "was rolled back from"),
    DeploymentStatus.INTERRUPTED: (NoticeKind.DEPLOYMENT_FAILED, "was interrupted in"),
}
_FAILED = (NoticeKind.DEPLOYMENT_FAILED, "failed in")


class News:
    """Tells of one deployment: that it starts, beside it; how it ended, when all is over.

    Nothing that goes wrong here is more than a line in the log.

    Args:
        project: whose environment it is.
        context: the step that deploys.
    """

    def __init__(self, project: Project, context: StepContext) -> None:
        self._project = project
        self._context = context
        self._heard = bool(project.settings.notify)
        self._facts: dict[str, str] = {}
        self._problems: list[str] = []
        self._first: Thread | None = None
        self._last: Deployment | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Tell how it ended; takes as long as the notifiers may, once the lock is free again."""
        if self._first is not None:
            self._first.join()
        if self._last is not None:
            with self._harmless():
                self._tell(self._ending(self._last))
        for problem in self._problems:
            self._context.log(problem)

    def begun(self, deployment: Deployment) -> None:
        """A deployment starts."""
        if not self._heard:
            return
        with self._harmless():
            self._facts = {**dict(_facts(self._project, deployment)), "run": _run(self._context)}
            if not _is_scaling(deployment):
                notice = self._beginning(deployment)
                self._first = Thread(target=self._tell, args=(notice,), daemon=True)
                self._first.start()

    def ended(self, deployment: Deployment) -> None:
        """It ended, well or not."""
        self._last = deployment if self._heard else None

    def _beginning(self, deployment: Deployment) -> Notice:
        title = f"{deployment.by} deploys {_name(deployment)} to {deployment.environment}"
        why = f" ({deployment.reason})" if deployment.reason else ""
        return self._notice(deployment, NoticeKind.DEPLOYMENT_STARTED, title + why)

    def _ending(self, deployment: Deployment) -> Notice:
        kind, words = _ENDINGS.get(deployment.status, _FAILED)
        title = f"{_name(deployment)} {words} {deployment.environment}"
        if kind is NoticeKind.DEPLOYMENT_DONE and _is_scaling(deployment):
            kind = NoticeKind.SCALED
            title = f"{deployment.app} in {deployment.environment}: {deployment.reason}"
        elif deployment.reason:
            title += f": {deployment.reason.splitlines()[0]}"
        return self._notice(deployment, kind, title)

    @contextmanager
    def _harmless(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 (whatever it is, the deployment goes on)
            self._problems.append(f"nobody was told: {type(error).__name__}: {error}")

    def _tell(self, notice: Notice) -> None:
        from fullcycle.notify import notify

        self._problems += notify(self._project, notice)

    def _notice(self, deployment: Deployment, kind: NoticeKind, title: str) -> Notice:
        taken = deployment.finished and deployment.finished - deployment.started
        facts = {
            **self._facts,
            "outcome": str(deployment.status),
            "seconds": f"{taken.total_seconds():.1f}" if taken else "",
            "reason": deployment.reason,
        }
        return Notice(
            kind=kind,
            app=deployment.app,
            environment=deployment.environment,
            title=title,
            who=deployment.by,
            what={name: value for name, value in facts.items() if value},
            links=links(self._project),
            at=datetime.now(UTC),
        )


def tell_waiting(project: Project, question: Question, context: StepContext, answer: Path) -> None:
    """Tell that a person is asked for something, and how they answer."""
    from fullcycle.notify import notify

    facts = {
        "asked": question.who,
        "todo": question.text,
        "answer": f"touch {answer}",
        "run": _run(context),
    }
    notice = Notice(
        kind=NoticeKind.WAITING,
        app=project.name,
        environment=project.environment_name,
        title=f"{project.name} in {project.environment_name} waits for"
        f" {question.who or 'somebody'}: {question.text}",
        who=actor(),
        what={name: value for name, value in facts.items() if value},
        links={**links(project), **({"description": question.link} if question.link else {})},
        at=datetime.now(UTC),
    )
    for problem in notify(project, notice):
        context.log(problem)


def say(project: Project, message: str, to: Collection[str], *, dry: bool) -> Sequence[Delivery]:
    """Tell all notifiers of the settings, or these, whatever they listen to.

    Args:
        project: whose settings.
        message: what to say; that this is a test, without.
        to: their names; all, without.
        dry: tell nobody, and say so.

    Raises:
        UsageError: there are none, or none of that name.
    """
    from fullcycle.notify import announce
    from fullcycle.notify.delivery import Delivery

    chosen = _chosen(project.settings.notify, to)
    if dry:
        return [Delivery(name=name, seconds=0, problem="", dry=True) for name in chosen]
    notice = Notice(
        kind=NoticeKind.MESSAGE,
        app=project.name,
        environment=project.environment_name,
        title=message or f"{project.name}: this is a test of its notifications",
        who=actor(),
        links=links(project),
        at=datetime.now(UTC),
    )
    return announce(project, notice, chosen)


def _chosen(known: Mapping[str, Notifier], to: Collection[str]) -> Mapping[str, Notifier]:
    if not known:
        raise UsageError("there is nobody to tell", hint="write [notify.NAME] into the settings")
    for name in to:
        if name not in known:
            raise UsageError(f"unknown notifier {name!r}", hint=f"there are: {', '.join(known)}")
    return {name: each for name, each in known.items() if not to or name in to}


def links(project: Project) -> dict[str, str]:
    """Where to look: the application, the platform, the CI server, what the settings name."""
    from fullcycle.ci.origin import job_url

    found: dict[str, str] = {}
    with suppress(FullcycleError, OSError):
        status = project.platform.runtime.status()
        found = {"application": status.url, **status.links}
    found |= {"ci": job_url(os.environ), **project.settings.operate.links}
    return {name: url for name, url in found.items() if url}


def _facts(project: Project, deployment: Deployment) -> Iterator[tuple[str, str]]:
    release = deployment.workload.release
    yield from (("version", release.version), ("digest", release.digest))
    yield from (("strategy", deployment.strategy), ("deployment", deployment.id))
    yield "replicas", str(deployment.workload.replicas)
    with suppress(FullcycleError, OSError):
        before = project.platform.runtime.status().deployment
        if before is not None:
            previous = before.workload.release
            yield "previous", previous.version
            yield "commits", _commits(project, previous, release)


def _commits(project: Project, previous: Release, release: Release) -> str:
    """A line for each commit that the release has and the one before it hasn't."""
    from fullcycle.versioning.commits import standing

    found = standing(project.repository.commits(previous.revision, release.revision))
    lines = [f"{each.sha[:9]} {each.subject}" for each in found[:MOST_COMMITS]]
    more = len(found) - MOST_COMMITS
    return "\n".join([*lines, *([f"and {more} more"] if more > 0 else [])])


def _run(context: StepContext) -> str:
    return context.environ.get("FULLCYCLE_RUN", "")


def _name(deployment: Deployment) -> str:
    return f"{deployment.app} {deployment.workload.release.version}"


def _is_scaling(deployment: Deployment) -> bool:
    return deployment.reason.startswith("scale")
