"""Services: put specifications in force, and take them back."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.model import WEB, Event, parts
from fullcycle_docker.labels import DEPLOYMENT, Role

from .accessories import SwarmAccessories
from .ground import prepare, remove_network, tidy, with_secrets
from .manager import NANOSECONDS
from .proxy import Proxy
from .publish import through_ingress
from .specs import ESSENCE, service, service_name
from .tasks import Task
from .watch import Watch, until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fullcycle.model import Deployment, Workload
    from fullcycle.providers import Strategy
    from fullcycle_docker.labels import Owner
    from fullcycle_docker.options import Options

    from .manager import Json, Manager
    from .specs import Ground

ANSWER = 10.0
"""Seconds in which a proxy that runs has seen all replicas."""


class Services:
    """The services of one environment."""

    def __init__(self, manager: Manager, owner: Owner, options: Options) -> None:
        self.manager = manager
        self.owner = owner
        self._options = options
        self.accessories = SwarmAccessories(manager, owner, options.accessories)

    @cached_property
    def proxy(self) -> Proxy | None:
        """What requests come through; None where that is the Swarm's own ingress."""
        if through_ingress(self.manager.engine, self._options.publish):
            return None
        return Proxy(self.manager, self.owner, self._options.proxy)

    def check(self, deployment: Deployment, strategy: Strategy) -> None:  # noqa: ARG002 (see Engine)
        """Refuse what a Swarm cannot do.

        Raises:
            UsageError: with what works instead.
        """
        if strategy.kind != "rolling":
            raise UsageError(
                f"a Swarm rolls out by itself, replica by replica: it knows no {strategy.kind}",
                hint='use strategy = "rolling", or orchestrator = "engine" on a single Engine',
            )
        self.accessories.check()

    def processes(self) -> dict[str, Json]:
        """The services of the application's processes, by their names."""
        found = self.manager.services(self.owner.filter(Role.REPLICA))
        return {each["Spec"]["Name"]: each for each in found}

    def state(self) -> dict[str, Json]:
        """See Engine.state: the specifications of the application's services."""
        return {name: each["Spec"] for name, each in self.processes().items()}

    def begun(self, deployment: Deployment) -> bool:
        """See Engine.begun: whether every service has the deployment's specification."""
        found = self.state()
        wanted = {service_name(self.owner, part.process) for part in parts(deployment.workload)}
        marked = {each["Labels"].get(DEPLOYMENT) for each in found.values()}
        return set(found) == wanted and marked == {deployment.id}

    def former(self, cut_off: Sequence[str]) -> dict[str, Json]:
        """See Engine.former: the specifications that were in force before."""
        return _former(self.processes(), cut_off)

    def roll(self, deployment: Deployment, strategy: Strategy) -> Iterator[Event]:
        """Let the Swarm bring every process to what the deployment says.

        Raises:
            StepError: a replica failed.
            UsageError: something of the settings cannot be had.
        """
        workload = deployment.workload
        ground = prepare(self.manager, self.owner, workload, ingress=self.proxy is None)
        yield Event(message=f"image {ground.image.reference}")
        yield from self.accessories.ensure()
        specs = self._specs(deployment, strategy, ground)
        names = list(specs)
        if self.proxy:
            target = service_name(self.owner, WEB)
            if self.proxy.open(workload, target, ground.networks[0]):
                yield Event(message="HAProxy is started on every node")
            names.append(self.proxy.name)
        watch = self._watch(names, workload)
        for spec in specs.values():
            self.manager.put(spec)
            yield Event(message=f"{spec['Name']}: {_what(spec)}")
        yield from watch.until_there()
        yield from self._routed(workload)
        yield from self._dismiss(set(self.processes()) - set(specs))
        tidy(self.manager, self.owner)

    def awaited(self, deployment: Deployment) -> Iterator[Event]:
        """Wait until what the Swarm has been told is done; raises as `roll`."""
        workload = deployment.workload
        names = [*self.processes(), *([self.proxy.name] if self.proxy else [])]
        yield from self._watch(names, workload).until_there()
        yield from self._routed(workload)

    def restore(self, before: Mapping[str, Json], previous: Deployment) -> Iterator[Event]:
        """Go back to specifications that were in force."""
        workload = previous.workload
        names = [*before, *([self.proxy.name] if self.proxy else [])]
        watch = self._watch(names, workload)
        for spec in before.values():
            self.manager.put(spec)
        if self.proxy:
            own = next(iter(before.values()))["TaskTemplate"]["Networks"][0]["Target"]
            self.proxy.open(workload, service_name(self.owner, WEB), own)
        yield from self._dismiss(set(self.processes()) - set(before))
        yield from watch.until_there(tolerant=True)
        tidy(self.manager, self.owner)

    def remove(self, *, accessories: bool = False) -> Iterator[Event]:
        """Remove all that belongs to the environment, but for its history.

        Args:
            accessories: remove those as well, and the network that they are in.
        """
        kept = set() if accessories else self.accessories.present()
        found = {each["Spec"]["Name"] for each in self.manager.services(self.owner.filter())}
        yield from self._dismiss(found - kept)
        if not kept:
            yield from remove_network(self.manager, self.owner)
        tidy(self.manager, self.owner)

    def _specs(self, deployment: Deployment, strategy: Strategy, ground: Ground) -> dict[str, Json]:
        there = self.processes()
        made = _wanted(deployment, strategy, ground)
        if strategy.replace or not all(_alike(spec, there) for spec in made.values()):
            ground = with_secrets(self.manager, ground, deployment.workload.secrets)
            made = _wanted(deployment, strategy, ground)
        return {
            name: _fitted(spec, there.get(name), anew=strategy.replace)
            for name, spec in made.items()
        }

    def _watch(self, names: Sequence[str], workload: Workload) -> Watch:
        return Watch(
            self.manager,
            names,
            deadline=max(part.health.deadline for part in parts(workload)),
            grace=workload.drain + workload.stop_grace,
        )

    def _dismiss(self, names: set[str]) -> Iterator[Event]:
        """Remove services, and wait until their last task has ended."""
        known = [found for name in names if (found := self.manager.service(name))]
        if not known:
            return
        for each in known:
            self.manager.remove_service(each["ID"])
            yield Event(message=f"{each['Spec']['Name']}: removed")
        ids = {each["ID"] for each in known}
        grace = max(_grace(each["Spec"]) for each in known)
        yield from until(lambda: not self._left(ids), "the last replicas to end", grace + 60)

    def _left(self, ids: set[str]) -> bool:
        lost = self.manager.lost()
        tasks = [Task(raw) for raw in self.manager.tasks(self.owner.filter())]
        ours = [task for task in tasks if task.raw["ServiceID"] in ids and task.node not in lost]
        return any(task.state in {"running", "starting"} for task in ours)

    def _routed(self, workload: Workload) -> Iterator[Event]:
        """Wait until the proxies that answer send requests to all replicas, and to no other."""
        if self.proxy is None:
            return
        proxy, wanted = self.proxy, workload.replicas
        yield from until(
            lambda: proxy.serving() in {wanted, None}, "HAProxy to see all replicas", ANSWER
        )


def _wanted(deployment: Deployment, strategy: Strategy, ground: Ground) -> dict[str, Json]:
    found = {}
    for part in parts(deployment.workload):
        spec = service(part, deployment, strategy.batch, ground)
        found[spec["Name"]] = spec
    return found


def _alike(spec: Json, there: Mapping[str, Json]) -> bool:
    known = there.get(spec["Name"])
    return known is not None and known["Spec"]["Labels"].get(ESSENCE) == spec["Labels"][ESSENCE]


def _fitted(spec: Json, known: Json | None, *, anew: bool) -> Json:
    """A specification that keeps the replicas that are as good as new ones."""
    if known is None:
        return spec
    template = known["Spec"]["TaskTemplate"]
    if anew:
        force = template.get("ForceUpdate", 0) + 1
        return {**spec, "TaskTemplate": {**spec["TaskTemplate"], "ForceUpdate": force}}
    if _alike(spec, {spec["Name"]: known}):
        return {**spec, "TaskTemplate": template}
    return spec


def _what(spec: Json) -> str:
    count = spec["Mode"]["Replicated"]["Replicas"]
    return f"{count} × {spec['Labels']['fullcycle.version']}, {spec['UpdateConfig']['Order']}"


def _grace(spec: Json) -> float:
    return float(spec["TaskTemplate"]["ContainerSpec"].get("StopGracePeriod", 0)) / NANOSECONDS


def _former(found: Mapping[str, Json], cut_off: Sequence[str]) -> dict[str, Json]:
    """The specifications that were in force before deployments that were cut off."""
    before = {}
    for name, each in found.items():
        for spec in (each["Spec"], each.get("PreviousSpec") or {}):
            deployment = spec.get("Labels", {}).get(DEPLOYMENT)
            if deployment and deployment not in cut_off:
                before[name] = spec
                break
    return before
