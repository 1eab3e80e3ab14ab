"""Progress: what CloudFormation does, told while it happens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.model import Event
from fullcycle_aws.faults import translated
from fullcycle_aws.ground import described

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_cloudformation.type_defs import StackEventTypeDef

    from fullcycle_aws.clients import Clients

LIMIT_SECONDS = 45 * 60
"""How long a stack may take; a certificate's proof alone can take half an hour (AWS Certificate
Manager user guide)."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds between two looks, growing: AWS throttles DescribeStackEvents."""
_WORDS = {"CREATE": "making", "UPDATE": "changing", "DELETE": "removing", "IMPORT": "importing"}
_DONE = {"CREATE": "made", "UPDATE": "changed", "DELETE": "removed", "IMPORT": "imported"}
_CONSEQUENCES = ("cancelled", "The following resource(s) failed")
_GOOD = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE", "IMPORT_COMPLETE"})


class Progress:
    """Follows one stack."""

    def __init__(self, clients: Clients, stack: str) -> None:
        self._clients = clients
        self._stack = stack
        self._id = ""
        self._seen: set[str] = set()
        self._pause = FIRST_PAUSE
        self._failure = ""

    def begin(self) -> None:
        """What happened until now is history."""
        self._seen = {each["EventId"] for each in self._events()}
        self._pause, self._failure = FIRST_PAUSE, ""

    def follow(self, *, fail: bool = True) -> Iterator[Event]:
        """Tell what happens until the stack rests.

        Args:
            fail: raise when it doesn't rest where it was meant to.

        Raises:
            StepError: it failed, with the first failure's reason, or took too long.
        """
        limit = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < limit:
            status = self._status()
            yield from self._news()
            known = bool(fail and self._failure and "ROLLBACK" in status)
            if known or not status.endswith("IN_PROGRESS"):
                self._id = ""
                return self._end(status) if fail else None
            self.pause()
        raise StepError(
            f"the stack {self._stack} is not done after {LIMIT_SECONDS // 60} minutes:"
            f" {self._failure or self._status()}",
            hint="run the command again: it goes on from there",
        )

    def pause(self) -> None:
        """Wait a little, longer each time."""
        time.sleep(self._pause)
        self._pause = min(LONGEST_PAUSE, self._pause * 1.5)

    def _status(self) -> str:
        """Found by its id, which goes on answering when the stack is deleted."""
        with translated(f"looking at the stack {self._stack}"):
            if not self._id:
                found = described(self._clients, self._stack)
                if found is None:
                    return "DELETE_COMPLETE"
                self._id = found.get("StackId", self._stack)
            shown = self._clients.cloudformation.describe_stacks(StackName=self._id)["Stacks"]
        return shown[0]["StackStatus"] if shown else "DELETE_COMPLETE"

    def _news(self) -> Iterator[Event]:
        for each in reversed(self._events()):
            if each["EventId"] in self._seen:
                continue
            self._seen.add(each["EventId"])
            if each.get("LogicalResourceId") != self._stack:
                yield Event(message=self._told(each))

    def _told(self, event: StackEventTypeDef) -> str:
        verb, _, state = event.get("ResourceStatus", "").partition("_")
        kind = event.get("ResourceType", "").removeprefix("AWS::")
        what = f"{kind} {event.get('LogicalResourceId', '')}"
        if state == "FAILED":
            return self._failed(f"{what}: {event.get('ResourceStatusReason', 'failed')}")
        words = _DONE if state == "COMPLETE" else _WORDS
        return f"{words.get(verb, verb.lower())} {what}"

    def _failed(self, told: str) -> str:
        """The first failure is the reason of all that follow."""
        if not self._failure and not any(each in told for each in _CONSEQUENCES):
            self._failure = told
        return f"failed: {told}"

    def _events(self) -> list[StackEventTypeDef]:
        """Newest first; what is older than those told already isn't asked for."""
        if not self._id:
            stack = described(self._clients, self._stack)
            if stack is None:
                return []
            self._id = stack.get("StackId", self._stack)
        with translated(f"looking at the stack {self._stack}"):
            pages = self._clients.cloudformation.get_paginator("describe_stack_events").paginate(
                StackName=self._id
            )
            found: list[StackEventTypeDef] = []
            for page in pages:
                found += page["StackEvents"]
                if any(each["EventId"] in self._seen for each in page["StackEvents"]):
                    break
            return found

    def _end(self, status: str) -> None:
        if status in _GOOD:
            return
        raise StepError(
            f"the stack {self._stack} is {status}: {self._failure or 'no reason is given'}",
            hint="mend what it names, and run the command again: it goes on from there",
        )
