"""Dockerfiles for projects that have none."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fullcycle.errors import StepError, UsageError
from fullcycle.source import export

from .dockerfile_pip import configuration, trusted
from .labels import APP, ROLE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fullcycle.providers import Bench, Source

USER = "10001:10001"
"""Whom applications run as: nobody that a base image knows, and never root."""
PROJECTS = ("pyproject.toml", "setup.py")
MOUNTS = (
    "--mount=type=secret,id=ca,target=/run/fullcycle/ca.pem"
    " --mount=type=secret,id=pip,target=/run/fullcycle/pip.conf "
)
PIP = "PIP_CONFIG_FILE=/run/fullcycle/pip.conf pip --python /venv/bin/python install --no-cache-dir"


@dataclass(frozen=True, slots=True)
class Generated:
    """A Dockerfile and what it copies from."""

    context: Path
    dockerfile: Path
    files: Mapping[str, Path] = field(default_factory=dict)
    """What BuildKit mounts, by id."""


def generate(source: Source, folder: Path, bench: Bench, *, buildkit: bool) -> Generated:
    """A Dockerfile for what a command leaves, or for a Python project.

    Args:
        source: the project.
        folder: an empty one, for all that is generated.
        bench: runs the command.
        buildkit: whether files can be mounted; they are copied into a stage that is no part of
            the image otherwise.

    Raises:
        UsageError: there is neither a Dockerfile nor a Python project.
        StepError: the command failed, or what the settings name is missing.
    """
    context, dockerfile = folder / "context", folder / "Dockerfile"
    context.mkdir()
    if source.build.kind == "command":
        shutil.copytree(_output(source, bench), context / "project", symlinks=True)
        dockerfile.write_text(_lines(*_plain(source)))
        return Generated(context, dockerfile)
    project = _project(source, folder / "export", context / "project")
    files = _files(folder, context, buildkit=buildkit)
    pip = f"RUN {MOUNTS}{PIP}" if buildkit else f"RUN {PIP}"
    dockerfile.write_text(_lines(*_python(source, project, pip, copied=not buildkit)))
    return Generated(context, dockerfile, files)


def _plain(source: Source) -> list[str]:
    return ["ARG BASE_IMAGE", "FROM ${BASE_IMAGE}", *_application(source)]


def _python(source: Source, project: Path, pip: str, *, copied: bool) -> list[str]:
    """Two stages: what installs is no part of the image."""
    locked = source.build.requirements
    lines = [
        "ARG BASE_IMAGE",
        "FROM ${BASE_IMAGE} AS build",
        f'LABEL {APP}="{source.app}" {ROLE}="stage"',
        "RUN python -m venv --without-pip /venv",
    ]
    if copied:
        lines += ["COPY pip /run/fullcycle"]
    if locked:
        lines += [f"COPY project/{locked} /run/requirements.txt", f"{pip} -r /run/requirements.txt"]
    if _packaged(project):
        lines += [
            "COPY project /src",
            "ARG FULLCYCLE_VERSION",
            "ARG SOURCE_DATE_EPOCH",
            "ENV SETUPTOOLS_SCM_PRETEND_VERSION=${FULLCYCLE_VERSION}",
            f"{pip} {'--no-deps ' if locked else ''}/src",
        ]
    return [
        *lines,
        "FROM ${BASE_IMAGE}",
        "COPY --from=build /venv /venv",
        "ENV VIRTUAL_ENV=/venv PATH=/venv/bin:${PATH}",
        *_application(source),
    ]


def _application(source: Source) -> list[str]:
    return [
        f"COPY --chown={USER} project /app",
        "WORKDIR /app",
        "ENV PYTHONUNBUFFERED=1 HOME=/app",
        f"USER {USER}",
        *([f"EXPOSE {source.port}"] if source.port else []),
    ]


def _project(source: Source, folder: Path, target: Path) -> Path:
    """The project's files as git knows them, without git's own."""
    locked = source.build.requirements
    if not (locked or _packaged(source.root)):
        raise UsageError(
            f"there is nothing to make an image of in {source.root}: no"
            f" {source.build.dockerfile}, no pyproject.toml, no setup.py",
            hint='write a Dockerfile, or set `[build] kind = "command"` with `run` and `output`',
        )
    if locked and not (source.root / locked).is_file():
        raise StepError(f"{locked} is missing", hint="see `[build] requirements`")
    folder.mkdir()
    project = export(source.root, folder)
    (folder / ".git").unlink()
    project.rename(target)
    if locked and not (target / locked).exists():
        shutil.copyfile(source.root / locked, target / locked)
    return target


def _packaged(project: Path) -> bool:
    return any((project / name).exists() for name in PROJECTS)


def _files(folder: Path, context: Path, *, buildkit: bool) -> dict[str, Path]:
    """What pip needs to reach an index from here."""
    place = folder / "pip" if buildkit else context / "pip"
    place.mkdir()
    authorities = trusted()
    settings = place / "pip.conf"
    settings.write_text(configuration(trusting=authorities is not None, secrets=buildkit))
    settings.chmod(0o600)
    if authorities is None:
        return {"pip": settings}
    copy = place / "ca.pem"
    shutil.copyfile(authorities, copy)
    return {"pip": settings, "ca": copy}


def _output(source: Source, bench: Bench) -> Path:
    """What the build command leaves; it runs in the project's folder, as on any platform."""
    build = source.build
    variables = {k: v.replace("{version}", source.version) for k, v in build.env.items()}
    fixed = {"SOURCE_DATE_EPOCH": str(source.epoch), "FULLCYCLE_VERSION": source.version}
    command = ["/bin/sh", "-c", build.run]
    bench.run(command, cwd=source.root, env=fixed | variables, timeout=build.timeout)
    output: Path = source.root / build.output
    if not output.is_dir():
        raise StepError(
            f"the build command succeeded, but {build.output} is no folder",
            hint=f"see that `{build.run}` makes it, or correct `[build] output`",
        )
    return output


def _lines(*lines: str) -> str:
    return "\n".join(lines) + "\n"
