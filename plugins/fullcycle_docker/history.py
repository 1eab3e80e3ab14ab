"""DockerHistory: the deployments of an environment, in its state on the Engine."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.model import Deployment
from fullcycle.pipeline.codec import dump, parse
from fullcycle.rollout.retention import kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .state import State

KEEP = 200
"""Deployments kept, the newest; beside them as many that only scaled."""
FRESH_SECONDS = 30.0
"""How long what was read or written need not be read again before the next is recorded."""
FOLDER = "deployments"
FILES = ("a.json", "b.json")
"""Written in turn, so that a file which was cut off leaves the one before it."""

Whole = tuple[int, dict[str, str]]
"""The number of a file, and JSON by deployment."""
NOTHING: Whole = (0, {})


class DockerHistory:
    """All deployments in one file. The holder of the environment's lock is the only writer."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._last: tuple[float, Whole] = (-FRESH_SECONDS, NOTHING)

    def record(self, deployment: Deployment) -> None:
        """See History.record."""
        at, last = self._last
        number, records = last if time.monotonic() - at < FRESH_SECONDS else self._read()
        records = {**records, deployment.id: dump(deployment)}
        if len(records) > KEEP:
            records = {ident: records[ident] for ident in kept(records, KEEP)}
        text = json.dumps({"number": number + 1, "records": records})
        self._state.write({f"{FOLDER}/{FILES[(number + 1) % 2]}": text.encode()})
        self._last = time.monotonic(), (number + 1, records)

    def list(self, limit: int = 50) -> Sequence[Deployment]:
        """See History.list. A record that cannot be read is passed over."""
        _, records = self._read()
        newest = sorted(records, reverse=True)
        found = (_parsed(records[ident], ident) for ident in newest)
        return [deployment for deployment in found if deployment][:limit]

    def _read(self) -> Whole:
        """The newest file that is whole."""
        whole = [NOTHING]
        for content in self._state.read(FOLDER).values():
            try:
                found = json.loads(content)
                whole.append((int(found["number"]), dict(found["records"])))
            except (ValueError, KeyError, TypeError):
                continue
        newest = max(whole, key=lambda each: each[0])
        self._last = time.monotonic(), newest
        return newest


def _parsed(text: str, ident: str) -> Deployment | None:
    try:
        return parse(Deployment, text, f"deployment {ident}")
    except UsageError:
        return None
