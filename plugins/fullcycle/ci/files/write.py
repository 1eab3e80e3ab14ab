"""Writing a CI server's pipeline file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fullcycle.errors import UsageError

from .filters import FILTERS
from .jobs import jobs
from .requirements import installation

if TYPE_CHECKING:
    from fullcycle.settings import Loaded

FILES = {
    "github": ".github/workflows/fullcycle.yml",
    "gitea": ".gitea/workflows/fullcycle.yml",
    "gitlab": ".gitlab-ci.yml",
    "jenkins": "Jenkinsfile",
    "circleci": ".circleci/config.yml",
    "azure": "azure-pipelines.yml",
    "buildkite": ".buildkite/pipeline.yml",
    "bitbucket": "bitbucket-pipelines.yml",
    "drone": ".drone.yml",
    "woodpecker": ".woodpecker.yaml",
    "codebuild": "buildspec.yml",
    "teamcity": ".teamcity/settings.kts",
}
"""Where each server looks for it."""
SHARED = {"gitea": "github"}
"""Servers that read another one's files."""
TEMPLATES = Path(__file__).parent / "templates"


def render(server: str, loaded: Loaded) -> str:
    """The file's text.

    Raises:
        UsageError: the project is not where its repository begins.
    """
    _check_top(loaded.root)
    settings = loaded.settings
    template = _environment().get_template(f"{SHARED.get(server, server)}.j2")
    text: str = template.render(
        server=server,
        app=settings.app.name,
        jobs=jobs(loaded),
        branches=list(settings.release.branches),
        push=settings.release.push,
        install=installation(loaded),
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        handoff=".fullcycle/handoff",
        cache=".fullcycle/cache",
    )
    return text


def write(server: str, loaded: Loaded, *, force: bool = False) -> Path:
    """Write the file, and make the folders it is in.

    Args:
        server: a key of FILES.
        loaded: the project's settings.
        force: write it anew when it is there.

    Returns:
        the file.

    Raises:
        UsageError: it is there already, or cannot be written.
    """
    text = render(server, loaded)
    path = loaded.root / FILES[server]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(
            f"{FILES[server]} is there already", hint="--force writes it anew"
        ) from error
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error
    return path


def _check_top(root: Path) -> None:
    above = next((folder for folder in root.parents if (folder / ".git").exists()), None)
    if above is not None and not (root / ".git").exists():
        raise UsageError(
            f"{root} is a folder of the repository {above}: CI servers read their file there",
            hint="write one by hand; --dry in a copy of the project shows what it may look like",
        )


def _environment() -> Any:
    """Templates whose own marks are none of any server's."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(  # noqa: S701 (no HTML)
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
    )
    made.filters |= FILTERS
    return made
