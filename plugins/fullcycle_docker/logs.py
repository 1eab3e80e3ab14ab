"""Logs: what containers wrote, those included that are gone."""

from __future__ import annotations

import heapq
import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from fullcycle.errors import FullcycleError
from fullcycle.model import WEB, LogLine

from .faults import translated
from .labels import PROCESS, REPLICA, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .engine import Engine
    from .labels import Owner
    from .state import State

TAIL = 30
"""Lines of a log that go into an error."""
KEPT_LINES = 2000
"""Lines kept of a removed replica's log, the last."""
KEPT_LOGS = 20
"""Logs of removed replicas kept, the newest; each has a file that is used again."""
FOLDER = "logs"
NEXT = "next"
"""The file with the number of the next log."""
LOOK_SECONDS = 1.0
"""Between two looks for containers that have started meanwhile."""
BEGIN = datetime.fromtimestamp(0, UTC)


def tail(engine: Engine, ident: str, lines: int = TAIL) -> str:
    """The last lines a container wrote; nothing when it is gone."""
    from docker.errors import APIError

    try:
        said = engine.api.logs(ident, stdout=True, stderr=True, tail=lines)
    except APIError:
        return ""
    return bytes(said).decode(errors="replace").rstrip("\n")


class Logs:
    """The logs of one environment's replicas."""

    def __init__(self, engine: Engine, owner: Owner, state: State) -> None:
        self._engine = engine
        self._owner = owner
        self._state = state
        self._numbering = Lock()
        self._next: int | None = None

    def read(self, *, replica: str = "", since: datetime | None = None) -> Iterator[LogLine]:
        """The lines of one replica or of all, merged by time."""
        live = [self._lines(each, since) for each in self._listed(replica)]
        kept = [] if replica and live else list(self._kept(replica, since))
        return heapq.merge(*live, *kept, key=_moment)

    def follow(self, *, replica: str = "", since: datetime | None = None) -> Iterator[LogLine]:
        """Lines as they are written, those of replicas that start later included, for ever."""
        lines: SimpleQueue[LogLine] = SimpleQueue()
        streams: dict[str, _Stream] = {}
        while True:
            for each in self._listed(replica):
                known = streams.get(each["Id"])
                again = known and not known.is_alive() and each["State"] == "running"
                if known is None or again:
                    last = known.last if known else None
                    found = self._lines(each, last or since, follow=True)
                    streams[each["Id"]] = _Stream(found, last, lines)
                    streams[each["Id"]].start()
            until = time.monotonic() + LOOK_SECONDS
            while (left := until - time.monotonic()) > 0:
                with suppress(Empty):
                    yield lines.get(timeout=left)

    def keep(self, replica: str, process: str, ident: str) -> None:
        """Put the end of a container's log aside, before the container is removed."""
        with translated(f"reading the log of {replica}"):
            said = self._engine.api.logs(ident, timestamps=True, tail=KEPT_LINES)
        head = json.dumps({"replica": replica, "process": process}).encode()
        self._write(head + b"\n" + bytes(said))

    def _write(self, content: bytes) -> None:
        with self._numbering:
            if self._next is None:
                self._next = _number(self._state.read(f"{FOLDER}/{NEXT}").get(NEXT, b""))
            number, self._next = self._next, self._next + 1
        files = {f"{number % KEPT_LOGS:02}": content, NEXT: str(number + 1).encode()}
        self._state.write({f"{FOLDER}/{name}": data for name, data in files.items()})

    def _listed(self, replica: str) -> list[dict[str, Any]]:
        more = {"replica": replica} if replica else {}
        filters = self._owner.filter(Role.REPLICA, **more)
        with translated("listing replicas"):
            return list(self._engine.api.containers(all=True, filters=filters))

    def _lines(
        self, listed: dict[str, Any], since: datetime | None, *, follow: bool = False
    ) -> Iterator[LogLine]:
        from docker.errors import NotFound

        labels = listed["Labels"]
        begin = since.timestamp() if since else None
        with translated(f"reading the log of {labels[REPLICA]}"):
            try:
                parts = self._engine.api.logs(
                    listed["Id"], timestamps=True, stream=True, follow=follow, since=begin
                )
            except NotFound:
                return
            yield from _parsed(_split(parts), labels[REPLICA], labels.get(PROCESS, WEB))

    def _kept(self, replica: str, since: datetime | None) -> Iterator[list[LogLine]]:
        for name, content in self._state.read(FOLDER).items():
            head, _, rest = content.partition(b"\n")
            try:
                whose = json.loads(head)
                ident, process = str(whose["replica"]), str(whose["process"])
            except (ValueError, KeyError, TypeError):
                continue
            if name != NEXT and replica in {"", ident}:
                found = _parsed(rest.splitlines(), ident, process)
                yield [line for line in found if not since or (line.at or BEGIN) >= since]


class _Stream(Thread):
    """Reads what one container writes, until it ends."""

    def __init__(
        self, lines: Iterator[LogLine], last: datetime | None, into: SimpleQueue[LogLine]
    ) -> None:
        super().__init__(daemon=True)
        self.last = last
        """When the last line was written; those until then are known."""
        self._lines = lines
        self._into = into

    def run(self) -> None:
        """An Engine that goes away is noticed by who lists its containers."""
        known = self.last
        with suppress(FullcycleError):
            for line in self._lines:
                if not (known and line.at and line.at <= known):
                    self.last = line.at or self.last
                    self._into.put(line)


def _split(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Lines out of parts that end anywhere."""
    left = b""
    for part in parts:
        *lines, left = (left + part).split(b"\n")
        yield from lines
    if left:
        yield left


def _parsed(lines: Iterable[bytes], replica: str, process: str) -> Iterator[LogLine]:
    """Lines that begin with their time, as the Engine writes it."""
    for line in lines:
        stamp, _, text = line.decode(errors="replace").rstrip("\r").partition(" ")
        try:
            at = datetime.fromisoformat(stamp)
        except ValueError:
            at, text = None, f"{stamp} {text}".rstrip()
        yield LogLine(at=at, replica=replica, text=text, process=process)


def _moment(line: LogLine) -> datetime:
    return line.at or BEGIN


def _number(text: bytes) -> int:
    return int(text) if text.isdigit() else 0
