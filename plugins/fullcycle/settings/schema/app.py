"""The application."""
# ruff: noqa: RUF012, TC001 (pydantic copies the defaults and reads the types at run time)

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from fullcycle.settings.forms import Command, Memory, Name, Port, Seconds, Template, Variable
from fullcycle.settings.table import Table


class Health(Table):
    """When a replica is healthy. A path alone stands for `path`."""

    kind: Literal["http", "tcp", "command", "container", "none"] = "http"
    """`http`: a GET of `path` answers 200 to 399; `tcp`: it accepts connections; `command`: a
    command where it runs ends with exit code 0; `container`: what the image's HEALTHCHECK says;
    `none`: it runs."""
    path: str = Field(default="/", pattern=r"^/")
    """What is asked for, for `http`."""
    command: str = ""
    """The shell command, for `command`."""
    interval: Seconds = 0.2
    """Seconds between two looks."""
    timeout: Seconds = 5.0
    """Seconds one look may take."""

    @model_validator(mode="after")
    def _command_is_there(self) -> Self:
        if (self.kind == "command") != bool(self.command):
            raise ValueError('kind = "command" and command belong together')
        return self


def _as_table(value: Any) -> Any:
    if isinstance(value, str):
        return {"path": value}
    return value


class ResourceSettings(Table):
    """What a replica may use at most."""

    cpus: float | None = Field(default=None, gt=0)
    """Cores: 0.5 is half of one."""
    memory: Memory = ""
    """`512 MB`, `2 GB`: a replica that takes more is killed and started again."""


class ProcessSettings(Table):
    """A process beside the one that requests are routed to."""

    run: Command
    """The command that starts one replica; `{port}` is a port it may listen on (also in the
    variable PORT)."""
    replicas: int = Field(default=1, ge=0, le=1000)
    """Copies of it."""
    health: Annotated[Health, BeforeValidator(_as_table, json_schema_input_type=str | Health)] = (
        Health(kind="none")
    )
    """When a replica is healthy: while it runs, without."""
    resources: ResourceSettings = ResourceSettings()
    """What a replica may use at most."""


class App(Table):
    """The application."""

    name: Name
    """Lower-case letters, digits and dashes; names everything on every platform."""
    run: Template = ""
    """The command that starts one replica; `{port}` is the port it must listen on (also in the
    variable PORT). Without it, a container runs what its image says, and the process provider
    can deploy nothing."""
    port: Port = 8000
    """The port users reach the application on, and the one it listens on in a container."""
    health: Annotated[Health, BeforeValidator(_as_table, json_schema_input_type=str | Health)] = (
        Health()
    )
    """When a replica is healthy: a path that answers 200 to 399, or a table."""
    processes: dict[Name, ProcessSettings] = {}
    """What runs beside the process that requests go to, by name: workers, clocks."""
    env: dict[Variable, Template] = {}
    """Environment variables of every replica. `{root}`, `{environment}` and `{version}` are
    replaced."""
    secrets: tuple[Variable, ...] = ()
    """Names of environment variables whose values replicas get and nothing ever prints."""
