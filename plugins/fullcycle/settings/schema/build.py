"""The build, and what is kept of it."""
# ruff: noqa: RUF012 (pydantic copies the defaults and reads the types at run time)

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from fullcycle.settings.forms import (
    Bucket,
    OwnFile,
    Seconds,
    Size,
    Template,
    Variable,
    Written,
    size,
)
from fullcycle.settings.table import Table


class Cache(Table):
    """Where results of steps are kept, so that they need not run again."""

    folder: str = ".fullcycle/cache"
    """The folder; machines may share one. Relative to the project, `~` is your home."""
    s3: Bucket = ""
    """A place in S3 that machines share beside it: `s3://bucket/prefix` (needs
    `fullcycle[aws]`)."""
    max: Size = "2 GB"
    """How large the folder may become; the longest unused goes first, and what nobody used for
    30 days."""

    @property
    def most(self) -> int:
        """`max` in bytes."""
        return size(self.max)


class Smoke(Table):
    """The test of the built artifact itself."""

    enabled: bool = True
    """Start the artifact, wait until its health check answers, stop it."""
    deadline: Seconds = 30.0
    """Seconds it may take to answer."""


class Build(Table):
    """How the artifact is made."""

    kind: Literal["auto", "python", "command", "image"] = "auto"
    """`python`: the project with all it depends on; `command`: what a command of yours leaves in
    `output`; `image`: what the Dockerfile says. `auto`: `image` where the environment runs images
    and there is a Dockerfile, `python` otherwise."""
    run: str = ""
    """The command, for `kind = "command"`."""
    output: str = ""
    """The folder or file it makes, for `kind = "command"`."""
    requirements: str = ""
    """A locked requirements file; what the wheel's own dependencies resolve to without one."""
    dockerfile: OwnFile = "Dockerfile"
    """The Dockerfile, relative to the project."""
    context: OwnFile = "."
    """The folder that a Dockerfile copies from; what its `.dockerignore` names is left out."""
    target: str = ""
    """The stage of the Dockerfile to build; the last one without."""
    args: dict[Variable, Template] = {}
    """Build arguments of the Dockerfile. `{version}` is replaced."""
    secrets: tuple[Variable, ...] = ()
    """Names of environment variables that the Dockerfile mounts as secrets of the same id (`RUN
    --mount=type=secret,id=NAME`); they enter no layer. Needs BuildKit."""
    platforms: tuple[Written, ...] = ()
    """What the image is for: `linux/amd64`; what the Engine runs on without."""
    base: Written = "python:3.13-slim"
    """The image that a generated Dockerfile starts from; your own gets it as `ARG BASE_IMAGE`,
    when it is set."""
    labels: dict[Written, Template] = {}
    """Labels of the image, beside those of the Open Container Initiative; an empty one leaves a
    label out. `{version}` is replaced."""
    env: dict[Variable, Template] = {}
    """Environment variables of the build command, or of the wheel's build. `{version}` is
    replaced."""
    inputs: tuple[Written, ...] = ()
    """Glob patterns of files it is made from that git ignores; all others count anyway, because
    the version depends on them. While nothing has changed, the artifact is used again."""
    environ: tuple[Variable, ...] = ()
    """Names of the environment variables it reads."""
    tools: tuple[Written, ...] = ()
    """Commands that print the versions of what it uses, as for other steps."""
    cache: bool = True
    """`false`: build every time."""
    timeout: Seconds = 1800.0
    """Seconds."""

    @model_validator(mode="after")
    def _command_is_whole(self) -> Self:
        if self.kind == "command" and not (self.run and self.output):
            missing = " and ".join(name for name in ("run", "output") if not getattr(self, name))
            raise ValueError(f'kind = "command" needs {missing}')
        if self.kind != "command" and (self.run or self.output):
            raise ValueError('run and output belong to kind = "command"')
        return self
