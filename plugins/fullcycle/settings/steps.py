"""Steps that run commands of the user's: what may be written about them."""
# ruff: noqa: RUF012, TC001 (pydantic copies the defaults and reads the types at run time)

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from .forms import (
    Command,
    ExitStatus,
    MatrixKey,
    MatrixValue,
    OwnFile,
    Seconds,
    StepName,
    Tag,
    Variable,
    Written,
)
from .matrix import cells, fill, label, mistakes
from .table import Table

_BARE = frozenset({"matrix", "exclude", "needs", "uses"})
"""Keys without placeholders: their values are names of something else."""


class Retries(Table):
    """How often a step is tried again when it fails. A number alone stands for `times`."""

    times: int = Field(default=0, ge=0, le=10)
    """Further attempts, after the first."""
    on: tuple[ExitStatus, ...] = ()
    """Exit codes worth another attempt; any failure and a timeout, when there are none."""
    wait: float = Field(default=0.0, ge=0, le=3600)
    """Seconds before the first further attempt; twice as long before each one after it, up to
    60 (or `wait` itself, when it is longer)."""


def _table(value: Any) -> Any:
    """What may be written for a table of retries, as such a table."""
    if isinstance(value, int) and not isinstance(value, bool):
        return {"times": value}
    if isinstance(value, dict):
        # From here on pydantic no longer sees JSON, whose lists it takes for tuples.
        return {key: tuple(v) if isinstance(v, list) else v for key, v in value.items()}
    if not isinstance(value, Retries):
        raise ValueError("should be a whole number, or a table { times = …, on = […], wait = … }")  # noqa: TRY004 (pydantic collects ValueErrors)
    return value


Again = Annotated[Retries, BeforeValidator(_table, json_schema_input_type=int | Retries)]
"""How often something is tried again, as it may be written."""


class When(Table):
    """When a step runs: all of these must hold. Otherwise it is skipped, and counts as done."""

    branch: tuple[Written, ...] = ()
    """Patterns of branches: `main`, `release/*`. On CI servers, the branch they build."""
    changed: tuple[Written, ...] = ()
    """Glob patterns of files, one of which must have changed."""
    since: Literal["target", "release"] = "target"
    """What `changed` compares with: the branch this work is to be merged into (on that branch
    itself: the last release), or the last release. Without any, everything has changed."""
    variable: tuple[Variable, ...] = ()
    """Environment variables that must be set, and not be empty."""
    environment: tuple[Written, ...] = ()
    """Patterns of environments: `staging`, `prod-*`."""


class CommandStep(Table):
    """A step that runs a command of yours."""

    run: Command
    """A shell command, run in the project's folder."""
    inputs: tuple[Written, ...] = ()
    """Glob patterns of the files it reads: `src/**`, `**/*.py`, `!docs/**`. With them it only
    runs when something it depends on has changed. Files that git ignores count when a pattern
    names them or their folder."""
    outputs: tuple[OwnFile, ...] = ()
    """Glob patterns of the files it makes. They are kept, and put back when they are missing."""
    environ: tuple[Variable, ...] = ()
    """Names of the environment variables it reads."""
    tools: tuple[Written, ...] = ()
    """Commands that print the versions of what it uses: `node --version`. Without any, it is the
    programs in `run` that count: their contents, and what is installed beside a Python."""
    cache: bool | None = None
    """`true`: without `inputs`, all files of the project are its inputs; `false`: it always
    runs. Without either, a step with `inputs` runs when it has to, all others always."""
    needs: tuple[StepName, ...] = ()
    """Steps that must have succeeded before, as `stage.step`."""
    uses: tuple[Tag, ...] = ()
    """What it needs for itself: two steps with the same word never run at the same time. `db:2`
    lets two of them."""
    when: When = When()
    """When it runs; always, without."""
    matrix: dict[MatrixKey, Annotated[tuple[MatrixValue, ...], Field(min_length=1)]] = {}
    """Run it once for every combination of these values, as `stage.step[3.12,pg]`. `{key}` is
    replaced in all its texts."""
    exclude: tuple[dict[MatrixKey, MatrixValue], ...] = ()
    """Combinations of the matrix that are left out; a table may name some of the keys."""
    env: dict[Variable, str] = {}
    """Environment variables of this step."""
    timeout: Seconds | None = None
    """Seconds, per attempt; then its whole process group is killed."""
    retries: Again = Retries()
    """How often it is tried again when it fails."""
    passable: bool = Field(
        default=False,
        alias="continue",
        description="Go on with what needs it when it fails; the run fails at its end.",
    )
    always: bool = False
    """Run it even when the run has failed: the `finally` of a chain."""

    @model_validator(mode="after")
    def _matrix_makes_sense(self) -> Self:
        found = list(mistakes(self.matrix, self.exclude, tuple(self._texts().values())))
        if found:
            raise ValueError("; ".join(found))
        return self

    def variants(self, name: str) -> dict[str, Self]:
        """The steps it stands for, by name: itself, or one for each combination of its matrix."""
        if not self.matrix:
            return {name: self}
        return {
            name + label(cell): self.model_copy(update=fill(self._texts(), cell))
            for cell in cells(self.matrix, self.exclude)
        }

    def _texts(self) -> dict[str, Any]:
        """All that may hold a placeholder of the matrix."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            name: value
            for name, value in given.items()
            if isinstance(value, str | tuple | dict) and name not in _BARE
        }


class TestStep(CommandStep):
    """A test suite."""

    inside: bool = False
    """Run it inside the built artifact: in a container of the image, in the unpacked bundle. The
    reports it writes are brought back. It runs when the artifact, or one of its own inputs, has
    changed; of the variables of this machine it gets those of `environ`."""
    reports: tuple[OwnFile, ...] = ()
    """Glob patterns of JUnit XML files it writes."""
    coverage: str = ""
    """A Cobertura XML file it writes."""
