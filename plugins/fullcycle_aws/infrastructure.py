"""AwsInfrastructure: two stacks, one of the environment and one that environments share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .cost import estimate
from .ecs.platform import Ecs
from .emptying import Emptying
from .faults import translated
from .ground import standing
from .stack.adopted import site
from .stack.drift import drifted
from .stack.environment import environment
from .stack.repository import shared
from .stack.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Cost, Event

    from .clients import Clients
    from .names import Names
    from .options import Options


class AwsInfrastructure:
    """See fullcycle.providers.Infrastructure."""

    def __init__(self, clients: Clients, names: Names, options: Options) -> None:
        self._clients = clients
        self._names = names
        self._options = options
        self._own = Stack(clients, names.stack, names.tags)
        self._shared = Stack(clients, names.shared_stack, names.shared_tags)

    def plan(self) -> Sequence[str]:
        """See Infrastructure.plan; what somebody changed by hand is in it, too.

        Raises:
            UsageError: the account is another one, or what the settings name does not exist.
        """
        _ = self._clients.account
        return [line for stack, template in self._stacks() for line in self._lines(stack, template)]

    def provision(self) -> Iterator[Event]:
        """See Infrastructure.provision; goes on from wherever an earlier one was stopped.

        Raises:
            StepError: CloudFormation failed; with the first failure's reason.
            UsageError: the account is another one, or data would be lost.
        """
        _ = self._clients.account
        for stack, template in self._stacks():
            yield from stack.apply(template)
        self._shared.protect(on=True)

    def teardown(self) -> Iterator[Event]:
        """See Infrastructure.teardown; what environments share goes with the last of them."""
        _ = self._clients.account
        emptying = Emptying(self._clients, self._names, self._options.bucket)
        yield from self._own.settle()
        yield from self._own.remove()
        last = not self._others()
        if last and self._shared.status:
            yield from self._shared.settle()
            yield from emptying.repository()
            self._shared.protect(on=False)
            yield from self._shared.remove()
        yield from emptying.bucket(whole=last)

    def monthly_cost(self) -> Cost | None:
        """See Infrastructure.monthly_cost."""
        return estimate(self._options, self._clients.region, self._running())

    def _stacks(self) -> Iterator[tuple[Stack, dict[str, Any]]]:
        yield self._shared, shared(self._names)
        found = standing(self._clients, self._names)
        yield self._own, environment(site(self._clients, self._names, self._options, found))

    def _lines(self, stack: Stack, template: dict[str, Any]) -> Iterator[str]:
        status = stack.status
        if status.endswith("IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            yield f"wait for the stack {stack.name}, which is {status}"
            return
        yield from map(str, stack.changes(template))
        if stack.whole:
            yield from drifted(self._clients, stack.name)

    def _others(self) -> list[str]:
        """Stacks of the application's other environments."""
        own = {self._names.stack, self._names.shared_stack}
        with translated("looking for other environments"):
            pages = self._clients.cloudformation.get_paginator("describe_stacks").paginate()
            found = [stack for page in pages for stack in page["Stacks"]]
        wanted = self._names.shared_tags.items()
        return [
            each["StackName"]
            for each in found
            if each["StackName"] not in own
            and each["StackStatus"] != "DELETE_COMPLETE"
            and wanted <= {tag["Key"]: tag["Value"] for tag in each.get("Tags", ())}.items()
        ]

    def _running(self) -> int:
        """Tasks that the environment's services should have; 1 before there are any."""
        ecs = Ecs(self._clients, self._names, self._options)
        services = ecs.services() if ecs.standing else {}
        return sum(each["desiredCount"] for each in services.values()) or 1
