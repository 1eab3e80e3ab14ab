"""An Engine's own figures of its containers, from streams that are kept open.

The Engine samples every second. A stream's first answer takes that second, all later looks take
the last sample and cost nothing; asked one by one, each look would take one to two seconds.
"""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any

from .usage import Usage, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .engine import Engine

FIRST_SECONDS = 10.0
"""How long the first samples may take; 100 containers take two to three seconds."""
IDLE_SECONDS = 120.0
"""After which streams that nobody looks at end by themselves."""


class Streams:
    """The last sample of each container that is asked for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._news = Condition()
        self._asked: dict[str, float] = {}
        """Container → when it was asked for last; those with a stream."""
        self._samples: dict[str, Usage | None] = {}

    def usage(self, containers: Iterable[str]) -> dict[str, Usage]:
        """What containers use, by their ids; those that are gone are left out."""
        wanted = list(containers)
        for ident in wanted:
            self._follow(ident)
        with self._news:
            self._news.wait_for(lambda: all(map(self._known, wanted)), FIRST_SECONDS)
            found = {ident: self._samples.get(ident) for ident in wanted}
        return {ident: usage for ident, usage in found.items() if usage}

    def _known(self, ident: str) -> bool:
        return ident in self._samples or ident not in self._asked

    def _follow(self, ident: str) -> None:
        with self._news:
            known = ident in self._asked
            self._asked[ident] = time.monotonic()
        if not known:
            Thread(
                target=self._read, args=(ident,), name=f"stats {ident[:12]}", daemon=True
            ).start()

    def _read(self, ident: str) -> None:
        from docker.errors import DockerException
        from requests import RequestException

        try:
            with suppress(DockerException, RequestException, OSError, ValueError):
                for sample in self._engine.api.stats(ident, stream=True, decode=True):
                    if not self._take(ident, sample):
                        break
        finally:
            with self._news:
                self._asked.pop(ident, None)
                self._samples.pop(ident, None)
                self._news.notify_all()

    def _take(self, ident: str, sample: dict[str, Any]) -> bool:
        """Keep a sample; whether somebody still wants to know."""
        if not sample.get("precpu_stats", {}).get("system_cpu_usage"):
            return True
        with self._news:
            self._samples[ident] = parse(sample)
            self._news.notify_all()
            return time.monotonic() - self._asked[ident] < IDLE_SECONDS
