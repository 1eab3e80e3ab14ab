"""Accessories: what runs beside an application, each as a service of one replica.

A local volume stays on the node that it was made on, so what keeps something is bound to a node:
to the one that was chosen when it was first started. A config of the Swarm remembers which.
"""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.model import Event
from fullcycle.settings.forms import size
from fullcycle_docker.accessories import GRACE_SECONDS, READY_SECONDS, SETTINGS, digest
from fullcycle_docker.labels import Role
from fullcycle_docker.probe import MOMENT

from .ground import network, scripts, with_secrets
from .images import other_image
from .manager import NANOSECONDS, works
from .names import named
from .scripts import with_secrets as given
from .specs import Ground, beside, limits, listed, mount, plain
from .tasks import RUNNING, Task
from .watch import Watch, until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fullcycle_docker.labels import Owner
    from fullcycle_docker.options import Accessory

    from .manager import Json, Manager

NODE = "fullcycle.node"
FAILURES = 60
"""Failed checks in a row, a second each, after which the Swarm starts it anew: it may be busy."""


class SwarmAccessories:
    """The accessories of one environment."""

    def __init__(self, manager: Manager, owner: Owner, wanted: Mapping[str, Accessory]) -> None:
        self._manager = manager
        self._owner = owner
        self._wanted = wanted

    def check(self) -> None:
        """Refuse what a Swarm cannot do.

        Raises:
            UsageError: one has a port that others could reach from everywhere.
        """
        for name, wanted in self._wanted.items():
            if wanted.ports:
                raise UsageError(
                    f"a Swarm would open port {wanted.ports[0]} of accessory {name} to everybody",
                    hint="leave out its `ports`; replicas and `invoke operate.run` reach it anyway",
                )

    def ensure(self) -> Iterator[Event]:
        """Start those that don't run, and wait until they are healthy.

        Those that run are left alone, also when the settings say otherwise by now.

        Raises:
            UsageError: a secret is not set; no node is fit, or its node is gone.
            StepError: one doesn't become healthy.
        """
        self.check()
        missing = self.missing()
        yield from self._start(missing, [name for name in missing if not self._find(name)])

    def renew(self) -> Iterator[Event]:
        """Start those anew whose settings have changed; volumes stay. Raises as `ensure`."""
        self.check()
        differing = self.differing()
        yield from self._start(differing, differing)

    def missing(self) -> list[str]:
        """Those that don't run."""
        return [name for name in self._wanted if not self._runs(name)]

    def differing(self) -> list[str]:
        """Those that there are with other settings than those written now."""
        return [
            name
            for name, wanted in self._wanted.items()
            if (found := self._find(name)) and found["Spec"]["Labels"][SETTINGS] != digest(wanted)
        ]

    def present(self) -> set[str]:
        """Names of the services of all that there are, those included that no setting names."""
        found = self._manager.services(self._owner.filter(Role.ACCESSORY))
        return {each["Spec"]["Name"] for each in found}

    def _start(self, names: Sequence[str], anew: Sequence[str]) -> Iterator[Event]:
        """Put specifications in force where they are wanted anew, and wait for all."""
        if not names:
            return
        specs = [self._spec(name) for name in anew]
        services = [self._service_name(name) for name in names]
        watch = Watch(self._manager, services, deadline=READY_SECONDS, grace=GRACE_SECONDS)
        for spec in specs:
            self._manager.put(spec)
            yield Event(message=f"{spec['Name']}: starting")
        yield from watch.until_there()
        if not all(self._wanted[name].health for name in names):
            end = time.monotonic() + MOMENT
            yield from until(lambda: time.monotonic() > end, "what has no check", MOMENT + 1)
            yield from watch.until_there()
        for name in names:
            yield Event(message=f"started {name}")

    def _service_name(self, name: str) -> str:
        return named(self._owner, "accessory", name)

    def _find(self, name: str) -> Json | None:
        return self._manager.service(self._service_name(name))

    def _runs(self, name: str) -> bool:
        found = self._find(name)
        tasks = self._manager.tasks({"service": [found["ID"]]}) if found else []
        return any(task.state == RUNNING and task.wanted for task in map(Task, tasks))

    def _spec(self, name: str) -> Json:
        wanted = self._wanted[name]
        labels = self._owner.labels(Role.ACCESSORY, accessory=name)
        return {
            "Name": self._service_name(name),
            "Labels": {**labels, SETTINGS: digest(wanted)},
            "TaskTemplate": {
                "ContainerSpec": {**_container(wanted, self._ground(wanted)), "Labels": labels},
                "Resources": {"Limits": limits(wanted.cpus, size(wanted.memory or "0"))},
                "RestartPolicy": {"Condition": "any", "Delay": NANOSECONDS},
                "Networks": [{"Target": network(self._manager, self._owner), "Aliases": [name]}],
                "Placement": {"Constraints": [self._place(name)] if wanted.volumes else []},
            },
            "Mode": {"Replicated": {"Replicas": 1}},
            "UpdateConfig": {"Parallelism": 1, "Order": "stop-first", "FailureAction": "pause"},
            "EndpointSpec": {"Mode": "dnsrr"},
        }

    def _ground(self, wanted: Accessory) -> Ground:
        image = other_image(self._manager, wanted.image)
        if (wanted.secrets or wanted.health) and not image.shell:
            raise UsageError(
                f"the image {wanted.image} has no shell, which secrets and `health` need",
                hint="take another image, or leave them out",
            )
        files = scripts(self._manager, self._owner, image) if wanted.secrets else {}
        ground = Ground(owner=self._owner, image=image, networks=(), scripts=files)
        return with_secrets(self._manager, ground, wanted.secrets)

    def _place(self, name: str) -> str:
        """The constraint that keeps an accessory on its node: ours if we can choose."""
        record = named(self._owner, "place", name)
        labels = self._owner.labels(Role.STATE, accessory=name) | {NODE: self._best()}
        self._manager.create_object("configs", record, b"-", labels)
        known = self._manager.config(record) or {"Spec": {"Labels": labels}}
        return f"node.id=={known['Spec']['Labels'][NODE]}"

    def _best(self) -> str:
        nodes = self._manager.nodes()
        able = [ident for ident, node in nodes.items() if works(node)] or list(nodes)
        home = self._manager.engine.info["Swarm"]["NodeID"]
        return min(able, key=lambda ident: (ident != home, ident))


def _container(wanted: Accessory, ground: Ground) -> Json:
    program = ground.image.program
    if wanted.command:
        program = (*ground.image.entrypoint, *shlex.split(wanted.command))
    return {
        "Image": ground.image.reference,
        "Command": given(wanted.secrets, program),
        "Env": listed(plain(wanted.env)),
        "Init": True,
        "StopGracePeriod": GRACE_SECONDS * NANOSECONDS,
        "Mounts": [mount(each, ground.owner) for each in wanted.volumes],
        "Healthcheck": _health(wanted),
        **beside(ground),
    }


def _health(wanted: Accessory) -> Json:
    if not wanted.health:
        return {"Test": ["NONE"]}
    return {
        "Test": ["CMD", *given(wanted.secrets, ["sh", "-c", wanted.health])],
        "Interval": NANOSECONDS,
        "Timeout": 10 * NANOSECONDS,
        "StartPeriod": round(READY_SECONDS) * NANOSECONDS,
        "Retries": FAILURES,
    }
