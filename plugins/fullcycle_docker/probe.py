"""One look at a container's health."""

from __future__ import annotations

import http.client
import socket
import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from fullcycle.errors import FullcycleError, StepError
from fullcycle.model import HealthKind, Probe

from . import confidential
from .container import inspect
from .logs import tail
from .reach import ToolMissingError, ask, near
from .stream import stream

if TYPE_CHECKING:
    from fullcycle.model import HealthCheck
    from fullcycle.providers import Bench

    from .engine import Engine

MOMENT = 3.0
"""Seconds that something nobody asks for its health has to run to count as healthy: what a program
takes to start and fail on a busy machine. (Kamal waits for 7.)"""
ANSWER = 65536
"""Bytes of an answer that are read."""
Answer = tuple[bool, str]
GONE = Probe(healthy=False, detail="there is no such container", final=True)


def probe(
    engine: Engine, container: str, health: HealthCheck, port: int, *, through: str = ""
) -> Probe:
    """Whether a container is healthy now.

    Final is a container that has ended, also one that the Engine starts again: what ended while
    it was starting is not going to become healthy.

    Args:
        engine: where it runs.
        container: its id or name.
        health: what is asked.
        port: where it listens, inside.
        through: a container on its network that asks for us, on an Engine that is elsewhere.
    """
    found = inspect(engine, container)
    if found is None:
        return GONE
    if not _runs(found):
        return _ended(engine, found)
    healthy, detail = _ask(engine, found, health, port, through)
    return Probe(healthy=True, detail=detail) if healthy else _why(engine, container, detail)


def probe_at(
    engine: Engine, container: str, health: HealthCheck, at: tuple[str, int], *, through: str
) -> Probe:
    """The same for one whose address is known and can be reached from here, or through another.

    A healthy one costs the Engine nothing, another one question.

    Args:
        engine: where it runs.
        container: its id or name.
        health: what is asked, HTTP or TCP.
        at: its address and port.
        through: a container on its network that asks for us; empty when we can.
    """
    healthy, detail = _from(engine, at, health, through)
    return Probe(healthy=True, detail=detail) if healthy else _why(engine, container, detail)


def address(found: dict[str, Any]) -> tuple[str, str]:
    """A container's address, and the Engine's in the same network; both empty without one."""
    networks = found["NetworkSettings"]["Networks"].values()
    return next(
        ((each["IPAddress"], each["Gateway"]) for each in networks if each["IPAddress"]), ("", "")
    )


def ending(found: dict[str, Any]) -> str:
    """How a container ended, for people."""
    state = found["State"]
    if state["OOMKilled"]:
        limit = found["HostConfig"].get("Memory")
        most = f" (its limit is {limit / 1e6:.0f} MB)" if limit else ""
        return f"it was killed for want of memory{most}"
    if state.get("Error"):
        return str(state["Error"])
    times = found["RestartCount"]
    if state["Running"] and not state["Restarting"]:
        return f"it ended and was started again {times} time{'s' if times > 1 else ''}"
    return f"exit code {state['ExitCode']}"


def _why(engine: Engine, container: str, detail: str) -> Probe:
    """What it means that a container has not answered well."""
    found = inspect(engine, container)
    if found is None:
        return GONE
    if found["RestartCount"] or not _runs(found):
        return _ended(engine, found)
    paused = found["State"]["Paused"]
    return Probe(healthy=False, detail="it is paused" if paused else detail)


def _runs(found: dict[str, Any]) -> bool:
    state = found["State"]
    return bool(state["Running"]) and not state["Restarting"]


def _ended(engine: Engine, found: dict[str, Any]) -> Probe:
    if found["State"]["Status"] == "created":
        return Probe(healthy=False, detail="it has not been started")
    detail, last = ending(found), tail(engine, found["Id"])
    return Probe(healthy=False, detail=detail, final=True, log_tail=last)


def _ask(
    engine: Engine, found: dict[str, Any], health: HealthCheck, port: int, through: str
) -> Answer:
    if found["State"]["Paused"]:
        return False, "it is paused"
    if health.kind is HealthKind.CONTAINER:
        return _by_itself(found)
    if health.kind is HealthKind.COMMAND:
        return _command(engine, found["Id"], health)
    if health.kind is HealthKind.NONE:
        return _runs_on(found)
    return _from_here(engine, found, health, port, through)


def _from_here(
    engine: Engine, found: dict[str, Any], health: HealthCheck, port: int, through: str
) -> Answer:
    host, gateway = address(found)
    if not host:
        return False, "it has no address"
    return _from(
        engine, (host, port), health, "" if near(engine, gateway) else through or found["Id"]
    )


def _from(engine: Engine, at: tuple[str, int], health: HealthCheck, through: str) -> Answer:
    if through:
        return _from_there(engine, through, at, health)
    return _get(*at, health) if health.kind is HealthKind.HTTP else _tcp(*at, health)


def _by_itself(found: dict[str, Any]) -> Answer:
    health = found["State"].get("Health")
    if not health:
        return False, "its image has no HEALTHCHECK"
    said = [" ".join(each["Output"].split()) for each in health.get("Log") or ()]
    status = str(health["Status"])
    return status == "healthy", f"{status}: {said[-1]}" if said and said[-1] else status


def _runs_on(found: dict[str, Any]) -> Answer:
    """Clocks may differ: what started in the future counts as well."""
    started = datetime.fromisoformat(found["State"]["StartedAt"])
    age = (datetime.now(UTC) - started).total_seconds()
    return not 0 <= age < MOMENT, f"runs for {max(age, 0):.0f} s"


def _command(engine: Engine, ident: str, health: HealthCheck) -> Answer:
    words = confidential.shell(health.command)
    made = engine.api.exec_create(ident, words)["Id"]
    try:
        with stream(
            engine,
            lambda api: api.exec_start(made, stream=True),
            cast("Bench", _Limit(health.timeout)),
            "asking for its health",
        ) as parts:
            said = b"".join(parts)
    except _LateError:
        return False, f"no answer within {health.timeout:g} s"
    code = engine.api.exec_inspect(made)["ExitCode"]
    last = said.decode(errors="replace").strip().rpartition("\n")[2][:200]
    return code == 0, f"exit code {code}" + (f": {last}" if last else "")


def _get(host: str, port: int, health: HealthCheck) -> Answer:
    begun = time.monotonic()
    connection = http.client.HTTPConnection(host, port, timeout=health.timeout)
    try:
        connection.request("GET", health.path, headers={"User-Agent": "fullcycle"})
        answer = connection.getresponse()
        answer.read(ANSWER)  # or the application would see its connection reset
    except TimeoutError:
        return False, f"no answer within {health.timeout:g} s"
    except (OSError, http.client.HTTPException) as error:
        return False, getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    return _judged(answer.status, begun)


def _tcp(host: str, port: int, health: HealthCheck) -> Answer:
    begun = time.monotonic()
    try:
        socket.create_connection((host, port), health.timeout).close()
    except TimeoutError:
        return False, f"no answer within {health.timeout:g} s"
    except OSError as error:
        return False, error.strerror or str(error)
    return True, f"accepted in {(time.monotonic() - begun) * 1000:.0f} ms"


def _from_there(engine: Engine, inside: str, at: tuple[str, int], health: HealthCheck) -> Answer:
    """Asked by a container; where none can, the gateway's own check has to do."""
    http_check = health.kind is HealthKind.HTTP
    text = f"GET {health.path} HTTP/1.0\r\nHost: {at[0]}\r\n\r\n" if http_check else ""
    begun = time.monotonic()
    try:
        said = ask(engine, inside, at, text, health.timeout)
    except (ToolMissingError, FullcycleError):
        return True, "runs; the gateway asks for its health"
    except OSError as error:
        return False, str(error)
    words = said.split(maxsplit=2)
    if not http_check:
        return True, "accepted"
    return _judged(int(words[1]), begun) if len(words) > 1 else (False, "no answer")


def _judged(status: int, begun: float) -> Answer:
    took = f"{status} in {(time.monotonic() - begun) * 1000:.0f} ms"
    return HTTPStatus.OK <= status < HTTPStatus.BAD_REQUEST, took


class _LateError(StepError):
    """A command that has not ended in time."""


class _Limit:
    """A bench that ends a stream when its time is over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def checkpoint(self) -> None:
        if time.monotonic() > self._end:
            raise _LateError("it took too long")
