"""Consumption: what containers use, measured as cheaply as it can be.

On the Engine's own machine the kernel's files tell it in milliseconds; elsewhere the Engine's
streams do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import HOST
from fullcycle.observe.measured import busy_seconds
from fullcycle.observe.pace import Pace

from .cgroups import Cgroups
from .reach import here
from .streams import Streams
from .usage import readings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from fullcycle.model import Reading

    from .engine import Engine
    from .usage import Usage


class Consumption:
    """Measures containers of one Engine, again and again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pace = Pace()
        self._cgroups = Cgroups(engine)
        self._streams = Streams(engine)
        self.busy = 0.0
        """Cores of this machine that were busy between the last two looks."""

    def of(self, containers: Mapping[str, str], now: datetime) -> Iterator[Reading]:
        """CPU, memory, network, disk and processes.

        Args:
            containers: id of the replica → id of its container, which runs.
            now: the time.
        """
        memory = float(self._engine.info["MemTotal"])
        usage, busy = self._near(containers.values()) if here(self._engine) else ({}, {})
        usage |= self._streams.usage(set(containers.values()) - usage.keys())
        for replica, ident in containers.items():
            if ident in usage:
                cores = usage[ident].cpu_ratio
                cores = busy.get(ident, 0.0) if cores is None else cores
                yield from readings(replica, usage[ident], cores, memory, now)

    def _near(self, containers: Iterable[str]) -> tuple[dict[str, Usage], dict[str, float]]:
        usage: dict[str, Usage] = {}

        def look() -> dict[str, float]:
            usage.update(self._cgroups.usage(containers))
            return {HOST: busy_seconds()} | {each: usage[each].cpu_seconds for each in usage}

        busy = self._pace.ratios(look)
        self.busy = busy[HOST]
        return usage, busy
