"""The page of environment variables."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import fullcycle
from fullcycle.settings.variables import LEVEL, PREFIX
from fullcycle.versioning import branch

from .markdown import table

if TYPE_CHECKING:
    from collections.abc import Iterator

INTRO = f"""# Environment variables

## Settings

Every key of the settings has a variable: `{PREFIX}` and the key in upper case, with `{LEVEL}`
between levels. `{PREFIX}APP{LEVEL}PORT=9000` is `port` in `[app]`. A value is read as TOML where
the key wants something else than text. A variable that stands for no key is an error."""
READ = {
    "FULLCYCLE_HOME": "The folder in which the process provider keeps its state and its releases.",
    "NO_COLOR": "No colours in the output, whatever it is set to.",
}
GIVEN_TO_STEPS = {
    "FULLCYCLE_ROOT": "The project's folder.",
    "FULLCYCLE_ENV": "The environment of the run.",
    "FULLCYCLE_RUN": "The run's id: its records are in `.fullcycle/runs/<id>/`.",
    "FULLCYCLE_ALERT": "The alert that started the runbook, where one did.",
    "TRACEPARENT": "The step's place in a distributed trace (W3C Trace Context).",
}
GIVEN_TO_REPLICAS = {
    "PORT": "The port to listen on, the same that `{port}` stands for.",
    "FULLCYCLE_APP": "The application's name.",
    "FULLCYCLE_ENVIRONMENT": "The environment it runs in.",
    "FULLCYCLE_PROCESS": "The process it is: `web`, or the name in `[app.processes]`.",
    "FULLCYCLE_REPLICA": "The replica's id.",
    "FULLCYCLE_VERSION": "The version of the release it runs; a build command gets it, too.",
}
DASHBOARD = {
    "FULLCYCLE_PROJECT": "The folder of the project that the dashboard shows.",
    "FULLCYCLE_DASHBOARD_HOST": (
        "The address the dashboard binds to, 127.0.0.1 without: 0.0.0.0 in a container, whose"
        " network is its own."
    ),
    "FULLCYCLE_DASHBOARD_TOKEN": (
        "What whoever looks at the dashboard has to know: 16 characters or more."
    ),
    "FULLCYCLE_DASHBOARD_OPEN": (
        "`true` asks nobody for a token, whatever the address: behind a gateway that decides who"
        " gets in. Read by `python -m fullcycle.dashboard` only."
    ),
}


def page() -> str:
    """From the variables the code names; an error when they are not those explained here."""
    meanings = READ | GIVEN_TO_STEPS | GIVEN_TO_REPLICAS | DASHBOARD
    wrong = set(_named()) ^ {name for name in meanings if name.startswith(PREFIX)}
    if wrong:
        raise LookupError(f"say here, and only here, what these mean: {', '.join(sorted(wrong))}")
    return "\n\n".join(
        [
            INTRO,
            _section("Read by every command", READ),
            _section("Given to every command of a step", GIVEN_TO_STEPS),
            _section("Given to every replica by the process provider", GIVEN_TO_REPLICAS),
            _section("Read by the dashboard", DASHBOARD),
            _branches(),
        ]
    )


def _section(title: str, meanings: dict[str, str]) -> str:
    rows = [(f"`{name}`", text) for name, text in meanings.items()]
    return f"## {title}\n\n" + table(("Variable", "Meaning"), rows)


def _branches() -> str:
    names = ", ".join(f"`{name}`" for name in branch.BRANCH)
    return (
        "## CI servers\n\nA CI server often checks a commit out without its branch. The branch is"
        f" then read from the first of these that is set: {names}."
    )


def _named() -> Iterator[str]:
    """Variables of ours that the code spells out, as a text of its own."""
    plugins = Path(fullcycle.__file__).parent.parent
    for file in sorted(plugins.glob("fullcycle*/**/*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from re.findall(r"^FULLCYCLE_[A-Z_]*[A-Z]$", node.value)
