"""What the gateway's tests share: replicas, a supervisor, and a gateway of each engine."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from socket import create_server
from typing import TYPE_CHECKING

import pytest

from fullcycle.model import HealthCheck, Replica, ReplicaState
from fullcycle_process.gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fullcycle.providers import RouteStatistics
    from fullcycle_process.gateway import Programs

HEALTH = HealthCheck(path="/healthz", interval=0.1, timeout=5.0, deadline=15.0)


class Service:
    """A replica that really runs."""

    def __init__(self, name: str) -> None:
        program = Path(__file__).with_name("replica.py")
        self.process = subprocess.Popen(
            [sys.executable, str(program), name], stdout=subprocess.PIPE, text=True
        )
        self.port = int(self._line())
        self.replica = replica(name, self.port)

    def call(self, method: str, path: str) -> int:
        return call(self.port, method, path)[0]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)

    def said(self) -> list[str]:
        """What it printed after its port, once it has ended."""
        assert self.process.stdout
        return self.process.stdout.read().splitlines()

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()


class Services:
    """Starts replicas and ends them after the test."""

    def __init__(self) -> None:
        self._all: list[Service] = []

    def start(self, *names: str) -> list[Service]:
        started = [Service(name) for name in names]
        self._all += started
        return started

    def free_port(self) -> int:
        return free_port()

    def imaginary(self, name: str) -> Replica:
        """A replica on whose port nobody listens."""
        return replica(name, free_port())

    def close(self) -> None:
        for service in self._all:
            service.kill()
            if service.process.stdout:
                service.process.stdout.close()


class PlainPrograms:
    """A supervisor of threads: each starts its program again whenever it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, PlainProgram] = {}

    def ensure_program(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
        assert not env
        if name not in self._running:
            self._running[name] = PlainProgram(argv, self._folder / f"{name}.log")

    def stop_program(self, name: str) -> None:
        if program := self._running.pop(name, None):
            program.stop()

    def program_pid(self, name: str) -> int | None:
        program = self._running.get(name)
        return program.process.pid if program and program.process.poll() is None else None

    def program_log(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text()


class PlainProgram(threading.Thread):
    def __init__(self, argv: Sequence[str], log: Path) -> None:
        super().__init__(daemon=True)
        self._argv = argv
        self._log = log.open("a")
        self._ended = threading.Event()
        self.process = self._begin()
        self.start()

    def run(self) -> None:
        while not self._ended.is_set():
            self.process.wait()
            if not self._ended.wait(0.2):
                self.process = self._begin()

    def stop(self) -> None:
        self._ended.set()
        self.process.terminate()
        self.process.wait(30)
        self.join()
        self._log.close()

    def _begin(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._argv, stdout=self._log, stderr=self._log)


class Site:
    """A gateway with all it needs; `again()` is what another command would work with."""

    def __init__(self, folder: Path, socket: Path, programs: Programs, engine: str) -> None:
        self.folder = folder
        self.socket = socket
        self.programs = programs
        self.engine = engine
        self.port = free_port()
        self.health = HEALTH
        self.gateway = self.again()

    def until(self, met: Callable[[], bool]) -> None:
        until(met)

    def again(self, engine: str = "") -> Gateway:
        return Gateway(self.folder, self.socket, self.programs, engine or self.engine)

    def open(self) -> None:
        self.gateway.open(self.port, self.health)

    def route(self, *services: Service) -> None:
        for service in services:
            self.gateway.route(service.replica)

    def get(self, path: str = "/") -> tuple[int, str]:
        return call(self.port, "GET", path)

    def post(self, path: str, body: bytes = b"") -> tuple[int, str]:
        return call(self.port, "POST", path, body)

    def names(self, requests: int) -> Counter[str]:
        """Who answered how many requests, all of which succeeded."""
        answers = [self.get() for _ in range(requests)]
        assert {status for status, _ in answers} == {200}
        return Counter(text for _, text in answers)

    def seen(self, service: Service) -> RouteStatistics:
        return next(s for s in self.gateway.statistics() if s.replica == service.replica.id)

    def kill(self) -> int:
        """kill -9 the gateway's process; returns its id."""
        pid = self.programs.program_pid("gateway")
        assert pid
        os.kill(pid, signal.SIGKILL)
        return pid


def call(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def until(met: Callable[[], bool], seconds: float = 15) -> None:
    limit = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < limit
        time.sleep(0.02)


def replica(name: str, port: int) -> Replica:
    return Replica(
        id=name,
        deployment="20261122-153702-4f2a",
        version="1.0.0",
        digest="sha256:0",
        state=ReplicaState.STARTING,
        address=f"127.0.0.1:{port}",
    )


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(params=["haproxy", "python"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "haproxy" and not shutil.which("haproxy"):
        pytest.skip("haproxy is not installed")
    name: str = request.param
    return name


@pytest.fixture
def site(tmp_path: Path, engine: str) -> Iterator[Site]:
    with ExitStack() as stack:
        short = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fc")))
        programs = PlainPrograms(tmp_path)
        site = Site(tmp_path, short / "gateway.sock", programs, engine)
        yield site
        site.gateway.close()


@pytest.fixture
def open_site(site: Site) -> Site:
    site.open()
    return site


@pytest.fixture
def services() -> Iterator[Services]:
    started = Services()
    yield started
    started.close()
