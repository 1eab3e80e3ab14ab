"""Services: put task definitions in force on ECS, and take them back."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from fullcycle.errors import StepError, UsageError
from fullcycle.model import Event, parts
from fullcycle.providers import Strategy
from fullcycle_aws.faults import translated

from .balance import Balance, asked
from .definition import DEPLOYMENT, DIGEST, definition
from .service import created, updated
from .watch import GOING_BACK, PAUSES, UNDER_WAY, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fullcycle.model import Deployment, Workload

    from .definition import Json
    from .platform import Ecs

ENDING = 600.0
"""Seconds that the last tasks of a service may take to end."""

State = dict[str, tuple[str, int]]
"""Service → the ARN of its task definition, and how many tasks it should have."""


class Services:
    """The services of one environment; see fullcycle.rollout.driven.Engine."""

    def __init__(self, ecs: Ecs) -> None:
        self.ecs = ecs

    def check(self, deployment: Deployment, strategy: Strategy) -> None:
        """See Engine.check."""
        if strategy.approve:
            raise UsageError(
                "ECS waits for no person's word between the steps of a deployment",
                hint="leave `approve` out of `strategy`; `approve = true` of the environment asks"
                " before a deployment begins",
            )
        for part in parts(deployment.workload):
            definition(part, deployment, self.ecs.place)

    def state(self) -> State:
        """See Engine.state."""
        return {
            name: (each["taskDefinition"], each["desiredCount"])
            for name, each in self.ecs.services().items()
        }

    def roll(self, deployment: Deployment, strategy: Strategy) -> Iterator[Event]:
        """See Engine.roll."""
        workload = deployment.workload
        there = self.ecs.services()
        first = self._name(workload) not in there
        yield from self._expect_health(workload, first=first, strategy=strategy)
        watch = self._watch([self._name(part) for part in parts(workload)], workload)
        for part in parts(workload):
            name = self._name(part)
            arn, known = self._defined(part, deployment)
            yield Event(message=f"{name}: {'keeps' if known else 'gets'} {_short(arn)}")
            self._put(part, arn, strategy, there.get(name))
            watch.expect(name, arn)
            yield Event(message=f"{name}: {part.replicas} x {part.release.version}")
        yield from watch.until_there()
        self._compare(workload)
        yield from self._dismiss(set(there) - {self._name(part) for part in parts(workload)})
        self._balance.expect(workload, [self.ecs.place.ground.blue, self.ecs.place.ground.green])

    def begun(self, deployment: Deployment) -> bool:
        """See Engine.begun: ECS goes on, or has ended, when every service was told."""
        wanted = {self._name(part): part.replicas for part in parts(deployment.workload)}
        state = self.state()
        marks = {self.ecs.labels(arn).get(DEPLOYMENT) for arn, _ in state.values()}
        counts = {name: count for name, (_, count) in state.items()}
        return counts == wanted and deployment.id in marks

    def awaited(self, deployment: Deployment) -> Iterator[Event]:
        """See Engine.awaited."""
        workload, state = deployment.workload, self.state()
        watch = self._watch(list(state), workload)
        for name, (arn, _) in state.items():
            watch.expect(name, arn)
        yield from watch.until_there()
        self._compare(workload)

    def former(self, cut_off: Sequence[str]) -> State:
        """See Engine.former: the newest task definitions that serve and weren't of these."""
        found: State = {}
        for name, (arn, count) in self.state().items():
            before = self._before(name, arn, cut_off)
            if before:
                found[name] = (before, count)
        return found

    def restore(self, before: State, previous: Deployment) -> Iterator[Event]:
        """See Engine.restore: the same task definitions, with the settings recorded with them."""
        workload, plain = previous.workload, Strategy(batch=max(1, previous.workload.replicas))
        yield from self._abort(set(before))
        there = self.ecs.services()
        watch = self._watch(list(before), workload)
        for part in parts(workload):
            name = self._name(part)
            if name not in before:
                continue
            arn, count = before[name]
            if not _has(there.get(name), arn, count):
                self._put(part, arn, plain, there.get(name), count=count)
            watch.expect(name, arn)
            yield Event(message=f"{name}: back to {_short(arn)}")
        yield from watch.until_there(tolerant=True)
        yield from self._dismiss(set(there) - set(before))
        self._balance.expect(workload, [self._balance.serving])

    def remove(self) -> Iterator[Event]:
        """See Engine.remove; what was never provisioned runs nothing."""
        if self.ecs.standing is not None:
            yield from self._dismiss(set(self.ecs.services()))

    def _defined(self, part: Workload, deployment: Deployment) -> tuple[str, bool]:
        """The ARN of a task definition that fits, and whether there was one."""
        wanted = definition(part, deployment, self.ecs.place)
        known = self.ecs.fitting(wanted)
        return known or self.ecs.register(wanted), known is not None

    def _put(
        self,
        part: Workload,
        arn: str,
        strategy: Strategy,
        known: Mapping[str, Any] | None,
        *,
        count: int | None = None,
    ) -> None:
        """Make the service, or change it."""
        place, ecs = self.ecs.place, self.ecs.clients.ecs
        name = self._name(part)
        if known is None:
            with translated(f"making the service {name}"):
                ecs.create_service(**created(part, arn, strategy, place))
            return
        wanted = updated(part, arn, strategy, place)
        _keep_balanced(wanted, known, self._balance)
        with translated(f"changing the service {name}"):
            ecs.update_service(
                **wanted | ({} if count is None else {"desiredCount": count}),
                service=name,
                forceNewDeployment=strategy.replace,
            )

    def _expect_health(
        self, workload: Workload, *, first: bool, strategy: Strategy
    ) -> Iterator[Event]:
        """Tell the load balancer what to ask new tasks for.

        A target group has one check for old and new tasks: while they are in the same, the old
        tasks' check stays, or they would be taken out of service.
        """
        ground = self.ecs.place.ground
        if first:
            self._balance.expect(workload, [ground.blue, ground.green])
        elif strategy.kind != "rolling":
            self._balance.expect(workload, [self._balance.waiting])
        elif (before := self._balance.asks(self._balance.serving)) != asked(workload.health):
            yield Event(
                message=f"new tasks have to answer {before}, too, until the old ones are gone:"
                " one target group has one health check, and a rolling deployment one group"
            )

    def _compare(self, workload: Workload) -> None:
        """See that what runs is what was deployed, whatever ECS says."""
        for part in parts(workload):
            name = self._name(part)
            for task in self.ecs.tasks(name):
                found = self.ecs.labels(task["taskDefinitionArn"]).get(DIGEST)
                manifest = part.release.registry.partition("@")[2]
                digests = {each.get("imageDigest", manifest) for each in task["containers"]}
                if found != part.release.digest or digests - {manifest}:
                    raise StepError(
                        f"{name} runs {found or 'nothing of ours'} after all, not"
                        f" {part.release.digest}: ECS rolled back, or somebody else deployed"
                    )

    def _before(self, service: str, now: str, cut_off: Sequence[str]) -> str:
        """The task definition of a service before deployments that were cut off."""
        if self.ecs.labels(now).get(DEPLOYMENT) not in cut_off:
            return now
        deployments = next(iter(self.ecs.look([service])), None)
        known = [each["taskDefinition"] for each in (deployments or {}).get("deployments", [])]
        steady = (arn for arn in known if self.ecs.labels(arn).get(DEPLOYMENT) not in cut_off)
        return next(steady, "")

    def _abort(self, names: set[str]) -> Iterator[Event]:
        """Have ECS take back what it is about to do; what nothing records is not there to stop."""
        for name in sorted(names):
            newest = next(iter(self.ecs.deployments(name)), None)
            if newest and newest["status"] in UNDER_WAY:
                self.ecs.stop(newest["serviceDeploymentArn"])
                yield Event(message=f"{name}: ECS takes its deployment back")
                yield from self._until(partial(self._quiet, name), f"ECS to take {name} back")

    def _quiet(self, name: str) -> bool:
        """Whether ECS is neither deploying nor taking back."""
        newest = next(iter(self.ecs.deployments(name)), None)
        return newest is None or newest["status"] not in UNDER_WAY | GOING_BACK

    def _until(self, holds: Callable[[], bool], what: str) -> Iterator[Event]:
        limit, pause = time.monotonic() + ENDING, PAUSES[0]
        while not holds():
            if time.monotonic() > limit:
                raise StepError(f"waited {ENDING:g} s in vain for {what}")
            yield Event(message=f"waiting for {what}")
            time.sleep(pause)
            pause = min(PAUSES[1], pause * 1.3)

    def _dismiss(self, names: set[str]) -> Iterator[Event]:
        """Remove services, and wait until their last task has ended."""
        ecs, cluster = self.ecs.clients.ecs, self.ecs.place.ground.cluster if names else ""
        for name in sorted(names):
            with translated(f"removing the service {name}"):
                ecs.delete_service(cluster=cluster, service=name, force=True)
            yield Event(message=f"{name}: removed")
        if names:
            ending = f"the tasks of {', '.join(sorted(names))} to end"
            yield from self._until(lambda: not any(map(bool, self.ecs.look(sorted(names)))), ending)

    def _watch(self, names: Sequence[str], workload: Workload) -> Watch:
        longest = max(part.health.deadline for part in parts(workload))
        return Watch(self.ecs, names, longest + workload.drain + workload.stop_grace)

    def _name(self, part: Workload) -> str:
        return self.ecs.names.service(part.process)

    @property
    def _balance(self) -> Balance:
        return Balance(self.ecs.clients, self.ecs.place.ground)


def _has(service: Mapping[str, Any] | None, arn: str, count: int) -> bool:
    """Whether ECS itself has gone back to it."""
    if service is None or service["desiredCount"] != count:
        return False
    return any(
        each["status"] == "PRIMARY" and each["taskDefinition"] == arn
        for each in service["deployments"]
    )


def _keep_balanced(wanted: Json, known: Mapping[str, Any], balance: Balance) -> None:
    """Leave the load balancer as ECS has it, where only what it was told at first would change.

    After a blue-green deployment, green is served; a service that was told blue once more would
    be reached by nobody.
    """
    if not wanted["loadBalancers"]:
        return
    new: Json = wanted["loadBalancers"][0]
    old: Json = next(iter(known.get("loadBalancers", [])), {})
    same = all(new[key] == old.get(key) for key in ("containerName", "containerPort"))
    if same and ("advancedConfiguration" in new) == bool(old.get("advancedConfiguration")):
        del wanted["loadBalancers"]
        return
    new["targetGroupArn"] = balance.serving
    if "advancedConfiguration" in new:
        new["advancedConfiguration"]["alternateTargetGroupArn"] = balance.waiting


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]
