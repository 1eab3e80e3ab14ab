"""What is missing on this machine, and whether providers keep their contract."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError, OutOfReachError
from fullcycle.providers import Ailment, Target, installed, load
from fullcycle.settings.references import referred

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.project import Project
    from fullcycle.settings import Loaded


def examine(project: Project) -> list[Ailment]:
    """Everything that is missing for this project on this machine."""
    return [
        *_git(project),
        *_commands(project),
        *_provider(project),
        *_notifiers(project),
        *_records(project),
    ]


def _git(project: Project) -> list[Ailment]:
    try:
        project.repository.head()
    except FullcycleError as error:
        return [Ailment(problem=error.message, remedy=error.hint)]
    return []


def _commands(project: Project) -> list[Ailment]:
    """Programs the settings name that are not there; a shell's own words are let pass."""
    wanted = {
        f"{stage}.{name}": step.run.split()[0]
        for stage, steps in (("code", project.settings.code), ("test", project.settings.test))
        for name, step in steps.items()
        if step.run.split()
    }
    return [
        Ailment(problem=f"{step} runs {program!r}, which is not on PATH", remedy="install it")
        for step, program in wanted.items()
        if shutil.which(program, path=project.facts()["PATH"]) is None and program.isidentifier()
    ]


def _provider(project: Project) -> Sequence[Ailment]:
    try:
        return project.loaded.provider(project.environment_name).examine()
    except FullcycleError as error:
        return [Ailment(problem=error.message, remedy=error.hint)]


def _notifiers(project: Project) -> list[Ailment]:
    """What keeps people from being told; the loop runs without."""
    notifiers = project.settings.notify
    missing = [
        (f"notify.{name} needs the variable {variable}, which is not set", f"export {variable}=…")
        for name, each in notifiers.items()
        for variable in referred(each.texts)
        if not os.environ.get(variable)
    ]
    users = [f"notify.{name}" for name, each in notifiers.items() if each.apprise]
    if users and find_spec("apprise") is None:
        install = "pip install 'fullcycle[notify]'"
        missing.append((f"{users[0]} needs apprise, which is not installed", install))
    return [Ailment(problem=problem, remedy=remedy, fatal=False) for problem, remedy in missing]


def _records(project: Project) -> list[Ailment]:
    """How much the records of runs take, and what is left of broken ones."""
    from fullcycle.pipeline.folder import size

    ledger, keep = project.ledger, project.settings.ledger.keep
    found = [
        Ailment(
            problem=f"{broken} is a broken ledger, set aside ({size(broken) / 1e6:.1f} MB)",
            remedy="what could be read of it is in the ledger: delete it",
            fatal=False,
        )
        for broken in sorted(ledger.path.parent.glob("ledger.corrupt-*.sqlite"))
    ]
    if not ledger.path.exists():
        return found
    used = size(ledger.path.parent) / 1e6
    records = f"the records of {ledger.count()} runs take {used:.1f} MB in {ledger.path.parent}"
    remedy = f"nothing to do: the last {keep} are kept, `keep` in [ledger] changes that"
    return [*found, Ailment(problem=records, remedy=remedy, fatal=False)]


def render(ailments: Sequence[Ailment]) -> str:
    """A line per ailment, with its remedy."""
    lines = [
        f"{'missing' if each.fatal else 'note   '}  {each.problem}\n         → {each.remedy}"
        for each in ailments
    ]
    return "\n".join(lines) or "nothing is missing"


def raise_fatal(ailments: Sequence[Ailment]) -> None:
    """End with exit 5 when something that is missing keeps the loop from running."""
    fatal = [each for each in ailments if each.fatal]
    if fatal:
        raise OutOfReachError(f"{len(fatal)} of the above must be mended first")


def providers(loaded: Loaded) -> list[dict[str, str]]:
    """Every provider with what it offers, or why it cannot be loaded."""
    return [{"name": name, "offers": _offers(name, loaded)} for name in sorted(installed())]


def _offers(name: str, loaded: Loaded) -> str:
    try:
        provider = load(name)
        target = Target(
            app=loaded.settings.app.name,
            environment="local",
            root=loaded.root,
            options=provider.Options(),
        )
        offered = provider(target).capabilities()
    except FullcycleError as error:
        return f"cannot be loaded: {error}"
    except ValueError as error:
        return f"needs settings: {error}".splitlines()[0]
    names = [each for each in offered.__slots__ if each != "needs_command"]
    return ", ".join(each for each in names if getattr(offered, each) is not None)


def check(name: str) -> list[str]:
    """The findings of the conformance kit's static part; raises when there are failures."""
    from fullcycle.testing import check as kit

    return list(kit(name))
