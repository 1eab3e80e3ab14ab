"""Requests that fail while three replicas are replaced one by one under load.

`wrk` sends as much as 16 connections can, through each gateway of the provider `process`, while
`invoke operate.restart` replaces every replica. The peer is what one does without a gateway: end
the one process and start it again. Failed are answers of 400 and more, and connections that were
refused or broken. All rounds count together, and the worse of the gateways is ours.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from fullcycle.testing.application import APP

from .measure import BenchmarkError, Report, command
from .scratch import IGNORED, TASKS, program, project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REPLICAS = 3
AROUND = 0.5
"""Seconds of load before and after."""
LIMIT = 120
PEER = "stop and start"
ENGINES = {"haproxy": "haproxy", "python": sys.executable}
"""The gateways, and the program each needs."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the load generator saw."""

    requests: int
    failed: int


def run(rounds: int) -> Report:
    """Failed requests, of all rounds."""
    engines = [name for name, needed in ENGINES.items() if shutil.which(needed)]
    seen = {name: [_replace(name) for _ in range(rounds)] for name in engines}
    peer = [_stop_and_start() for _ in range(rounds)]
    failed = {name: sum(load.failed for load, _ in each) for name, each in seen.items()}
    return Report(
        name="replace",
        unit="failed requests",
        ours=float(max(failed.values())),
        peers={PEER: float(sum(load.failed for load, _ in peer))},
        against=PEER,
        goal=0.0,
        notes=tuple(_note(name, each) for name, each in {**seen, PEER: peer}.items()),
    )


def _note(name: str, rounds: list[tuple[Load, float]]) -> str:
    requests = sum(load.requests for load, _ in rounds)
    failed = sum(load.failed for load, _ in rounds)
    seconds = median(each for _, each in rounds)
    return f"{name}: {failed} of {requests} failed, {seconds:.1f} s"


def _replace(engine: str) -> tuple[Load, float]:
    """One replacement of all replicas: what the load saw, and the seconds it took."""
    port = _port()
    invoke = program("invoke")
    with project(_files(engine, port)) as folder:
        try:
            for stage in ("build", "release", "deploy"):
                command([invoke, stage], cwd=folder)
            return _under_load(port, lambda: command([invoke, "operate.restart"], cwd=folder).wall)
        finally:
            command([invoke, "deploy.remove", "--approve"], cwd=folder)


def _files(engine: str, port: int) -> dict[str, str]:
    settings = f"""
[app]
name = "scratch"
run = "{sys.executable} app.py {{port}}"
port = {port}
health = "/healthz"

[build]
kind = "command"
run = "mkdir -p dist && cp app.py version behaviour dist/"
output = "dist"

[environments.local]
replicas = {REPLICAS}
gateway = "{engine}"
home = ".fullcycle/home"
"""
    return {
        ".gitignore": IGNORED + "dist/\n",
        "tasks.py": TASKS,
        "fullcycle.toml": settings,
        "app.py": APP,
        "version": "1.0.0",
        "behaviour": "good",
    }


def _stop_and_start() -> tuple[Load, float]:
    port = _port()
    with project(_files("python", port)) as folder, ExitStack() as processes:
        old = processes.enter_context(_served(folder, port))

        def replace() -> float:
            began = time.perf_counter()
            old.terminate()
            old.wait(LIMIT)
            processes.enter_context(_served(folder, port))
            return time.perf_counter() - began

        return _under_load(port, replace)


@contextmanager
def _served(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    process = _start(folder, port)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "app.py", str(port)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + LIMIT
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz"):
            return process
        time.sleep(0.01)
    process.kill()
    raise BenchmarkError("the application did not start")


def _under_load(port: int, act: Callable[[], float]) -> tuple[Load, float]:
    wrk = shutil.which("wrk")
    if wrk is None:
        raise BenchmarkError("wrk is not installed")
    words = [wrk, "-t2", "-c16", f"-d{LIMIT}s", "--timeout", "10s", f"http://127.0.0.1:{port}/"]
    load = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        time.sleep(AROUND)
        seconds = act()
        time.sleep(AROUND)
    finally:
        load.send_signal(signal.SIGINT)
        output, _ = load.communicate(timeout=30)
    return read(output.decode()), seconds


def read(output: str) -> Load:
    """What wrk says it saw.

    Raises:
        BenchmarkError: it says nothing of requests.
    """
    requests = re.search(r"(\d+) requests in", output)
    if requests is None:
        raise BenchmarkError(f"wrk reported no requests:\n{output}")
    broken = re.search(r"Socket errors: (.*)", output)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    failed = sum(map(int, re.findall(r"\d+", broken[1]))) if broken else 0
    return Load(int(requests[1]), failed + (int(refused[1]) if refused else 0))


def _port() -> int:
    """A port outside the range that connections get theirs from; two runs seldom meet."""
    return 20000 + (os.getpid() * 7 + secrets.randbelow(5000)) % 10000
