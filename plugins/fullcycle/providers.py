"""The contract between fullcycle and the platforms it works on, and the discovery of providers.

A provider is a class found through the entry-point group `fullcycle.providers`. It offers the
capabilities its platform has; fullcycle makes the rest out of them where it can (a Runtime out
of Replicas, Router and History) and says clearly what is missing where it cannot.

This module imports nothing heavy: `invoke --list` may load it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

from .errors import OutOfReachError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from importlib.metadata import EntryPoint
    from pathlib import Path

    from .model import (
        Artifact,
        Cost,
        Deployment,
        Event,
        HealthCheck,
        LogLine,
        Probe,
        Reading,
        Release,
        Replica,
        ScalingPolicy,
        Status,
        Workload,
    )

GROUP = "fullcycle.providers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a provider is made for: one environment of one application."""

    app: str
    environment: str
    root: Path
    """The project's folder."""
    options: Any
    """The provider's own settings of this environment, validated by its `Options`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """How a command ended."""

    exit_code: int
    """Its own, or 128 + the number of the signal that killed it."""
    tail: str = ""
    """The last lines it wrote, masked."""


class Bench(Protocol):
    """What a step lends to a provider for the time of one call."""

    def log(self, line: str) -> None:
        """Add a line to the step's log."""

    def output(self, line: str) -> None:
        """Pass on a line that the user's own command wrote where it ran, masked.

        It goes to the step's log, and to standard output where there is no step.
        """

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
        check: bool = True,
    ) -> Completed:
        """Run a command in the step's name: its output goes to the step's log, masked.

        Its whole process group dies with the step.

        Args:
            command: program and arguments; no shell reads them.
            cwd: working folder; the project's root by default.
            env: variables added to the environment.
            timeout: seconds.
            check: raise StepError when it exits with anything but 0.
        """

    def checkpoint(self) -> None:
        """Raise if the step has been cancelled or its time is over; call it in every wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a build starts from."""

    app: str
    root: Path
    version: str
    revision: str
    dirty: bool
    epoch: int
    """SOURCE_DATE_EPOCH: seconds since 1970 of the commit, so that builds are reproducible."""
    output: Path
    """Where the builder puts content it cannot leave on the platform. Created by the caller."""
    build: Any
    """The `[build]` settings."""
    port: int = 0
    """The port the application listens on where it has a network of its own; 0 when unknown."""


@runtime_checkable
class Builder(Protocol):
    """Makes artifacts."""

    def build(self, source: Source, bench: Bench) -> Artifact:
        """Build the source; raises StepError with the failing command's log tail."""


@runtime_checkable
class Tryout(Protocol):
    """Starts an artifact alone, before it is released: the smoke test, and suites inside it."""

    def try_out(
        self, artifact: Artifact, content: Path | None, workload: Workload, bench: Bench
    ) -> str:
        """Start one replica, wait until it is healthy, stop it and leave nothing behind.

        Returns:
            what the health check answered.

        Raises:
            StepError: it did not become healthy; with the reason and the log tail.
        """

    def run(
        self,
        artifact: Artifact,
        content: Path | None,
        command: str,
        bench: Bench,
        *,
        env: Mapping[str, str],
        collect: Sequence[str] = (),
    ) -> int:
        """Run a command inside the artifact, and leave nothing behind; returns its exit code.

        Args:
            artifact: what was built.
            content: where its content waits, when the build left it in a file or folder.
            command: read by a shell.
            bench: its output goes there.
            env: variables added to the environment.
            collect: glob patterns, relative to the working folder, of files that are brought
                back to the same places below the project's root.
        """


@runtime_checkable
class Registry(Protocol):
    """Keeps releases, by digest."""

    def publish(self, artifact: Artifact, release: Release, content: Path | None) -> Release:
        """Store the artifact and the release; publishing the same again changes nothing.

        Args:
            artifact: what was built.
            release: its version; `registry` is filled in by the provider.
            content: the artifact's content, when the build left it in a file or folder.

        Raises:
            StepError: the version is taken by another digest, or the content does not have
                the artifact's digest.
        """

    def attach(self, release: Release, name: str, content: bytes) -> None:
        """Keep a document beside a release: its SBOM, its provenance. The same name replaces."""

    def find(self, reference: str) -> Release | None:
        """The release of a version or of a digest (also abbreviated), if there is one."""

    def list(self) -> Sequence[Release]:
        """All releases, newest first."""

    def verify(self, release: Release) -> Sequence[str]:
        """What is amiss with it, one line each: its content lacks, or has another digest."""

    def prune(self, keep: int, needed: frozenset[str]) -> Sequence[Release]:
        """Delete all but the newest `keep` releases and those whose digest is needed."""


@runtime_checkable
class Runtime(Protocol):
    """Runs releases.

    A method `follow`, with the arguments of `logs`, may give lines as they are written, for ever
    (or None); without it logs are followed by reading them again and again.

    Where lines of a log may arrive late, a class attribute `late` says by how many seconds at most;
    whoever follows the log then reads so far back again.
    """

    def deploy(self, deployment: Deployment, strategy: Strategy) -> Iterator[Event]:
        """Bring the environment to the deployment's workload, yielding what happens.

        Closing the iterator undoes what has begun. The caller holds the lock.

        Raises:
            RolledBackError: the new version failed and the old one serves.
            StepError: it failed and there was nothing to go back to.
        """

    def recover(self) -> Iterator[Event]:
        """Finish or undo what an interrupted deployment left; yields nothing when all is well."""

    def status(self) -> Status:
        """What runs now, read from the platform."""

    def run(self, workload: Workload, command: str, bench: Bench) -> int:
        """Run a one-off command inside the workload's release; returns its exit code."""

    def exec(self, replica: Replica, command: str, bench: Bench) -> int:
        """Run a command where a replica runs; returns its exit code."""

    def logs(self, *, replica: str = "", since: datetime | None = None) -> Iterator[LogLine]:
        """What the replicas wrote, removed ones included, merged by time."""

    def remove(self) -> Iterator[Event]:
        """Stop everything of this environment. History and releases stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What a new version's requests must be like before it gets more of them."""

    error_rate: float | None = None
    """Share of requests that may fail."""
    percentiles: Mapping[float, float] = field(default_factory=dict)
    """Percentile (95 for p95) → seconds it may be at most."""
    min_requests: int = 1
    """Requests below which there is no data."""
    on_no_data: Literal["fail", "pause", "pass"] = "pause"
    """What becomes of a step without data: undone, a person is asked, or it counts as good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """How a new version replaces the old one."""

    kind: Literal["rolling", "blue-green", "canary", "linear"] = "rolling"
    batch: int = 1
    """Rolling: replicas replaced at a time."""
    replace: bool = False
    """Replace also replicas that run the same release with the same settings already (a restart,
    a forced deployment); without it only the difference is touched."""
    steps: tuple[int, ...] = (10, 50)
    """Canary: percent of the requests that the new version gets, step by step, before all."""
    step: int = 10
    """Linear: by how many percent its share of the requests grows at a time (ECS' default)."""
    pause: float = 60.0
    """Seconds a step of a canary or a linear deployment lasts, and for how long blue stays ready
    when green serves."""
    approve: bool = False
    """Whether a person must say yes after every step: before a canary gets more of the requests,
    and before blue is stopped."""
    analysis: Analysis = Analysis()

    @property
    def shares(self) -> tuple[int, ...]:
        """Percent of the requests that the new version gets, step by step, before all."""
        return tuple(range(self.step, 100, self.step)) if self.kind == "linear" else self.steps


@runtime_checkable
class Replicas(Protocol):
    """Starts and stops copies of an application, on platforms without a rollout engine.

    Where several can be handled at the same time, a class attribute `at_once` says how many: so
    many threads may then start, stop, route and withdraw different ones. Without it all is done one
    after another.
    """

    def prepare(self, workload: Workload, bench: Bench | None = None) -> None:
        """Bring the release's content to where it runs, before anything is touched.

        Args:
            workload: the whole application, all of whose processes are going to be started.
            bench: its output goes there.

        Raises:
            UsageError: the platform cannot do what the workload asks for.
        """

    def start(self, workload: Workload, deployment: str) -> Replica:
        """Start one replica; returns at once. The platform restarts it if it crashes.

        Args:
            workload: one process of the application, see `parts`.
            deployment: the id of the deployment that starts it.
        """

    def probe(self, replica: Replica, health: HealthCheck) -> Probe:
        """Look at a replica once."""

    def stop(self, replica: Replica, grace: float) -> None:
        """SIGTERM, SIGKILL after `grace` seconds, and forget it; its log stays readable."""

    def list(self) -> Sequence[Replica]:
        """All replicas of this environment, crashed ones included."""

    def run(self, workload: Workload, command: str, bench: Bench) -> int:
        """Run a one-off command inside the workload's release; returns its exit code."""

    def exec(self, replica: Replica, command: str, bench: Bench) -> int:
        """Run a command with the environment of a replica; returns its exit code."""

    def logs(self, *, replica: str = "", since: datetime | None = None) -> Iterator[LogLine]:
        """What the replicas wrote, removed ones included, merged by time."""

    def close(self) -> None:
        """Stop what serves no replica any more (a supervisor)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteStatistics:
    """What the router knows of one replica since it was routed to."""

    replica: str
    up: bool
    weight: int
    sessions: int
    """Requests being served now."""
    requests: int
    errors: int
    """Responses of 500 and more, and requests that got no response."""
    response_seconds: float | None
    """Mean of the last responses; None before the first."""
    latencies: Mapping[float, int] = field(default_factory=dict)
    """Upper bound in seconds → responses that took at most as long, the last bound infinite
    (Prometheus' cumulative histogram); empty where the router doesn't count them."""


@runtime_checkable
class Router(Protocol):
    """Spreads requests over replicas, behind one address."""

    def open(self, port: int, health: HealthCheck) -> str:
        """Make sure it runs on the port; returns the URL.

        Another health check than before applies to replicas routed from now on: those routed
        already go on being checked as they were, or a new version's health path would take the
        old version out of service.

        Raises:
            UsageError: the port is taken.
        """

    def route(self, replica: Replica, weight: int = 100) -> None:
        """Send the replica its share of requests; weight 0 to 100, relative to the others.

        Returns when the router itself has found the replica healthy, and raises StepError when
        it has not within the health check's deadline.
        """

    def drain(self, replica: Replica, timeout: float) -> bool:
        """No new requests; waits until running ones are done. False when some were left.

        A websocket is a running request, too. A timeout of 0 returns at once. The replica stays
        in the statistics, with weight 0, and can be routed to again.
        """

    def withdraw(self, replica: Replica) -> None:
        """Forget the replica, and end what it still serves, so that nothing holds it up."""

    def statistics(self) -> Sequence[RouteStatistics]:
        """One entry per routed replica; none when the router is closed."""

    def address(self) -> str:
        """The URL users reach; empty when closed."""

    def close(self) -> None:
        """Stop routing."""


@runtime_checkable
class History(Protocol):
    """The deployments of an environment, recorded on the platform itself."""

    def record(self, deployment: Deployment) -> None:
        """Add or update a deployment; durable when it returns."""

    def list(self, limit: int = 50) -> Sequence[Deployment]:
        """Newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a lock."""

    owner: str
    """user@host, process id and what for."""
    since: datetime
    expires: datetime


@runtime_checkable
class Lock(Protocol):
    """One deployment at a time to an environment, over all machines that can deploy to it."""

    def acquire(self, owner: str, ttl: float) -> None:
        """Take the lock for `ttl` seconds; raises LockedError naming the holder.

        A lock that has expired, or whose owner provably is gone, is taken over. What the lock
        itself needs on the platform it makes: provisioning holds the lock, too.
        """

    def heartbeat(self, owner: str, ttl: float) -> None:
        """Hold it `ttl` seconds longer; raises LockedError when it was lost."""

    def release(self, owner: str) -> None:
        """Give it back; nothing happens when somebody else holds it."""

    def holder(self) -> Holder | None:
        """Who holds it now."""

    def break_(self) -> Holder | None:
        """Take it away on purpose; returns from whom."""


@runtime_checkable
class Telemetry(Protocol):
    """Measures what runs."""

    def readings(self) -> Sequence[Reading]:
        """CPU, memory, restarts and uptime of replicas, requests and errors, and the host."""


@runtime_checkable
class Maintenance(Protocol):
    """Answers users with a page instead of the application, which goes on running."""

    def begin(self, page: str) -> None:
        """Answer every request with 503 and the page, as HTML, until `end`."""

    def end(self) -> None:
        """Send requests to the application again."""

    def active(self) -> bool:
        """Whether the page is shown."""


@runtime_checkable
class Scaler(Protocol):
    """Installs an autoscaling policy, on platforms with an engine of their own."""

    def install(self, policy: ScalingPolicy) -> Sequence[str]:
        """Put the policy in force; the same one again changes nothing.

        Returns:
            what was changed, one line each.

        Raises:
            UsageError: the platform cannot do what the policy asks for.
        """

    def uninstall(self) -> Sequence[str]:
        """Take it out of force; what was changed, one line each."""

    def installed(self) -> Sequence[str]:
        """What is in force, one line each, as the platform tells it."""


@runtime_checkable
class Infrastructure(Protocol):
    """What has to exist before anything can be deployed."""

    def plan(self) -> Sequence[str]:
        """What provisioning would change, one line each."""

    def provision(self) -> Iterator[Event]:
        """Make it exist; what exists already is left alone. The caller holds the lock."""

    def teardown(self) -> Iterator[Event]:
        """Remove all of it, its data too. Nothing runs any more; the caller holds the lock."""

    def monthly_cost(self) -> Cost | None:
        """An estimate with what it rests on; None where there is no price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider offers; None where its platform has no such thing."""

    builder: Builder | None = None
    tryout: Tryout | None = None
    registry: Registry | None = None
    runtime: Runtime | None = None
    replicas: Replicas | None = None
    router: Router | None = None
    history: History | None = None
    lock: Lock | None = None
    telemetry: Telemetry | None = None
    maintenance: Maintenance | None = None
    scaler: Scaler | None = None
    infrastructure: Infrastructure | None = None
    needs_command: bool = True
    """Whether the settings must say how a replica is started; False where artifacts know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ailment:
    """Something that keeps a provider from working on this machine."""

    problem: str
    remedy: str
    fatal: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)


class Provider(Protocol):
    """A platform's plugin."""

    name: ClassVar[str]
    """As it is written in the settings."""
    Options: ClassVar[type[Any]]
    """A pydantic model of the settings it understands in `[environments.NAME]`, beside the
    common ones. Loaded lazily: only the settings and the provider itself ask for it."""

    def __init__(self, target: Target) -> None:
        """Must be cheap and touch nothing: the platform is reached on first use."""

    def capabilities(self) -> Capabilities:
        """What it offers for this environment."""

    def examine(self) -> Sequence[Ailment]:
        """What is missing on this machine, for `doctor`. Quick; changes nothing."""


def installed() -> dict[str, EntryPoint]:
    """All providers installed, by name.

    Raises:
        UsageError: two distributions offer the same name.
    """
    from importlib.metadata import entry_points

    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        other = found.get(point.name)
        if other is not None and other.value != point.value:
            raise UsageError(
                f"two providers are called {point.name!r}: {other.value} and {point.value}",
                hint="uninstall one of the two distributions",
            )
        found[point.name] = point
    return found


def load(name: str) -> type[Provider]:
    """The provider's class.

    Raises:
        UsageError: there is none of that name.
        OutOfReachError: it is installed but cannot be imported.
    """
    from difflib import get_close_matches

    providers = installed()
    if name not in providers:
        near = get_close_matches(name, providers, 1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        raise UsageError(
            f"unknown provider {name!r}",
            hint=f"{meant}installed: {', '.join(sorted(providers)) or 'none'}",
        )
    point = providers[name]
    try:
        loaded = point.load()
    except Exception as error:
        raise OutOfReachError(
            f"provider {name!r} ({point.value}) cannot be loaded: {type(error).__name__}: {error}",
            hint="reinstall the distribution that brings it, or install its extra",
        ) from error
    missing = [a for a in ("name", "Options", "capabilities", "examine") if not hasattr(loaded, a)]
    if missing:
        raise OutOfReachError(
            f"provider {name!r} ({point.value}) is not a provider: it lacks {', '.join(missing)}",
            hint="see the provider contract in the docs",
        )
    provider: type[Provider] = loaded
    return provider


def borrow(name: str, target: Target, options: Mapping[str, Any]) -> Capabilities:
    """What another installed provider offers, for a platform that lacks a part of its own.

    Args:
        name: the other provider's; a platform that runs images has no builder, say.
        target: for whom; its options are replaced.
        options: those of the other provider.

    Raises:
        UsageError: there is no provider of that name, or the options are none of its.
        OutOfReachError: it cannot be loaded, or an extra of its is missing.
    """
    from dataclasses import replace

    lender = load(name)
    return lender(replace(target, options=lender.Options(**options))).capabilities()
