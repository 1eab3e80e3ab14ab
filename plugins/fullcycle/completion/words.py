"""Find out what can be written on the command line of a project, for `answer` to look up."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fullcycle.errors import FullcycleError
from fullcycle.loop import CHAINS, known, steps_of
from fullcycle.loop.links import each, parse
from fullcycle.model import WEB
from fullcycle.providers import installed

from .answer import FORMAT, stamp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from invoke.parser.argument import Argument
    from invoke.parser.context import ParserContext

    from fullcycle.loop import Written
    from fullcycle.model import Release
    from fullcycle.project import Project

SETTINGS = ("fullcycle.toml", "pyproject.toml", "tasks.py", "tasks/__init__.py")
INVOKE = ("invoke.yaml", "invoke.yml", "invoke.json", "invoke.py")


class Commands(NamedTuple):
    """What the command line has."""

    core: ParserContext
    """Invoke's own flags."""
    tasks: Sequence[ParserContext]
    chains: Mapping[str, Sequence[Written]]
    """The links of those tasks that are chains."""
    own: Collection[str]
    """Tasks of the user's own that may be links."""


def render(commands: Commands, project: Project | None, root: Path) -> str:
    """The file that `answer` reads: a line each, parted by tabs.

    Args:
        commands: what the command line has.
        project: the project; without one (its settings are broken, say) what only it knows is
            left out.
        root: the folder the file is for.
    """
    lists = dict(_lists(commands, project))
    for task in commands.tasks:
        lists |= _choices(task)
    lines = [["flags", "", *_flags(commands.core, {})]]
    for task in commands.tasks:
        for name in (task.name or "", *task.aliases):
            lines.append(["flags", name, *_flags(task, lists)])
            lines.append(["places", name, *_places(task, lists)])
    lines += (["lists", name, *words] for name, words in lists.items())
    lines += (["watch", str(path), stamp(str(path))] for path in sorted(_watched(root, project)))
    written = ("\t".join(line) for line in lines if not any("\n" in word for word in line))
    return "\n".join([FORMAT, *written]) + "\n"


def _lists(commands: Commands, project: Project | None) -> Iterator[tuple[str, Iterable[str]]]:
    yield "stages", known()
    yield "chains", sorted({*CHAINS, *commands.chains})
    yield "providers", sorted(installed())
    if project is None:
        return
    yield "environments", project.settings.environments
    yield "releases", _releases(project)
    yield "processes", [WEB, *project.settings.app.processes]
    yield "runbooks", project.settings.runbooks
    yield "notifiers", project.settings.notify
    steps = {stage: _steps(stage, project) for stage in known()}
    for task, stages in [("", known()), *_stages(commands)]:
        names = [name for stage in stages for name in (stage, *steps[stage])]
        yield f"steps {task}".strip(), dict.fromkeys(names)


def _steps(stage: str, project: Project) -> list[str]:
    """The stage's steps; none when it can't make them here, as without git."""
    with suppress(FullcycleError):
        return [step.name for step in steps_of(stage, project)]
    return []


def _stages(commands: Commands) -> Iterator[tuple[str, Sequence[str]]]:
    """The stages that each task goes through."""
    for stage in known():
        yield stage, [stage]
    for name, links in commands.chains.items():
        with suppress(FullcycleError):
            opened = each(parse(name, links, commands.chains, commands.own))
            yield (
                name,
                [stage for stage in dict.fromkeys(e.name for e in opened) if stage in known()],
            )


def _releases(project: Project) -> list[str]:
    """Versions of the release tags, the newest first, and of the release handed over."""
    from fullcycle.model import Release

    found: list[str] = []
    prefix = project.settings.release.tag_prefix
    with suppress(FullcycleError):
        found = [tag.name.removeprefix(prefix) for tag in project.repository.releases(prefix)]
    with suppress(FullcycleError):
        release: Release | None = project.handoff.read("release", Release)
        found = [release.version, *found] if release else found
    return list(dict.fromkeys(found))


def _choices(task: ParserContext) -> dict[str, Sequence[str]]:
    return {
        f"{task.name} {argument.name}": argument.typed.choices
        for argument in task.args.values()
        if getattr(argument, "typed", None) and argument.typed.choices
    }


def _flags(task: ParserContext, lists: Collection[str]) -> Iterator[str]:
    """Every flag; `--flag=LIST` when a value must follow it."""
    for flag in task.flag_names():
        argument = task.flags[flag] if flag in task.flags else None  # noqa: SIM401 (aliases)
        if argument is None or argument.optional or not argument.takes_value:
            yield flag
        else:
            yield f"{flag}={_completed_by(task, argument, lists)}"


def _places(task: ParserContext, lists: Collection[str]) -> Iterator[str]:
    for argument in task.positional_args:
        yield _completed_by(task, argument, lists)


def _completed_by(task: ParserContext, argument: Argument, lists: Collection[str]) -> str:
    """The name of the list that completes an argument's value; empty: files do."""
    kind = getattr(argument, "typed", None)
    general = kind.completes if kind else ""
    for name in (
        f"{task.name} {argument.name}",
        *(f"{general} {n}" for n in _names(task)),
        general,
    ):
        if name in lists:
            return name
    return ""


def _names(task: ParserContext) -> tuple[str, ...]:
    return (task.name or "", *task.aliases)


def _watched(root: Path, project: Project | None) -> set[Path]:
    """Files that make the words out of date when they change."""
    top = project.root if project else root
    found = {folder / name for folder in (root, top) for name in (*SETTINGS, *INVOKE)}
    found |= {top / ".fullcycle" / "handoff" / "release.json"}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and (name.partition(".")[0] in {"fullcycle", "tasks"} or _mine(Path(file), root)):
            found.add(Path(file))
    return found | set(_refs(project))


def _mine(file: Path, root: Path) -> bool:
    """Whether a module is the user's own: in the project, and not in its virtual environment."""
    return root in file.parents and Path(sys.prefix) not in file.parents


def _refs(project: Project | None) -> Iterator[Path]:
    """Where git keeps tags."""
    if project is None:
        return
    with suppress(FullcycleError):
        found = project.repository.git("rev-parse", "--git-common-dir", check=False)
        if found.exit_code == 0:
            folder = project.root / found.text.strip()
            yield from (folder / "refs" / "tags", folder / "packed-refs")
