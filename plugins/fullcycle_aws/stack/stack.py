"""Stack: one stack of CloudFormation, whatever state it was left in."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from fullcycle.errors import StepError, UsageError
from fullcycle.model import Event
from fullcycle_aws.faults import code, translated
from fullcycle_aws.ground import described

from .changes import change, new
from .parts import tags
from .progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fullcycle_aws.clients import Clients

    from .changes import Change

CHANGE_SET_SECONDS = 300
"""How long CloudFormation may think about a change set."""
_HOPELESS = frozenset(
    {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS"}
)
"""States that a stack which never was whole is in; nothing leads on from them but deletion."""
_NO_CHANGE = ("didn't contain changes", "No updates are to be performed")


class Stack:
    """One stack, by its name."""

    def __init__(self, clients: Clients, name: str, tags_: Mapping[str, str]) -> None:
        self.name = name
        self._clients = clients
        self._tags = dict(tags_)
        self._progress = Progress(clients, name)

    @property
    def status(self) -> str:
        """As CloudFormation calls it; empty when there is none.

        Raises:
            UsageError: the stack of this name is somebody else's.
        """
        found = described(self._clients, self.name)
        if found is None:
            return ""
        status: str = found["StackStatus"]
        theirs = {each["Key"]: each["Value"] for each in found.get("Tags", ())}
        if status != "REVIEW_IN_PROGRESS" and any(
            theirs.get(key) != value for key, value in self._tags.items()
        ):
            raise UsageError(
                f"the stack {self.name} belongs to something else: it lacks the tags"
                f" {', '.join(f'{key}={value}' for key, value in self._tags.items())}",
                hint="rename the application or the environment, or that stack",
            )
        return status

    @property
    def whole(self) -> bool:
        """Whether it can be updated: it exists, and was complete at least once."""
        status = self.status
        return bool(status) and status not in _HOPELESS

    def changes(self, template: Mapping[str, Any]) -> Sequence[Change]:
        """What applying the template would change; leaves nothing behind."""
        if not self.whole:
            return list(new(template))
        if self.status.endswith("IN_PROGRESS"):
            return []
        made = self._change_set(template)
        try:
            return self._read(made)
        finally:
            self._drop(made)

    def apply(self, template: Mapping[str, Any]) -> Iterator[Event]:
        """Make the stack what the template says, going on from wherever it is.

        Raises:
            StepError: CloudFormation failed; with the first failure's reason.
            UsageError: data would be lost.
        """
        yield from self.settle()
        made = self._change_set(template)
        try:
            changes = self._read(made)
            _refuse_loss(changes)
            if not changes:
                self._drop(made)
                return
            self._progress.begin()
            with translated(f"changing the stack {self.name}"):
                self._clients.cloudformation.execute_change_set(
                    StackName=self.name,
                    ChangeSetName=made,
                    ClientRequestToken=f"fullcycle-{uuid4()}",
                )
        except BaseException:
            self._drop(made)
            raise
        yield from self._progress.follow()

    def settle(self) -> Iterator[Event]:
        """Wait for what goes on, and clear away what never can go on."""
        status = self.status
        if status.endswith("IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            yield Event(message=f"waiting for the stack {self.name}, which is {status}")
            yield from self._progress.follow(fail=False)
            status = self.status
        if status in _HOPELESS:
            yield from self.remove()
        elif status == "UPDATE_ROLLBACK_FAILED":
            self._progress.begin()
            with translated(f"rolling back the stack {self.name}"):
                self._clients.cloudformation.continue_update_rollback(StackName=self.name)
            yield from self._progress.follow(fail=False)

    def remove(self) -> Iterator[Event]:
        """Delete the stack and what it made; nothing happens when there is none.

        Raises:
            StepError: something could not be deleted; with the first failure's reason.
        """
        if not self.status:
            return
        self._progress.begin()
        with translated(f"removing the stack {self.name}"):
            self._clients.cloudformation.delete_stack(StackName=self.name)
        yield from self._progress.follow()

    def protect(self, *, on: bool) -> None:
        """Let nobody delete the stack, or let them."""
        with translated(f"protecting the stack {self.name}"):
            self._clients.cloudformation.update_termination_protection(
                StackName=self.name, EnableTerminationProtection=on
            )

    def _change_set(self, template: Mapping[str, Any]) -> str:
        name = f"fullcycle-{uuid4()}"
        with translated(f"planning the stack {self.name}"):
            made = self._clients.cloudformation.create_change_set(
                StackName=self.name,
                ChangeSetName=name,
                ChangeSetType="UPDATE" if self.whole else "CREATE",
                TemplateBody=json.dumps(template),
                Capabilities=["CAPABILITY_NAMED_IAM"],
                Tags=tags(self._tags),  # type: ignore[arg-type]
            )
        return made["Id"]

    def _read(self, made: str) -> Sequence[Change]:
        """What is in a change set, as soon as CloudFormation has made it."""
        limit = time.monotonic() + CHANGE_SET_SECONDS
        while time.monotonic() < limit:
            found = self._described(made)
            if found["Status"] == "CREATE_COMPLETE":
                return [change(each["ResourceChange"]) for each in found["Changes"]]
            if found["Status"] == "FAILED":
                return _nothing(self.name, found.get("StatusReason", ""))
            self._progress.pause()
        raise StepError(f"CloudFormation planned the stack {self.name} for {CHANGE_SET_SECONDS} s")

    def _described(self, made: str) -> dict[str, Any]:
        with translated(f"planning the stack {self.name}"):
            pages = self._clients.cloudformation.get_paginator("describe_change_set").paginate(
                StackName=self.name, ChangeSetName=made
            )
            found = list(pages)
        return {**found[0], "Changes": [each for page in found for each in page.get("Changes", ())]}

    def _drop(self, made: str) -> None:
        """Remove a change set, and the empty stack that it made."""
        from botocore.exceptions import ClientError

        with translated(f"tidying up the stack {self.name}"):
            try:
                self._clients.cloudformation.delete_change_set(
                    StackName=self.name, ChangeSetName=made
                )
                if self.status == "REVIEW_IN_PROGRESS":
                    self._clients.cloudformation.delete_stack(StackName=self.name)
            except ClientError as error:
                if code(error) not in {"ChangeSetNotFound", "InvalidChangeSetStatus"}:
                    raise


def _nothing(stack: str, reason: str) -> Sequence[Change]:
    if any(each in reason for each in _NO_CHANGE):
        return []
    raise StepError(f"CloudFormation does not accept the stack {stack}: {reason}")


def _refuse_loss(changes: Sequence[Change]) -> None:
    lost = [each for each in changes if each.loses]
    if lost:
        raise UsageError(
            f"provisioning would lose data: {'; '.join(map(str, lost))}",
            hint="mend the settings; what is to go for good goes by deploy.teardown --confirm NAME",
        )
