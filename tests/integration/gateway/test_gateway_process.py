"""The gateway's own process: where it listens, how it starts, dies and comes back."""

from __future__ import annotations

import json
import os
import socket
import stat
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import OutOfReachError, StepError, UsageError

if TYPE_CHECKING:
    from integration.gateway.conftest import Services, Site


def test_opening_gives_the_address_and_opening_again_changes_nothing(site: Site) -> None:
    assert site.gateway.address() == ""
    url = site.gateway.open(site.port, site.health)
    pid = site.programs.program_pid("gateway")
    assert url == site.gateway.address() == f"http://127.0.0.1:{site.port}"
    assert site.again().open(site.port, site.health) == url
    assert site.programs.program_pid("gateway") == pid


def test_a_taken_port_is_refused_with_the_name_of_its_holder(site: Site) -> None:
    listener = socket.create_server(("127.0.0.1", site.port))
    with listener, pytest.raises(UsageError) as refusal:
        site.open()
    assert f"port {site.port} is taken by" in refusal.value.message
    assert f"(pid {os.getpid()})" in refusal.value.message
    assert "`port`" in refusal.value.hint
    assert site.programs.program_pid("gateway") is None


def test_another_port_moves_the_gateway_with_its_routes(
    open_site: Site, services: Services
) -> None:
    open_site.route(*services.start("one", "two"))
    before, open_site.port = open_site.port, services.free_port()
    open_site.open()
    assert open_site.names(4) == {"one": 2, "two": 2}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", before), 5)


def test_a_move_to_a_taken_port_leaves_the_gateway_where_it_is(
    open_site: Site, services: Services
) -> None:
    open_site.route(*services.start("one"))
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, pytest.raises(UsageError, match="is taken by"):
        open_site.gateway.open(listener.getsockname()[1], open_site.health)
    assert open_site.names(4) == {"one": 4}


def test_a_killed_process_comes_back_with_the_same_routes(
    open_site: Site, services: Services
) -> None:
    one, two, three, four = services.start("one", "two", "three", "four")
    open_site.route(one, two, three, four)
    open_site.gateway.route(two.replica, 50)
    open_site.gateway.withdraw(three.replica)
    open_site.gateway.drain(four.replica, 5)
    killed = open_site.kill()
    gateway = open_site.again()
    open_site.until(lambda: {s.replica for s in gateway.statistics()} == {"one", "two"})
    assert open_site.programs.program_pid("gateway") not in {killed, None}
    assert open_site.names(30) == {"one": 20, "two": 10}
    gateway.withdraw(one.replica)
    assert open_site.names(4) == {"two": 4}


def test_routing_goes_on_when_the_process_is_killed_meanwhile(
    open_site: Site, services: Services
) -> None:
    (one,) = services.start("one")
    one.call("POST", "/health/503")
    routing = threading.Thread(target=open_site.route, args=(one,))
    routing.start()
    open_site.until(lambda: len(open_site.gateway.statistics()) == 1)
    open_site.kill()
    one.call("POST", "/health/200")
    routing.join()
    assert open_site.names(4) == {"one": 4}


def test_draining_and_withdrawing_go_on_when_the_process_is_killed_meanwhile(
    open_site: Site, services: Services
) -> None:
    one, two = services.start("one", "two")
    open_site.route(one, two)
    open_site.kill()
    assert open_site.gateway.drain(one.replica, 10)
    open_site.kill()
    open_site.gateway.withdraw(one.replica)
    open_site.until(lambda: len(open_site.gateway.statistics()) == 1)
    assert open_site.names(4) == {"two": 4}


def test_nothing_needs_a_gateway_that_is_gone_for_good(open_site: Site, services: Services) -> None:
    one, two = services.start("one", "two")
    open_site.route(one, two)
    open_site.programs.stop_program("gateway")
    assert [s.up for s in open_site.gateway.statistics()] == [False, False]
    assert open_site.gateway.drain(one.replica, 10)
    open_site.gateway.withdraw(one.replica)
    open_site.open()
    assert open_site.names(4) == {"two": 4}


def test_an_environment_keeps_its_engine_while_it_runs(open_site: Site, services: Services) -> None:
    other = {"haproxy": "python", "python": "haproxy"}[open_site.engine]
    gateway = open_site.again(other)
    gateway.open(open_site.port, open_site.health)
    gateway.route(services.start("one")[0].replica)
    assert gateway.engine == open_site.engine
    assert open_site.names(4) == {"one": 4}


def test_a_stopped_gateway_may_come_back_with_another_engine(
    open_site: Site, services: Services
) -> None:
    open_site.route(*services.start("one"))
    open_site.programs.stop_program("gateway")
    gateway = open_site.again("python")
    gateway.open(open_site.port, open_site.health)
    assert gateway.engine == "python"
    assert open_site.names(4) == {"one": 4}


def test_closing_leaves_nothing_behind(open_site: Site, services: Services) -> None:
    open_site.route(*services.start("one"))
    open_site.gateway.close()
    assert (open_site.gateway.address(), list(open_site.gateway.statistics())) == ("", [])
    socket.create_server(("127.0.0.1", open_site.port)).close()
    open_site.gateway.close()
    open_site.open()
    assert open_site.get()[0] == 503


def test_routing_needs_an_open_gateway(site: Site, services: Services) -> None:
    with pytest.raises(StepError, match="the gateway is not open"):
        site.gateway.route(services.imaginary("one"))


def test_a_stale_socket_is_no_obstacle(site: Site) -> None:
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(site.socket))
    site.open()
    assert site.get()[0] == 503


def test_a_process_that_cannot_start_is_given_up_with_its_log(site: Site) -> None:
    site.socket = site.socket.parent / "missing" / "gateway.sock"
    with pytest.raises(StepError) as failure:
        site.again().open(site.port, site.health)
    assert failure.value.log_tail
    assert site.gateway.address() == ""
    assert site.programs.program_pid("gateway") is None


def test_the_socket_may_have_a_long_path(site: Site) -> None:
    deep = site.folder / ("x" * (98 - len(f"{site.folder}//g.sock")))
    deep.mkdir()
    site.folder, site.socket = deep / "gateway", deep / "g.sock"
    assert len(str(site.socket)) == 98
    site.gateway = site.again()
    site.open()
    assert list(site.gateway.statistics()) == []


def test_a_refused_configuration_is_shown_with_the_reason(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    if site.engine == "python":
        pytest.skip("the Python gateway has no configuration of its own")
    monkeypatch.setattr("fullcycle.haproxy.configuration.TEMPLATE", "global\n  nonsense\n")
    with pytest.raises(StepError, match=r"refuses .*haproxy.cfg: .*nonsense"):
        site.open()
    assert site.gateway.address() == ""


def test_haproxy_must_be_there_when_it_is_wanted(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert site.again("auto").engine == "python"
    with pytest.raises(OutOfReachError, match="haproxy is not installed"):
        site.again("haproxy").open(site.port, site.health)


def test_state_and_socket_are_private(open_site: Site, services: Services) -> None:
    open_site.route(*services.start("one"))
    for file in (open_site.socket, open_site.folder / "gateway.json"):
        assert not stat.S_IMODE(file.stat().st_mode) & 0o077


def test_the_state_is_replaced_whole(open_site: Site, services: Services) -> None:
    open_site.route(*services.start("one", "two"))
    state = json.loads((open_site.folder / "gateway.json").read_text())
    assert sorted(state["routes"]) == ["one", "two"]
    assert not list(Path(open_site.folder).glob(".*"))


def test_a_new_health_check_counts_from_the_next_route(open_site: Site) -> None:
    open_site.gateway.open(open_site.port, replace(open_site.health, path="/other"))
    state = json.loads((open_site.folder / "gateway.json").read_text())
    assert state["health"]["path"] == "/other"
