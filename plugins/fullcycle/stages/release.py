"""`release` and what can be asked of releases."""
# ruff: noqa: TC001, TC003 (the types of flags are read at run time)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from invoke.collection import Collection

from .command import command
from .stage import stage_task
from .values import ReleaseName

if TYPE_CHECKING:
    from .call import Call


@command(name="list")
def list_(call: Call) -> None:
    """All releases in the registry, newest first."""
    releases = list(call.project().platform.require("registry").list())
    text = "\n".join(
        f"{each.version:24} {each.digest[:19]}  {each.created:%Y-%m-%d %H:%M}  {each.released_by}"
        for each in releases
    )
    call.show(releases, text or "nothing is released yet: `invoke release`")


@command(help={"release": "version or digest (default: the one handed over, or the newest)"})
def verify(call: Call, release: ReleaseName = "") -> None:
    """See that the registry holds what was released, unchanged."""
    from fullcycle.errors import StepError
    from fullcycle.loop.release import verify as examine
    from fullcycle.words import plural

    found, amiss = examine(call.project(release=release))
    name = f"{found.version} {found.digest}"
    call.show({"release": found, "amiss": amiss}, "\n".join(amiss) or f"{name} is as released")
    if amiss:
        raise StepError(f"{name}: {plural(len(amiss), 'thing')} amiss")


@command(flags=("env",), help={"output": "write it to this file instead of printing it"})
def changelog(call: Call, output: Path | None = None) -> None:
    """The whole changelog, from git's tags and commits, as Markdown."""
    from fullcycle.versioning.changelog import whole

    project = call.project()
    text = whole(project.repository, project.settings.release)
    if output and not call.dry:
        output.write_text(text, encoding="utf-8")
    call.show(text, f"written to {output}" if output else text)


collection = Collection(
    "release",
    stage_task("release", "Version, changelog, git tag, SBOM; publish by digest.", name="publish"),
    list_,
    verify,
    changelog,
)
