"""Tasks: a Swarm's attempts to run a replica, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fullcycle.model import Replica, ReplicaState
from fullcycle_docker.labels import DEPLOYMENT, DIGEST, PROCESS, ROLE, VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .manager import Json

ACCESSORY = "fullcycle.accessory"
RUNNING = "running"
WAITING = frozenset(
    {"new", "allocated", "pending", "assigned", "accepted", "preparing", "ready", "starting"}
)
OVER = frozenset({"complete", "shutdown", "failed", "rejected", "remove", "orphaned"})
FAILED = frozenset({"failed", "rejected"})


@dataclass(frozen=True, slots=True)
class Task:
    """A task, as the manager reports it."""

    raw: Json

    @property
    def id(self) -> str:
        """The Swarm's own."""
        return str(self.raw["ID"])

    @property
    def state(self) -> str:
        """What it is doing, in the Swarm's words."""
        return str(self.raw["Status"]["State"])

    @property
    def wanted(self) -> bool:
        """Whether the Swarm wants it to run."""
        return str(self.raw["DesiredState"]) in {"running", "ready"}

    @property
    def live(self) -> bool:
        """Whether there is anything of it."""
        return self.state == RUNNING or (self.wanted and self.state not in OVER)

    def there(self, lost: set[str]) -> bool:
        """Whether there is anything of it, as far as anybody knows, on a node that is not lost."""
        return self.live and (self.wanted or self.node not in lost)

    @property
    def node(self) -> str:
        """The id of its node; empty while there is none for it."""
        return str(self.raw.get("NodeID", ""))

    @property
    def labels(self) -> dict[str, str]:
        """Of its container."""
        found: dict[str, str] = self.raw["Spec"]["ContainerSpec"].get("Labels") or {}
        return found

    @property
    def name(self) -> str:
        """The replica's id: process, slot and the beginning of the task's own."""
        what = self.process or self.labels.get(ACCESSORY) or self.labels.get(ROLE, "task")
        slot = self.raw.get("Slot")
        return "-".join((what, *([f"{slot}"] if slot else []), self.id[:8]))

    @property
    def process(self) -> str:
        """Which process of the application it runs."""
        return self.labels.get(PROCESS, "")

    @property
    def container(self) -> str:
        """The id of its container on its node; empty before it has one."""
        return str(self.raw["Status"].get("ContainerStatus", {}).get("ContainerID", ""))

    @property
    def exit_code(self) -> int:
        """How its program ended."""
        return int(self.raw["Status"].get("ContainerStatus", {}).get("ExitCode", 0))

    @property
    def trouble(self) -> str:
        """Why it failed, or has to wait, in the Swarm's words; may be empty."""
        return " ".join(str(self.raw["Status"].get("Err", "")).split())

    @property
    def address(self) -> str:
        """Its IP address in the environment's network."""
        for attached in self.raw.get("NetworksAttachments") or ():
            if attached.get("Addresses"):
                return str(attached["Addresses"][0]).partition("/")[0]
        return ""

    def made_of(self, template: Json) -> bool:
        """Whether it is what a service's template describes."""
        return _made(self.raw["Spec"]) == _made(template)


def _made(template: Json) -> tuple[object, ...]:
    resources = template.get("Resources", {}).get("Limits") or {}
    return template["ContainerSpec"], template.get("ForceUpdate", 0), resources


def replica(task: Task, port: int, history: Sequence[Task]) -> Replica:
    """A task as a replica.

    Args:
        task: the newest of its slot.
        port: which the replica listens on.
        history: all tasks of the service.
    """
    labels = task.labels
    started = moment(task.raw["Status"].get("Timestamp", "")) if task.state == RUNNING else None
    return Replica(
        id=task.name,
        deployment=labels.get(DEPLOYMENT, ""),
        version=labels.get(VERSION, ""),
        digest=labels.get(DIGEST, ""),
        process=task.process,
        state=_state(task),
        address=f"{task.address}:{port}" if task.address else "",
        started=started,
        restarts=sum(_before(each, task) for each in history),
        native_id=task.container or task.id,
    )


def moment(text: str) -> datetime | None:
    """A time as the API writes it, with nanoseconds."""
    if not text:
        return None
    head, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{head}.{fraction[:6]:0<6}+00:00")


def _before(other: Task, task: Task) -> bool:
    """Whether a task failed earlier in the slot of another, of the same deployment."""
    same = other.raw.get("Slot") == task.raw.get("Slot") and other.id != task.id
    deployment = other.labels.get(DEPLOYMENT) == task.labels.get(DEPLOYMENT)
    return same and deployment and other.state in FAILED | {"complete"}


def _state(task: Task) -> ReplicaState:
    if task.state == RUNNING:
        return ReplicaState.HEALTHY if task.wanted else ReplicaState.DRAINING
    return ReplicaState.STARTING if task.state in WAITING else ReplicaState.CRASHED
