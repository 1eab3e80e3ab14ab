"""Recipes: what the results of the loop's steps depend on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fullcycle.uptodate import facts
from fullcycle.uptodate.recipe import EVERYTHING, Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.project import Project
    from fullcycle.settings.steps import CommandStep, TestStep

PYTHON = (sys.executable,)
"""What runs in this process: the Python environment that fullcycle is installed in."""


def of_command(settings: CommandStep, reports: Sequence[str] = ()) -> Recipe | None:
    """The recipe of a step that runs the user's command; None when it always runs.

    Args:
        settings: the step.
        reports: files it makes beside its outputs.
    """
    outputs = (*settings.outputs, *reports)
    wanted = bool(settings.inputs) if settings.cache is None else settings.cache
    if settings.always or not (wanted or outputs):
        return None
    return Recipe(
        command=settings.run,
        env=settings.env,
        environ=settings.environ,
        inputs=(settings.inputs or EVERYTHING) if wanted else (),
        outputs=outputs,
        tools=settings.tools,
        upstream=frozenset(settings.needs),
    )


def of_suite_inside(settings: TestStep, project: Project, reports: Sequence[str]) -> Recipe | None:
    """The recipe of a suite inside the artifact: the artifact, and what the suite says itself.

    Programs of this machine count only where `tools` names them.
    """
    if settings.always or settings.cache is False:
        return None
    return Recipe(
        command=PYTHON,
        env=settings.env,
        environ=settings.environ,
        inputs=settings.inputs,
        outputs=(*settings.outputs, *reports),
        tools=settings.tools,
        facts=(facts.ARTIFACT,),
        parameters={
            "run": settings.run,
            "provider": project.environment.provider,
            "environment": _options(project),
        },
        upstream=frozenset(settings.needs),
    )


def of_check(name: str, project: Project) -> Recipe:
    """The recipe of a check that comes with fullcycle."""
    if name == "secrets":
        return Recipe(command=PYTHON, inputs=EVERYTHING)
    target = project.settings.plan.target
    stand = facts.LOCAL + target if target else facts.ORIGIN
    where = (facts.HEAD, facts.BRANCH, stand)
    if name == "merge":
        return Recipe(command=("git",), facts=where, parameters={"plan.target": target})
    return Recipe(
        command=PYTHON,
        inputs=EVERYTHING if name == "tree" else (),
        facts=(*where, facts.TAGS),
        parameters={
            "plan.target": target,
            "release.tag_prefix": project.settings.release.tag_prefix,
        },
    )


def of_build(project: Project) -> Recipe | None:
    """The recipe of the artifact.

    Its version follows from the commit, the branch, the tags, and what is not committed.
    """
    build = project.settings.build
    if not build.cache:
        return None
    return Recipe(
        command=build.run or PYTHON,
        env=build.env,
        environ=(*build.environ, *build.secrets),
        inputs=(*EVERYTHING, *build.inputs, *filter(None, [build.requirements])),
        tools=build.tools,
        facts=(facts.HEAD, facts.BRANCH, facts.TAGS),
        parameters={
            "app.name": project.name,
            "app.port": str(project.settings.app.port),
            "build": build.model_dump_json(),
            "release": project.settings.release.model_dump_json(),
            "provider": project.environment.provider,
            "environment": _options(project),
        },
        artifact=True,
    )


def of_smoke(project: Project) -> Recipe:
    """The recipe of the artifact's test: the artifact, and how it is started."""
    settings = project.settings
    return Recipe(
        command=PYTHON,
        environ=settings.app.secrets,
        facts=(facts.ARTIFACT,),
        parameters={
            "app": settings.app.model_dump_json(),
            "smoke": settings.smoke.model_dump_json(),
            "environment": project.environment.model_dump_json() + _options(project),
        },
    )


def _options(project: Project) -> str:
    """The provider's own settings."""
    options = project.loaded.options.get(project.environment_name)
    return str(options.model_dump_json()) if options is not None else ""
