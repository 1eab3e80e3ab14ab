"""The environments of the settings: what their platforms say, and what is measured of them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import LogLine, Status
    from fullcycle.observe.collector import Collector
    from fullcycle.observe.slo import Standing
    from fullcycle.project import Project
    from fullcycle.settings import Loaded

STATUS_SECONDS = 3.0
"""How long what a platform said is passed on."""
TROUBLE_SECONDS = 30.0
"""How long a platform that could not be reached is left alone."""
LOG_LINES = 500
STOP_SECONDS = 5.0
"""How long rounds that are under way may take to end; they end with the process in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a platform said, or why it did not."""

    status: Status | None = None
    trouble: str = ""


@dataclass(slots=True)
class _Place:
    """An environment, asked by one thread at a time."""

    project: Project
    lock: threading.Lock = field(default_factory=threading.Lock)
    seen: Seen = field(default_factory=Seen)
    until: float = 0.0
    collector: Collector | None = None


class Platforms:
    """Environments by name. Its methods may be called from any thread."""

    def __init__(self, loaded: Loaded, environments: Sequence[str] = ()) -> None:
        """Remember them; nothing is reached before it is asked for.

        Args:
            loaded: the settings.
            environments: which ones; all without.
        """
        self._loaded = loaded
        names = environments or tuple(loaded.settings.environments)
        self._places = {name: _Place(_project(loaded, name)) for name in names}
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def name(self) -> str:
        """The application's."""
        return self._loaded.settings.app.name

    @property
    def names(self) -> tuple[str, ...]:
        """The environments'."""
        return tuple(self._places)

    def seen(self, name: str) -> Seen:
        """What runs in an environment, at most some seconds ago."""
        place = self._places[name]
        with place.lock:
            if monotonic() >= place.until:
                place.seen = _look(place.project)
                good = place.seen.status is not None
                place.until = monotonic() + (STATUS_SECONDS if good else TROUBLE_SECONDS)
            return place.seen

    def logs(self, name: str, replica: str, text: str, minutes: int) -> list[LogLine]:
        """The last lines that an environment's replicas wrote, masked, oldest first.

        Args:
            name: the environment.
            replica: only of this one; of all without.
            text: only lines with this text.
            minutes: how far back.

        Raises:
            FullcycleError: the platform cannot be reached.
        """
        from fullcycle.loop.logs import Wanted, read

        wanted = Wanted(replica=replica, since=f"{minutes}m", grep=text, tail=LOG_LINES)
        return list(read(self._places[name].project, wanted, follow=False))

    def notes(self, name: str) -> Sequence[str]:
        """What went wrong when the environment was measured last."""
        collector = self._places[name].collector
        return tuple(collector.notes) if collector else ()

    def standings(self, name: str) -> Sequence[Standing]:
        """How the environment's objectives stood when it was measured last."""
        collector = self._places[name].collector
        return tuple(collector.standings) if collector else ()

    def start(self) -> None:
        """Begin to measure all of them, each in a thread of its own."""
        from fullcycle.observe.collector import Collector

        for name, place in self._places.items():
            place.collector = Collector(_project(self._loaded, name))
            thread = threading.Thread(
                target=place.collector.forever,
                args=(self._stop,),
                name=f"collector of {name}",
                daemon=True,
            )
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End with the rounds that are under way."""
        self._stop.set()
        until = monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()))


def _look(project: Project) -> Seen:
    try:
        return Seen(status=project.platform.runtime.status())
    except (FullcycleError, OSError) as error:
        return Seen(trouble=str(error))


def _project(loaded: Loaded, name: str) -> Project:
    from fullcycle.project import Project

    return Project(loaded, *loaded.environment(name))
