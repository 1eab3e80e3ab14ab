"""What a user may write, and what it means when they don't.

The field descriptions are the reference: `config.schema` and the docs are made from them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Seconds = Annotated[float, Field(gt=0)]
Ratio = Annotated[float, Field(ge=0, le=1)]
Port = Annotated[int, Field(ge=1, le=65535)]


class Table(BaseModel):
    """A table of the settings: unknown keys are errors, values don't change."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class App(Table):
    """The application."""

    name: Name
    """Lower-case letters, digits and dashes; names everything on every platform."""
    run: str = ""
    """The command that starts one replica; `{port}` is the port it must listen on (also in the
    variable PORT). Without it, nothing can be deployed by the process provider."""
    port: Port = 8000
    """The port users reach the application on."""
    health: str = Field(default="/", pattern=r"^/")
    """The path that answers 200 to 399 when a replica is healthy."""
    env: dict[str, str] = {}
    """Environment variables of every replica. `{root}`, `{environment}` and `{version}` are
    replaced."""
    secrets: tuple[str, ...] = ()
    """Names of environment variables whose values replicas get and nothing ever prints."""


class Defaults(Table):
    """What flags would say otherwise."""

    env: str = "local"
    """The environment of `--env`."""
    jobs: int | None = Field(default=None, ge=1)
    """Steps run at the same time; the number of cores when not set."""


class CommandStep(Table):
    """A step that runs a command of yours."""

    run: str
    """A shell command, run in the project's folder."""
    inputs: tuple[str, ...] = ()
    """Glob patterns of the files it reads."""
    needs: tuple[str, ...] = ()
    """Steps that must have succeeded before, as `stage.step`."""
    env: dict[str, str] = {}
    """Environment variables of this step."""
    timeout: Seconds | None = None
    """Seconds, per attempt; then its whole process group is killed."""
    retries: int = Field(default=0, ge=0, le=10)
    """How often it is tried again when it fails."""
    always: bool = False
    """Run it even when the run has failed: the `finally` of a chain."""


class TestStep(CommandStep):
    """A test suite."""

    reports: tuple[str, ...] = ()
    """Glob patterns of JUnit XML files it writes."""
    coverage: str = ""
    """A Cobertura XML file it writes."""


class Smoke(Table):
    """The test of the built artifact itself."""

    enabled: bool = True
    """Start the artifact, wait until its health check answers, stop it."""
    deadline: Seconds = 30.0
    """Seconds it may take to answer."""


class Build(Table):
    """How the artifact is made."""

    kind: Literal["python", "command"] = "python"
    """`python`: a wheel of the project with all it depends on; `command`: what a command of
    yours leaves in `output`."""
    run: str = ""
    """The command, for `kind = "command"`."""
    output: str = ""
    """The folder or file it makes, for `kind = "command"`."""
    requirements: str = ""
    """A locked requirements file; what the wheel's own dependencies resolve to without one."""
    env: dict[str, str] = {}
    """Environment variables of the build. `{version}` is replaced."""
    timeout: Seconds = 1800.0
    """Seconds."""


class Release(Table):
    """How versions are made and marked."""

    initial: str = "0.1.0"
    """The first version."""
    tag_prefix: str = "v"
    """Before the version in a git tag."""
    major_on_zero: bool = False
    """Whether a breaking change makes 1.0.0 out of 0.x; otherwise it makes the next 0.x."""
    branches: tuple[str, ...] = ("main", "master")
    """Branches whose commits get real versions and a git tag; elsewhere, and from a work tree
    with uncommitted changes, releases are development versions without one."""
    push: bool = False
    """Push the git tag to `origin`."""
    keep: int = Field(default=10, ge=1)
    """Releases kept in the registry; what a rollback needs is kept anyway."""


class Plan(Table):
    """What `plan` looks at."""

    target: str = ""
    """The branch that this work is to be merged into; the default branch of `origin` without."""


class StrategySettings(Table):
    """How a new version replaces the old one."""

    kind: Literal["rolling"] = "rolling"
    """`rolling`: some replicas at a time, each healthy before the next."""
    batch: int = Field(default=1, ge=1)
    """Replicas replaced at a time."""


class Autoscale(Table):
    """How many replicas an environment gets."""

    min: int = Field(default=1, ge=1)
    max: int = Field(default=10, ge=1)
    target: dict[str, float] = {"cpu": 60.0}
    """Metric and the value a replica should have: `cpu` and `memory` in percent, `requests` per
    second and replica."""
    tolerance: Ratio = 0.1
    """Do nothing while the metric is this near its target (Kubernetes' HPA)."""


class Environment(Table):
    """A place the application runs in. The provider adds keys of its own."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    provider: str = "process"
    """The provider that runs it: see `provider.list`."""
    replicas: int = Field(default=1, ge=1, le=1000)
    """Copies of the application."""
    port: Port | None = None
    """The port users reach it on, if not the application's own."""
    strategy: StrategySettings = StrategySettings()
    autoscale: Autoscale | None = None
    env: dict[str, str] = {}
    """Environment variables, over those of the application."""
    approve: bool = False
    """A person must say yes before a deployment, or `--approve` does."""
    production: bool = False
    """Whether its deployments count for the DORA metrics; without any production environment
    all of them do."""
    health_deadline: Seconds = 30.0
    """Seconds a new replica may take to become healthy."""
    drain: Seconds = 30.0
    """Seconds running requests get to finish when a replica is replaced."""
    stop_grace: Seconds = 10.0
    """Seconds between SIGTERM and SIGKILL."""

    @property
    def extra(self) -> dict[str, Any]:
        """The provider's own keys, not validated yet."""
        return dict(self.model_extra or {})


class RunbookStep(Table):
    """A step after a deployment: automated (`run`) or manual (`manual`)."""

    name: Name
    run: str = ""
    """A shell command."""
    manual: str = ""
    """What a person has to do; waits for their word."""
    who: str = ""
    link: str = ""


class Operate(Table):
    """What happens after a deployment."""

    runbook: tuple[RunbookStep, ...] = ()
    announce: tuple[str, ...] = ()
    """URLs that get a JSON message by POST after every deployment."""


class Thresholds(Table):
    """What `monitor` calls too much (exit 6)."""

    cpu: float = Field(default=90.0, gt=0)
    """Percent of one core, per replica."""
    memory: float = Field(default=90.0, gt=0, le=100)
    """Percent of the host's memory, over all replicas."""
    disk: float = Field(default=90.0, gt=0, le=100)
    """Percent of the disk used."""
    response: Seconds = 1.0
    """Seconds an endpoint may take to answer."""
    error_rate: Ratio = 0.01
    """Share of requests that may fail."""


class Monitor(Table):
    """What `monitor` measures."""

    endpoints: tuple[str, ...] = ()
    """Paths of the application, or whole URLs, that must answer 200 to 399; its health check is
    always among them."""
    thresholds: Thresholds = Thresholds()


class Settings(Table):
    """All settings of a project."""

    app: App
    defaults: Defaults = Defaults()
    plan: Plan = Plan()
    code: dict[Name, CommandStep] = {}
    """The checks before merging, by name; all run in parallel."""
    build: Build = Build()
    test: dict[Name, TestStep] = {}
    """The test suites, by name."""
    smoke: Smoke = Smoke()
    release: Release = Release()
    environments: dict[Name, Environment] = {"local": Environment()}
    operate: Operate = Operate()
    monitor: Monitor = Monitor()
    secrets: tuple[str, ...] = ()
    """Names of environment variables whose values are masked wherever they would appear."""
    chains: dict[Name, tuple[str, ...]] = {}
    """Chains of your own: stages (`deploy staging`), other chains and your own Invoke tasks."""
