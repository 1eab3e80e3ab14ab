"""What a user may write, and what it means when they don't.

The texts under the fields are the reference: `config.schema` and the docs are made from them.
"""
# ruff: noqa: RUF012, TC001 (pydantic copies the defaults and reads the types at run time)

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from .forms import (
    Bucket,
    Command,
    Endpoint,
    Metric,
    Name,
    Port,
    Ratio,
    Seconds,
    Size,
    Template,
    Url,
    Variable,
    Version,
    Written,
)
from .steps import CommandStep, Retries, TestStep, When  # noqa: F401 (part of the schema)
from .table import Table

PROVIDER = "process"
"""The provider of an environment that names none."""
_UNITS = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


class App(Table):
    """The application."""

    name: Name
    """Lower-case letters, digits and dashes; names everything on every platform."""
    run: Template = ""
    """The command that starts one replica; `{port}` is the port it must listen on (also in the
    variable PORT). Without it, nothing can be deployed by the process provider."""
    port: Port = 8000
    """The port users reach the application on."""
    health: str = Field(default="/", pattern=r"^/")
    """The path that answers 200 to 399 when a replica is healthy."""
    env: dict[Variable, Template] = {}
    """Environment variables of every replica. `{root}`, `{environment}` and `{version}` are
    replaced."""
    secrets: tuple[Variable, ...] = ()
    """Names of environment variables whose values replicas get and nothing ever prints."""


class Defaults(Table):
    """What flags would say otherwise."""

    env: str = "local"
    """The environment of `--env`."""
    jobs: int | None = Field(default=None, ge=1)
    """Steps run at the same time; the number of cores when not set."""


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
        number, unit = self.max.replace(" ", "")[:-1], 1
        if number[-1] in _UNITS:
            number, unit = number[:-1], _UNITS[number[-1]]
        return int(float(number) * unit)


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
    env: dict[Variable, Template] = {}
    """Environment variables of the build. `{version}` is replaced."""
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
        if self.kind == "python" and (self.run or self.output):
            raise ValueError('run and output belong to kind = "command"')
        return self


class Release(Table):
    """How versions are made and marked."""

    initial: Version = "0.1.0"
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
    """Never fewer replicas."""
    max: int = Field(default=10, ge=1)
    """Never more replicas."""
    target: dict[Metric, Annotated[float, Field(gt=0)]] = Field({"cpu": 60.0}, min_length=1)
    """Metric and the value a replica should have: `cpu` and `memory` in percent, `requests` per
    second and replica."""
    tolerance: Ratio = 0.1
    """Do nothing while the metric is this near its target (Kubernetes' HPA)."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min should be at most max, {self.min} is more than {self.max}")
        return self


class Environment(Table):
    """A place the application runs in. The provider adds keys of its own."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)

    provider: str = PROVIDER
    """The provider that runs it: see `provider.list`."""
    replicas: int = Field(default=1, ge=1, le=1000)
    """Copies of the application."""
    port: Port | None = None
    """The port users reach it on, if not the application's own."""
    strategy: StrategySettings = StrategySettings()
    """How a new version replaces the old one."""
    autoscale: Autoscale | None = None
    """Between how many replicas the load decides; `replicas` says it alone without."""
    env: dict[Variable, Template] = {}
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
    """What the step is called in the run: `operate.NAME`."""
    run: str = ""
    """A shell command."""
    manual: str = ""
    """What a person has to do; waits for their word."""
    who: str = ""
    """Who is asked to do it."""
    link: str = ""
    """Where it is described."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.run) == bool(self.manual):
            raise ValueError("needs either run or manual")
        return self


class Operate(Table):
    """What happens after a deployment."""

    runbook: tuple[RunbookStep, ...] = ()
    """Steps worked off in this order."""
    announce: tuple[Url, ...] = ()
    """URLs that get a JSON message by POST after every deployment."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [step.name for step in self.runbook]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two steps of the runbook are called {', '.join(twice)}")
        return self


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

    endpoints: tuple[Endpoint, ...] = ()
    """Paths of the application, or whole URLs, that must answer 200 to 399; its health check is
    always among them."""
    thresholds: Thresholds = Thresholds()
    """What counts as too much."""


class Link(Table):
    """A link of a chain that runs on, or lets others run on, after a failure."""

    run: Command
    """A stage, a chain or a task of yours, as it would stand alone."""
    always: bool = False
    """Run it whatever became of the links before it: the `finally` of a chain."""
    passable: bool = Field(
        default=False,
        alias="continue",
        description="Go on with the next links when it fails; the chain fails at its end.",
    )


FORMS: dict[type, str] = {str: "text", dict: "table", list: "group", tuple: "group", Link: "table"}


def _form(link: Any) -> str:
    """Which of the forms of a link was chosen, so that an error speaks of that one only."""
    return FORMS.get(type(link), "")


SingleLink = Annotated[
    Annotated[Command, Tag("text")] | Annotated[Link, Tag("table")],
    Discriminator(
        _form,
        custom_error_type="link",
        custom_error_message="should be text or a table { run = … }",
    ),
]
ChainLink = Annotated[
    Annotated[Command, Tag("text")]
    | Annotated[Link, Tag("table")]
    | Annotated[tuple[SingleLink, ...], Tag("group")],
    Discriminator(
        _form,
        custom_error_type="link",
        custom_error_message="should be text, a table { run = … } or a list of these",
    ),
]


class LedgerSettings(Table):
    """The records of what was done here."""

    keep: int = Field(default=200, ge=1, le=100_000)
    """Runs kept with their logs, the newest; beside them what still runs, and the last run of
    every chain that succeeded. Deployments are kept for ever."""


class Settings(Table):
    """All settings of a project."""

    app: App
    """The application."""
    defaults: Defaults = Defaults()
    """What flags would say otherwise."""
    plan: Plan = Plan()
    """What `plan` looks at."""
    code: dict[Name, CommandStep] = {}
    """The checks before merging, by name; all run in parallel."""
    build: Build = Build()
    """How the artifact is made."""
    test: dict[Name, TestStep] = {}
    """The test suites, by name."""
    cache: Cache = Cache()
    """Where results of steps are kept."""
    smoke: Smoke = Smoke()
    """The test of the built artifact itself."""
    release: Release = Release()
    """How versions are made and marked."""
    environments: dict[Name, Environment] = {"local": Environment()}
    """Where the application runs, by name. `local` is always there."""
    operate: Operate = Operate()
    """What happens after a deployment."""
    monitor: Monitor = Monitor()
    """What `monitor` measures."""
    ledger: LedgerSettings = LedgerSettings()
    """The records of what was done here."""
    secrets: tuple[Variable, ...] = ()
    """Names of environment variables whose values are masked wherever they would appear."""
    chains: dict[Name, tuple[ChainLink, ...]] = {}
    """Chains of your own: stages (`deploy staging`), other chains and your own Invoke tasks, one
    after another. Links of an inner list don't wait for each other."""

    def written_chains(self) -> dict[str, list[Any]]:
        """The chains in the types that TOML has."""
        dumped = self.model_dump(mode="json", include={"chains"}, by_alias=True)
        written: dict[str, list[Any]] = dumped["chains"]
        return written
