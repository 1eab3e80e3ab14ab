"""A tiny shop on the process provider, for the tests of its parts."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psutil

from fullcycle.errors import StepError
from fullcycle.model import HealthCheck, Release, Workload
from fullcycle.providers import Completed, Source
from fullcycle.settings.schema import Build
from fullcycle_process.builder import ProcessBuilder
from fullcycle_process.registry import FolderRegistry
from fullcycle_process.replicas import ProcessReplicas
from fullcycle_process.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from fullcycle.model import Artifact, Probe, Replica
    from fullcycle_process.home import Home

APP = """
import http.server, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = 500 if self.path == "/sick" else 200
        body = os.environ.get(self.path[1:], "-").encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        print("served", self.path, flush=True)

print("starting", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
HEALTH = HealthCheck(path="/", deadline=20)


@dataclass
class Desk:
    """A bench: runs commands, keeps what they write."""

    lines: list[str] = field(default_factory=list)

    def log(self, line: str) -> None:
        self.lines.append(line)

    def output(self, line: str) -> None:
        self.lines.append(line)

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
        check: bool = True,
    ) -> Completed:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            text=True,
            check=False,
        )
        self.lines += done.stdout.splitlines()
        if check and done.returncode:
            raise StepError(f"{command[0]} failed", log_tail=done.stdout)
        return Completed(exit_code=done.returncode, tail=done.stdout)

    def checkpoint(self) -> None:
        pass


@dataclass
class Shop:
    """An application, its environment, and what tests do with them."""

    folder: Path
    home: Home
    desk: Desk = field(default_factory=Desk)

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self.home)
        self.replicas = ProcessReplicas("shop", "local", self.home, self.supervisor)
        self.registry = FolderRegistry(self.folder / "registry")

    def source(self, build: Build) -> Source:
        output = self.folder / "blobs"
        output.mkdir(exist_ok=True)
        return Source(
            app="shop",
            root=self.folder / "project",
            version="1.0.0",
            revision="0" * 40,
            dirty=False,
            epoch=1_700_000_000,
            output=output,
            build=build,
        )

    def build(self, app: str = APP) -> Artifact:
        project = self.folder / "project"
        project.mkdir(exist_ok=True)
        (project / "app.py").write_text(app)
        build = Build(kind="command", run="mkdir -p out && cp app.py out", output="out")
        return ProcessBuilder().build(self.source(build), self.desk)

    def workload(
        self, app: str = APP, command: str = "python3 app.py {port}", **more: object
    ) -> Workload:
        artifact = self.build(app)
        release = Release(
            app="shop",
            version=artifact.digest[7:13],
            digest=artifact.digest,
            kind=artifact.kind,
            registry="",
            revision=artifact.revision,
            created=datetime.now(UTC),
            released_by="ada@work",
        )
        release = self.registry.publish(artifact, release, self.folder / "blobs" / artifact.path)
        return Workload(release=release, command=command, health=HEALTH, **more)  # type: ignore[arg-type]

    def start(self, workload: Workload | None = None) -> Replica:
        workload = workload or self.workload()
        self.replicas.prepare(workload, self.desk)
        return self.replicas.start(workload, "20261122-000000-abcd")

    def started(self, workload: Workload | None = None) -> Replica:
        """One that answers, and that supervisord takes for started."""
        replica = self.start(workload)
        self.until(lambda: self.replicas.probe(replica, HEALTH).healthy)
        self.until(lambda: self.supervisor.processes()[replica.id].state == "RUNNING")
        return self.find(replica)

    def find(self, replica: Replica) -> Replica:
        return next(each for each in self.replicas.list() if each.id == replica.id)

    def settled(self, replica: Replica) -> Probe:
        """The first probe that is healthy or final."""
        found: list[Probe] = []

        def look() -> bool:
            found.append(self.replicas.probe(replica, HEALTH))
            return found[-1].healthy or found[-1].final

        self.until(look)
        return found[-1]

    def lines(self, replica: Replica) -> list[str]:
        return [line.text for line in self.replicas.logs(replica=replica.id)]

    def until(self, met: Callable[[], bool], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not met():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.05)

    def kill_supervisor(self) -> None:
        pid = int((self.home.root / "supervisord.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        self.until(lambda: not alive(pid))

    def close(self) -> None:
        """Stop everything, by force if need be."""
        pids = self.pids()
        try:
            for replica in self.replicas.list():
                self.replicas.stop(replica, 1)
            self.replicas.close()
        finally:
            for pid in pids | self.pids():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.home.drop_sockets()

    def pids(self) -> set[int]:
        """What runs in this shop's folder, which is the test's own."""
        found = set()
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.cwd().startswith(str(self.home.root.parent)):
                    found.add(process.pid)
        return found


def alive(pid: int) -> bool:
    with suppress(psutil.Error):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False
