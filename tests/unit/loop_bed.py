"""A project on a platform in memory, and the step that works on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from rollout_platform import (
    TARGET,
    MemoryHistory,
    MemoryReplicas,
    MemoryRouter,
    World,
)
from settings_projects import loaded

from fullcycle.environment import Platform
from fullcycle.errors import LockedError
from fullcycle.project import Choices, Project
from fullcycle.providers import Capabilities, Completed, Holder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from fullcycle.model import Replica, Workload
    from fullcycle.providers import Ailment, Bench

SHOP = """
[app]
name = "shop"
run = "serve {port}"
health = "/healthz"

[environments.test]
drain = 0.01
"""


@dataclass
class Desk:
    """A step's context: keeps what is logged."""

    root: Path
    name: str = "deploy"
    lines: list[str] = field(default_factory=list)
    summary: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)
    exit_code: int | None = None
    heard: Callable[[], object] = lambda: None
    """Called at every checkpoint."""

    def log(self, line: str) -> None:
        self.lines.append(line)

    def summarize(self, text: str) -> None:
        self.summary = text

    def checkpoint(self) -> None:
        self.heard()

    def output(self, line: str) -> None:
        self.lines.append(line)

    def run(self, command: Sequence[str], **_: Any) -> Completed:
        self.lines.append(f"ran {command}")
        return Completed(exit_code=0)


@dataclass
class Latch:
    """A lock in memory."""

    owner: str = ""

    def acquire(self, owner: str, ttl: float) -> None:
        assert ttl > 0
        if self.owner:
            raise LockedError(f"locked by {self.owner}")
        self.owner = owner

    def heartbeat(self, owner: str, ttl: float) -> None:
        assert (owner, ttl > 0) == (self.owner, True)

    def release(self, owner: str) -> None:
        assert owner == self.owner
        self.owner = ""

    def holder(self) -> Holder | None:
        return None

    def break_(self) -> Holder | None:
        return None


@dataclass
class Commanded(MemoryReplicas):
    """Replicas inside which commands run: `exit 3` ends with 3, everything else with 0."""

    raises: BaseException | None = None
    benches: list[Bench | None] = field(default_factory=list)

    def prepare(self, workload: Workload, bench: Bench | None = None) -> None:
        super().prepare(workload)
        self.benches.append(bench)

    def run(self, workload: Workload, command: str, bench: Bench) -> int:
        self.world.call(f"run {command} in {workload.release.version}")
        if self.raises:
            raise self.raises
        bench.log(f"{command}!")
        return int(command.split()[1]) if command.startswith("exit") else 0

    def exec(self, replica: Replica, command: str, bench: Bench) -> int:
        bench.log(f"{command} in {replica.id}")
        return 0


@dataclass
class Offering:
    """A provider of just these capabilities."""

    offered: Capabilities
    name: ClassVar[str] = "offering"
    Options: ClassVar[type] = dict

    def capabilities(self) -> Capabilities:
        return self.offered

    def examine(self) -> Sequence[Ailment]:
        return ()


def project(root: Path, offered: Capabilities, text: str = SHOP, **choices: Any) -> Project:
    """A project whose environment `test` has these capabilities."""
    found = loaded(root, text)
    made = Project(found, "test", found.environment("test")[1], Choices(**choices))
    vars(made)["platform"] = Platform(Offering(offered), TARGET)
    return made


@dataclass
class Site:
    """A project on a platform in memory, with what a test looks at."""

    root: Path
    text: str = SHOP
    world: World = field(default_factory=World)
    latch: Latch = field(default_factory=Latch)
    more: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.replicas = Commanded(self.world)
        self.desk = Desk(self.root)

    def project(self, **choices: Any) -> Project:
        offered = Capabilities(
            replicas=self.replicas,
            router=MemoryRouter(self.world),
            history=MemoryHistory(self.world),
            lock=self.latch,
            **self.more,
        )
        return project(self.root, offered, self.text, **choices)
