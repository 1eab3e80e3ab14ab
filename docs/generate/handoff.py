"""The page of hand-over files."""

from __future__ import annotations

from typing import Any

from fullcycle.model import Artifact, Commit, Cost, Deployment, Finding, HealthCheck, Plan, Workload
from fullcycle.model import Release as ReleaseValue

from . import source
from .markdown import code, docstring, table

INTRO = """# Hand-over files

What one stage hands to the next: JSON files in `.fullcycle/handoff/`, written whole or not at all.
A CI job that goes on where another one ended brings this folder with it, `blobs/` included: what a
build leaves in a file or folder waits there until it is published. Times are ISO 8601 with their
time zone. Keys that a newer version added are ignored by an older one."""
FILES: dict[str, tuple[type[Any], str, str]] = {
    "plan.json": (Plan, "plan", "people"),
    "artifact.json": (Artifact, "build", "`test` (the smoke test) and `release`"),
    "release.json": (ReleaseValue, "release", "`deploy`"),
    "deployment.json": (Deployment, "deploy", "people"),
}
PARTS = (Workload, HealthCheck, Commit, Cost, Finding)


def page() -> str:
    """From the values of the model."""
    files = [_file(name, *each) for name, each in FILES.items()]
    parts = [value(f"## {each.__name__}", each) for each in PARTS]
    return "\n\n".join([INTRO, *files, "Values inside of them:", *parts])


def _file(name: str, cls: type[Any], written_by: str, read_by: str) -> str:
    used = f"Written by `{written_by}`; read by {read_by}."
    return value(f"## {name}", cls, used)


def value(title: str, cls: type[Any], used: str = "") -> str:
    """A value of the model: what it is, and a table of its keys."""
    found = source.of(cls)
    rows = [
        (f"`{field.name}`", code(field.type), field.default and code(field.default), field.text)
        for field in found.fields
    ]
    head = ("Key", "Type", "When missing", "Meaning")
    return "\n\n".join(filter(None, [title, docstring(found.text), used, table(head, rows)]))
