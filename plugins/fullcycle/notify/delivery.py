"""Delivery: one notice to several notifiers at the same time, within a limit."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError, StepError
from fullcycle.settings.references import resolve
from fullcycle.words import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fullcycle.model import Notice
    from fullcycle.settings.schema import Notifier

LIMIT = 10.0
"""Seconds that all notifiers together may take; who has not answered by then is given up."""
PER_TRY = 4.0
"""Seconds one attempt may take."""
TRIES = 3
WAIT = 0.5
"""Seconds before the second attempt; twice as long before the third."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of a notice for one notifier."""

    name: str
    seconds: float
    problem: str = ""
    """Why it was not told; empty when it was."""
    dry: bool = False
    """Nothing was sent."""

    def __str__(self) -> str:
        """One line."""
        if self.dry:
            return f"{self.name} would be told"
        if self.problem:
            return f"{self.name} was not told: {self.problem}"
        return f"{self.name} was told in {duration(self.seconds)}"


class BusyError(StepError):
    """A notifier that may take the notice later."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait
        """Seconds after which it wants to be asked again; 0 when it doesn't say."""


def deliver(
    notice: Notice, notifiers: Mapping[str, Notifier], limit: float = LIMIT
) -> Iterator[Delivery]:
    """Send a notice to all of them, and tell what became of it, in the order they answer.

    Threads that are given up end with the process: none of them keeps it from ending.
    """
    until = time.monotonic() + limit
    ended: SimpleQueue[Delivery] = SimpleQueue()
    for name, notifier in notifiers.items():

        def work(name: str = name, notifier: Notifier = notifier) -> None:
            ended.put(_delivered(name, notifier, notice, until))

        Thread(target=work, name=f"notify {name}", daemon=True).start()
    waited_for = set(notifiers)
    while waited_for:
        try:
            delivery = ended.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            break
        waited_for.discard(delivery.name)
        yield delivery
    for name in sorted(waited_for):
        yield Delivery(name=name, seconds=limit, problem=f"no answer within {limit:g} s")


def _delivered(name: str, notifier: Notifier, notice: Notice, until: float) -> Delivery:
    began = time.monotonic()
    try:
        _send(notifier, notice, until)
        problem = ""
    except FullcycleError as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001 (a notifier's own failure is a line, too)
        problem = type(error).__name__  # its text may hold the URL
    return Delivery(name=name, seconds=time.monotonic() - began, problem=problem)


def _send(notifier: Notifier, notice: Notice, until: float) -> None:
    """Send it, again while that may help and there is time."""
    for number in range(1, TRIES + 1):
        try:
            _attempt(notifier, notice)
        except BusyError as error:
            wait = error.wait or WAIT * 2 ** (number - 1)
            if number == TRIES or time.monotonic() + wait > until:
                tries = f" ({number} tries)" if number > 1 else ""
                raise StepError(f"{error.message}{tries}") from error
            time.sleep(wait)
        else:
            return


def _attempt(notifier: Notifier, notice: Notice) -> None:
    """Raises BusyError when another attempt may help."""
    if notifier.apprise:
        from .service import send

        send(resolve(notifier.apprise, os.environ), notice)
        return
    from .webhook import post

    headers = {name: resolve(value, os.environ) for name, value in notifier.headers.items()}
    post(resolve(notifier.url, os.environ), headers, notice, PER_TRY)
