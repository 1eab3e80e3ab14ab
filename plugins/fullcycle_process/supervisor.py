"""Supervisor: keeps the programs of one environment running.

It is supervisord, one per environment, started on first use. When it was killed, the next use
starts a new one, which adopts what still runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import sys
import time
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .home import write
from .launch import birth
from .supervisord import POLL_SECONDS, STOP_SECONDS, Supervisord, base_environment, wait

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .home import Home

__all__ = ["Process", "Program", "Supervisor", "bare_python", "base_environment"]

# startretries: in effect endless, a replica is given up by a person only.
_PROGRAM = """\
[program:{name}]
command={python} -I -S launch.py programs/{name}.json
autostart=false
autorestart=true
startsecs=1
startretries=1000000
stopasgroup=true
killasgroup=true
stdout_logfile=NONE
stderr_logfile=NONE
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Something the supervisor keeps running."""

    name: str
    """Letters, digits, dashes and underscores."""
    argv: tuple[str, ...]
    cwd: str
    env: dict[str, str] = field(default_factory=dict)
    """Its whole environment, but for the secrets."""
    secrets: tuple[str, ...] = ()
    """Names of the variables whose values only the supervisor's memory holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What has become of a program."""

    name: str
    state: str
    """supervisord's: STARTING, RUNNING, BACKOFF, STOPPING, STOPPED, EXITED, FATAL, UNKNOWN; GONE
    when supervisord doesn't know the program."""
    pid: int
    """Its process, which is also its process group; 0 when none runs."""
    started: datetime | None
    restarts: int
    exit: str
    """How it ended last: `exit status 3`, `terminated by SIGKILL`; empty when it never did."""


class Supervisor:
    """The programs of one environment."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._daemon = Supervisord(home, self.secrets)

    def add(self, program: Program, secrets: Mapping[str, str] | None = None) -> None:
        """Start a program and keep it running; returns at once.

        Args:
            program: what to run.
            secrets: values of its secrets; they are kept in memory only.
        """
        self._daemon.ensure()
        write(self._spec(program.name), json.dumps(self._facts(program)))
        python = shlex.quote(bare_python()).replace("%", "%%")
        write(self._conf(program.name), _PROGRAM.format(name=program.name, python=python))
        self._daemon.start(program.name, secrets or {})

    def remove(self, name: str, grace: float = 10.0) -> None:
        """Stop a program with all its processes and forget it; its log stays.

        Args:
            name: of the program; nothing happens when there is none.
            grace: seconds between SIGTERM and SIGKILL.
        """
        if not self._conf(name).exists():
            self._spec(name).unlink(missing_ok=True)
            return
        self._daemon.ensure()
        self._stop(name, grace)
        for file in (self._conf(name), self._pid(name), self._spec(name)):
            file.unlink(missing_ok=True)

    def processes(self) -> dict[str, Process]:
        """All programs, by name."""
        names = [path.stem for path in (self._home.root / "conf.d").glob("*.conf")]
        if not names:
            return {}
        self._daemon.ensure()
        known = {
            info["name"]: info
            for info in self._daemon.call(lambda rpc: rpc.supervisor.getAllProcessInfo())
        }
        exits = self._daemon.call(lambda rpc: rpc.fullcycle.exits())
        return {name: self._process(name, known.get(name), exits.get(name, "")) for name in names}

    def process(self, name: str) -> Process | None:
        """One program; None when there is none of that name."""
        return self.processes().get(name)

    def program(self, name: str) -> Program:
        """What a program was added as."""
        facts = json.loads(self._spec(name).read_text(encoding="utf-8"))
        known = {item.name: facts[item.name] for item in fields(Program)}
        known |= {"argv": tuple(facts["argv"]), "secrets": tuple(facts["secrets"])}
        return Program(**known)

    def secrets(self, name: str) -> dict[str, str]:
        """The values of a program's secrets: from its process, or else from our environment."""
        import psutil

        environ = dict(os.environ)
        facts = self._recorded(name)
        if facts and birth(facts["pid"]) == facts["birth"]:
            with contextlib.suppress(psutil.Error):
                environ |= psutil.Process(facts["pid"]).environ()
        return {key: environ[key] for key in self.program(name).secrets if key in environ}

    def close(self) -> None:
        """End the supervisor, if it has no program left."""
        if not any((self._home.root / "conf.d").glob("*.conf")):
            self._daemon.end()

    def _facts(self, program: Program) -> dict[str, Any]:
        name = program.name
        root = self._home.root
        return asdict(program) | {
            "log": str(root / f"logs/{name}.log"),
            "pid": str(self._pid(name)),
        }

    def _process(self, name: str, info: dict[str, Any] | None, last_exit: str) -> Process:
        facts = self._recorded(name)
        started = facts.get("started")
        return Process(
            name=name,
            state=info["statename"] if info else "GONE",
            pid=facts.get("pid", 0) if info and info["pid"] else 0,
            started=datetime.fromtimestamp(started, UTC) if started else None,
            restarts=max(0, facts.get("starts", 0) - 1),
            exit=last_exit,
        )

    def _stop(self, name: str, grace: float) -> None:
        group = self._recorded(name).get("pid", 0)
        deadline = time.monotonic() + grace
        self._daemon.call(lambda rpc: rpc.fullcycle.stop(name, grace))
        wait(lambda: self._stopped(name), grace + STOP_SECONDS, f"{name} to stop")
        self._daemon.call(lambda rpc: rpc.supervisor.removeProcessGroup(name))
        _end_group(group, deadline)

    def _stopped(self, name: str) -> bool:
        info = self._daemon.call(lambda rpc: rpc.supervisor.getProcessInfo(name))
        return info["statename"] in {"STOPPED", "EXITED", "FATAL"}

    def _recorded(self, name: str) -> dict[str, Any]:
        try:
            facts: dict[str, Any] = json.loads(self._pid(name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return facts

    def _spec(self, name: str) -> Path:
        return self._home.root / "programs" / f"{name}.json"

    def _conf(self, name: str) -> Path:
        return self._home.root / "conf.d" / f"{name}.conf"

    def _pid(self, name: str) -> Path:
        return self._home.root / "pids" / f"{name}.json"


def bare_python() -> str:
    """The interpreter below the virtual environment, which outlives the clone that deployed."""
    return str(getattr(sys, "_base_executable", "") or sys.executable)


def _end_group(group: int, deadline: float) -> None:
    """End what a program has left of its process group, at the latest when the grace is over."""
    if not group:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        while _members(group) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        os.killpg(group, signal.SIGKILL)


def _members(group: int) -> bool:
    """Whether anything of a process group still runs; what nobody has reaped doesn't."""
    import psutil

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            ours = os.getpgid(process.pid) == group
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False
