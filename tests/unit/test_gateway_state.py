"""What a gateway remembers, and what it says to and understands of its engines."""

from __future__ import annotations

import os
import socket
import stat
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import UsageError
from fullcycle.haproxy import Channel, Route
from fullcycle.model import HealthCheck, Replica, ReplicaState
from fullcycle.providers import Router
from fullcycle_process.gateway import Gateway
from fullcycle_process.gateway.control import STATE, State
from fullcycle_process.gateway.haproxy import HAProxy
from fullcycle_process.gateway.ports import require_free

if TYPE_CHECKING:
    from pathlib import Path

HEALTH = HealthCheck(path="/a b;c", interval=0.25, timeout=3)
REPLICA = Replica(
    id="r-1",
    deployment="d",
    version="1",
    digest="sha256:0",
    state=ReplicaState.HEALTHY,
    address="127.0.0.1:4711",
)


def test_a_gateway_is_a_router() -> None:
    assert issubclass(Gateway, Router)


def test_a_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    state = State(engine="python", port=80, health=HEALTH, routes={"r-1": route()})
    state.save(tmp_path / STATE)
    assert State.load(tmp_path / STATE) == state
    assert stat.S_IMODE((tmp_path / STATE).stat().st_mode) == 0o600


def test_there_is_no_state_before_the_first(tmp_path: Path) -> None:
    assert State.load(tmp_path / STATE) is None


def test_a_health_path_cannot_be_taken_for_a_command() -> None:
    assert route().path == "/a%20b%3Bc"


def test_haproxy_starts_with_the_routes_of_the_state(tmp_path: Path) -> None:
    state = State(engine="haproxy", port=8042, health=HEALTH, routes={"r-1": route(70)})
    HAProxy(tmp_path, tmp_path / "socket").prepare(state)
    configuration = (tmp_path / "haproxy.cfg").read_text()
    assert "bind 127.0.0.1:8042\n" in configuration
    assert "server s1 127.0.0.1:4711 check inter 250ms fall 2 rise 1 weight 70\n" in configuration
    assert "timeout check 3000ms\n" in configuration
    assert "server-template s 2-100 127.0.0.1:1 check" in configuration
    assert (tmp_path / "slots.map").read_text().startswith("s1 /a%20b%3Bc|http|r-1|0|0|0,0,")


def test_a_port_somebody_listens_on_is_named_with_its_holder() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(UsageError, match=rf"port {port} is taken by .*\(pid {os.getpid()}\)"):
            require_free(port)
    require_free(port)


def test_a_port_taken_on_all_addresses_is_taken() -> None:
    with socket.create_server(("0.0.0.0", 0)) as listener, pytest.raises(UsageError):  # noqa: S104
        require_free(listener.getsockname()[1])


def test_a_socket_without_a_process_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Channel(tmp_path / "socket").ask("anything")


def route(weight: int = 100) -> Route:
    return Route.of(REPLICA, weight, HEALTH)
